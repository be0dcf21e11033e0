package digest_test

import (
	"errors"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Checking and hashing a record takes no memory, apart from the maps of an iteration, which are sorted, and from salts.
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
		case provider.KindStart: // the salt, and a key from it
			most = 15
		case provider.KindIteration:
			most = 14 + raceAllocations
		}
		if got > most {
			t.Errorf("%s: got %v allocations, want at most %v", r.RecordKind(), got, most)
		}
	}
}

// A commitment to a field that cannot be withheld, or that nobody knows, is not passed over.
func TestCommitments_refuses(t *testing.T) {
	commitment := make([]byte, 32)
	for name, head := range map[string][]byte{
		"event type": {1, 2, 2, 'c'}, "unknown field": {1, 2, 9, 'c'}, "unknown kind": {1, 9, 1, 'c'},
	} {
		if got, err := digest.Commitments(append(head, commitment...)); !errors.Is(err, digest.ErrEntry) {
			t.Errorf("%s: got %v, error %v, want ErrEntry", name, got, err)
		}
	}
	if got, err := digest.Commitments(append([]byte{1, 2, 4, 'c'}, commitment...)); err != nil || len(got) != 1 {
		t.Errorf("event data: got %v, error %v, want one commitment", got, err)
	}
}
