package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// ErrNoPart means that [Archive.CopyPart] could not prove a part of a run without reading the rest, or that the rest is
// little. Whoever reads the whole run learns more.
var ErrNoPart = errors.New("no part of the run can be told from the rest")

// A PartSink takes some records of a run.
type PartSink interface {
	provider.Sink
	// Skip says that so many records are left out here, of which some are Iteration records.
	Skip(records, iterations int64)
	// Begun reports whether what stands in front of the first iteration was taken.
	Begun() bool
}

// CopyPart gives sink the records of the iterations from first to last, those of the iteration before each of them, and
// all that is about the run as a whole: its start, as far as the sink has not [PartSink.Begun], notes, attachments, and
// the last records, the result among them. Of a sealed archive it reads the blocks of FORMAT.md section 9 that these
// are in, and no others.
//
// With a nil error it has proven by the seal what the sink took: the records of each block give the root that is stored
// for it, and the roots of all blocks give the digest. Also proven is that nothing is left out between the first and
// the last record of an iteration, and that what comes before and behind is of another one. That it does not go on
// among the records of others is what the archive notes of where its iterations lie: that has to account for every
// record and agree with the counts of the seal, but whether each record is of that iteration only package verify finds
// out. Of all other records nothing is known.
//
// With an error, most often [ErrNoPart], what the sink took is worth nothing.
func (a *Archive) CopyPart(ctx context.Context, sink PartSink, first, last int) error {
	return a.copyPart(ctx, sink, first, last, true)
}

// ShowPart is [Archive.CopyPart] without the proof: it reads the records that the sink gets, and no others. What the
// archive notes of where its iterations lie has to agree with the counts of the seal and with the records, and that is
// all. It is for archives that are far away, since a proof takes some bytes for each record of the run, and the records
// of whole blocks.
func (a *Archive) ShowPart(ctx context.Context, sink PartSink, first, last int) error {
	return a.copyPart(ctx, sink, first, last, false)
}

func (a *Archive) copyPart(ctx context.Context, sink PartSink, first, last int, proven bool) (err error) {
	defer a.file.Explain(&err)
	seal, sealed := a.Seal()
	if !sealed {
		return fmt.Errorf("%w: %w", ErrNoPart, ErrNotSealed)
	}
	p := &part{archive: a, seal: seal, sink: sink, first: int64(first), last: int64(last), proven: proven,
		wanted: map[int64]*wantedSpan{}}
	if p.reading, err = a.read(ctx); err != nil {
		return err
	}
	defer p.reading.Close()
	if err := p.plan(); err != nil {
		return err
	}
	loan := &lend.Loan{}
	if b, ok := sink.(lend.Borrower); ok && b.Borrows(loan) == any(sink) {
		p.loan = loan
	}
	// What stands in front of the first iteration is in the first block, if that is read.
	finished := false
	for n := int64(front); !p.proven && p.next < min(n, p.seal.Records) && !sink.Begun() && n <= digest.BlockSize; n *= 2 {
		if finished, err = p.copy(ctx, p.next, min(n, p.seal.Records)); err != nil {
			return err
		}
	}
	for _, s := range p.read {
		if s.last < p.next {
			continue
		}
		if finished, err = p.copy(ctx, max(s.first, p.next), s.last+1); err != nil {
			return err
		}
	}
	if err := p.check(); err != nil {
		return err
	}
	if finished {
		return nil
	}
	return sink.Finish(ctx, nil)
}

// A part is a call of CopyPart.
type part struct {
	archive     *Archive
	seal        Seal
	sink        PartSink
	first, last int64 // iterations
	proven      bool

	roots  []digest.Hash         // of all blocks
	spans  []partSpan            // of all iterations, by first Seq
	wanted map[int64]*wantedSpan // by the number of the iteration
	others []int64               // Seq of notes and attachments, ascending
	end    int64                 // Seq of the last record, the result aside
	read   []stretch             // of records that are read, by where they begin: with a proof those of whole blocks
	chosen []stretch             // of records that the sink gets, by where they begin

	row     tables.Row // of the experiment
	reading tables.Reading
	next    int64 // Seq of the next record that is read
	told    int64 // Seq behind the last record that the sink took, or that was skipped
	leaf    digest.Leaf
	salt    provider.SaltRule
	loan    *lend.Loan // nil if records are given away
}

// front is how many records at the beginning of the run are looked at first for that of an iteration.
const front = 4

// mostAtOnce is for how many rows there is room before they are read, if the seal says that there are so many.
const mostAtOnce = 4096

// partTail is how many records at the end of the run the sink gets: what is about the run as a whole may stand there.
const partTail = 64

// A stretch is numbers from first to last.
type stretch struct{ first, last int64 }

// A partSpan is where the records of an iteration lie. A part has one for each iteration of the run, so it is small.
type partSpan struct {
	stretch
	number, seq int64 // seq is -1 for an iteration that was not recorded itself
}

// A wantedSpan is what is noted of an iteration that is wanted, and what was found of it.
type wantedSpan struct{ noted, got tables.Span }

