package duckdb_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/simexp/exparchive/internal/duckdbdump"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// fixture is what testdata/NAME/fixture.json says; the oracle module writes it.
type fixture struct {
	Name      string
	Engine    string
	Version   int
	File      string
	Log       string
	Log2      string
	Refused   string
	Optional  bool
	Schemas   []string
	Tables    []fixtureTable
	Views     []string
	Sequences []string
	Indexes   []string
	Types     []string

	dir string
}

type fixtureTable struct {
	Schema, Name, Comment string
	Rows                  int64
	Wanted                string
	Columns               []struct {
		Name, Type, Default, Comment string
		NotNull                      bool `json:"not_null"`
		Generated                    bool
	}
}

// minFixtures guards against an empty testdata.
const minFixtures = 100

func fixtures(t testing.TB) []fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/fixture.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < minFixtures {
		t.Fatalf("got %d fixtures, want at least %d", len(paths), minFixtures)
	}
	var all []fixture
	for _, p := range paths {
		all = append(all, readFixture(t, filepath.Base(filepath.Dir(p))))
	}
	return all
}

// byEngine is the end of the name of a fixture that several engines made of the same statements.
var byEngine = regexp.MustCompile(`_e\d+(_s\d+)?$`)

// fixturesOfNewest are the fixtures, but in the usual form of those that several engines made only the last.
func fixturesOfNewest(t testing.TB) []fixture {
	t.Helper()
	all := fixtures(t)
	if longtest.Enabled() {
		return all
	}
	var some []fixture
	for i, f := range all {
		made := byEngine.FindString(f.Name)
		if made == "" || i+1 == len(all) || byEngine.FindString(all[i+1].Name) == "" ||
			byEngine.ReplaceAllString(all[i+1].Name, "") != strings.TrimSuffix(f.Name, made) {
			some = append(some, f)
		}
	}
	return some
}

func readFixture(t testing.TB, name string) fixture {
	t.Helper()
	dir := filepath.Join("testdata", name)
	b, err := os.ReadFile(filepath.Join(dir, "fixture.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{dir: dir}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// read gives the contents of one of the fixture's files, and nothing for none.
func (f *fixture) read(t testing.TB, name string) []byte {
	t.Helper()
	if name == "" {
		return nil
	}
	r, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *fixture) open(t testing.TB) (*duckdb.DB, error) {
	t.Helper()
	b := f.read(t, f.File)
	o := &duckdb.Options{WAL: f.read(t, f.Log), CheckpointWAL: f.read(t, f.Log2)}
	return duckdb.New(bytes.NewReader(b), int64(len(b)), o)
}

var refusals = map[string]error{
	"encrypted": duckdb.ErrEncrypted, "too old": duckdb.ErrTooOld, "checksum": duckdb.ErrChecksum,
	"not duckdb": duckdb.ErrNotDuckDB, "too new": duckdb.ErrTooNew, "log": duckdb.ErrLog,
	"unsupported": duckdb.ErrUnsupported, "corrupt": duckdb.ErrCorrupt,
}

// TestFixtures compares every cell of every fixture with what the engine gives.
func TestFixtures(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			db, err := f.open(t)
			if f.Refused != "" {
				checkRefused(t, &f, db, err)
				return
			}
			if err != nil {
				if f.Optional && errors.Is(err, duckdb.ErrUnsupported) {
					return
				}
				t.Fatalf("got %v, want it to open", err)
			}
			if got := db.Info().StorageVersion; got != f.Version {
				t.Errorf("storage version: got %d, want %d", got, f.Version)
			}
			checkNames(t, &f, db)
			if got, want := len(db.Tables()), len(f.Tables); got != want {
				t.Errorf("got %d tables, want %d", got, want)
			}
			for _, w := range f.Tables {
				checkTable(t, &f, db, w)
			}
		})
	}
}

