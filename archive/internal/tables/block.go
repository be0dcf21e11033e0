package tables

import (
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/provider/digest"
)

// The digest alone says that a run was changed, and not where. So the table of blocks keeps, for each block of
// [digest.BlockSize] records, the root of their subtree, and the first bytes of each leaf hash. The roots of the blocks
// give the root of the run, which proves them; a block proves its records; and the prefixes name the record that
// differs.

// LeafPrefix is how many bytes of a leaf hash a block keeps. They name the record that was changed, but for one case in
// 2^32: then only the root of its block tells that one was.
const LeafPrefix = 4

// A LeafBlock is a row of the table of blocks.
type LeafBlock struct {
	First  int64 // Seq of the first record
	Root   digest.Hash
	Leaves []byte // LeafPrefix bytes of each leaf hash
}

// Row gives the row of a block, without its key.
func (b LeafBlock) Row() Row {
	return Row{{}, {Kind: btree.Blob, Bytes: b.Root[:]}, {Kind: btree.Blob, Bytes: b.Leaves}}
}

// Blocks gathers leaf hashes into the rows of that table.
type Blocks struct {
	leaves []byte      // of the block that is not complete
	done   []LeafBlock // complete, and not yet taken
}

// Clone gives a copy that takes leaves without changing b.
func (b Blocks) Clone() Blocks {
	leaves := make([]byte, len(b.leaves), digest.BlockSize*LeafPrefix)
	copy(leaves, b.leaves)
	return Blocks{leaves: leaves}
}

// Add appends a leaf to tree and to its block.
func (b *Blocks) Add(tree *digest.Tree, leaf digest.Hash) {
	tree.Add(leaf)
	b.leaves = append(b.leaves, leaf[:LeafPrefix]...)
	if tree.Len()%digest.BlockSize == 0 {
		b.done = append(b.done, LeafBlock{tree.Len() - digest.BlockSize, tree.Block(), b.leaves})
		b.leaves = make([]byte, 0, digest.BlockSize*LeafPrefix)
	}
}

// Take gives the blocks that were completed since the last call.
func (b *Blocks) Take() []LeafBlock {
	done := b.done
	b.done = nil
	return done
}

// Last gives the block that is not complete, none if there is no such. The tree is that of all records.
func (b *Blocks) Last(tree *digest.Tree) []LeafBlock {
	if len(b.leaves) == 0 {
		return nil
	}
	return []LeafBlock{{tree.Len() - int64(len(b.leaves)/LeafPrefix), tree.Block(), b.leaves}}
}
