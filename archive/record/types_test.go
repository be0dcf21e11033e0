package record

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// TestEventTypesAreBounded: as many types of events are taken as readers take, and with one more the recording goes on.
func TestEventTypesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := Create(path, &Options{Bulk: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	for i := range tables.MaxEventTypes {
		if err := w.Event(t.Context(), &provider.Event{Type: fmt.Sprint("type ", i)}); err != nil {
			t.Fatalf("type %d: %v", i, err)
		}
	}
	if err := w.Event(t.Context(), &provider.Event{Type: "one more"}); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("one type more: got %v, want %v", err, provider.ErrInvalid)
	}
	if err := w.Event(t.Context(), &provider.Event{Type: "type 7"}); err != nil {
		t.Errorf("a known type: %v", err)
	}
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if n, err := a.RecordCount(t.Context()); err != nil || n != tables.MaxEventTypes+2 {
		t.Errorf("got %d records, %v, want %d", n, err, tables.MaxEventTypes+2)
	}
}
