package runs

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// legacy puts a test database of package castro at path.
func legacy(t *testing.T, name, path string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "legacy", "castro", "testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := io.Reader(f)
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, path, string(text))
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample gives the sample run under another id.
func sample(id string) []provider.Record {
	records := slices.Clone(providertest.Sample())
	start := *records[0].(*provider.Start)
	start.RunID = id
	records[0] = &start
	return records
}

// seal writes an archive.
func seal(t *testing.T, path, id string) string {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := provider.Copy(t.Context(), w, providertest.Live(sample(id))); err != nil {
		t.Fatal(err)
	}
	return path
}

// leave writes a live file that its recorder left behind, and gives its path.
func leave(t *testing.T, path, id string) string {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sample(id)[:5] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.LivePath()
}

// lines writes a run as JSON lines.
func lines(t *testing.T, path, id string) string {
	t.Helper()
	var b strings.Builder
	if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), providertest.Live(sample(id))); err != nil {
		t.Fatal(err)
	}
	return write(t, path, b.String())
}

// Runs of the database k1.db.
const (
	k1First  = "exp1-20251215-084901-866d63"
	k1Second = "exp1-20251215-093000-866e00"
	k1Third  = "exp2-20251215-100000-1234ab"
)

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	for _, c := range []struct {
		path, runID, want string
	}{
		{seal(t, in("sealed.simexp"), "sealed-1"), "", "sealed-1"},
		{in("sealed.simexp"), "sealed-1", "sealed-1"},
		{in("sealed.simexp"), "sealed", "sealed-1"},
		{leave(t, in("open.simexp"), "open-1"), "open", "open-1"},
		{lines(t, in("run.jsonl"), "lines-1"), "lines", "lines-1"},
		{legacy(t, "k1.db.gz", in("k1.db")), k1First, k1First},
		{in("k1.db"), "exp2", k1Third},
		{legacy(t, "g.db.gz", in("g.db")), "tuning", "tuning"},
		{legacy(t, "web.json", in("web.json")), "", ""},
		// JSON lines that do not begin with an experiment.
		{write(t, in("odd.jsonl"), `{"type":"note","kind":"k","text":"t"}`), "", "error"},
	} {
		r, err := Open(t.Context(), c.path, c.runID, nil)
		if c.want == "error" {
			if line := (*jsonl.LineError)(nil); !errors.As(err, &line) {
				t.Errorf("%s: got %v, want an error of a line", c.path, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, run %q: %v", c.path, c.runID, err)
			continue
		}
		e, err := r.Provider.Experiment(t.Context())
		if err != nil || c.want != "" && e.RunID != c.want || r.Path != c.path {
			t.Errorf("%s, run %q: got run %q of %s, %v, want %q", c.path, c.runID, e.RunID, r.Path, err, c.want)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: close: %v", c.path, err)
		}
	}
	for _, c := range []struct {
		path, runID string
		want        error
	}{
		{in("sealed.simexp"), "other", provider.ErrNoRun},
		{in("open.simexp-live"), "other", provider.ErrNoRun},
		{in("run.jsonl"), "other", provider.ErrNoRun},
		{in("k1.db"), "other", provider.ErrNoRun},
		{in("k1.db"), "", castro.ErrManyRuns},
		{in("k1.db"), "exp1", castro.ErrManyRuns},
		{in("none"), "", ErrNoFile},
		{in("none"), "", fs.ErrNotExist},
		{in("open.simexp"), "", ErrNoFile}, // its live file is there
		{folder, "", ErrFolder},
		{write(t, in("empty"), ""), "", ErrForeign},
		{write(t, in("text"), "hello"), "", ErrForeign},
		{write(t, in("other.simexp"), "SQLite format 3\x00"), "", archive.ErrDamaged},
	} {
		r, err := Open(t.Context(), c.path, c.runID, nil)
		if err == nil {
			r.Close()
		}
		if !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), c.path+": ") ||
			strings.Count(err.Error(), c.path+": ") > 1 {
			t.Errorf("%s, run %q: got %v, want the name of the file and %v", c.path, c.runID, err, c.want)
		}
	}
}

