package oracle

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sameCatalog wants the reader's script for the database at path to give its catalog in the engine, but for what it has
// to leave out. The error is why the engine does not open the database.
func sameCatalog(t *testing.T, r *catalogReader, path string, wantLeft ...string) error {
	t.Helper()
	got, err := r.script(path, t.TempDir())
	if err != nil {
		r.p.Kill()
		return err
	}
	if !slices.Equal(got.left, wantLeft) {
		t.Errorf("the script leaves out %q, want %q", got.left, wantLeft)
	}
	for _, fault := range got.faults {
		t.Error(fault)
	}
	return nil
}

// sameForOne is sameCatalog with the first engine that opens the database; not every release opens each of its own
// files.
func sameForOne(t *testing.T, writer, path string, readers []*catalogReader, left ...string) {
	t.Helper()
	var errs []error
	for _, r := range readers {
		r.loose = r.p.Release.Name != writer
		err := sameCatalog(t, r, path, left...)
		if err == nil {
			return
		}
		errs = append(errs, err)
		if os.Getenv("ORACLE_SQL") != "" {
			t.Log(err)
		}
	}
	t.Error(errors.Join(errs...))
}

// TestSchemaSQL runs the script that the reader gives for the catalog of every fixture in the release that wrote it,
// statement by statement, and wants the catalog of the fixture. Releases before 1.1 do not apply a log at ATTACH, and
// cannot open what a later one changed: there the judge runs it.
func TestSchemaSQL(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/fixture.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d fixtures (%v), want some", len(files), err)
	}
	top := t // engines live until all fixtures are done
	readers := map[string]*catalogReader{}
	reader := func(release string) *catalogReader {
		if readers[release] == nil || readers[release].p.done {
			readers[release] = readCatalogs(startJudge(top, release))
		}
		return readers[release]
	}
	left := map[string][]string{"new_types_e20": {"table states"}} // of aggregate states
	for _, name := range []string{"definitions_lost_e15_s15", "definitions_lost_e20"} {
		left[name] = []string{"macro a.most", "macro table \"b c\".rows_of", "view a.one", "view \"b c\".two", "view by_function"}
	}
	for _, name := range []string{"definitions_dropped_e14_s14", "definitions_dropped_e20"} {
		left[name] = omitted(t, name)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var f Fixture
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		if f.Refused != "" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			only(t, f.Engine)
			path := filepath.Join(t.TempDir(), "x.db")
			unpack(t, filepath.Join(dir, f.File), path)
			for i, name := range []string{f.Log, f.Log2} {
				if name != "" {
					unpack(t, filepath.Join(dir, name), path+Logs[i])
				}
			}
			engine := f.Engine
			if f.Judge == python { // older ones leave its log out
				engine = f.Judge
			}
			if f.Log != "" && slices.Contains([]string{"0.9", "0.10", "1.0"}, engine) {
				engine = f.Judge
			}
			sameForOne(t, f.Engine, path, []*catalogReader{reader(engine), reader(f.Judge)}, left[f.Name]...)
		})
	}
}

// omitted gives what the script of a fixture leaves out, of which TestSchemaLost has to be right.
func omitted(t *testing.T, fixture string) (names []string) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("../testdata", fixture, "script.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(script)) {
		if s, ok := strings.CutPrefix(line, "-- left out: "); ok {
			s, _, _ = strings.Cut(s, ":")
			names = append(names, s)
		}
	}
	return names
}

// TestSchemaOptions wants 2.0 to refuse options of schemas, for which its definitions have a field: no file has it,
// and what has it nevertheless is refused.
func TestSchemaOptions(t *testing.T) {
	p := startJudge(t, python)
	err := p.Exec("CREATE SCHEMA s WITH (a = 1)")
	if err == nil || !strings.Contains(err.Error(), "not supported for schemas in a duckdb catalog") {
		t.Errorf("got %v, want it refused", err)
	}
}
