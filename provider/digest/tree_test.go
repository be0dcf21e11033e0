package digest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/simexp/exparchive/provider/digest"
)

// leafHash is the hash of a leaf after RFC 6962.
func leafHash(entry []byte) digest.Hash { return sha256.Sum256(append([]byte{0}, entry...)) }

// The vectors that implementations of RFC 6962 share: leaves, and the roots of the trees of the first 0 to 8 of them.
func TestTree_vectors(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var tree digest.Tree
	for n, want := range roots {
		if got := tree.Root().String(); got != want || tree.Len() != int64(n) {
			t.Errorf("%d leaves: got %s and length %d, want %s", n, got, tree.Len(), want)
		}
		if n < len(leaves) {
			entry, err := hex.DecodeString(leaves[n])
			if err != nil {
				t.Fatal(err)
			}
			tree.Add(leafHash(entry))
		}
	}
}

// The tree has the roots that golang.org/x/mod/sumdb/tlog computes.
func TestTree_tlog(t *testing.T) {
	var tree digest.Tree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for n := int64(0); n <= 300; n++ {
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			want = sha256.Sum256(nil)
		}
		if got := tree.Root(); got != digest.Hash(want) {
			t.Fatalf("%d leaves: got %v, want %v", n, got, digest.Hash(want))
		}
		entry := fmt.Appendf(nil, "entry %d", n)
		more, err := tlog.StoredHashes(n, entry, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		tree.Add(leafHash(entry))
	}
}

// A clone grows on its own.
func TestTree_Clone(t *testing.T) {
	for n := range 20 {
		var tree, fresh digest.Tree
		for i := range n {
			tree.Add(leafHash([]byte{byte(i)}))
			fresh.Add(leafHash([]byte{byte(i)}))
		}
		clone := tree.Clone()
		for i := range 9 {
			tree.Add(leafHash([]byte{100, byte(i)}))
			clone.Add(leafHash([]byte{200, byte(i)}))
			fresh.Add(leafHash([]byte{200, byte(i)}))
		}
		if clone.Root() != fresh.Root() || clone.Root() == tree.Root() {
			t.Errorf("%d leaves: a clone and its original share something", n)
		}
	}
}

func TestParseHash(t *testing.T) {
	h := leafHash([]byte("x"))
	if got, err := digest.ParseHash(h.String()); err != nil || got != h {
		t.Errorf("got %v, error %v, want %v", got, err, h)
	}
	for _, bad := range []string{"", "00", h.String() + "00", h.String()[:63] + "g", " " + h.String()[1:]} {
		if _, err := digest.ParseHash(bad); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}

func BenchmarkTree(b *testing.B) {
	var tree digest.Tree
	leaf := leafHash(nil)
	for b.Loop() {
		tree.Add(leaf)
	}
}

// TestTreeBlocks: the roots of blocks are those of the trees of their leaves, and give the root of the whole.
func TestTreeBlocks(t *testing.T) {
	var whole, block digest.Tree
	var done []digest.Hash
	for n := range 5*digest.BlockSize + 3 {
		leaf := leafHash(fmt.Append(nil, n))
		whole.Add(leaf)
		block.Add(leaf)
		if got, want := whole.Block(), block.Root(); got != want {
			t.Fatalf("%d leaves: got block %v, want %v", n+1, got, want)
		}
		if got, want := digest.BlockRoot(append(done[:len(done):len(done)], block.Root())), whole.Root(); got != want {
			t.Fatalf("%d leaves: the blocks have root %v, want %v", n+1, got, want)
		}
		clone := whole.Clone()
		if clone.Block() != whole.Block() {
			t.Fatalf("%d leaves: a clone has another block", n+1)
		}
		if block.Len() == digest.BlockSize {
			done = append(done, block.Root())
			block = digest.Tree{}
		}
	}
}
