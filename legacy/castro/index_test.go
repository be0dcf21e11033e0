package castro

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// manyRuns opens the database of 5000 runs. It has rows rows in all.
func manyRuns(t *testing.T) (d *Database, rows int64) {
	t.Helper()
	d = mustOpen(t, unpack(t, t.TempDir(), "many", "many.db"), nil)
	for _, table := range d.db.Tables() {
		rows += table.RowCount()
	}
	return d, rows
}

// Reading every run of a database costs a few readings of its tables, not one for each run.
func TestManyRuns(t *testing.T) {
	for name, read := range map[string]func(*Run) error{
		"summaries": func(r *Run) error {
			s, err := r.Summary(t.Context())
			if err == nil && (s.Iterations != 3 || s.LastCosts["A"] != s.FirstCosts["A"]-2) {
				err = fmt.Errorf("got %+v", s)
			}
			return err
		},
		"runs": func(r *Run) error {
			count, err := r.RecordCount(t.Context())
			if want := int64(1 + 3 + 4 + 2 + 1 + 4 + 1); err == nil && count < want { // and notes
				err = fmt.Errorf("got %d records, want at least %d", count, want)
			}
			return err
		},
	} {
		d, rows := manyRuns(t)
		infos, err := d.Runs(t.Context())
		if err != nil || len(infos) != 5000 {
			t.Fatalf("got %d runs, %v, want 5000", len(infos), err)
		}
		for _, info := range infos {
			r, err := d.Run(t.Context(), info.ID)
			if err == nil {
				err = read(r)
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", name, info.ID, err)
			}
		}
		if cost := d.db.RowsDecoded(); cost > 6*rows {
			t.Errorf("%s: decoded %d rows of a database of %d, want at most six times as many", name, cost, rows)
		}
	}
}

// By an index a run is what it is without one, whatever was read before it, and also when several are read at once.
func TestRunsByIndex(t *testing.T) {
	d, _ := manyRuns(t)
	infos, err := d.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	identity := func(d *Database, id string) string {
		r, err := d.Run(t.Context(), id)
		if err != nil {
			t.Error(err)
			return ""
		}
		root, count, err := digest.Of(t.Context(), r)
		return fmt.Sprint(root, count, err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	ids := []string{infos[0].ID, infos[1].ID, infos[0].ID, infos[4999].ID}
	for range 20 {
		ids = append(ids, infos[rng.IntN(len(infos))].ID)
	}
	want := map[string]string{}
	for _, id := range ids {
		fresh, _ := manyRuns(t)
		want[id] = identity(fresh, id)
		if got := identity(d, id); got != want[id] || !strings.HasSuffix(got, "<nil>") {
			t.Errorf("%s: got %s by the index, %s without", id, got, want[id])
		}
	}
	var group sync.WaitGroup
	for range 4 {
		order := rng.Perm(len(ids))
		group.Go(func() {
			for _, i := range order {
				if got := identity(d, ids[i]); got != want[ids[i]] {
					t.Errorf("%s: got %s beside others, want %s", ids[i], got, want[ids[i]])
				}
			}
		})
	}
	group.Wait()
}

// What an index finds covers every row that is wanted, in order and without overlaps.
func TestKeyIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]any{"a", "ab", "abc", "b", "c", "", nil, int64(7)})
		gap := rapid.SampledFrom([]int64{1, 1, 1, closeRows - 1, closeRows, 3 * closeRows})
		x := newKeyIndex(1 << 20)
		keys := map[int64]any{}
		for n, left := int64(0), rapid.IntRange(0, 60).Draw(t, "rows"); left > 0; left-- {
			if n%3 == 0 {
				x.mark(2*n, n)
			}
			k := key.Draw(t, "key")
			x.add(k, n)
			keys[n] = k
			n += gap.Draw(t, "gap")
		}
		var s shelf
		s.keep("k", x)
		w := &wanted{keys: map[string]bool{rapid.SampledFrom([]string{"a", "b", "", "z"}).Draw(t, "wanted"): true}}
		w.prefix = rapid.SampledFrom([]string{"", "ab", "z"}).Draw(t, "prefix")
		w.none = rapid.Bool().Draw(t, "none")
		found := s.index("k").find(w)
		for i, sp := range found {
			if sp.from >= sp.to || i > 0 && sp.from < found[i-1].to {
				t.Fatalf("got spans %v", found)
			}
			if !w.has(keys[sp.from]) || !w.has(keys[sp.to-1]) {
				t.Fatalf("span %v begins or ends with a row that is not wanted", sp)
			}
		}
		for n, k := range keys {
			if in := slices.ContainsFunc(found, func(s span) bool { return s.from <= n && n < s.to }); w.has(k) && !in {
				t.Fatalf("row %d with key %v is in none of %v", n, k, found)
			}
		}
	})
}

// An index that would be too large is given up, and not tried again.
func TestKeyIndexLimit(t *testing.T) {
	x := newKeyIndex(1000)
	for n := range int64(100) {
		x.add(fmt.Sprint(n), n)
	}
	var s shelf
	s.keep("k", x)
	if s.index("k") != nil || !s.known("k") || x.spans != nil {
		t.Errorf("got an index of %d keys, want none", len(x.spans))
	}
	d, _ := manyRuns(t)
	if _, err := d.Runs(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range d.tables {
		if table != nil {
			table.maxRows = 100_000 // enough for the rows of a run, not for an index of all
		}
	}
	for _, id := range []string{"run-17", "run-4711"} {
		r, err := d.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if e, err := r.Experiment(t.Context()); err != nil || e.RunID != id || e.Status() != provider.StatusCompleted {
			t.Errorf("%s: got %+v, %v", id, e, err)
		}
	}
}
