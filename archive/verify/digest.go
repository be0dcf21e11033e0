package verify

import (
	"bytes"
	"slices"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider/digest"
)

// nextBlock goes to the next row of the leaf blocks.
func (r *recordReader) nextBlock() {
	if !r.blocks.next() {
		r.blocks = nil
	}
}

// strayBlock reports a row of the leaf blocks that no records belong to, and goes on.
func (r *recordReader) strayBlock() {
	r.v.add(sxBlockRows, r.blocks.place(), "no block of records begins there")
	r.nextBlock()
}

// block gives the row of the leaf blocks for the block of record seq, nil if there is none or it was given before.
func (r *recordReader) block(seq int64) *storedBlock {
	first := seq - seq%digest.BlockSize
	for r.blocks != nil && r.blocks.key < first {
		r.strayBlock()
	}
	if r.blocks == nil || r.blocks.key != first {
		return nil
	}
	x := r.blocks.values
	leaves := x[tables.LeafBlockLeaves].Bytes
	most := min(len(leaves), digest.BlockSize*tables.LeafPrefix)
	b := &storedBlock{leaves: bytes.Clone(leaves[:most]), length: int64(len(leaves))}
	if root := x[tables.LeafBlockRoot].Bytes; len(root) == len(b.root) {
		b.root = digest.Hash(root)
	} // or it is not the root of those records
	r.nextBlock()
	return b
}

// A hashCheck computes the hashes of all records and compares them with the leaf blocks.
type hashCheck struct {
	leaf   digest.Leaf
	next   int64 // Seq that comes next
	whole  bool  // no record so far was missing or without a hash
	roots  []digest.Hash
	stored []digest.Hash // roots in the leaf blocks
	kept   bool          // all of them are there

	index  int64 // of the block at hand, -1 before the first
	tree   digest.Tree
	sound  bool // no record of the block is missing or without a hash
	ofFile *storedBlock

	changed []leafDiff // records whose leaf hash is not the stored one, the first of them
	more    int        // how many there are further
	blocks  []blockDiff
}

// A leafDiff is a record that has another leaf hash than its block says.
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
			if !it.sound { // as it is it may take any time to hash
				h.whole, h.sound = false, false
				h.leaf.SkipTo(h.next)
				continue
			}
			if it.record != nil {
				h.add(it.seq, h.leaf.Hash(it.record))
			} else {
				h.add(it.seq, h.leaf.HashEvent(&b.events[it.event]))
			}
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
	if h.ofFile == nil {
		h.kept = false
		h.blocks = append(h.blocks, d)
		return
	}
	if h.ofFile.length != count*tables.LeafPrefix {
		d.what, h.kept = blockLength, false
		h.blocks = append(h.blocks, d)
	}
	if h.sound && h.ofFile.root != root {
		d.what = blockRoot
		h.blocks = append(h.blocks, d)
	}
	h.stored = append(h.stored, h.ofFile.root)
}

// compareDigest compares the records with the leaf blocks and the seal.
func (v *content) compareDigest(r *recordReader, h *hashCheck) {
	whole := h.whole && !v.lost && !v.gaps && h.next > 0
	if whole {
		v.report.Root = digest.BlockRoot(h.roots)
	} else {
		v.unchecked("the digest of the records")
	}
	v.compareBlocks(h)
	if v.seal == nil {
		return
	}
	for i, got := range v.seal.Counts {
		if want := r.counts[i]; got != want {
			column := tables.Columns[tables.TableExperiment][tables.ExperimentRecords+i].Name
			v.add(sxSealCounts, Place{Table: tables.TableExperiment, Column: column}, "%d, there are %d", got, want)
		}
	}
	if whole && v.report.Root != v.seal.Digest {
		v.otherDigest(h)
	}
}

// compareBlocks reports what the leaf blocks have wrong. A live file need not have a row for a block that is not
// complete.
func (v *content) compareBlocks(h *hashCheck) {
	for _, b := range h.blocks {
		place := Place{Table: tables.TableLeafBlock, Row: new(b.first)}
		switch {
		case b.what == blockMissing && (v.sealed || b.last-b.first == digest.BlockSize-1):
			v.add(sxBlockRows, place, "no row for records %d to %d", b.first, b.last)
		case b.what == blockLength:
			v.add(sxBlockRows, place,
				"leaves has not %d bytes for each of the records %d to %d", tables.LeafPrefix, b.first, b.last)
		case b.what == blockRoot:
			v.add(sxBlockRoot, place, "not the root of records %d to %d", b.first, b.last)
		}
	}
	for _, c := range h.changed {
		place := Place{Table: tables.TableLeafBlock, Row: new(c.seq - c.seq%digest.BlockSize), Record: new(c.seq)}
		v.add(sxBlockLeaves, place, "the leaf hash of the record begins with %x, stored is %x", c.got, c.want)
	}
}

// otherDigest reports that the records, all of which have a hash, do not have the digest of the seal. It names those
// that are not the sealed ones as far as the leaf blocks tell: their roots prove themselves by the seal.
func (v *content) otherDigest(h *hashCheck) {
	seal, root := v.seal.Digest, v.report.Root
	if proven := h.kept && digest.BlockRoot(h.stored) == seal; !proven {
		place := Place{Table: tables.TableExperiment, Column: "digest"}
		text := "the leaf blocks, which could tell which record was changed, do not agree with the seal either"
		switch {
		case len(h.changed) > 0:
			place = Place{Record: new(h.changed[0].seq)}
			text = "this is the first record that the leaf blocks have another hash of, " +
				"but they do not agree with the seal either"
		case h.kept && len(h.blocks) == 0:
			text = "the leaf blocks agree with them"
		}
		v.add(sxSealRoot, place, "the records have digest %v, sealed was %v; %s", root, seal, text)
		return
	}
	differs := func(seq int64) bool {
		return slices.ContainsFunc(h.blocks, func(b blockDiff) bool {
			return b.what == blockRoot && seq >= b.first && seq <= b.last
		})
	}
	for _, c := range h.changed {
		if differs(c.seq) {
			v.add(sxSealRoot, Place{Record: new(c.seq)},
				"not the record that was sealed: its leaf hash begins with %x, that of the sealed one with %x", c.got, c.want)
		}
	}
	for _, b := range h.blocks {
		if b.what == blockRoot && !b.leaves {
			v.add(sxSealRoot, Place{Record: new(b.first)},
				"one of records %d to %d is not the one that was sealed", b.first, b.last)
		}
	}
	if h.more > 0 {
		v.unchecked("%d more records that differ from what was sealed are not listed", h.more)
	}
}
