package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// lists are the engine's own lists of what a database holds. A release that lacks one has nothing of its kind.
var lists = []string{"duckdb_schemas", "duckdb_tables", "duckdb_columns", "duckdb_constraints", "duckdb_views",
	"duckdb_indexes", "duckdb_sequences", "duckdb_types", "duckdb_functions", "duckdb_triggers"}

// passing are columns of the lists that are not of the definitions. A sequence of the log still has the start value
// that it had at first; its SQL has the next one.
var passing = []string{"oid", "database_name", "estimated_size", "constraint_index", "start_value", "last_value"}

// quotedTypes are names of types in casts that 1.5 read from a text, and not those that it made itself.
var quotedTypes = regexp.MustCompile(`AS "([A-Z]+)"\)`)

// A catalogReader reads the lists of one engine.
type catalogReader struct {
	p       *Process
	columns map[string][]string // of each list that there is
	loose   bool                // texts of queries and macros differ: another release wrote the file
}

func readCatalogs(p *Process) *catalogReader {
	r := &catalogReader{p: p, columns: map[string][]string{}}
	for _, list := range lists {
		rows, err := p.Query("SELECT column_name FROM (DESCRIBE SELECT * FROM " + list + "())")
		if err != nil {
			continue
		}
		for i := range rows.Len() {
			r.columns[list] = append(r.columns[list], rows.Text(i, 0))
		}
	}
	return r
}

// all gives everything that the lists say of the database db, sorted.
func (r *catalogReader) all(t *testing.T) (all []string) {
	t.Helper()
	for _, list := range lists {
		var names, values []string
		where := " WHERE database_name = 'db'"
		if list == "duckdb_columns" {
			where += " AND (schema_name, table_name) NOT IN (SELECT (schema_name, view_name) FROM duckdb_views())"
		}
		for _, c := range r.columns[list] {
			if c == "internal" {
				where += " AND NOT internal"
			}
			if list == "duckdb_views" && (c == "column_count" || c == "is_bound") {
				continue // those of when it was made
			}
			if r.loose && (c == "sql" || c == "macro_definition" || c == "column_default") {
				continue
			}
			if !strings.HasSuffix(c, "_oid") && !slices.Contains(passing, c) {
				names, values = append(names, Quote(c)), append(values, QuoteName(c)+"::VARCHAR")
			}
		}
		if names == nil {
			continue
		}
		rows, err := r.p.Query("SELECT map([" + strings.Join(names, ", ") + "], [" + strings.Join(values, ", ") +
			"])::VARCHAR FROM " + list + "()" + where)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows.Len() {
			all = append(all, quotedTypes.ReplaceAllString(list+" "+rows.Text(i, 0), "AS $1)"))
		}
	}
	rows, err := r.p.Query("SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'db' AND NOT internal")
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows.Len() { // a view over a table that was changed gives other columns than when it was made
		name := QuoteName(rows.Text(i, 0)) + "." + QuoteName(rows.Text(i, 1))
		columns, err := r.p.Query("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM " + name + ")")
		if err != nil {
			all = append(all, fmt.Sprint("view ", name, ": ", err))
			continue
		}
		for k := range columns.Len() {
			all = append(all, fmt.Sprint("view ", name, " column ", k, " ", columns.Text(k, 0)))
		}
	}
	slices.Sort(all)
	return all
}

// next draws the next value of every sequence.
func next(t *testing.T, p *Process, db *duckdb.DB) (all []string) {
	t.Helper()
	for _, q := range db.Sequences() {
		name := duckdb.QuoteIdentifier(q.Schema) + "." + duckdb.QuoteIdentifier(q.Name)
		for _, s := range db.Schemas() {
			if s.Nested && s.Name == q.Schema {
				name = q.Schema + "." + duckdb.QuoteIdentifier(q.Name)
			}
		}
		rows, err := p.Query("SELECT nextval(" + Quote(name) + ")::VARCHAR")
		if err != nil {
			all = append(all, fmt.Sprint(name, ": ", err))
			continue
		}
		all = append(all, name+" "+rows.Text(0, 0))
	}
	return all
}

// sameCatalog runs the reader's script for the database at path in the engine and compares what its lists say of the
// two, but for what the script has to leave out. The error is why the engine does not open the database.
func sameCatalog(t *testing.T, r *catalogReader, path string, wantLeft ...string) error {
	t.Helper()
	p := r.p
	db, err := duckdb.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	script, left := db.SQL()
	if !slices.Equal(left, wantLeft) {
		t.Errorf("the script leaves out %q, want %q", left, wantLeft)
	}
	attach := func(path, options string) error {
		return errors.Join(p.Exec("ATTACH "+Quote(path)+" AS db"+options), p.Exec("USE db"))
	}
	detach := func() {
		p.Exec("USE memory")
		if err := p.Exec("DETACH db"); err != nil {
			t.Fatal(err)
		}
	}
	if err := attach(path, ""); err != nil {
		p.Kill()
		return err
	}
	want := r.all(t)
	wantNext := next(t, p, db)
	detach()
	options := ""
	if db.Info().Level == 7 { // what it holds may need it
		options = " (STORAGE_VERSION 'v1.5.0')"
	}
	again := filepath.Join(t.TempDir(), "again.db")
	if err := attach(again, options); err != nil {
		t.Fatal(err)
	}
	for _, sql := range script { // in this order
		if os.Getenv("ORACLE_SQL") != "" {
			t.Log(sql)
		}
		if p.Release.Name == "1.2" || p.Release.Name == "1.3" {
			sql = strings.ReplaceAll(sql, "BIGNUM", "VARINT") // as they call it
		}
		if err := p.Exec(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	detach() // so that it is read from a file, as the other
	if err := attach(again, ""); err != nil {
		t.Fatal(err)
	}
	defer detach()
	got := r.all(t)
	ignored := []string{"view_name=unpivoted,", // its text changes when the engine reads it
		"schema_name=information_schema,", "schema_name=pg_catalog,"} // 1.0 and 1.1 write them to the file
	for _, s := range wantLeft {
		kind, name, _ := strings.Cut(s, " ")
		ignored = append(ignored, kind+"_name="+name+",", kind+` "main".`+QuoteName(name))
	}
	for _, row := range want { // a view that the engine cannot use, such as one whose tables were changed
		if view, _, ok := strings.Cut(row, ": engine "); ok && strings.HasPrefix(row, "view ") {
			ignored = append(ignored, view)
		}
	}
	passed := func(row string) bool {
		return slices.ContainsFunc(ignored, func(s string) bool { return strings.Contains(row, s) })
	}
	for _, row := range want {
		if !slices.Contains(got, row) && !passed(row) {
			t.Errorf("the script does not give\n %s", row)
		}
	}
	for _, row := range got {
		if !slices.Contains(want, row) && !passed(row) {
			t.Errorf("the script gives\n %s", row)
		}
	}
	if got := next(t, p, db); !slices.Equal(got, wantNext) {
		t.Errorf("got next values %q, want %q", got, wantNext)
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
			if f.Log != "" && slices.Contains([]string{"0.9", "0.10", "1.0"}, engine) {
				engine = f.Judge
			}
			sameForOne(t, f.Engine, path, []*catalogReader{reader(engine), reader(f.Judge)}, left[f.Name]...)
		})
	}
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
