package dataset

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// add writes a run into the dataset at root.
func add(t testing.TB, root string, records []provider.Record, source string) About {
	t.Helper()
	w := NewWriter(root)
	defer w.Close()
	if err := providertest.Play(t.Context(), w, records); err != nil {
		t.Fatal(err)
	}
	about, err := w.Commit(true, source)
	if err != nil {
		t.Fatal(err)
	}
	return about
}

// run gives a small run.
func run(experiment, id string) []provider.Record {
	return []provider.Record{
		&provider.Start{RunID: id, Name: experiment, Type: "t"},
		&provider.Event{Type: "e"},
		&provider.Result{Status: provider.StatusCompleted},
	}
}

// files gives the paths of the files below root, with slashes, and a sum of what is in them.
func files(t testing.TB, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		all[filepath.ToSlash(rel)] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sum gives one sum of all files below root.
func sum(t testing.TB, root string) string {
	t.Helper()
	all := files(t, root)
	var text strings.Builder
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintln(&text, name, all[name])
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text.String())))
}

// TestSameBytes: the sums are those of every platform.
func TestSameBytes(t *testing.T) {
	withheld := []string{"config", "event_data", "user_prompt", "costs_per_agent", "policies", "data", "text"}
	for name, c := range map[string]struct {
		records []provider.Record
		want    string
	}{
		"whole": {providertest.Sample(), "d71612ab04a6ddd81612b18ca753261df49ce8081bb22feec9bdff92b339b37f"},
		"redacted": {providertest.Redact(providertest.Sample(), func(_ provider.Record, field string) bool {
			return slices.Contains(withheld, field)
		}), "8ac8d2fb36c67ac891c175d9389d503a60424d9c2469ccb89998075c63e26799"},
	} {
		for range 2 {
			root := t.TempDir()
			add(t, root, c.records, "s")
			if got := sum(t, root); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
	}
}

// TestSink: a writer keeps nothing of what it is given.
func TestSink(t *testing.T) {
	providertest.TestSink(t, func(t *testing.T) (provider.Sink, func() string) {
		root := t.TempDir()
		w := NewWriter(root)
		t.Cleanup(func() { w.Close() })
		return w, func() string {
			if _, err := w.Commit(false, ""); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(files(t, root))
		}
	})
}

// TestHostile: names that would lead elsewhere, and texts of all kinds, stay in folders of their own below root.
func TestHostile(t *testing.T) {
	names := append(slices.Clone(providertest.Hostile), "..", ".", "a/b", `a\b`, "../../x", "a=b", "CON", "con", "con.txt",
		"a.", "a ", "a", "A", "%41", "run=a", "*?[x]", "~", strings.Repeat("x", 300), strings.Repeat("x", 301),
		strings.Repeat("X", 300), "__HIVE_DEFAULT_PARTITION__", "é", "e\u0301", "ſ", "s", "K", "k")
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(root, 0o777); err != nil {
		t.Fatal(err)
	}
	runs := 0
	for _, name := range names {
		if provider.CheckName(name) != nil {
			continue
		}
		runs++
		for _, r := range [][]provider.Record{run(name, "same"), run("same", name)} {
			about := add(t, root, r, "s")
			if _, current := Current(root, about.Experiment, about.Run, "s"); !current {
				t.Errorf("%q: it is not there", name)
			}
		}
	}
	seen := map[string]string{}
	for file := range files(t, root) {
		parts := strings.Split(file, "/")
		if len(parts) != 4 || parts[3] != PartName || !strings.HasPrefix(parts[1], "experiment=") ||
			!strings.HasPrefix(parts[2], "run=") {
			t.Errorf("%q: not TABLE/experiment=NAME/run=ID/part.parquet", file)
		}
		if len(parts[1]) > 255 || len(parts[2]) > 255 {
			t.Errorf("%q: too long a name", file)
		}
		if other, twice := seen[strings.ToLower(file)]; twice {
			t.Errorf("%q and %q are one where capital letters do not count", file, other)
		}
		seen[strings.ToLower(file)] = file
	}
	if want := 2 * runs * len(tables); len(seen) != want {
		t.Errorf("got %d parts, want %d", len(seen), want)
	}
	if entries, err := os.ReadDir(filepath.Dir(root)); err != nil || len(entries) != 1 {
		t.Errorf("beside the dataset there is %v, %v", entries, err)
	}
}

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"exp1-20260105-090000-75d748": "exp1-20260105-090000-75d748", "a_b.c": "a_b.c",
		"a.": "a%2E", ".": "%2E", "..": ".%2E",
		"Exp 1": "%45xp%201", "a/b=c": "a%2Fb%3Dc", "é": "%C3%A9", "%41": "%2541", "\xff\x01": "%FF%01",
		strings.Repeat("x", 200): strings.Repeat("x", 200),
		strings.Repeat("x", 201): strings.Repeat("x", 200) + "~" + shortSum(strings.Repeat("x", 201)),
		strings.Repeat("é", 34):  strings.Repeat("%C3%A9", 33) + "~" + shortSum(strings.Repeat("é", 34)),
	} {
		if got := Name(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}

func shortSum(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))[:32] }