func checkRefused(t *testing.T, f *fixture, db *duckdb.DB, err error) {
	t.Helper()
	want := refusals[f.Refused]
	if want == nil {
		t.Fatalf("no sentinel for %q", f.Refused)
	}
	if err == nil {
		for _, tab := range db.Tables() {
			if err = duckdbdump.CSV(t.Context(), io.Discard, tab, duckdbdump.Options{Limit: -1}); err != nil {
				break
			}
		}
	}
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func checkNames(t *testing.T, f *fixture, db *duckdb.DB) {
	t.Helper()
	var schemas, views, sequences, indexes, types []string
	for _, x := range db.Schemas() {
		schemas = append(schemas, x.Name)
	}
	for _, x := range db.Views() {
		views = append(views, x.Schema+"."+x.Name)
	}
	for _, x := range db.Sequences() {
		sequences = append(sequences, x.Schema+"."+x.Name)
	}
	for _, x := range db.Indexes() {
		indexes = append(indexes, x.Schema+"."+x.Name)
	}
	for _, x := range db.UserTypes() {
		types = append(types, fmt.Sprintf("%s.%s = %s", x.Schema, x.Name, x.Type.ID))
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"schemas", schemas, f.Schemas}, {"views", views, f.Views}, {"sequences", sequences, f.Sequences},
		{"indexes", indexes, f.Indexes}, {"types", types, f.Types},
	} {
		slices.Sort(c.got)
		slices.Sort(c.want)
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
}

func checkTable(t *testing.T, f *fixture, db *duckdb.DB, w fixtureTable) {
	t.Helper()
	tab, err := db.Table(w.Schema, w.Name)
	if err != nil {
		t.Error(err)
		return
	}
	if err := tab.Err(); err != nil {
		if !f.Optional || !errors.Is(err, duckdb.ErrUnsupported) {
			t.Errorf("%s: got %v, want it to be readable", w.Name, err)
		}
		return
	}
	if got := tab.RowCount(); got != w.Rows {
		t.Errorf("%s: got %d rows, want %d", w.Name, got, w.Rows)
	}
	if got := tab.Comment(); got != w.Comment {
		t.Errorf("%s: comment: got %q, want %q", w.Name, got, w.Comment)
	}
	cols := tab.Columns()
	if len(cols) != len(w.Columns) {
		t.Errorf("%s: got %d columns, want %d", w.Name, len(cols), len(w.Columns))
		return
	}
	for i, c := range w.Columns {
		g := cols[i]
		if g.Name != c.Name || g.Type.String() != c.Type || g.NotNull != c.NotNull || g.Generated != c.Generated ||
			g.Comment != c.Comment ||
			plain(g.Default) != plain(c.Default) {
			t.Errorf("%s: column %d: got %q %s not null %v default %q generated %v comment %q, want %q %s %v %q %v %q",
				w.Name, i, g.Name, g.Type, g.NotNull, g.Default, g.Generated, g.Comment,
				c.Name, c.Type, c.NotNull, c.Default, c.Generated, c.Comment)
		}
	}
	if w.Wanted == "" {
		return
	}
	var got bytes.Buffer
	if err := duckdbdump.CSV(t.Context(), &got, tab, duckdbdump.Options{Limit: -1}); err != nil {
		if !f.Optional || !errors.Is(err, duckdb.ErrUnsupported) {
			t.Error(err)
		}
		return
	}
	if err := firstDifference(got.Bytes(), f.read(t, w.Wanted)); err != nil {
		t.Errorf("%s: %v", w.Name, err)
	}
}

// TestJSON dumps every fixture as lines of JSON: each is an object with the columns as members, in order.
func TestJSON(t *testing.T) {
	for _, f := range fixturesOfNewest(t) {
		if f.Refused != "" || f.Optional {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			db, err := f.open(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, tab := range db.Tables() {
				var out bytes.Buffer
				if err := duckdbdump.JSONL(t.Context(), &out, tab, duckdbdump.Options{Limit: 3000}); err != nil {
					t.Fatal(err)
				}
				n := 0
				for line := range bytes.Lines(out.Bytes()) {
					n++
					if !json.Valid(line) || line[0] != '{' {
						t.Fatalf("%s: row %d: got %q, want a JSON object", tab.Name(), n, line)
					}
				}
				if want := int(min(tab.RowCount(), 3000)); n != want {
					t.Errorf("%s: got %d lines, want %d", tab.Name(), n, want)
				}
			}
		})
	}
}

// TestJSONForm shows how values of each kind look.
func TestJSONForm(t *testing.T) {
	f := readFixture(t, "types_e15_s15")
	db, err := f.open(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		table, column string
		row           int
		want          string
	}{
		{"scalars", "b", 0, `true`},
		{"nested", "li", 0, `[1,2,3]`},
		{"nested", "ls", 3, `[null,"it's"]`},
		{"nested", "lls", 0, `[["a"],[],null,["b",null]]`},
		{"nested", "ld", 1, `["inf",-0.0]`},
		{"nested", "st", 0, `{"a":1,"b":"x"}`},
		{"nested", "st", 2, `null`},
		{"nested", "sq", 0, `{"odd name":1,"it's":"x","q\"q":"2020-01-01"}`},
		{"nested", "mp", 0, `{"a":1,"b":2}`},
		{"nested", "mm", 0, `{"1":{"x":1.5,"y":["a",null]}}`},
	} {
		tab, err := db.Table("", c.table)
		if err != nil {
			t.Fatal(err)
		}
		s := tab.Scan(t.Context(), c.column)
		if !s.Next() {
			t.Fatal(s.Err())
		}
		if got := string(s.Batch().Column(0).AppendJSON(nil, c.row)); got != c.want {
			t.Errorf("%s.%s row %d: got %s, want %s", c.table, c.column, c.row, got, c.want)
		}
	}
}

// TestConcurrent reads one database from several goroutines.
func TestConcurrent(t *testing.T) {
	f := readFixture(t, "log_only_e15_s15")
	db, err := f.open(t)
	if err != nil {
		t.Fatal(err)
	}
	const readers = 4
	var out [readers]bytes.Buffer
	var wg sync.WaitGroup
	for i := range readers {
		wg.Go(func() {
			for _, tab := range db.Tables() {
				if err := duckdbdump.CSV(t.Context(), &out[i], tab, duckdbdump.Options{Limit: -1}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range readers {
		if err := firstDifference(out[i].Bytes(), out[0].Bytes()); err != nil || out[i].Len() == 0 {
			t.Errorf("reader %d: %v", i, err)
		}
	}
}

// firstDifference says where two texts part.
func firstDifference(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	from := max(n-60, 0)
	return fmt.Errorf("line %d: got …%q, want …%q", 1+bytes.Count(want[:n], []byte("\n")),
		got[from:min(n+80, len(got))], want[from:min(n+80, len(want))])
}

var updateScripts = flag.Bool("update", false, "write script.sql of the fixtures that have it")

// The script of definitions is the one that the engine was seen to run: the oracle module runs it.
func TestScripts(t *testing.T) {
	found := 0
	for _, f := range fixtures(t) {
		if !strings.HasPrefix(f.Name, "definitions_") && !strings.HasPrefix(f.Name, "log_alter_") {
			continue
		}
		found++
		t.Run(f.Name, func(t *testing.T) {
			db, err := f.open(t)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			statements, left := db.SQL()
			if left != nil && !strings.Contains(f.Name, "_lost_") && !strings.Contains(f.Name, "_dropped_") {
				t.Errorf("got %+v left out, want nothing", left)
			}
			for _, o := range left {
				statements = append(statements, "-- left out: "+o.Name+": "+o.Reason)
			}
			got := strings.Join(statements, "\n") + "\n"
			file := filepath.Join(f.dir, "script.sql")
			if *updateScripts {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wanted := strings.SplitAfter(string(want), "\n")
			for i, line := range strings.SplitAfter(got, "\n") {
				if i >= len(wanted) || line != wanted[i] {
					t.Fatalf("line %d: got %q, want %q", i+1, line, wanted[min(i, len(wanted)-1)])
				}
			}
			if got != string(want) {
				t.Errorf("got %d bytes, want %d", len(got), len(want))
			}
		})
	}
	if found < 4 {
		t.Errorf("got %d fixtures of definitions, want some", found)
	}
}

// plain is an expression without the spaces and quotes that releases put in other places: 1.5 quotes a type in a cast
// if it read it from a text.
func plain(sql string) string {
	return quotedType.ReplaceAllString(strings.ReplaceAll(sql, " ", ""), "AS$1)")
}

var quotedType = regexp.MustCompile(`AS"([A-Z]+)"\)`)