// What a database has that cannot be kept is refused before the run is used, or left out.
func TestLenient(t *testing.T) {
	path := legacy(t, "bad/cents.db.gz", filepath.Join(t.TempDir(), "cents.db"))
	if r, err := Open(t.Context(), path, "", nil); !errors.As(err, new(*castro.CellError)) {
		t.Errorf("got %v, want an error of a cell", err)
		r.Close()
	}
	r, err := Open(t.Context(), path, "", &Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if e, err := r.Provider.Experiment(t.Context()); err != nil ||
		!slices.ContainsFunc(e.Notes, func(n provider.Note) bool { return n.Kind == "left out" }) {
		t.Errorf("got notes %v, %v, want one of what was left out", e.Notes, err)
	}
}

// summaries gives the ids of a list, and its errors.
func summaries(t *testing.T, path string) (all []Summary, errs []error) {
	for s, err := range List(t.Context(), path, nil) {
		if s.File != path {
			t.Errorf("%s: got a summary of %s", path, s.File)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, s)
	}
	return all, errs
}

// A run has the same summary in whatever it lies, but for what only an archive has, and the same as its own.
func TestList(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{seal(t, filepath.Join(folder, "a.simexp"), "a"),
		lines(t, filepath.Join(folder, "a.jsonl"), "a")} {
		all, errs := summaries(t, path)
		if len(errs) > 0 || len(all) != 1 {
			t.Fatalf("%s: got %d runs and errors %v, want one run", path, len(all), errs)
		}
		s := all[0]
		if s.RunID != "a" || s.Iterations != 3 || s.FinalCost == nil || *s.FinalCost != 2000 ||
			s.Status != provider.StatusCompleted ||
			len(s.FirstCosts) == 0 || len(s.LastCosts) == 0 ||
			(s.State == archive.Sealed) != strings.HasSuffix(path, ".simexp") {
			t.Errorf("%s: got %+v", path, s)
		}
	}
	path := legacy(t, "k1.db.gz", filepath.Join(folder, "k1.db"))
	all, errs := summaries(t, path)
	if len(errs) > 0 || len(all) != 3 {
		t.Fatalf("got %d runs and errors %v, want 3 runs", len(all), errs)
	}
	ids, err := IDs(t.Context(), path, nil)
	if err != nil || !slices.Equal(ids, []string{all[0].RunID, all[1].RunID, all[2].RunID}) {
		t.Errorf("got ids %q, %v, want those of the list", ids, err)
	}
	for _, s := range all {
		r, err := Open(t.Context(), path, s.RunID, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := Summarize(t.Context(), path, r.Provider)
		if err != nil || whole.Iterations != s.Iterations || whole.Status != s.Status || whole.Experiment != s.Experiment {
			t.Errorf("got %+v, %v from the run, %+v from the list", whole, err, s)
		}
		r.Close()
	}
	// Listing stops when it is told to, and a run that cannot be summarized does not hide the others.
	for range List(t.Context(), path, nil) {
		break
	}
	bad := legacy(t, "bad/cents.db.gz", filepath.Join(folder, "cents.db"))
	if all, errs := summaries(t, bad); len(all) != 0 || len(errs) != 1 || !errors.As(errs[0], new(*castro.CellError)) ||
		!strings.HasPrefix(errs[0].Error(), bad+": ") {
		t.Errorf("got %d runs and errors %v, want the error of a cell", len(all), errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range List(ctx, path, nil) {
		if n++; err == nil || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v", err)
		}
	}
	if n > 1 {
		t.Errorf("cancelled: the list went on to %d runs", n)
	}
}

func TestDescribe(t *testing.T) {
	folder := t.TempDir()
	about, err := Describe(t.Context(), legacy(t, "k1.db.gz", filepath.Join(folder, "k1.db")), nil)
	if err != nil || about == nil || len(about.Generations) == 0 {
		t.Errorf("got %+v, %v, want a description", about, err)
	}
	for _, path := range []string{
		seal(t, filepath.Join(folder, "a.simexp"), "a"), lines(t, filepath.Join(folder, "a.jsonl"), "a"),
		write(t, filepath.Join(folder, "note-first.jsonl"), `{"type":"note","kind":"k","text":"t"}`),
	} {
		if about, err := Describe(t.Context(), path, nil); about != nil || err != nil {
			t.Errorf("%s: got %v, %v, want neither", path, about, err)
		}
	}
	if _, err := Describe(t.Context(), write(t, filepath.Join(folder, "bad.db"), strings.Repeat("\x00", 8)+"DUCK"),
		nil); err == nil {
		t.Error("a cut database: got no error")
	}
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "deep", "er.db"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.simexp", "a.simexp-live", "c.db", "d.duckdb", "e.jsonl", "f.txt", ".simexp", ".db",
		"g.json", "w.json", "h.simexp-live-wal", "deep/i.simexp", "deep/er.db/j.db"} {
		text := ""
		if name == "w.json" {
			text = `{"days": []}`
		}
		write(t, filepath.Join(folder, filepath.FromSlash(name)), text)
	}
	for _, c := range []struct {
		path      string
		recursive bool
		want      string
	}{
		{".", false, "a.simexp-live b.simexp c.db d.duckdb e.jsonl w.json"},
		{".", true, "a.simexp-live b.simexp c.db d.duckdb deep/er.db/j.db deep/i.simexp e.jsonl w.json"},
		{"f.txt", false, "f.txt"},
		{"missing", true, "missing"},
	} {
		var got []string
		for path, err := range Files(filepath.Join(folder, c.path), c.recursive) {
			name, relErr := filepath.Rel(folder, path)
			if err != nil || relErr != nil {
				t.Fatal(path, err, relErr)
			}
			got = append(got, filepath.ToSlash(name))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s, recursive %t: got %s, want %s", c.path, c.recursive, text, c.want)
		}
		for range Files(filepath.Join(folder, c.path), c.recursive) {
			break
		}
	}
}

func TestPassedOver(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	if err := os.MkdirAll(in("deep/er"), 0o777); err != nil {
		t.Fatal(err)
	}
	if p := PassedOver(folder); p.Deeper != nil || p.Renamed != nil {
		t.Errorf("nothing: got %+v", p)
	}
	seal(t, in("archive.sqlite"), "a")
	lines(t, in("run.txt"), "b")
	legacy(t, "k1.db.gz", in("old"))
	seal(t, in("listed.simexp"), "c")
	for name, text := range map[string]string{"readme.txt": "hello", "x.json": "{}", "other.sqlite": "SQLite format 3\x00",
		"other": strings.Repeat("\x00", 8) + "DUCK", "deep/a.txt": "", "deep/b.jsonl": "", "deep/er/c.simexp": ""} {
		write(t, in(name), text)
	}
	p := PassedOver(folder)
	if want := []string{in("deep/b.jsonl"), in("deep/er/c.simexp")}; !slices.Equal(p.Deeper, want) {
		t.Errorf("got deeper %q, want %q", p.Deeper, want)
	}
	if want := []string{in("archive.sqlite"), in("old"), in("run.txt")}; !slices.Equal(p.Renamed, want) {
		t.Errorf("got others %q, want %q", p.Renamed, want)
	}
}

// The counts and the usage of a run are the same in whatever it lies, and are there only if they are asked for.
func TestListMore(t *testing.T) {
	folder := t.TempDir()
	sealed, text := seal(t, filepath.Join(folder, "a.simexp"), "a"), lines(t, filepath.Join(folder, "a.jsonl"), "a")
	one := func(path string, o *Options) Summary {
		t.Helper()
		for s, err := range List(t.Context(), path, o) {
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		t.Fatal("no run")
		return Summary{}
	}
	for _, path := range []string{sealed, text} {
		if s := one(path, nil); s.Usage != nil || s.Decisions != nil || (s.Counts == nil) != (path == text) {
			t.Errorf("%s: got counts %v and usage %v that were not asked for", path, s.Counts, s.Usage)
		}
	}
	all := &Options{Usage: true, Counts: true, Decisions: true}
	a, b := one(sealed, all), one(text, all)
	if a.Decisions == nil || !reflect.DeepEqual(a.Decisions, b.Decisions) {
		t.Errorf("got decisions %+v and %+v, want the same of both", a.Decisions, b.Decisions)
	}
	if a.Counts == nil || a.Usage == nil || !reflect.DeepEqual(a.Counts, b.Counts) ||
		!reflect.DeepEqual(a.Usage, b.Usage) ||
		a.Counts.Records == 0 {
		t.Errorf("got counts %+v and %+v, usage %+v and %+v, want the same of both", a.Counts, b.Counts, a.Usage, b.Usage)
	}
	old := legacy(t, "k1.db.gz", filepath.Join(folder, "k1.db"))
	if s := one(old, &Options{Usage: true}); s.Usage == nil || s.Usage.PromptTokens == nil || s.Counts == nil ||
		s.Counts.Interactions == 0 {
		t.Errorf("got counts %+v and usage %+v of an old database", s.Counts, s.Usage)
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	k1 := legacy(t, "k1.db.gz", in("k1.db"))
	imported := seal(t, in("imported.simexp"), k1Third)
	other := seal(t, in("other.simexp"), "exp1-9")
	live := leave(t, in("live.simexp"), "exp3-1")
	text := lines(t, in("text.jsonl"), "exp4-1")
	write(t, in("broken.db"), strings.Repeat("\x00", 8)+"DUCK")
	write(t, in("broken.simexp"), "SQLite format 3\x00")
	for id, want := range map[string]string{
		"":       folder,
		k1First:  k1,
		k1Third:  imported, // before the source that it was imported from
		"exp2":   imported,
		"exp1-9": other,
		"exp3":   live,
		"exp4":   text,
	} {
		if got, err := Find(t.Context(), folder, id, nil); got != want || err != nil {
			t.Errorf("%q: got %s, %v, want %s", id, got, err, want)
		}
	}
	if got, err := Find(t.Context(), k1, "whatever", nil); got != k1 || err != nil {
		t.Errorf("a file: got %s, %v, want itself", got, err)
	}
	// A beginning that runs of an archive and of a database have is no more a choice than one of two archives.
	_, err := Find(t.Context(), folder, "exp1", nil)
	for _, id := range []string{k1First, k1Second, "exp1-9"} {
		if err == nil || errors.Is(err, provider.ErrNoRun) || !strings.Contains(err.Error(), id) {
			t.Errorf("got %v, want that several runs begin so, %s among them", err, id)
		}
	}
	if _, err := Find(t.Context(), folder, "exp9", nil); !errors.Is(err, provider.ErrNoRun) ||
		!strings.HasPrefix(err.Error(), folder+": ") {
		t.Errorf("got %v, want %v", err, provider.ErrNoRun)
	}
	// The whole id is a choice, whatever else begins so.
	short := lines(t, in("short.jsonl"), "exp1")
	seal(t, in("longer.simexp"), "exp1-10")
	if got, err := Find(t.Context(), folder, "exp1", nil); got != short || err != nil {
		t.Errorf("a whole id that others begin with: got %s, %v, want %s", got, err, short)
	}
	many := func(id string, files ...string) {
		t.Helper()
		_, err := Find(t.Context(), folder, id, nil)
		for _, file := range files {
			if !errors.Is(err, ErrManyFiles) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: got %v, want %v and %s", id, err, ErrManyFiles, file)
			}
		}
	}
	many(k1First, k1, legacy(t, "k1.db.gz", in("k2.db")))
	many("exp2", imported, seal(t, in("copy.simexp"), k1Third))
	many("exp4", text, lines(t, in("text2.jsonl"), "exp4-1"))
	// A live file beside the archive that it became is no second one.
	sealed := seal(t, in("moved.simexp"), "exp3-1")
	if err := os.Rename(sealed, strings.TrimSuffix(live, archive.LiveSuffix)); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(t.Context(), folder, "exp3", nil); got != strings.TrimSuffix(live, archive.LiveSuffix) ||
		err != nil {
		t.Errorf("got %s, %v, want the archive", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, folder, "exp4", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
