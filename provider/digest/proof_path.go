package digest

import (
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// A follower grows a [Tree] and keeps what a proof needs: the hashes beside the way from one node of the tree up to its
// root. It never holds more than a hundred hashes, however many records there are.
type follower struct {
	tree Tree
	peak int    // place among the tree's peaks of the one above the followed node; -1 while none is followed
	path []Hash // siblings from the node up to that peak
}

func newFollower() follower { return follower{peak: -1} }

// add appends a leaf, and follows it from now on if follow is set.
func (f *follower) add(leaf Hash, follow bool) {
	t := &f.tree
	for range bits.TrailingZeros64(^uint64(t.size)) {
		last := len(t.peaks) - 1
		switch {
		case follow:
			f.path = append(f.path, t.peaks[last])
		case f.peak == last:
			f.path = append(f.path, leaf)
			follow = true
		}
		leaf = node(t.peaks[last], leaf)
		t.peaks = t.peaks[:last]
	}
	if follow {
		f.peak = len(t.peaks)
	}
	t.peaks = append(t.peaks, leaf)
	t.size++
}

// followLast follows the root of the last complete subtree, and gives it.
func (f *follower) followLast() Hash {
	f.peak = len(f.tree.peaks) - 1
	return f.tree.peaks[f.peak]
}

// audit gives the siblings from the followed node up to the root of the tree as it is now, the lowest first.
func (f *follower) audit() []Hash {
	path := slices.Clone(f.path)
	peaks := f.tree.peaks
	last := len(peaks) - 1
	right, above := peaks[last], f.peak == last
	for i := last - 1; i >= 0; i-- {
		switch {
		case above:
			path = append(path, peaks[i])
		case f.peak == i:
			path = append(path, right)
			above = true
		}
		right = node(peaks[i], right)
	}
	return path
}

// checkRecord reports whether path proves that the leaf at index is in the tree of the given size and root (RFC 6962
// section 2.1.1). Sizes are at most MaxSize: beyond it the library would not come to an end.
func checkRecord(path []Hash, size int64, root Hash, index int64, leaf Hash) bool {
	if index < 0 || index >= size || size > MaxSize {
		return false
	}
	return tlog.CheckRecord(tlogHashes(path), size, tlog.Hash(root), index, tlog.Hash(leaf)) == nil
}

// checkTree reports whether path proves that the tree of size old is the beginning of that of the given size (RFC 6962
// section 2.1.2).
func checkTree(path []Hash, size int64, root Hash, old int64, oldRoot Hash) bool {
	if old < 1 || old > size || size > MaxSize {
		return false
	}
	return tlog.CheckTree(tlogHashes(path), size, tlog.Hash(root), old, tlog.Hash(oldRoot)) == nil
}

func tlogHashes(path []Hash) []tlog.Hash {
	hashes := make([]tlog.Hash, len(path))
	for i, h := range path {
		hashes[i] = tlog.Hash(h)
	}
	return hashes
}
