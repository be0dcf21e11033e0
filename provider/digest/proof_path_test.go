package digest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// storedTree is a tree in the library's own form.
type storedTree struct{ hashes []tlog.Hash }

func (s *storedTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = s.hashes[x]
	}
	return out, nil
}

func newStoredTree(t *testing.T, leaves []Hash) *storedTree {
	t.Helper()
	s := &storedTree{}
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(leaf), s)
		if err != nil {
			t.Fatal(err)
		}
		s.hashes = append(s.hashes, hashes...)
	}
	return s
}

func testLeaves(n int) []Hash {
	leaves := make([]Hash, n)
	for i := range leaves {
		leaves[i] = sha256.Sum256(fmt.Append(nil, "leaf ", i))
	}
	return leaves
}

func fromTlog(hashes []tlog.Hash) []Hash {
	var out []Hash
	for _, h := range hashes {
		out = append(out, Hash(h))
	}
	return out
}

// TestPathsOfEveryTree compares every audit path and every consistency path of every tree up to a size with those of
// the library, which computes them from all the hashes.
func TestPathsOfEveryTree(t *testing.T) {
	const most = 70
	leaves := testLeaves(most)
	stored := newStoredTree(t, leaves)
	for size := int64(1); size <= most; size++ {
		want, err := tlog.TreeHash(size, stored)
		if err != nil {
			t.Fatal(err)
		}
		root := Hash(want)
		for at := range size {
			f := newFollower()
			for i, leaf := range leaves[:size] {
				f.add(leaf, int64(i) == at)
			}
			if got := f.tree.Root(); got != root {
				t.Fatalf("size %d: got root %v, want %v", size, got, root)
			}
			path := f.audit()
			theirs, err := tlog.ProveRecord(size, at, stored)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(path, fromTlog(theirs)) {
				t.Fatalf("record %d of %d: got path %v, want %v", at, size, path, theirs)
			}
			if !checkRecord(path, size, root, at, leaves[at]) {
				t.Fatalf("record %d of %d: the path does not check", at, size)
			}
			if checkRecord(path, size, root, at, leaves[(at+1)%most]) || checkRecord(path, size, leaves[0], at, leaves[at]) &&
				size > 1 {
				t.Fatalf("record %d of %d: the path checks for another leaf or root", at, size)
			}
		}
		for old := int64(1); old <= size; old++ {
			c := newConsistencyFollower(old)
			for _, leaf := range leaves[:size] {
				c.add(leaf)
			}
			theirs, err := tlog.ProveTree(size, old, stored)
			if err != nil {
				t.Fatal(err)
			}
			if path := c.proof(); !slices.Equal(path, fromTlog(theirs)) {
				t.Fatalf("%d to %d: got path %v, want %v", old, size, path, theirs)
			} else if !checkTree(path, size, root, old, c.oldRoot) {
				t.Fatalf("%d to %d: the path does not check", old, size)
			}
		}
	}
}

// TestSizesBeyondTheLimitAreRefused: the library runs for ever on trees of more than 2^62 leaves.
func TestSizesBeyondTheLimitAreRefused(t *testing.T) {
	leaf := testLeaves(1)[0]
	for _, size := range []int64{-1, 0, MaxSize + 1, 1<<63 - 1} {
		if checkRecord(nil, size, leaf, 0, leaf) {
			t.Errorf("record 0 of %d: got true, want false", size)
		}
		if checkTree(nil, size, leaf, size, leaf) {
			t.Errorf("%d to %d: got true, want false", size, size)
		}
	}
	path := make([]Hash, 64)
	if checkRecord(path, MaxSize, leaf, MaxSize-1, leaf) || checkTree(path, MaxSize, leaf, MaxSize-1, leaf) {
		t.Error("got true for hashes of nothing, want false")
	}
}
