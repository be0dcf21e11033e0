package salvage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// choose settles which of the rows found are the records of the run, and what is missing.
func (s *Survey) choose(ctx context.Context) error {
	// The current version of a page comes before others, and of those the newest first.
	slices.SortStableFunc(s.found, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), compareBool(a.old, b.old), cmp.Compare(b.image, a.image),
			cmp.Compare(a.offset, b.offset))
	})
	leaf, start := s.leaf()
	hashes := map[int64]digest.Hash{}
	if s.start != nil {
		hashes[0] = start
		s.salted = true
	}
	doubts := map[int64]string{}
	if s.seal != nil && s.seal.Counts[0] >= s.blocksEnd() { // nothing is behind its end
		s.found = slices.DeleteFunc(s.found, func(at place) bool { return at.seq >= s.seal.Counts[0] })
	}
	for i := 0; i < len(s.found); {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := i
		for end < len(s.found) && s.found[end].seq == s.found[i].seq {
			end++
		}
		best, doubt := -1, ""
		var bestHash digest.Hash
		for j := i; j < end; j++ {
			hash, d, err := s.hashAt(leaf, &s.found[j])
			if errors.Is(err, errBudget) {
				return err
			} else if err != nil {
				continue
			}
			right := s.salted && s.agrees(s.found[j].seq, hash) == proved
			if right {
				d = "" // also of what was only guessed
			}
			if best < 0 || right {
				best, doubt, bestHash = j, d, hash
			}
			if right || d == "" && !s.hasPrefix(s.found[j].seq) {
				break
			}
		}
		if best >= 0 {
			at := s.found[best]
			hashes[at.seq] = bestHash
			s.chosen = append(s.chosen, at)
			doubts[at.seq] = doubt
		}
		i = end
	}
	blocks := s.checkBlocks(hashes)
	var once unique
	kept := s.chosen[:0]
	for _, at := range s.chosen {
		a := s.agrees(at.seq, hashes[at.seq])
		good := blocks[at.seq-at.seq%digest.BlockSize] == proved
		if at.unsure && a != proved && !good {
			continue
		}
		// A name or a part of a text that is lost changes the hash too, and is said.
		if a == contradicted && s.salted && doubts[at.seq] == "" && !good {
			s.report.Changed = append(s.report.Changed, at.seq)
			continue
		}
		// Rules of the whole run, which the writer will insist on.
		if readable, fits := s.add(&once, at); !readable {
			continue
		} else if !fits {
			s.report.Changed = append(s.report.Changed, at.seq)
			continue
		}
		if a == proved || good {
			s.report.Proved++
		}
		if at.old && at.image >= s.pages.pages {
			s.report.Uncommitted++
		}
		if d := doubts[at.seq]; d != "" {
			s.report.Doubts = append(s.report.Doubts, d)
		}
		kept = append(kept, at)
	}
	s.chosen = kept
	s.account(hashes)
	return nil
}

// leaf gives what computes the hashes of records, and the hash of the first one, if that is there.
func (s *Survey) leaf() (*digest.Leaf, digest.Hash) {
	leaf := &digest.Leaf{}
	if s.start == nil {
		return leaf, digest.Hash{}
	}
	return leaf, leaf.Hash(s.start)
}

// hashAt gives the hash of the record at a place, and what is to be said of it. What is guessed of a record and
// contradicts the hash that the file keeps is not taken.
func (s *Survey) hashAt(leaf *digest.Leaf, at *place) (hash digest.Hash, doubt string, err error) {
	for range 2 {
		r, d, err := s.record(*at)
		if err != nil {
			return hash, "", err
		}
		leaf.SkipTo(at.seq)
		hash, doubt = leaf.Hash(r), d
		if at.plain = len(s.guesses.taken) > 0 && s.salted && s.agrees(at.seq, hash) == contradicted; !at.plain {
			break
		}
	}
	return hash, doubt, nil
}

