package digest_test

import (
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Checking and hashing a record takes no memory, apart from the maps of an iteration, which are sorted.
func TestLeaf_allocates(t *testing.T) {
	for _, r := range full() {
		var leaf digest.Leaf
		leaf.Hash(r)
		got := testing.AllocsPerRun(100, func() {
			if err := r.Validate(); err != nil {
				t.Fatal(err)
			}
			leaf.Hash(r)
		})
		most := 0.0
		switch r.RecordKind() {
		case provider.KindStart: // keys from the salt
			most = 20
		case provider.KindIteration:
			most = 40
		}
		t.Logf("%s: %v", r.RecordKind(), got)
		if got > most {
			t.Errorf("%s: got %v allocations, want at most %v", r.RecordKind(), got, most)
		}
	}
}
