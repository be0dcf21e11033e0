package oracle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// lists are the engine's own lists of what a database holds. A release that lacks one has nothing of its kind.
var lists = []string{"duckdb_schemas", "duckdb_tables", "duckdb_columns", "duckdb_constraints", "duckdb_views",
	"duckdb_indexes", "duckdb_sequences", "duckdb_types", "duckdb_functions", "duckdb_triggers"}

// passing are columns of the lists that are not of the definitions. A sequence of the log still has the start value
// that it had at first; its SQL has the next one.
var passing = []string{"oid", "database_name", "estimated_size", "constraint_index", "start_value", "last_value"}

// quotedTypes are names of types in casts that 1.5 read from a text, and not those that it made itself.
var quotedTypes = regexp.MustCompile(`"([A-Z_ ]+)"`)

// aroundItsQuery is a view that the script writes in another way.
var aroundItsQuery = regexp.MustCompile(`^CREATE VIEW (?:\w+\.)?"?(\w+)"? \(.*\) AS SELECT \* FROM \(`)

// lastName is the last name of a path.
var lastName = regexp.MustCompile(`("[^"]*"|[^".]*)$`)

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

// A listed is what the lists of an engine say of a database.
type listed struct {
	rows   []string // sorted
	broken []string // views that the engine cannot use, such as one whose tables were changed, as SQL
}

// all gives everything that the lists say of the database db.
func (r *catalogReader) all() (*listed, error) {
	all := &listed{}
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
			if r.loose && (c == "sql" || c == "macro_definition" || c == "column_default" ||
				c == "constraint_text") { // which has the columns of a key of 0.9 twice
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
			return nil, err
		}
		for i := range rows.Len() {
			row := quotedTypes.ReplaceAllString(list+" "+rows.Text(i, 0), "$1")
			all.rows = append(all.rows, strings.ReplaceAll(row, ", ", ",")) // so is the space in such types
		}
	}
	nested, err := nestedSchemas(r.p)
	if err != nil {
		return nil, err
	}
	rows, err := r.p.Query("SELECT schema_name, view_name, schema_oid::VARCHAR FROM duckdb_views() " +
		"WHERE database_name = 'db' AND NOT internal")
	if err != nil {
		return nil, err
	}
	for i := range rows.Len() { // a view over a table that was changed gives other columns than when it was made
		schema := QuoteName(rows.Text(i, 0))
		if within := nested[rows.Text(i, 2)]; within != "" {
			schema = within
		}
		name := schema + "." + QuoteName(rows.Text(i, 1))
		columns, err := r.p.Query("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM " + name + ")")
		if errors.Is(err, ErrLost) {
			return nil, err
		}
		if err != nil {
			all.broken = append(all.broken, name)
			all.rows = append(all.rows, fmt.Sprint("view ", name, ": ", err))
			continue
		}
		for k := range columns.Len() {
			all.rows = append(all.rows, fmt.Sprint("view ", name, " column ", k, " ", columns.Text(k, 0)))
		}
	}
	slices.Sort(all.rows)
	return all, nil
}