// TestCurrent: a run is current if all its parts are there, belong together, and come from the source.
func TestCurrent(t *testing.T) {
	root := t.TempDir()
	add(t, root, run("e", "r"), "s")
	current := func(source string) bool {
		_, ok := Current(root, "e", "r", source)
		return ok
	}
	if about, ok := Current(root, "e", "r", "s"); !ok || about.Records != 3 || !about.Sealed || len(about.Digest) != 64 {
		t.Errorf("got %+v, %v", about, ok)
	}
	if current("another") || current("") {
		t.Error("a run of another source, or none, is current")
	}
	for _, table := range Tables() {
		path := Part(root, table.Name, "e", "r")
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other := t.TempDir()
		add(t, other, append(run("e", "r")[:2], &provider.Event{Type: "another"}), "s")
		bad := [][]byte{nil, good[:len(good)-1], []byte("no part")}
		of, err := os.ReadFile(Part(other, table.Name, "e", "r"))
		if err != nil {
			t.Fatal(err)
		}
		bad = append(bad, of)
		for i, b := range bad {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			if current("s") {
				t.Errorf("%s, %d: a run with another part is current", table.Name, i)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if current("s") {
			t.Errorf("%s: a run without the part is current", table.Name)
		}
		if err := os.WriteFile(path, good, 0o666); err != nil || !current("s") {
			t.Errorf("%s: with the part again it is not current: %v", table.Name, err)
		}
	}
}

// TestForeign: what is no part of the run is not replaced, wherever it is among the tables, and nothing else is made.
func TestForeign(t *testing.T) {
	for _, table := range Tables() {
		root := t.TempDir()
		path := Part(root, table.Name, "e", "r")
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		other := t.TempDir()
		add(t, other, run("e", "another"), "s")
		of, err := os.ReadFile(Part(other, table.Name, "e", "another"))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{[]byte("mine"), of} {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			before := files(t, root)
			w := NewWriter(root)
			if err := providertest.Play(t.Context(), w, run("e", "r")); !errors.Is(err, ErrForeign) {
				t.Errorf("%s: got %v, want ErrForeign", table.Name, err)
			}
			w.Close()
			if after := files(t, root); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("%s: got %v, want %v", table.Name, after, before)
			}
		}
	}
}

// TestBrokenOff: what a machine that lost its power may have made of a part is replaced.
func TestBrokenOff(t *testing.T) {
	root := t.TempDir()
	add(t, root, run("e", "r"), "s")
	path := Part(root, "events", "e", "r")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	zeroes := make([]byte, len(good))
	tail := slices.Concat(good[:len(good)-9], zeroes[:9])
	for _, b := range [][]byte{nil, good[:len(good)/2], zeroes, tail} {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		add(t, root, run("e", "r"), "s")
		if got, err := os.ReadFile(path); err != nil || string(got) != string(good) {
			t.Errorf("%d bytes, %q…: got %v, another part", len(b), b[:min(4, len(b))], err)
		}
	}
}

// TestClose: what is not committed leaves nothing, neither files nor folders; what was there stays, but for what a
// killed process left.
func TestClose(t *testing.T) {
	root := t.TempDir()
	w := NewWriter(root)
	if err := providertest.Play(t.Context(), w, run("e", "r")); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, root)); n != 2*len(tables) { // each beside a lock
		t.Errorf("got %d files before Commit, want %d", n, 2*len(tables))
	}
	w.Close()
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v, want nothing", entries, err)
	}
	add(t, root, run("e", "r"), "s")
	before := files(t, root)
	leave := func() {
		left := filepath.Join(Folder(root, "events", "e", "r"), ".exparchive-0123456789abcdef")
		if err := errors.Join(os.Mkdir(left, 0o700),
			os.WriteFile(filepath.Join(left, "new.simexp"), nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := Sweep(root, "e", "r"); err != nil {
		t.Error(err)
	}
	if after := files(t, root); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("swept: got %v, want %v", after, before)
	}
	leave()
	w = NewWriter(root)
	if err := providertest.Play(t.Context(), w, run("e", "r")[:2]); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if after := files(t, root); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("got %v, want %v", after, before)
	}
}

