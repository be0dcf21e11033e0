package record

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// cutShort gives a recording of some records that goes on, and a Continuation of it.
func cutShort(t *testing.T, records []provider.Record) (*Writer, *Continuation) {
	t.Helper()
	first := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	w, err := Resume(t.Context(), first.LivePath(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	c, err := Continue(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return w, c
}

// A run that is played again goes on where its recording was cut, wherever that was.
func TestContinue(t *testing.T) {
	sample := providertest.Sample()
	for _, n := range []int{1, 2, 10, len(sample) - 1} {
		w, c := cutShort(t, sample[:n])
		if err := providertest.Play(t.Context(), c, sample); err != nil {
			t.Fatalf("cut behind %d records: %v", n, err)
		}
		providertest.Test(t, archivetest.Open(t, w.Path()), sample)
	}
}

// Another run is refused at the first record that differs, and changes nothing.
func TestContinueOtherRun(t *testing.T) {
	sample := providertest.Sample()
	const cut = 10
	for n := range cut {
		w, c := cutShort(t, sample[:cut])
		other := append(append([]provider.Record{}, sample[:n]...), &provider.Note{Kind: "other", Text: "other"})
		if n == 0 {
			start := *sample[0].(*provider.Start)
			start.RunID += "x"
			other[0] = &start
		}
		var err error
		for i, r := range other {
			if err = provider.Put(t.Context(), c, r); (err != nil) != (i == n) {
				t.Fatalf("record %d of a run that differs at %d: got %v", i, n, err)
			}
		}
		if !errors.Is(err, ErrOtherRun) {
			t.Errorf("record %d: got %v, want %v", n, err, ErrOtherRun)
		}
		if got := w.Count(); got != cut {
			t.Errorf("got %d records, want the %d that there were", got, cut)
		}
	}
}

// The end of a run that has not caught up ends nothing.
func TestContinueInterrupted(t *testing.T) {
	sample := providertest.Sample()
	w, c := cutShort(t, sample[:10])
	for _, r := range sample[:5] {
		if err := provider.Put(t.Context(), c, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Finish(t.Context(), nil); !errors.Is(err, ErrOtherRun) {
		t.Errorf("no result: got %v, want %v", err, ErrOtherRun)
	}
	if err := c.Finish(t.Context(), &provider.Result{Status: provider.StatusCompleted}); !errors.Is(err, ErrOtherRun) {
		t.Errorf("completed: got %v, want %v", err, ErrOtherRun)
	}
	if err := c.Finish(t.Context(), &provider.Result{Status: provider.StatusInterrupted}); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if _, sealed := w.Seal(); sealed || w.Count() != 10 {
		t.Errorf("got %d records, sealed %t, want 10 and not", w.Count(), sealed)
	}
	for _, r := range sample[5:10] {
		if err := provider.Put(t.Context(), c, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	providertest.Test(t, archivetest.Open(t, w.Path()), sample[:10])
}