// next draws the next value of every sequence.
func next(p *Process, db *duckdb.DB) (all []string) {
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

// A scripted is how the reader's script of a database does in an engine.
type scripted struct {
	left       []string // what the script leaves out
	broken     []string // views that the engine cannot use in the database itself, as SQL
	faults     []string // statements that the engine refuses, and what the two catalogs do not have in common
	statements int
}

// options are those of ATTACH that make a file of the same level as another, which may hold what others cannot; for what
// another release wrote, of the highest, since no texts are compared that only some keep.
func (r *catalogReader) options(level int) string {
	_, release, err := Find(r.p.Release.Name)
	if err != nil {
		return ""
	}
	versions := storageOf(release)
	version := map[int]string{1: "v1.0.0", 4: "v1.2.0", 5: "v1.3.0", 6: "v1.4.0", 7: "v1.5.0"}[level]
	if r.loose && versions != nil {
		version = versions[len(versions)-1]
	}
	if version != "" && slices.Contains(versions, version) {
		return " (STORAGE_VERSION " + Quote(version) + ")"
	}
	return ""
}

// script runs the reader's script for the database at path in the engine, and compares what its lists say of the two,
// but for what the script leaves out. The engine may change the database. The script's is made in the folder dir. The
// error is why the engine does not open the database; its state is unknown then.
func (r *catalogReader) script(path, dir string) (*scripted, error) {
	p := r.p
	db, err := duckdb.Open(path, nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	script, left := db.SQL()
	result := &scripted{statements: len(script)}
	for _, o := range left {
		result.left = append(result.left, o.Name)
	}
	attach := func(path, options string) error {
		return errors.Join(p.Exec("ATTACH "+Quote(path)+" AS db"+options), p.Exec("USE db"))
	}
	detach := func() error { return errors.Join(p.Exec("USE memory"), p.Exec("DETACH db")) }
	if err := attach(path, ""); err != nil {
		return nil, err
	}
	want, err := r.all()
	if err != nil {
		return nil, err
	}
	result.broken = want.broken
	wantNext := next(p, db)
	if err := detach(); err != nil {
		return nil, err
	}
	again := filepath.Join(dir, "again.db")
	if err := attach(again, r.options(db.Info().Level)); err != nil {
		return nil, err
	}
	for _, sql := range script { // in this order
		if os.Getenv("ORACLE_SQL") != "" {
			fmt.Fprintln(os.Stderr, sql)
		}
		if p.Release.Name == "1.2" || p.Release.Name == "1.3" {
			sql = strings.ReplaceAll(sql, "BIGNUM", "VARINT") // as they call it
		}
		if err := p.Exec(sql); errors.Is(err, ErrLost) {
			return nil, err
		} else if err != nil {
			result.faults = append(result.faults, fmt.Sprintf("%s: %v", sql, err))
		}
	}
	// So that it is read from a file, as the other.
	if err := errors.Join(detach(), attach(again, "")); err != nil {
		return nil, err
	}
	got, err := r.all()
	if err != nil {
		return nil, err
	}
	ignored := []string{"view_name=unpivoted,", // its text changes when the engine reads it
		"schema_name=information_schema,", "schema_name=pg_catalog,"} // 1.0 and 1.1 write them to the file
	for _, s := range result.left {
		kind, path, _ := strings.Cut(s, " ")
		path = strings.TrimPrefix(path, "table ") // of a macro
		if kind == "macro" {
			kind = "function"
		}
		name := lastName.FindString(path)
		ignored = append(ignored, kind+"_name="+strings.Trim(name, `"`)+",")
		if name == path {
			path = `"main".` + QuoteName(strings.Trim(name, `"`))
		}
		ignored = append(ignored, kind+" "+path)
	}
	for _, sql := range script { // a view with comments on columns that it renames
		if m := aroundItsQuery.FindStringSubmatch(sql); m != nil {
			ignored = append(ignored, "view_name="+m[1]+",")
		}
	}
	for _, view := range want.broken {
		ignored = append(ignored, "view "+view)
	}
	passed := func(row string) bool {
		return slices.ContainsFunc(ignored, func(s string) bool { return strings.Contains(row, s) })
	}
	for _, row := range want.rows {
		if !slices.Contains(got.rows, row) && !passed(row) {
			result.faults = append(result.faults, "the script does not give\n "+row)
		}
	}
	for _, row := range got.rows {
		if !slices.Contains(want.rows, row) && !passed(row) {
			result.faults = append(result.faults, "the script gives\n "+row)
		}
	}
	if got := next(p, db); !slices.Equal(got, wantNext) {
		result.faults = append(result.faults, fmt.Sprintf("got next values %q, want %q", got, wantNext))
	}
	for _, o := range left { // as it was found, in the order in which it was made
		if len(o.SQL) == 0 || takesAnyRows(r.p.Release.Name) && strings.HasPrefix(o.Name, "macro table ") {
			continue
		}
		if err := p.Exec(o.SQL[0]); errors.Is(err, ErrLost) {
			return nil, err
		} else if err == nil {
			result.faults = append(result.faults, "the script leaves out what runs: "+o.Name+": "+o.Reason)
		}
	}
	return result, detach()
}

// takesAnyRows reports whether a release makes a macro that gives rows without a look at what it names.
func takesAnyRows(release string) bool {
	return release != python && release != "1.5" && release != "1.4"
}
