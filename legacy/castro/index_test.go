package castro

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// manyRuns opens a database of 5000 runs: many, where the rows of a run stand nearly together, or mixed, where they are
// spread over each table. It has rows rows in all.
func manyRuns(t *testing.T, name string) (d *Database, rows int64) {
	t.Helper()
	d = mustOpen(t, unpack(t, t.TempDir(), name, name+".db"), nil)
	for _, table := range d.db.Tables() {
		rows += table.RowCount()
	}
	return d, rows
}

// summaryOfMany reads the summary of a run of manyRuns.
func summaryOfMany(t *testing.T, r *Run) error {
	s, err := r.Summary(t.Context())
	if err == nil && (s.Iterations != 3 || s.LastCosts["A"] != s.FirstCosts["A"]-2) {
		err = fmt.Errorf("got %+v", s)
	}
	return err
}

// wholeOfMany reads a whole run of manyRuns.
func wholeOfMany(t *testing.T, r *Run) error {
	count, err := r.RecordCount(t.Context())
	if want := int64(1 + 3 + 4 + 2 + 1 + 4 + 1); err == nil && count < want { // and notes
		err = fmt.Errorf("got %d records, want at least %d", count, want)
	}
	return err
}

// Reading every run of a database costs a few readings of its tables, not one for each run: where the rows of a run
// stand together and where they do not, in the order of the list and in any other, and with memory for a few runs only.
func TestManyRuns(t *testing.T) {
	inOrder := func([]RunInfo) {}
	backward := slices.Reverse[[]RunInfo]
	shuffled := func(infos []RunInfo) {
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(infos), func(i, j int) { infos[i], infos[j] = infos[j], infos[i] })
	}
	for _, test := range []struct {
		name, file string
		read       func(*testing.T, *Run) error
		order      func([]RunInfo)
		room       int64 // for rows read ahead; 0 for what there is
		most       int64 // rows decoded for each row that there is
	}{
		{"summaries", "many", summaryOfMany, inOrder, 0, 6},
		{"runs", "many", wholeOfMany, inOrder, 0, 6},
		{"mixed summaries", "mixed", summaryOfMany, inOrder, 0, 6},
		{"mixed runs", "mixed", wholeOfMany, inOrder, 0, 6},
		{"mixed runs, backward", "mixed", wholeOfMany, backward, 0, 6},
		{"mixed runs, shuffled", "mixed", wholeOfMany, shuffled, 0, 6},
		{"mixed runs, little memory", "mixed", wholeOfMany, inOrder, 4 << 20, 40},
	} {
		switch test.name { // to which the others come near
		case "summaries", "runs", "mixed runs", "mixed runs, backward":
			if !longtest.Enabled() {
				continue
			}
		}
		d, rows := manyRuns(t, test.file)
		infos, err := d.Runs(t.Context())
		if err != nil || len(infos) != 5000 {
			t.Fatalf("got %d runs, %v, want 5000", len(infos), err)
		}
		pool := d.tables[coreEvents].shelf.pool
		if test.room > 0 {
			pool.left = test.room
		}
		whole := pool.left
		test.order(infos)
		for _, info := range infos {
			r, err := d.Run(t.Context(), info.ID)
			if err == nil {
				err = test.read(t, r)
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", test.name, info.ID, err)
			}
			if pool.left < 0 || pool.left > whole {
				t.Fatalf("%s: %s: got %d bytes left for rows read ahead, want 0 to %d", test.name, info.ID, pool.left, whole)
			}
		}
		if cost := d.db.RowsDecoded(); cost > test.most*rows {
			t.Errorf("%s: decoded %d rows of a database of %d, want at most %d times as many", test.name, cost, rows, test.most)
		} else {
			t.Logf("%s: decoded %.1f times the rows", test.name, float64(cost)/float64(rows))
		}
		for _, table := range d.tables {
			if table != nil {
				for column := range table.shelf.aheads {
					table.shelf.keepAhead(column, nil)
				}
			}
		}
		if pool.left != whole {
			t.Errorf("%s: got %d bytes left when nothing is kept, want %d", test.name, pool.left, whole)
		}
	}
}

// By an index a run is what it is without one, whatever was read before it, and also when several are read at once.
func TestRunsByIndex(t *testing.T) {
	for _, file := range []string{"many", "mixed"} {
		runsByIndex(t, file)
	}
}

func runsByIndex(t *testing.T, file string) {
	d, _ := manyRuns(t, file)
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
	for range longtest.Count(2, 8) {
		ids = append(ids, infos[rng.IntN(len(infos))].ID)
	}
	want := map[string]string{}
	for _, id := range ids {
		if want[id] == "" {
			fresh, _ := manyRuns(t, file)
			want[id] = identity(fresh, id)
		}
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
		s := shelf{pool: &pool{}}
		s.keep("k", x)
		w := &wanted{keys: map[string]bool{rapid.SampledFrom([]string{"a", "b", "", "z"}).Draw(t, "wanted"): true}}
		w.prefix = rapid.SampledFrom([]string{"", "ab", "z"}).Draw(t, "prefix")
		w.none = rapid.Bool().Draw(t, "none")
		index := s.index("k")
		found := index.find(index.match(w), w.none)
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
	s := shelf{pool: &pool{}}
	s.keep("k", x)
	if s.index("k") != nil || !s.known("k") || x.at != nil {
		t.Errorf("got an index of %d keys, want none", len(x.at))
	}
	d, _ := manyRuns(t, "many")
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
