package main

import (
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	if err := run(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	numbers, err := a.Iterations(t.Context())
	if err != nil || len(numbers) != 3 {
		t.Errorf("got iterations %v, %v, want 3", numbers, err)
	}
	e, err := a.Experiment(t.Context())
	if err != nil || e.Status() != provider.StatusCompleted || *e.Result.FinalCost != 2000 {
		t.Errorf("got %+v, %v, want a completed run", e.Result, err)
	}
	if run(t.Context(), path) == nil {
		t.Error("an archive that is there: got no error")
	}
}
