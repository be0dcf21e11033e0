package launch

import (
	"bytes"
	"errors"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// What was written to a pseudo-terminal and not read before its end comes out whole, and nothing besides.
func TestHeldBack(t *testing.T) {
	for _, size := range []int{0, 1, 2000} {
		recorder, program, err := openTerminal()
		if errors.Is(err, ErrNoTerminal) {
			othertools.Missing(t, err)
		} else if err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte("\r\n\x04text"), size/5+1)[:size]
		if _, err := program.Write(want); err != nil {
			t.Fatal(err)
		}
		if err := program.Close(); err != nil {
			t.Fatal(err)
		}
		if got := heldBack(recorder, program.Name()); !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, want the %d that were written", len(got), size)
		}
		recorder.Close()
	}
}
