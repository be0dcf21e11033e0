package verify

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// nextBlock goes to the next row of leaf_block.
func (r *recordReader) nextBlock() {
	if !r.blocks.next() {
		r.blocks = nil
	}
}

// strayBlock reports a row of leaf_block that no records belong to, and goes on.
func (r *recordReader) strayBlock() {
	if !r.v.lost {
		r.v.add(sxBlockRows, r.blocks.place(), "no block of records begins there")
	}
	r.nextBlock()
}

// block gives the row of leaf_block for the block of record seq, nil if there is none or it was given before.
func (r *recordReader) block(seq int64) *storedBlock {
	first := seq - seq%digest.BlockSize
	for r.blocks != nil && r.blocks.key < first {
		r.strayBlock()
	}
	if r.blocks == nil || r.blocks.key != first {
		return nil
	}
	x := r.blocks.values
	b := &storedBlock{leaves: bytes.Clone(x[2].Bytes)}
	if len(x[1].Bytes) != len(b.root) {
		r.v.add(sxBlockRoot, r.blocks.place(), "a root of %d bytes, want %d", len(x[1].Bytes), len(b.root))
	} else {
		b.root = digest.Hash(x[1].Bytes)
	}
	r.nextBlock()
	return b
}

// A hashCheck computes the hashes of all records and compares them with what leaf_block has.
type hashCheck struct {
	leaf   digest.Leaf
	next   int64 // Seq that comes next
	whole  bool  // no record so far was missing or without a hash
	roots  []digest.Hash
	stored []digest.Hash // roots in leaf_block
	kept   bool          // all of them are there

	index  int64 // of the block at hand, -1 before the first
	tree   digest.Tree
	sound  bool // no record of the block is missing or without a hash
	ofFile *storedBlock

	changed []leafDiff // records whose leaf hash is not the stored one, the first of them
	more    int        // how many there are further
	blocks  []blockDiff
}

// A leafDiff is a record that has another leaf hash than leaf_block says.
type leafDiff struct {
	seq       int64
	got, want []byte
}

// A blockDiff is what is wrong with the row of a block.
type blockDiff struct {
	first, last int64
	what        blockFault
	leaves      bool // some leaf of it differs
}

type blockFault int

const (
	blockMissing blockFault = iota
	blockLength
	blockRoot
)

func newHashCheck() *hashCheck { return &hashCheck{whole: true, kept: true, index: -1} }

func (h *hashCheck) run(in <-chan *recordBatch) {
	for b := range in {
		if index := b.items[0].seq / digest.BlockSize; index != h.index {
			h.finish(false)
			if index != h.index+1 {
				h.kept, h.whole = false, false
			}
			h.index, h.tree, h.sound, h.ofFile = index, digest.Tree{}, true, b.stored
		}
		for i := range b.items {
			it := &b.items[i]
			if it.seq != h.next {
				h.whole, h.sound = false, false
				h.leaf.SkipTo(it.seq)
			}
			h.next = it.seq + 1
			var hash digest.Hash
			if it.record != nil {
				hash = h.leaf.Hash(it.record)
			} else {
				hash = h.leaf.HashEvent(&b.events[it.event])
			}
			if !it.sound {
				h.whole, h.sound = false, false
				continue
			}
			h.add(it.seq, hash)
		}
		b.users.Done()
	}
	h.finish(true)
}

// add takes the leaf hash of a record.
func (h *hashCheck) add(seq int64, hash digest.Hash) {
	if h.sound {
		h.tree.Add(hash)
	}
	if h.ofFile == nil {
		return
	}
	at := int(seq-h.index*digest.BlockSize) * tables.LeafPrefix
	if at+tables.LeafPrefix > len(h.ofFile.leaves) {
		return
	}
	want := h.ofFile.leaves[at : at+tables.LeafPrefix]
	if bytes.Equal(hash[:tables.LeafPrefix], want) {
		return
	}
	if len(h.changed) < maxProblems {
		h.changed = append(h.changed, leafDiff{seq, bytes.Clone(hash[:tables.LeafPrefix]), want})
	} else {
		h.more++
	}
}

