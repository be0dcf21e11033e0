package oracle

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// Definitions whose names sort against what they need.
var tangled = []string{
	"CREATE SCHEMA z", "CREATE SCHEMA a",
	"CREATE TYPE z.mood AS ENUM('low', 'high')", "COMMENT ON TYPE z.mood IS 'a ''type'''",
	"CREATE SEQUENCE z.ids START 7", "COMMENT ON SEQUENCE z.ids IS 'numbers'",
	"CREATE TABLE z.parent(id INTEGER PRIMARY KEY, other INTEGER UNIQUE)",
	"CREATE TABLE y(id INTEGER PRIMARY KEY, self INTEGER REFERENCES y(id))",
	"CREATE TABLE b(id INTEGER PRIMARY KEY DEFAULT nextval('z.ids'), m z.mood, k INTEGER REFERENCES y(id), twice INTEGER AS (id * 2))",
	"CREATE TABLE aa(p INTEGER, FOREIGN KEY (p) REFERENCES b(id))",
	"CREATE TABLE c(n INTEGER NOT NULL)", "ALTER TABLE c ADD COLUMN later VARCHAR DEFAULT 'x'", "ALTER TABLE c RENAME n TO num",
	"COMMENT ON TABLE c IS 'three'", "COMMENT ON COLUMN c.num IS 'its number'",
	"CREATE VIEW z.base AS SELECT id FROM b", "CREATE VIEW m AS SELECT * FROM z.base", "CREATE VIEW a.top AS SELECT * FROM m",
	"COMMENT ON VIEW m IS 'middle'", "CREATE VIEW former AS SELECT 1 AS one", "ALTER VIEW former RENAME TO latter",
	"CREATE INDEX later_ones ON c(later)", "COMMENT ON INDEX later_ones IS 'an index'",
}

// catalogs are the lists of the engine that a script has to bring back.
var catalogs = []string{
	"SELECT schema_name, table_name, comment, has_primary_key, column_count, check_constraint_count " +
		"FROM duckdb_tables() WHERE database_name = current_database()",
	"SELECT schema_name, table_name, column_index, column_name, column_default, is_nullable, data_type, comment " +
		"FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal",
	"SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table " +
		"FROM duckdb_constraints() WHERE database_name = current_database()",
	"SELECT schema_name, view_name, comment, column_count " +
		"FROM duckdb_views() WHERE database_name = current_database() AND NOT internal",
	"SELECT schema_name, index_name, table_name, is_unique, expressions, comment " +
		"FROM duckdb_indexes() WHERE database_name = current_database()",
	"SELECT schema_name, sequence_name, start_value, increment_by, comment " +
		"FROM duckdb_sequences() WHERE database_name = current_database()",
	"SELECT schema_name, type_name, labels, comment " +
		"FROM duckdb_types() WHERE database_name = current_database() AND NOT internal",
}

func catalogOf(t *testing.T, p *Process) (all []string) {
	t.Helper()
	for _, sql := range catalogs {
		rows, err := p.Query("SELECT row::VARCHAR FROM (" + sql + ") row ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		if rows.Len() == 0 {
			t.Errorf("%s: got nothing", sql)
		}
		for _, cell := range rows.cells {
			all = append(all, string(cell))
		}
	}
	return all
}

// The script of a database whose definitions need one another runs from its start to its end and gives the same
// catalog, whether the definitions are in the file or in its log.
func TestSchemaOrder(t *testing.T) {
	p := startJudge(t, Judge)
	exec := func(sql string) {
		t.Helper()
		if err := p.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, checkpoint := range []bool{false, true} {
		dir := t.TempDir()
		path, copied := filepath.Join(dir, "made.db"), filepath.Join(dir, "copy.db")
		exec("ATTACH " + Quote(path) + " AS made")
		exec("USE made")
		for _, sql := range tangled {
			exec(sql)
		}
		if checkpoint {
			exec("CHECKPOINT made")
		}
		want := catalogOf(t, p)
		for _, end := range []string{"", ".wal"} {
			b, err := os.ReadFile(path + end)
			if end != "" && os.IsNotExist(err) && checkpoint {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied+end, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		exec("USE memory")
		exec("DETACH made")
		db, err := duckdb.Open(copied, nil)
		if err != nil {
			t.Fatal(err)
		}
		script, left := db.SQL()
		if left != nil {
			t.Errorf("the script leaves out %s", left)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		exec("ATTACH " + Quote(filepath.Join(dir, "again.db")) + " AS made")
		exec("USE made")
		for _, sql := range script {
			if err := p.Exec(sql); err != nil {
				t.Errorf("checkpoint %v: %s: %v", checkpoint, sql, err)
			}
		}
		got := catalogOf(t, p)
		for _, row := range want {
			if !slices.Contains(got, row) {
				t.Errorf("checkpoint %v: the script does not give %s", checkpoint, row)
			}
		}
		for _, row := range got {
			if !slices.Contains(want, row) {
				t.Errorf("checkpoint %v: the script gives %s too", checkpoint, row)
			}
		}
		exec("USE memory")
		exec("DETACH made")
	}
}
