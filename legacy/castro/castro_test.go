package castro

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/replay"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// unpack writes a fixture of testdata, and its log if it has one, to a folder and gives the path.
func unpack(t testing.TB, folder, name, as string) string {
	t.Helper()
	path := filepath.Join(folder, as)
	gunzip(t, filepath.Join("testdata", name+".db.gz"), path)
	if log := filepath.Join("testdata", name+".db.wal.gz"); exists(log) {
		gunzip(t, log, path+".wal")
	}
	return path
}

func gunzip(t testing.TB, from, to string) {
	t.Helper()
	data := readGzip(t, from)
	if err := os.WriteFile(to, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func readGzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func mustOpen(t testing.TB, path string, opts *Options) *Database {
	t.Helper()
	d, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func mustRun(t testing.TB, d *Database, id string) *Run {
	t.Helper()
	run, err := d.Run(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func mustRuns(t testing.TB, d *Database) []RunInfo {
	t.Helper()
	runs, err := d.Runs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// fixtures are those with sound runs.
var fixtures = []string{"s1", "s2", "s3", "s4", "s5", "killed", "g", "c", "joined", "hybrid", "k0", "k1", "k2", "k3",
	"k4", "u", "w", "web"}

// openSound opens one of the fixtures above.
func openSound(t testing.TB, name string) *Database {
	t.Helper()
	folder := t.TempDir()
	switch name {
	case "joined": // castro.db with the database of one experiment beside it
		unpack(t, folder, "g", "exp1.db")
		return mustOpen(t, unpack(t, folder, "c", "castro.db"), nil)
	case "web":
		text, err := os.ReadFile(filepath.Join("testdata", "web.json"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, "web.json")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		return mustOpen(t, path, nil)
	}
	return mustOpen(t, unpack(t, folder, name, name+".db"), nil)
}

// TestGolden compares every run with what it gave when somebody last looked at it: the lines, the text of a replay, the
// digest. The lines, read back, are also what the conformance suite wants of the run.
func TestGolden(t *testing.T) {
	var digests strings.Builder
	for _, name := range fixtures {
		d := openSound(t, name)
		runs := mustRuns(t, d)
		if len(runs) == 0 {
			t.Errorf("%s: got no runs", name)
		}
		for _, info := range runs {
			t.Run(name+"/"+info.ID, func(t *testing.T) {
				run := mustRun(t, d, info.ID)
				var lines, text bytes.Buffer
				var root digest.Sink
				sink := provider.Tee(jsonl.NewWriter(&lines), replay.NewPrinter(&text, &replay.Options{Verbose: true}), &root)
				if err := provider.Copy(t.Context(), sink, run); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&digests, "%s  %3d  %s %s\n", root.Root(), root.Count(), name, info.ID)
				golden := filepath.Join("testdata", "golden", name+"."+info.ID)
				compareGolden(t, golden+".jsonl.gz", lines.Bytes())
				compareGolden(t, golden+".txt", text.Bytes())

				path := filepath.Join(t.TempDir(), "golden.jsonl")
				gunzip(t, golden+".jsonl.gz", path)
				back, err := jsonl.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				var want []provider.Record
				for r, err := range back.Records(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, r)
				}
				providertest.Test(t, run, want)

				var again bytes.Buffer
				if err := provider.Copy(t.Context(), replay.NewPrinter(&again, &replay.Options{Verbose: true}), back); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(again.Bytes(), text.Bytes()) {
					t.Error("the replay of the JSON lines differs from that of the database")
				}
				e, err := run.Experiment(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if e.RunID != info.ID || e.Name != info.Name || e.Type != info.Type || e.CreatedAt != info.CreatedAt ||
					e.Status() != info.Status {
					t.Errorf("got %v %q %q %q from the run, want %+v as listed", e.Start.RunID, e.Name, e.Type, e.Status(), info)
				}
			})
		}
	}
	compareGolden(t, filepath.Join("testdata", "golden", "digests.txt"), []byte(digests.String()))
}

// compareGolden compares got with a golden file, or rewrites the file.
func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		data := got
		if strings.HasSuffix(path, ".gz") {
			if exists(path) && bytes.Equal(readGzip(t, path), got) {
				return
			}
			var b bytes.Buffer
			z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
			z.Write(got)
			z.Close()
			data = b.Bytes()
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	var want []byte
	var err error
	if strings.HasSuffix(path, ".gz") {
		want = readGzip(t, path)
	} else if want, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s(-update rewrites it)", path, firstDifference(got, want), firstDifference(want, got))
	}
}

// firstDifference gives the first line of a that differs from b's.
func firstDifference(a, b []byte) string {
	x, y := strings.SplitAfter(string(a), "\n"), strings.SplitAfter(string(b), "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("line %d: %s", i+1, x[i])
		}
	}
	return fmt.Sprintf("line %d: nothing more\n", len(x)+1)
}

// TestEveryCellIsKept reads every cell of every imported table apart from the adapters and looks for its value in the
// run's lines.
func TestEveryCellIsKept(t *testing.T) {
	for _, name := range fixtures {
		if d := openSound(t, name); d.db != nil {
			if cells := checkCells(t, name, d); cells < 20 {
				t.Errorf("%s: got %d cells, want more", name, cells)
			}
		}
	}
}

func checkCells(t *testing.T, name string, d *Database) (cells int) {
	t.Helper()
	lines := map[string]string{}
	for _, info := range mustRuns(t, d) {
		var b bytes.Buffer
		if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), mustRun(t, d, info.ID)); err != nil {
			t.Fatal(err)
		}
		lines[info.ID] = unescape(b.String())
	}
	everything := strings.Join(slices.Collect(maps.Values(lines)), "")
	for r := range roles {
		known := d.tables[r]
		if known == nil {
			continue
		}
		err := known.each(t.Context(), "", nil, func(row *row) error {
			where := everything
			if key := signatures[r].key; key != "" {
				where = lines[row.text(key)]
			}
			if strings.HasPrefix(row.text("simulation_id"), "sim-") {
				return nil // a simulation of no run
			}
			for i, c := range known.columns {
				if row.v[i] == nil || slices.Contains(columnList(signatures[r].notKept), c.Name) || c.Name == "accepted_changes" {
					continue
				}
				cells++
				for _, part := range parts(row.v[i], c.Type.Alias == "JSON") {
					if !strings.Contains(where, unescape(part)) {
						t.Errorf("%s: table %s, row %d: %s: %.80q is not in the run", name, known.t.Name(), row.n, c.Name, part)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return cells
}

// unescape makes texts comparable wherever they stand: without line ends, escapes and blanks.
func unescape(s string) string {
	return strings.NewReplacer("\\u000a", "", "\\u000A", "", "\\n", "", "\n", "", "\\", "", " ", "").Replace(s)
}

// parts gives the texts that a cell must leave in a run: the members of a JSON object may end up apart.
func parts(v any, isJSON bool) []string {
	text := asText(v)
	if m, ok := members(json.RawMessage(text)); isJSON && ok {
		var all []string
		for _, value := range m {
			if s, ok := stringOf(value); ok {
				all = append(all, s)
			} else if string(value) != "null" {
				all = append(all, string(value))
			}
		}
		return all
	}
	return []string{text}
}

// TestReal reads the real files, where they are.
func TestReal(t *testing.T) {
	folder := os.Getenv("EXPARCHIVE_REALDATA")
	if folder == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	dir := t.TempDir()
	real := func(name string) *Run {
		path := filepath.Join(dir, filepath.Base(name))
		gunzip(t, filepath.Join(folder, name+".gz"), path)
		d := mustOpen(t, path, nil)
		if d.db != nil {
			checkCells(t, name, d)
		}
		run := mustRun(t, d, "")
		root, _, err := digest.Of(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), run); err != nil {
			t.Fatal(err)
		}
		lines := path + ".jsonl"
		if err := os.WriteFile(lines, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		back, err := jsonl.Open(lines)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := digest.Of(t.Context(), back); err != nil || got != root {
			t.Errorf("%s: got digest %s, %v through JSON lines, want %s", name, got, err, root)
		}
		return run
	}

	failed := real("castro_exp1_debug.db")
	if got, err := failed.Iterations(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("failed run: got iterations %v, %v, want none", got, err)
	}
	var initial []string
	for e, err := range provider.AllEvents(t.Context(), failed) {
		if err != nil {
			t.Fatal(err)
		}
		agent, _ := stringOf(member(e.Data, "agent_id"))
		initial = append(initial, e.Type+" "+agent+" "+string(member(e.Data, "policy", "parameters",
			"initial_liquidity_fraction")))
	}
	if want := []string{"policy_init BANK_A 0.25", "policy_init BANK_B 0.25"}; !slices.Equal(initial, want) {
		t.Errorf("failed run: got events %q, want %q", initial, want)
	}
	if e, err := failed.Experiment(t.Context()); err != nil || e.Status() != provider.StatusUnfinished {
		t.Errorf("failed run: got status %q, %v, want running: no end was recorded", e.Status(), err)
	}

	run := real("core_exp1.db")
	numbers, err := run.Iterations(t.Context())
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}; err != nil || !slices.Equal(numbers, want) {
		t.Errorf("got iterations %v, %v, want %v", numbers, err, want)
	}
	records := map[provider.Kind]int{}
	for r, err := range run.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		records[r.RecordKind()]++
	}
	if got := records[provider.KindEvent] + records[provider.KindInteraction]; got != 25 {
		t.Errorf("got %d events, want 25", got)
	}
	first, last := iterationAt(t, run, 0), iterationAt(t, run, 8)
	for _, c := range []struct {
		it       provider.Iteration
		fraction string
		cost     provider.Cents
	}{{first, "0.5", 5000}, {last, "0.11", 1100}} {
		if got := string(member(c.it.Policies["BANK_A"], "parameters", "initial_liquidity_fraction")); got != c.fraction {
			t.Errorf("iteration %d: got fraction %s, want %s", c.it.Number, got, c.fraction)
		}
		if got := c.it.Costs["BANK_A"]; got != c.cost {
			t.Errorf("iteration %d: got cost %d, want %d", c.it.Number, got, c.cost)
		}
	}
	for n := range 8 { // A's proposals were all taken, B's never after the first
		want := map[string]bool{"BANK_A": true, "BANK_B": n == 0}
		if got := iterationAt(t, run, n).AcceptedChanges; !maps.Equal(got, want) {
			t.Errorf("iteration %d: got accepted changes %v, want %v", n, got, want)
		}
	}

	for name, want := range map[string]struct {
		days  int
		total provider.Cents
	}{"castro_exp2_-_flash": {10, 99600}, "large_network_-_pro": {25, 86400}, "lehman_month_-_glm": {25, 134400}} {
		run := real("web/" + name + ".json")
		numbers, err := run.Iterations(t.Context())
		if err != nil || len(numbers) != want.days || numbers[0] != 0 {
			t.Errorf("%s: got iterations %v, %v, want %d from 0", name, numbers, err, want.days)
		}
		if got := sumOf(iterationAt(t, run, 0).Costs, nil); got == nil || *got != want.total {
			t.Errorf("%s: got a total of %v on the first day, want %d", name, got, want.total)
		}
		if e, err := run.Experiment(t.Context()); err != nil || e.Name != name || e.Status() != provider.StatusCompleted {
			t.Errorf("%s: got %q, %q, %v, want it completed and named after the file", name, e.Name, e.Status(), err)
		}
	}
}

func iterationAt(t testing.TB, p provider.Provider, n int) provider.Iteration {
	t.Helper()
	it, err := p.IterationAt(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// TestReadingChangesNothing lists and reads everything in a folder that may not be written.
func TestReadingChangesNothing(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"s3", "killed", "c", "k1", "w"} {
		unpack(t, folder, name, name+".db")
	}
	unpack(t, folder, "g", "exp1.db")
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(folder, 0o755) })
	before := listing(t, folder)
	for _, name := range []string{"s3", "killed", "c", "k1", "w", "exp1"} {
		d, err := Open(filepath.Join(folder, name+".db"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range mustRuns(t, d) {
			if _, _, err := digest.Of(t.Context(), mustRun(t, d, info.ID)); err != nil {
				t.Error(err)
			}
		}
		if _, err := d.Describe(t.Context()); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := listing(t, folder); after != before {
		t.Errorf("got\n%swant\n%s", after, before)
	}
}

// listing describes every file of a folder.
func listing(t *testing.T, folder string) string {
	var b strings.Builder
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprint(&b, e.Name(), " ", info.Mode(), " ", info.ModTime())
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %d %x", len(data), sha256.Sum256(data))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