// finish ends a block; the last one may be shorter.
func (h *hashCheck) finish(last bool) {
	if h.index < 0 {
		return
	}
	first := h.index * digest.BlockSize
	count := h.next - first
	if !last && count != digest.BlockSize {
		h.sound, h.whole = false, false
	}
	d := blockDiff{first: first, last: h.next - 1}
	for _, c := range h.changed {
		d.leaves = d.leaves || c.seq >= first && c.seq < h.next
	}
	root := digest.Hash{}
	if h.sound {
		root = h.tree.Root()
		h.roots = append(h.roots, root)
	}
	switch {
	case h.ofFile == nil:
		h.kept = false
		d.what = blockMissing
		h.blocks = append(h.blocks, d)
		return
	case h.sound && int64(len(h.ofFile.leaves)) != count*tables.LeafPrefix:
		d.what = blockLength
		h.blocks = append(h.blocks, d)
		h.kept = false
	case h.sound && h.ofFile.root != root:
		d.what = blockRoot
		h.blocks = append(h.blocks, d)
	}
	h.stored = append(h.stored, h.ofFile.root)
}

// A valueCheck checks the data of events.
type valueCheck struct{ problemLog }

func (l *valueCheck) run(in <-chan *recordBatch) {
	for b := range in {
		for i := range b.items {
			it := &b.items[i]
			if it.record != nil {
				continue
			}
			e := &b.events[it.event]
			place := func(column string) Place { return Place{Table: "event", Record: new(e.Seq), Column: column} }
			if it.time[0] >= 0 && e.Timestamp == "" {
				l.add(sxAbsent, place("timestamp"), "an empty text, want NULL")
			} else if len(e.Timestamp) > provider.MaxName {
				l.add(sxNameLength, place("timestamp"), "%d bytes, more than %d", len(e.Timestamp), provider.MaxName)
			}
			if e.Data != nil && (len(e.Data) > provider.MaxText || len(jsontext.Trim(e.Data)) != len(e.Data) || string(e.Data) == "null" || jsontext.Check(e.Data) != nil) {
				checker{&l.problemLog, Place{Table: "event", Record: new(e.Seq)}}.json("data", e.Data)
			}
		}
		b.users.Done()
	}
}

