package record

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestWritten: who asks for it is told what is on disk when it is, and that nothing more comes there, once.
func TestWritten(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let go of open files")
	}
	var told []int64
	var failed []error
	w, err := Create(filepath.Join(t.TempDir(), "run.simexp"), &Options{Written: func(records int64, err error) {
		if err != nil {
			failed = append(failed, err)
		} else {
			told = append(told, records)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	put := func(records ...provider.Record) {
		t.Helper()
		for _, r := range records {
			if err := provider.Put(t.Context(), w, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	event := func() provider.Record { return &provider.Event{Type: "e"} }
	put(&provider.Start{RunID: "r", Name: "n", Type: "t"}, &provider.Interaction{})
	before := len(told)
	for range flushEvents - 1 {
		put(event())
	}
	put(&provider.Iteration{})
	if want := []int64{1, 2}; before != 2 || !slices.Equal(told[:2], want) {
		t.Fatalf("got %d, want %d", told, want)
	}
	if last := told[len(told)-1]; last != flushEvents+2 {
		t.Errorf("got %d in the end, want %d", last, flushEvents+2)
	}
	if !slices.IsSorted(told) {
		t.Errorf("got %d, want rising numbers", told)
	}
	if err := os.Remove(w.LivePath()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Note(t.Context(), &provider.Note{Kind: "k", Text: "t"}); !errors.Is(err, ErrLost) {
			t.Fatalf("got %v, want %v", err, ErrLost)
		}
	}
	if len(failed) != 1 || !errors.Is(failed[0], ErrLost) {
		t.Errorf("got %v, want %v once", failed, ErrLost)
	}
}
