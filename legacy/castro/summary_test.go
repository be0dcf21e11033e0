package castro

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// fullSummary makes a summary of all records of a run.
func fullSummary(t *testing.T, run *Run) (s Summary) {
	t.Helper()
	var first, last *provider.Iteration
	for r, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if it, ok := r.(*provider.Iteration); ok {
			s.Iterations++
			if first == nil || it.Number < first.Number {
				first = it
			}
			if last == nil || it.Number > last.Number {
				last = it
			}
		}
	}
	if first != nil {
		s.FirstCosts, s.LastCosts = first.Costs, last.Costs
	}
	e, err := run.Experiment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Experiment = e
	s.Experiment.Notes = nil
	if s.Experiment.Result != nil {
		s.Experiment.Result.Seq = 0
	}
	return s
}

func text(t *testing.T, s Summary) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// compareSummaries compares the summary of every run of d with its records.
func compareSummaries(t *testing.T, name string, d *Database) {
	t.Helper()
	for _, info := range mustRuns(t, d) {
		brief, err := mustRun(t, d, info.ID).Summary(t.Context())
		if err != nil {
			t.Errorf("%s %s: %v", name, info.ID, err)
			continue
		}
		run := mustRun(t, d, info.ID)
		if got, want := text(t, brief), text(t, fullSummary(t, run)); got != want {
			t.Errorf("%s %s: got %s, want %s", name, info.ID, got, want)
		}
		again, err := run.Summary(t.Context()) // of a run that was read
		if got, want := text(t, again), text(t, brief); err != nil || got != want {
			t.Errorf("%s %s, read: got %s, %v, want %s", name, info.ID, got, err, want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, name := range fixtures {
		compareSummaries(t, name, openSound(t, name))
	}
	for _, name := range []string{"cents", "double", "json", "nan", "values"} {
		compareSummaries(t, name, mustOpen(t, unpack(t, t.TempDir(), "bad/"+name, name+".db"), &Options{Lenient: true}))
	}
}

// TestSummaryReal does so with the real files, where they are.
func TestSummaryReal(t *testing.T) {
	folder := os.Getenv("EXPARCHIVE_REALDATA")
	if folder == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	for _, name := range []string{"castro_exp1_debug.db", "core_exp1.db"} {
		path := filepath.Join(t.TempDir(), name)
		gunzip(t, filepath.Join(folder, name+".gz"), path)
		compareSummaries(t, name, mustOpen(t, path, nil))
	}
}

// TestSummaryReadsLittle looks at what a summary is made of: neither calls nor events other than evaluations.
func TestSummaryReadsLittle(t *testing.T) {
	d := mustOpen(t, unpack(t, t.TempDir(), "k4", "k4.db"), nil)
	run := mustRun(t, d, mustRuns(t, d)[0].ID)
	b := newBuilder(t.Context(), false)
	b.brief = true
	if err := run.source.build(b, run.info.ID); err != nil {
		t.Fatal(err)
	}
	iterations := 0
	for _, r := range b.records {
		switch r := r.(type) {
		case *provider.Iteration:
			iterations++
		case *provider.Event:
			if r.Type != "evaluation" {
				t.Errorf("got an event %s, want only evaluations", r.Type)
			}
		default:
			t.Errorf("got a record %T", r)
		}
	}
	if iterations == 0 {
		t.Error("got no iterations")
	}
}

func BenchmarkSummary(b *testing.B) {
	path := unpack(b, b.TempDir(), "k4", "k4.db")
	d := mustOpen(b, path, nil)
	id := mustRuns(b, d)[0].ID
	for _, c := range []struct {
		name string
		read func(*Run) error
	}{
		{"summary", func(r *Run) error { _, err := r.Summary(b.Context()); return err }},
		{"records", func(r *Run) error { _, err := r.Experiment(b.Context()); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.read(mustRun(b, d, id)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