// compareSpans compares iteration_span with the records.
func (v *content) compareSpans(found map[int64]*iterationSpan, partial map[int64]bool) {
	if v.lost {
		v.unchecked("where the iterations lie (iteration_span)")
		return
	}
	for _, n := range slices.Sorted(maps.Keys(v.spans)) {
		if found[n] == nil {
			v.add(sxSpanRows, Place{Table: "iteration_span", Row: &n}, "no record belongs to iteration %d", n)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(found)) {
		want := *found[n]
		got, ok := v.spans[n]
		place := Place{Table: "iteration_span", Row: &n}
		if !ok {
			v.add(sxSpanRows, place, "no row for iteration %d", n)
			continue
		}
		if got.first != want.first || got.last != want.last {
			v.add(sxSpanEnds, place, "records %d to %d, want %d to %d", got.first, got.last, want.first, want.last)
		}
		if got.events != want.events || got.interactions != want.interactions {
			v.add(sxSpanCounts, place, "%d events and %d interactions, want %d and %d", got.events, got.interactions, want.events, want.interactions)
		}
		if got.bytes != want.bytes && !partial[n] {
			v.add(sxSpanBytes, place, "%d bytes of text, want %d", got.bytes, want.bytes)
		}
	}
}

// compareDigest compares the records with leaf_block and the seal.
func (v *content) compareDigest(r *recordReader, h *hashCheck) {
	whole := h.whole && !v.lost && h.next > 0
	if whole {
		v.report.Root = digest.BlockRoot(h.roots)
	}
	sealed := len(v.seals) > 0
	var seal archive.Seal
	if sealed {
		seal = v.seals[0]
	}
	// The roots of the blocks prove themselves by that of the seal.
	proven := sealed && h.kept && digest.BlockRoot(h.stored) == seal.Root
	if !v.lost {
		v.compareBlocks(h, sealed, whole && v.report.Root == seal.Root, proven)
	}
	if sealed && !v.lost {
		v.compareCounts(seal, r.counts)
	}
	switch {
	case !sealed:
	case !whole:
		v.unchecked("the digest of the records")
		if proven {
			v.changedRecords(h, r.twice)
		}
	case v.report.Root == seal.Root:
	case proven:
		v.changedRecords(h, r.twice)
	case h.kept && len(h.changed) == 0 && len(h.blocks) == 0:
		v.add(sxSealRoot, Place{Table: "seal", Column: "root"}, "the seal has root %v; the records have %v, and leaf_block agrees with them", seal.Root, v.report.Root)
	case len(h.changed) > 0:
		v.add(sxSealRoot, Place{Record: new(h.changed[0].seq)}, "the records have digest %v, sealed was %v; this is the first record that leaf_block has another hash of, but leaf_block does not agree with the seal either", v.report.Root, seal.Root)
	default:
		v.add(sxSealRoot, Place{}, "the records have digest %v, sealed was %v; leaf_block, which could tell which record was changed, does not agree with the seal either", v.report.Root, seal.Root)
	}
}

// changedRecords names the records, with exceptions, that are not those that were sealed, as the blocks prove.
func (v *content) changedRecords(h *hashCheck, except map[int64]bool) {
	for _, c := range h.changed {
		if v.blockDiffers(h, c.seq) && !except[c.seq] {
			v.add(sxSealRoot, Place{Record: new(c.seq)}, "not the record that was sealed: its leaf hash begins with %x, that of the sealed one with %x", c.got, c.want)
		}
	}
	for _, b := range h.blocks {
		if b.what == blockRoot && !b.leaves {
			v.add(sxSealRoot, Place{Record: new(b.first)}, "one of records %d to %d is not the one that was sealed", b.first, b.last)
		}
	}
	if h.more > 0 {
		v.unchecked(fmt.Sprintf("%d more records that differ from what was sealed are not listed", h.more))
	}
}

// blockDiffers reports whether the records of the block of record seq have another root than is stored, or none.
func (v *content) blockDiffers(h *hashCheck, seq int64) bool {
	return !h.whole || slices.ContainsFunc(h.blocks, func(b blockDiff) bool { return b.what == blockRoot && seq >= b.first && seq <= b.last })
}

// compareBlocks reports what leaf_block has wrong. agree says that the records are those of the seal; proven that it is the
// blocks.
func (v *content) compareBlocks(h *hashCheck, sealed, agree, proven bool) {
	for _, b := range h.blocks {
		place := Place{Table: "leaf_block", Row: new(b.first)}
		switch {
		case b.what == blockMissing && (sealed || b.last-b.first == digest.BlockSize-1):
			v.add(sxBlockRows, place, "no row for records %d to %d", b.first, b.last)
		case b.what == blockLength:
			v.add(sxBlockRows, place, "leaves has not %d bytes for each of the records %d to %d", tables.LeafPrefix, b.first, b.last)
		case b.what == blockRoot && !proven && (agree || !sealed):
			v.add(sxBlockRoot, place, "not the root of records %d to %d", b.first, b.last)
		}
	}
	for _, c := range h.changed {
		if !sealed || agree || proven && !v.blockDiffers(h, c.seq) {
			v.add(sxBlockLeaves, Place{Table: "leaf_block", Row: new(c.seq - c.seq%digest.BlockSize), Record: new(c.seq)}, "the leaf hash of the record begins with %x, stored is %x", c.got, c.want)
		}
	}
}

// compareCounts compares the counts of the seal.
func (v *content) compareCounts(seal, counts archive.Seal) {
	for _, c := range []struct {
		code, column string
		got, want    int64
	}{
		{sxSealRecords, "records", seal.Records, counts.Records},
		{sxSealEvents, "events", seal.Events, counts.Events},
		{sxSealCalls, "interactions", seal.Interactions, counts.Interactions},
		{sxSealIterations, "iterations", seal.Iterations, counts.Iterations},
		{sxSealNotes, "notes", seal.Notes, counts.Notes},
		{sxSealFiles, "attachments", seal.Attachments, counts.Attachments},
	} {
		if c.got != c.want {
			v.add(c.code, Place{Table: "seal", Column: c.column}, "%d, there are %d", c.got, c.want)
		}
	}
}
