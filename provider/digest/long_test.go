package digest

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestLongValues: a value that is hashed in pieces has the commitment of one that is hashed whole.
func TestLongValues(t *testing.T) {
	for _, n := range []int{longValue - 1, longValue, longValue + 1, 2 * longValue, 2*longValue + 1, 5*longValue + 12345} {
		value := bytes.Repeat([]byte("0123456789abcde\n"), n/16+1)[:n]
		for _, r := range []provider.Record{
			&provider.Event{Type: "e", Data: value},
			&provider.Attachment{Name: "a", Data: value},
			&provider.Interaction{Response: new(string(value))},
		} {
			var leaf Leaf
			got, err := Commitments(leaf.Entry(r))
			if err != nil {
				t.Fatal(err)
			}
			for field, c := range got {
				f, _ := r.RecordKind().Field(field)
				covered := append([]byte{commitmentPrefix, byte(r.RecordKind()), f.ID}, value...)
				if want := provider.Commitment(sha256.Sum256(covered)); c != want {
					t.Errorf("%s of %d bytes: got %v, want %v", field, n, c, want)
				}
			}
			if len(got) != 1 {
				t.Errorf("%T: got %d commitments, want 1", r, len(got))
			}
		}
	}
	var leaf Leaf
	if c, err := Commitments(leaf.Entry(&provider.Attachment{Name: "empty"})); err != nil || len(c) != 1 {
		t.Errorf("an empty attachment: got commitments %v, %v, want one", c, err)
	}
}
