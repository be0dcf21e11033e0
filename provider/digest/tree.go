package digest

import (
	"crypto/sha256"
	"hash"
	"math/bits"
)

// A Tree is a Merkle tree after RFC 6962 section 2.1 that grows at its right edge. It keeps only the roots of the
// complete subtrees, at most 63 hashes. The zero value is the empty tree.
type Tree struct {
	size  int64
	peaks []Hash // roots of the complete subtrees from left to right, one for each bit set in size
	block Hash   // root of the last complete block
	nodes *nodeHasher
}

const (
	blockLevel = 8
	// BlockSize is how many leaves make a block: a subtree whose root is kept with the run, so that a change can be
	// placed.
	BlockSize = 1 << blockLevel
)

// Add appends a leaf, given by its leaf hash (the hash of a zero byte and the entry).
func (t *Tree) Add(leaf Hash) {
	for level := range bits.TrailingZeros64(^uint64(t.size)) {
		last := len(t.peaks) - 1
		if t.nodes == nil {
			t.nodes = &nodeHasher{}
		}
		leaf = t.nodes.node(t.peaks[last], leaf)
		t.peaks = t.peaks[:last]
		if level == blockLevel-1 {
			t.block = leaf
		}
	}
	t.peaks = append(t.peaks, leaf)
	t.size++
}

// Len gives the number of leaves.
func (t *Tree) Len() int64 { return t.size }

// Root gives the hash of the whole tree; that of the empty tree is the SHA-256 of nothing.
func (t *Tree) Root() Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	return fold(t.peaks)
}

// fold gives the root of the tree that has peaks, at least one.
func fold(peaks []Hash) Hash {
	last := len(peaks) - 1
	root := peaks[last]
	for i := last - 1; i >= 0; i-- {
		root = node(peaks[i], root)
	}
	return root
}

// Block gives the root of the last block of [BlockSize] leaves, the only one that may have fewer. The tree must not be
// empty.
func (t *Tree) Block() Hash {
	if t.size%BlockSize == 0 {
		return t.block
	}
	return fold(t.peaks[bits.OnesCount64(uint64(t.size)/BlockSize):])
}

// BlockRoot gives the root of the tree whose blocks have the given roots.
func BlockRoot(blocks []Hash) Hash {
	// Blocks are of one size but for the last, so the tree over them has the shape of the upper part of the whole tree.
	var t Tree
	for _, b := range blocks {
		t.Add(b)
	}
	return t.Root()
}

// Clone gives a tree that grows on its own.
func (t *Tree) Clone() Tree {
	return Tree{size: t.size, peaks: append([]Hash(nil), t.peaks...), block: t.block}
}

// node is the hash of an inner node.
func node(left, right Hash) Hash { return new(nodeHasher).node(left, right) }

// A nodeHasher computes the hashes of inner nodes in the memory that it has.
type nodeHasher struct {
	sha     hasher
	covered [1 + 2*sha256.Size]byte
}

func (h *nodeHasher) node(left, right Hash) Hash {
	h.covered[0] = 1
	copy(h.covered[1:], left[:])
	copy(h.covered[1+sha256.Size:], right[:])
	return h.sha.sum(h.covered[:])
}

// A hasher computes SHA-256 with one state, for texts as short as three of each record are: with a state for each, as
// of Sum256, a hash takes a tenth longer. The zero value is ready.
type hasher struct {
	state hash.Hash
	out   Hash
}

// sum gives the hash of b.
func (h *hasher) sum(b []byte) Hash {
	h.appendSum(h.out[:0], b)
	return h.out
}

// appendSum appends the hash of b to dst.
func (h *hasher) appendSum(dst, b []byte) []byte {
	if h.state == nil {
		h.state = sha256.New()
	}
	h.state.Reset()
	h.state.Write(b)
	return h.state.Sum(dst)
}