func (p *part) unproven(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNoPart}, args...)...)
}

// plan finds out which blocks have to be read, and compares what says so with the seal.
func (p *part) plan() (err error) {
	r := p.reading
	if p.row, err = experimentRow(r); err != nil {
		return err
	}
	p.end = p.seal.Records - 1
	if p.row[tables.ExperimentStatus].Kind != btree.Null {
		p.end--
	}
	if p.proven {
		if err := p.readRoots(r); err != nil {
			return err
		}
	}
	if err := p.readSpans(r); err != nil {
		return err
	}
	for _, table := range []string{tables.TableNote, tables.TableAttachment} {
		err := all(r, table, 1, func(row tables.Row) error {
			p.others = append(p.others, row[0].Int)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if n := int64(len(p.others)); n != p.seal.Notes+p.seal.Attachments {
		return p.unproven("%d notes and attachments, the seal says %d", n, p.seal.Notes+p.seal.Attachments)
	}
	slices.Sort(p.others)
	if err := p.account(); err != nil {
		return err
	}
	return p.choose()
}

// readRoots reads the roots of the blocks, which have to give the digest.
func (p *part) readRoots(r tables.Reading) error {
	blocks := (p.seal.Records-1)/digest.BlockSize + 1
	p.roots = make([]digest.Hash, 0, max(0, min(blocks, mostAtOnce)))
	err := all(r, tables.TableLeafBlock, tables.LeafBlockRoot+1, func(row tables.Row) error {
		root := row[tables.LeafBlockRoot].Bytes
		if row[0].Int != int64(len(p.roots))*digest.BlockSize || len(root) != len(digest.Hash{}) {
			return p.unproven("the blocks of leaf hashes are not those of the run")
		}
		p.roots = append(p.roots, digest.Hash(root))
		return nil
	})
	if err != nil {
		return err
	}
	if p.seal.Records < 1 || blocks != int64(len(p.roots)) || digest.BlockRoot(p.roots) != p.seal.Root {
		return p.unproven("the blocks of leaf hashes do not give the digest")
	}
	return nil
}

// readSpans reads where the iterations lie.
func (p *part) readSpans(r tables.Reading) error {
	var iterations, events, interactions int64
	recorded := false // one that is wanted
	p.spans = make([]partSpan, 0, max(0, min(p.seal.Iterations, mostAtOnce)))
	err := all(r, tables.TableIteration, tables.IterationSeq+1, func(row tables.Row) error {
		noted := tables.SpanOf(row)
		s := partSpan{stretch{noted.First, noted.Last}, row[tables.IterationNumber].Int, -1}
		if row[tables.IterationSeq].Kind != btree.Null {
			s.seq = row[tables.IterationSeq].Int
			iterations++
		}
		within := s.seq < 0 || s.first <= s.seq && s.seq <= s.last
		if s.first < 1 || s.last < s.first || s.last > p.end || !within || min(noted.Events, noted.Interactions) < 0 {
			return p.unproven("iteration %d lies from record %d to %d", s.number, s.first, s.last)
		}
		if p.first <= s.number && s.number <= p.last {
			p.wanted[s.number] = &wantedSpan{noted: noted}
			recorded = recorded || s.seq >= 0
		}
		events, interactions = events+noted.Events, interactions+noted.Interactions
		p.spans = append(p.spans, s)
		return nil
	})
	if err != nil {
		return err
	}
	if iterations != p.seal.Iterations || events != p.seal.Events || interactions != p.seal.Interactions {
		return p.unproven("the iterations have other records than the seal says")
	}
	if !recorded {
		return p.unproven("no iteration from %d to %d was recorded", p.first, p.last)
	}
	slices.SortFunc(p.spans, func(a, b partSpan) int { return cmp.Compare(a.first, b.first) })
	return nil
}

// account compares the spans with the records that there are: each is in one of them, or is about the run as a whole.
func (p *part) account() error {
	next, others := int64(1), p.others // the first that is not accounted for
	advance := func(to int64) bool {
		for len(others) > 0 && others[0] < to {
			if others[0] == next {
				next++
			}
			others = others[1:]
		}
		return next >= to
	}
	for _, s := range p.spans {
		if !advance(s.first) {
			break
		}
		next = max(next, s.last+1)
	}
	if !advance(p.end + 1) {
		return p.unproven("record %d is of no iteration", next)
	}
	return nil
}

// choose finds the records that have to be read.
func (p *part) choose() error {
	add := func(from, to int64) { p.chosen = append(p.chosen, stretch{from, to}) }
	add(0, 0)
	add(max(p.seal.Records-partTail, 0), p.seal.Records-1)
	for _, seq := range p.others {
		add(seq, seq)
	}
	for i, s := range p.spans {
		if p.wanted[s.number] == nil {
			continue
		}
		begin := s.first
		if i > 0 {
			begin = p.spans[i-1].first
		}
		add(begin-1, p.behind(s.last))
	}
	slices.SortFunc(p.chosen, func(a, b stretch) int { return cmp.Compare(a.first, b.first) })
	unit := int64(1)
	if p.proven {
		unit = digest.BlockSize
	}
	records := int64(0)
	for _, s := range p.chosen {
		s = stretch{s.first / unit * unit, min((s.last/unit+1)*unit, p.seal.Records) - 1}
		if n := len(p.read); n > 0 && s.first <= p.read[n-1].last+1 {
			if s.last <= p.read[n-1].last {
				continue
			}
			records -= p.read[n-1].last - p.read[n-1].first + 1
			s.first = p.read[n-1].first
			p.read = p.read[:n-1]
		}
		p.read = append(p.read, s)
		records += s.last - s.first + 1
	}
	if 2*records > p.seal.Records { // reading all takes less than twice as long
		return p.unproven("it is most of it")
	}
	return nil
}

// behind gives the Seq of the first record behind another one that belongs to an iteration, as far as there is one.
func (p *part) behind(seq int64) int64 {
	i, _ := slices.BinarySearch(p.others, seq+1)
	for seq++; i < len(p.others) && p.others[i] == seq; i++ {
		seq++
	}
	return min(seq, p.seal.Records-1)
}

// copy gives the sink the records from begin to before end, and reports whether the result was among them.
func (p *part) copy(ctx context.Context, begin, end int64) (finished bool, err error) {
	if p.next != begin {
		p.leaf.SkipTo(begin)
	}
	p.next = begin
	s := &scan{reading: p.reading, few: true, lent: p.loan != nil, last: p.end}
	for _, it := range p.spans {
		if begin <= it.seq && it.seq < end {
			s.iterations = append(s.iterations, at{it.seq, it.number})
		}
	}
	var tree digest.Tree
	var failed error
	err = p.archive.readWith(ctx, s, p.row, begin, end-1, func(r provider.Record) bool {
		finished = r.RecordKind() == provider.KindResult
		if failed = p.take(ctx, r, &tree); failed != nil {
			return false
		}
		if p.proven && (p.next == end || p.next%digest.BlockSize == 0) {
			if index := (p.next - 1) / digest.BlockSize; tree.Root() != p.roots[index] {
				failed = p.unproven("block %d is not the one that was sealed", index)
			}
			tree = digest.Tree{}
		}
		return failed == nil
	})
	if failed != nil {
		return false, failed
	}
	if err == nil && p.next != end {
		err = p.unproven("record %d is missing", p.next)
	}
	return finished, err
}

// take gives the sink a record, if it gets it, whose leaf goes to tree. Of others no more is needed than the hash.
func (p *part) take(ctx context.Context, r provider.Record, tree *digest.Tree) error {
	chosen := p.chooses()
	if chosen {
		if err := cmp.Or(r.Validate(), p.salt.Check(r)); err != nil {
			return fmt.Errorf("%w: record %d: %w", ErrNoPart, p.next, err)
		}
	}
	if p.proven {
		tree.Add(p.leaf.Hash(r))
		if err := p.leaf.Err(); err != nil {
			return fmt.Errorf("%w: %w", ErrNoPart, err)
		}
	}
	if n, ok := provider.IterationOf(r); ok && p.first <= int64(n) && int64(n) <= p.last {
		s := p.wanted[int64(n)]
		if s == nil {
			return p.unproven("iteration %d is noted nowhere", n)
		}
		s.add(p.next, r)
	}
	seq := p.next
	if p.next++; !chosen {
		return nil
	}
	if skipped := seq - p.told; skipped > 0 {
		p.sink.Skip(skipped, p.iterationsWithin(p.told, seq))
	}
	if p.told = p.next; p.loan != nil {
		p.loan.Checked = true
		defer func() { p.loan.Checked = false }()
	}
	return provider.Put(ctx, p.sink, r)
}

// chooses reports whether the sink gets the record that comes next.
func (p *part) chooses() bool {
	seq := p.next
	for len(p.chosen) > 0 && p.chosen[0].last < seq {
		p.chosen = p.chosen[1:]
	}
	front := seq == p.told && seq < digest.BlockSize && !p.sink.Begun()
	return front || len(p.chosen) > 0 && p.chosen[0].first <= seq
}

// add notes a record of the iteration.
func (s *wantedSpan) add(seq int64, r provider.Record) {
	if s.got.First == 0 {
		s.got.First = seq
	}
	s.got.Last = seq
	switch r.RecordKind() {
	case provider.KindEvent:
		s.got.Events++
	case provider.KindInteraction:
		s.got.Interactions++
	}
}

// check compares the iterations that were read with where they were said to lie.
func (p *part) check() error {
	for _, s := range p.wanted {
		if s.got.Bytes = s.noted.Bytes; s.got != s.noted { // nothing depends on the bytes here
			return p.unproven("an iteration has other records than the archive notes")
		}
	}
	return nil
}

// iterationsWithin counts the Iteration records from one Seq to before another.
func (p *part) iterationsWithin(from, before int64) (n int64) {
	for _, s := range p.spans {
		if from <= s.seq && s.seq < before {
			n++
		}
	}
	return n
}