// TestLinks: a link in the place of a folder or of a part would lead out of the dataset.
func TestLinks(t *testing.T) {
	elsewhere := t.TempDir()
	for _, at := range []string{"events", "events/experiment=e", "events/experiment=e/run=r",
		"events/experiment=e/run=r/" + PartName} {
		root := t.TempDir()
		path := filepath.Join(root, filepath.FromSlash(at))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, path); err != nil {
			t.Skip(err)
		}
		w := NewWriter(root)
		if err := providertest.Play(t.Context(), w, run("e", "r")); err == nil {
			t.Errorf("%s: a link is taken for a folder of the dataset", at)
		}
		w.Close()
		if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) != 0 {
			t.Errorf("%s: got %v, %v elsewhere, want nothing", at, entries, err)
		}
	}
}

// TestPrune: the runs that are not kept go, with parts that a killed export left of them, and nothing else does.
func TestPrune(t *testing.T) {
	root := t.TempDir()
	for _, id := range []string{"a", "b", "c"} {
		add(t, root, run("e", id), "s")
	}
	add(t, root, run("other", "a"), "s")
	for _, table := range []string{"runs", "costs"} { // c was being replaced, or removed
		if err := os.Remove(Part(root, table, "e", "c")); err != nil {
			t.Fatal(err)
		}
	}
	mine := filepath.Join(Folder(root, "events", "e", "b"), "mine.txt")
	moved := filepath.Join(root, "events", "experiment=e", "run=moved", PartName)
	part, err := os.ReadFile(Part(root, "events", "e", "b"))
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{mine: []byte("mine"), moved: part} {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	killed := filepath.Join(root, "events", "experiment=killed", "run=x", ".exparchive-0123456789abcdef", "new.simexp")
	if err := os.MkdirAll(filepath.Dir(killed), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(killed, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	removed, err := Prune(t.Context(), root, map[RunID]bool{{"e", "a"}: true})
	if want := []RunID{{"e", "b"}, {"e", "c"}, {"other", "a"}}; err != nil || !slices.Equal(removed, want) {
		t.Errorf("got %v, %v, want %v", removed, err, want)
	}
	if _, current := Current(root, "e", "a", "s"); !current {
		t.Error("the run that is kept is not there")
	}
	if after := files(t, root); len(after) != len(tables)+2 {
		t.Errorf("got %v, want the parts of one run and two files of others", after)
	}
	for _, empty := range []string{"runs/experiment=other", "events/experiment=killed"} {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(empty))); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stays: %v", empty, err)
		}
	}
}

// TestReadme names every table and every column, and is written once.
func TestReadme(t *testing.T) {
	text := Readme()
	for _, table := range Tables() {
		_, of, ok := strings.Cut(text, "\n### "+table.Name+"\n")
		if !ok {
			t.Errorf("no table %s", table.Name)
		}
		of, _, _ = strings.Cut(of, "\n#")
		for _, c := range table.Columns {
			if !strings.Contains(of, "\n| `"+c.Name+"` | ") {
				t.Errorf("table %s: no column %s", table.Name, c.Name)
			}
		}
		if !strings.Contains(text, "CREATE VIEW "+table.Name+" AS FROM read_parquet('"+table.Name+"/*/*/*.parquet'") {
			t.Errorf("no view of table %s", table.Name)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if len(line) > 140 {
			t.Errorf("line %d has %d bytes", i+1, len(line))
		}
	}
	root := t.TempDir()
	for range 2 {
		if err := WriteReadme(root); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, ReadmeName)
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("got %q, %v", got, err)
	}
	first, _, _ := strings.Cut(text, "\n")
	for old, want := range map[string]error{first + "\nof an earlier release": nil, "# Mine\n": ErrForeign} {
		if err := os.WriteFile(path, []byte(old), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := WriteReadme(root); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", old, err, want)
		}
	}
}
