package oracle

import (
	"path/filepath"
	"testing"
)

// checklist are small databases of what a file of 2.0 may hold and that no fixture has alone.
var checklist = []struct {
	name string
	sql  []string
}{
	{"one text", []string{"CREATE TABLE t(s VARCHAR)", "INSERT INTO t VALUES ('a'), (NULL)"}},
	{"only a schema", []string{"CREATE SCHEMA s"}},
	{"lengths of texts", []string{
		"CREATE TABLE t AS SELECT repeat('é', n) a, repeat('x', n) b, repeat('x', n)::BLOB c, '' d, NULL::VARCHAR e, " +
			"(repeat('10', n + 1))::BIT f FROM (VALUES (0), (1), (7), (8), (9), (11), (12), (13), (300), (5000)) v(n)"}},
	{"intervals", []string{
		"CREATE TABLE t AS SELECT INTERVAL 1 DAY a, to_months((i % 7 - 3)::INTEGER) + to_microseconds(i * 100000) b, " +
			"NULL::INTERVAL c, [to_days(i::INTEGER), NULL] l, {'i': to_months(i::INTEGER)} s FROM range(30000) r(i)"}},
	{"columns changed one at a time", []string{
		"CREATE TABLE t AS SELECT i a, i * 2 b, i::VARCHAR c, i / 3.0 d FROM range(200000) r(i)", "CHECKPOINT db",
		"UPDATE t SET b = b + 1 WHERE a % 3 = 0", "CHECKPOINT db", "UPDATE t SET c = 'x' WHERE a > 150000", "CHECKPOINT db",
		"DELETE FROM t WHERE a < 130000"}},
	{"columns of NULL", []string{"CREATE TABLE n AS SELECT NULL a, [NULL] b, {'x': NULL} c, 1 k FROM range(3000)"}},
	{"tuples and empty structs", []string{
		"CREATE TABLE t(a TUPLE(INTEGER, INTEGER), b TUPLE(INTEGER), c STRUCT[])", "INSERT INTO t VALUES (NULL, NULL, NULL)",
		"INSERT INTO t SELECT row(i::INTEGER, NULL), row(i::INTEGER), [] FROM range(3000) r(i)"}},
	{"constraints", []string{
		"CREATE TABLE k(i INTEGER PRIMARY KEY, j INTEGER UNIQUE, l INTEGER, UNIQUE (i, j))", "INSERT INTO k VALUES (1, 2, 3)",
		"CREATE TABLE m(i INTEGER, j INTEGER)", "ALTER TABLE m ADD PRIMARY KEY (i)",
		"ALTER TABLE m ADD COLUMN x INTEGER DEFAULT 3",
		"ALTER TABLE m ALTER j SET NOT NULL"}},
}

// TestChecklist compares each with 2.0 cell by cell, and its script with the catalog.
func TestChecklist(t *testing.T) {
	p := startJudge(t, python)
	r := readCatalogs(p)
	for _, c := range checklist {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			for _, sql := range append([]string{"ATTACH " + Quote(path) + " AS db", "USE db"}, c.sql...) {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			p.Exec("USE memory")
			if err := p.Exec("DETACH db"); err != nil {
				t.Fatal(err)
			}
			if _, err := CompareFile(t.Context(), p, path, false); err != nil {
				t.Error(err)
			}
			if err := sameCatalog(t, r, path); err != nil {
				t.Error(err)
			}
		})
	}
}
