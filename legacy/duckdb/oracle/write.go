package oracle

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// Quote makes an SQL string literal.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// QuoteName makes a quoted SQL identifier.
func QuoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Logs are the suffixes of the files that may lie beside a database.
var Logs = [...]string{".wal", ".wal.checkpoint"}

// CopyDB copies a database and its logs.
func CopyDB(dst, src string) error {
	b, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	if err := os.WriteFile(dst, b, 0o666); err != nil {
		return err
	}
	for _, s := range Logs {
		b, err := os.ReadFile(src + s)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(dst+s, b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// WriteFixture fills the folder dir with the database at path, its logs and what the judge gives for
// a copy of them. It sets the fields of f that it finds out.
func WriteFixture(ctx context.Context, judge *Process, f *Fixture, path, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	db, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(db) > 16 && f.Version == 0 {
		f.Version = int(binary.LittleEndian.Uint64(db[12:]))
	}
	f.File = "db.gz"
	if err := writeGzip(filepath.Join(dir, f.File), db); err != nil {
		return err
	}
	for i, s := range Logs {
		log, err := os.ReadFile(path + s)
		if err != nil {
			continue
		}
		name := "db" + s + ".gz"
		if err := writeGzip(filepath.Join(dir, name), log); err != nil {
			return err
		}
		*[]*string{&f.Log, &f.Log2}[i] = name
	}
	if f.Refused == "" {
		if err := judgeFixture(judge, f, path, dir); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(f); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "fixture.json"), out.Bytes(), 0o666)
}

// judgeFixture asks the judge for catalog and values.
func judgeFixture(judge *Process, f *Fixture, path, dir string) error {
	tmp, err := os.MkdirTemp("", "judge")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	name := filepath.Join(tmp, "copy.db")
	if err := CopyDB(name, path); err != nil {
		return err
	}
	if err := judge.Exec("ATTACH " + Quote(name) + " AS db"); err != nil {
		return err
	}
	defer judge.Exec("DETACH db")
	list := func(sql string) ([]string, error) {
		rows, err := judge.Query(sql)
		if err != nil {
			return nil, err
		}
		var out []string
		for i := range rows.Len() {
			out = append(out, rows.Text(i, 0))
		}
		return out, nil
	}
	const own = " WHERE database_name = 'db' AND NOT internal "
	for _, q := range []struct {
		dst *[]string
		sql string
	}{
		{&f.Schemas, "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'db' AND schema_name NOT IN ('information_schema', 'pg_catalog') ORDER BY 1"},
		{&f.Views, "SELECT schema_name || '.' || view_name FROM duckdb_views()" + own + "ORDER BY 1"},
		{&f.Sequences, "SELECT schema_name || '.' || sequence_name FROM duckdb_sequences() WHERE database_name = 'db' ORDER BY 1"},
		{&f.Indexes, "SELECT schema_name || '.' || index_name FROM duckdb_indexes() WHERE database_name = 'db' ORDER BY 1"},
		{&f.Types, "SELECT schema_name || '.' || type_name || ' = ' || logical_type FROM duckdb_types()" + own +
			"ORDER BY 1"},
	} {
		if *q.dst, err = list(q.sql); err != nil {
			return err
		}
	}
	if f.Tables, err = Tables(judge); err != nil {
		return err
	}
	for i := range f.Tables {
		t := &f.Tables[i]
		t.Wanted = fmt.Sprintf("t%02d.csv.gz", i)
		csv := filepath.Join(tmp, "x.csv")
		if err := judge.Exec("COPY (SELECT " + t.stored() + " FROM " + t.sql() + ") TO " + Quote(csv) +
			" (HEADER)"); err != nil {
			return err
		}
		b, err := os.ReadFile(csv)
		if err != nil {
			return err
		}
		if err := writeGzip(filepath.Join(dir, t.Wanted), b); err != nil {
			return err
		}
		n, err := list("SELECT CAST(count(*) AS VARCHAR) FROM " + t.sql())
		if err != nil {
			return err
		}
		fmt.Sscan(n[0], &t.Rows)
		if t.Codecs, err = list("SELECT DISTINCT segment_type || ' ' || compression FROM pragma_storage_info(" +
			Quote(t.sql()) + ") ORDER BY 1"); err != nil {
			t.Codecs = nil
		}
		slices.Sort(t.Codecs)
	}
	return nil
}

// nestedSchemas gives the schemas of the attached database db that are within others, by their oid: their names as SQL,
// joined by dots.
func nestedSchemas(p *Process) (map[string]string, error) {
	if p.Release.Name != python {
		return nil, nil
	}
	rows, err := p.Query("SELECT oid::VARCHAR, schema_name, parent_schema_oid::VARCHAR FROM duckdb_schemas() " +
		"WHERE database_name = 'db'")
	if err != nil {
		return nil, err
	}
	names, parents := map[string]string{}, map[string]string{}
	for i := range rows.Len() {
		names[rows.Text(i, 0)], parents[rows.Text(i, 0)] = duckdb.QuoteIdentifier(rows.Text(i, 1)), rows.Text(i, 2)
	}
	nested := map[string]string{}
	for oid, parent := range parents {
		if parent == "" {
			continue
		}
		nested[oid] = names[oid]
		for ; parent != ""; parent = parents[parent] {
			nested[oid] = names[parent] + "." + nested[oid]
		}
	}
	return nested, nil
}

// Tables lists the tables of the attached database db, by schema and name.
func Tables(p *Process) ([]FixtureTable, error) {
	nested, err := nestedSchemas(p)
	if err != nil {
		return nil, err
	}
	rows, err := p.Query(`SELECT c.schema_name, c.table_name, c.column_name, c.data_type, CAST(c.is_nullable AS VARCHAR), c.column_default, c.comment, t.comment,
			CAST(t.schema_oid AS VARCHAR)
		FROM duckdb_columns() c JOIN duckdb_tables() t ON (c.database_oid = t.database_oid AND c.table_oid = t.table_oid AND c.schema_oid = t.schema_oid)
		WHERE c.database_name = 'db' ORDER BY c.schema_name, t.schema_oid, c.table_name, c.column_index`)
	if err != nil {
		return nil, err
	}
	var out []FixtureTable
	for i := range rows.Len() {
		schema, name := rows.Text(i, 0), rows.Text(i, 1)
		within := nested[rows.Text(i, 8)]
		if within != "" {
			schema = within
		}
		if n := len(out); n == 0 || out[n-1].Schema != schema || out[n-1].Name != name {
			out = append(out, FixtureTable{Schema: schema, Nested: within != "", Name: name, Comment: rows.Text(i, 7)})
		}
		t := &out[len(out)-1]
		c := FixtureColumn{Name: rows.Text(i, 2), Type: rows.Text(i, 3), NotNull: rows.Text(i, 4) == "false",
			Default: rows.Text(i, 5), Comment: rows.Text(i, 6), Generated: strings.HasPrefix(rows.Text(i, 2), "gen_")}
		t.Columns = append(t.Columns, c)
	}
	return out, nil
}

func (t *FixtureTable) sql() string {
	schema := t.Schema
	if !t.Nested {
		schema = QuoteName(schema)
	}
	return "db." + schema + "." + QuoteName(t.Name)
}

// stored lists the columns that have values in the file.
func (t *FixtureTable) stored() string {
	var out []string
	for _, c := range t.Columns {
		if !c.Generated {
			out = append(out, QuoteName(c.Name))
		}
	}
	return strings.Join(out, ", ")
}

func writeGzip(path string, b []byte) error {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o666)
}

// codecs counts the segments of the attached database, by type and compression.
func (p *Process) codecs(counts *map[string]int) {
	tables, err := Tables(p)
	if err != nil {
		return
	}
	if *counts == nil {
		*counts = map[string]int{}
	}
	for _, t := range tables {
		rows, err := p.Query("SELECT regexp_replace(segment_type, '[(].*|.*\\[.*', '') || ' ' || compression, CAST(count(*) AS VARCHAR) FROM pragma_storage_info(" + Quote(t.sql()) + ") WHERE persistent GROUP BY 1")
		if err != nil {
			continue
		}
		for i := range rows.Len() {
			n := 0
			fmt.Sscan(rows.Text(i, 1), &n)
			(*counts)[rows.Text(i, 0)] += n
		}
	}
}