// checkBlocks compares the root of each block of which all records are there with the one that the file keeps.
func (s *Survey) checkBlocks(hashes map[int64]digest.Hash) map[int64]agreement {
	all := map[int64]agreement{}
	for first, b := range s.blocks {
		var t digest.Tree
		count := int64(len(b.Leaves) / tables.LeafPrefix)
		for seq := first; seq < first+count; seq++ {
			if h, ok := hashes[seq]; ok {
				t.Add(h)
			}
		}
		switch {
		case t.Len() != count:
		case t.Root() == b.Root:
			all[first] = proved // whatever the prefixes say
		default:
			all[first] = contradicted
		}
	}
	return all
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

type agreement int

const (
	unknown agreement = iota
	proved
	contradicted
)

func (s *Survey) hasPrefix(seq int64) bool { return s.agrees(seq, digest.Hash{}) != unknown }

// agrees compares the hash of a record with what the file keeps of it.
func (s *Survey) agrees(seq int64, hash digest.Hash) agreement {
	b, ok := s.blocks[seq-seq%digest.BlockSize]
	at := int(seq%digest.BlockSize) * tables.LeafPrefix
	switch {
	case !ok || at+tables.LeafPrefix > len(b.Leaves):
		return unknown
	case string(b.Leaves[at:at+tables.LeafPrefix]) == string(hash[:tables.LeafPrefix]):
		return proved
	}
	return contradicted
}

// blocksEnd gives the number behind the last record of whose hash the file keeps something.
func (s *Survey) blocksEnd() (end int64) {
	for first, b := range s.blocks {
		end = max(end, first+int64(len(b.Leaves)/tables.LeafPrefix))
	}
	return end
}

// account counts what is there and what is missing.
func (s *Survey) account(hashes map[int64]digest.Hash) {
	tree := &digest.Tree{}
	changed := s.report.Changed
	next := int64(0)
	gap := func(to int64) { // the records before it are not there
		for next < to {
			if len(changed) > 0 && changed[0] <= next {
				next = max(next, changed[0]+1)
				changed = changed[1:]
				continue
			}
			first := next
			next = to
			if len(changed) > 0 {
				next = min(to, changed[0])
			}
			s.report.Missing = append(s.report.Missing, Range{first, next - 1})
		}
	}
	have := func(seq int64) {
		gap(seq)
		next = max(next, seq+1)
		s.report.Records++
		tree.Add(hashes[seq])
	}
	if s.start != nil {
		have(0)
		if s.agrees(0, hashes[0]) == proved {
			s.report.Proved++
		}
	}
	for _, at := range s.chosen {
		have(at.seq)
	}
	end := next
	if s.seal != nil && s.seal.Counts[0] < tables.MaxSeq {
		s.report.Sealed = true
		end = max(end, s.seal.Counts[0])
	}
	end = max(end, s.blocksEnd())
	if n := len(s.report.Changed); n > 0 {
		end = max(end, s.report.Changed[n-1]+1)
	}
	if s.result != nil {
		// It is the last record; no row holds its number.
		seq := s.resultSeq(next, end)
		gap(seq)
		hashes[seq] = s.hashResult(seq)
		have(seq)
		if s.agrees(seq, hashes[seq]) == proved {
			s.report.Proved++
		}
		end = max(end, next)
	}
	gap(end)
	sealed := s.seal != nil && tree.Root() == s.seal.Digest && tree.Len() == s.seal.Counts[0]
	if !sealed {
		s.doubtBlocks(hashes)
	}
	intact := s.start != nil && len(s.report.Missing) == 0 && len(s.report.Changed) == 0 && len(s.report.Doubts) == 0
	s.report.Whole = intact && (s.seal == nil || sealed)
}

// doubtBlocks speaks of blocks whose records agree each with what the file keeps of its hash, and not with the hash of
// all of them. A changed record does that once in 2^32 cases.
func (s *Survey) doubtBlocks(hashes map[int64]digest.Hash) {
	blocks := s.checkBlocks(hashes)
	for _, first := range slices.Sorted(maps.Keys(blocks)) {
		end := first + int64(len(s.blocks[first].Leaves)/tables.LeafPrefix)
		each := blocks[first] == contradicted
		for seq := first; each && seq < end; seq++ {
			each = s.agrees(seq, hashes[seq]) == proved
		}
		if each {
			s.report.Doubts = append(s.report.Doubts, fmt.Sprintf(
				"records %s: each agrees with the %d bytes that the file keeps of its hash, and all together do not agree with "+
					"the hash of their block", Range{first, end - 1}, tables.LeafPrefix))
		}
	}
}

// resultSeq gives the number of the result, where the records that are there end before next, and those that were there
// before end or, if the result is not among them, at end.
func (s *Survey) resultSeq(next, end int64) int64 {
	if end == next {
		return end
	}
	if s.report.Sealed || s.agrees(end-1, s.hashResult(end-1)) == proved {
		return end - 1
	}
	return end
}

// hashResult gives the hash of the result if it is record seq.
func (s *Survey) hashResult(seq int64) digest.Hash {
	var leaf digest.Leaf
	if s.start != nil {
		leaf.Hash(s.start)
	}
	s.result.Redaction = s.reds[seq]
	if s.result.Validate() != nil {
		s.result.Redaction = nil
	}
	leaf.SkipTo(seq)
	return leaf.Hash(s.result)
}

// unique is what no two records of a run may have in common.
type unique struct {
	numbers map[int]bool // of iterations
	names   provider.AttachmentNames
}

// add reports whether the record at a place can be read, and whether it can be in a run with those that were added
// before, to which it then belongs.
func (s *Survey) add(u *unique, at place) (readable, fits bool) {
	if at.kind != provider.KindIteration && at.kind != provider.KindAttachment {
		return true, true
	}
	r, _, err := s.record(at)
	if err != nil {
		return false, false
	}
	switch r := r.(type) {
	case *provider.Iteration:
		if u.numbers[r.Number] {
			return true, false
		}
		if u.numbers == nil {
			u.numbers = map[int]bool{}
		}
		u.numbers[r.Number] = true
	case *provider.Attachment:
		return true, u.names.Add(r.Name) == nil
	}
	return true, true
}
