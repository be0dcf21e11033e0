package oracle

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestSchemaLost drops what definitions name. The script of what is left runs in the release that wrote the file, and
// in 2.0; it leaves out what cannot be made again, and only that.
func TestSchemaLost(t *testing.T) {
	for _, release := range Releases {
		t.Run(release.Name, func(t *testing.T) {
			only(t, release.Name)
			path := filepath.Join(t.TempDir(), "made.db")
			p := startJudge(t, release.Name)
			if err := errors.Join(p.Exec("ATTACH "+Quote(path)+" AS db"), p.Exec("USE db")); err != nil {
				t.Fatal(err)
			}
			for _, sql := range Used {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			made, wanted := 0, 0
			for i := range Users {
				sql := UserOf(release.Name, i)
				if err := p.Exec(sql); err != nil {
					if os.Getenv("ORACLE_SQL") != "" {
						t.Log(err)
					}
					continue
				}
				made++
				if kind := strings.Fields(sql)[2][0]; kind == 'v' || kind == 'm' || kind == 'r' ||
					kind == 'u' && release.Name == "1.4" ||
					strings.HasPrefix(sql, "CREATE VIEW kept") && release.Name != "1.5" && release.Name != python {
					wanted++
				}
			}
			if made < 50 {
				t.Errorf("got %d definitions that %s has, want some more", made, release.Name)
			}
			for _, sql := range Losses {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Exec("CHECKPOINT db"); err != nil {
				t.Fatal(err)
			}
			p.Kill()
			db, err := duckdb.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			statements, left := db.SQL()
			db.Close()
			if len(left) != wanted {
				t.Errorf("got %d definitions left out, want %d", len(left), wanted)
			}
			for _, o := range left {
				if name := strings.TrimPrefix(o.Name[strings.LastIndexByte(o.Name, ' '):], " "); name[0] == 'k' && name[1] != 'e' {
					t.Errorf("%s is left out: %s", o.Name, o.Reason)
				}
			}
			for _, runs := range slices.Compact([]string{release.Name, python}) {
				runIn(t, runs, release.Name, statements, left)
			}
		})
	}
}

// runIn wants an engine to take every statement, and none of those that are left out.
func runIn(t *testing.T, engine, writer string, statements []string, left []duckdb.Omitted) {
	t.Helper()
	p := startJudge(t, engine)
	if err := errors.Join(p.Exec("ATTACH ':memory:' AS again"), p.Exec("USE again")); err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if err := p.Exec(sql); err != nil && !(engine != writer && strings.Contains(sql, "->")) {
			t.Errorf("written by %s, run by %s: %v", writer, engine, err)
		}
	}
	for _, o := range left {
		if takesAnyRows(engine) && strings.HasPrefix(o.Name, "macro table ") || o.SQL == nil {
			continue
		}
		looked := strings.HasPrefix(o.Name, "view kept") || strings.HasPrefix(o.Name, "view unused") // by some
		if p.Exec(o.SQL[0]) == nil && !(looked && engine != writer) {
			t.Errorf("%s runs %s, which is left out: %s", engine, o.Name, o.Reason)
		}
	}
	p.Kill()
}

// TestRenamedComments wants comments on columns that a view renames to be on the same columns after the script ran, in
// the release that wrote the file and in 2.0, which finds them by other names.
func TestRenamedComments(t *testing.T) {
	for _, release := range Releases[1:] { // 0.9 has no comments
		t.Run(release.Name, func(t *testing.T) {
			only(t, release.Name)
			path := filepath.Join(t.TempDir(), "made.db")
			p := startJudge(t, release.Name)
			names := []string{"i", "j", "j", "a"} // of columns, as COMMENT has them
			if release.Name == python {
				names = []string{"p", "i", "i", "p"}
			}
			for _, sql := range []string{"ATTACH " + Quote(path) + " AS db", "USE db", "CREATE TABLE t(i INTEGER, j INTEGER)",
				"CREATE VIEW turned(p, i) AS SELECT i, j FROM t ORDER BY j",
				"CREATE VIEW \"a b\"(p) AS SELECT a, 2 AS j FROM (SELECT 1 AS a)",
				"CREATE VIEW same(i) AS SELECT i FROM t", "COMMENT ON COLUMN same.i IS 'same'",
				"COMMENT ON COLUMN turned." + names[0] + " IS 'the first'",
				"COMMENT ON COLUMN turned." + names[1] + " IS 'not this'",
				"COMMENT ON COLUMN turned." + names[2] + " IS 'the second'",
				"COMMENT ON COLUMN \"a b\"." + names[3] + " IS 'it''s'",
				"COMMENT ON COLUMN \"a b\".j IS 'its own'", "CHECKPOINT db"} {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			p.Kill()
			db, err := duckdb.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			statements, left := db.SQL()
			if left != nil {
				t.Errorf("got %+v left out", left)
			}
			for _, runs := range slices.Compact([]string{release.Name, python}) {
				p := startJudge(t, runs)
				if err := errors.Join(p.Exec("ATTACH ':memory:' AS again"), p.Exec("USE again")); err != nil {
					t.Fatal(err)
				}
				for _, sql := range statements {
					if err := p.Exec(sql); err != nil {
						t.Error(err)
					}
				}
				rows, err := p.Query("SELECT table_name || '.' || column_name || ' ' || comment FROM duckdb_columns() " +
					"WHERE database_name = 'again' AND comment IS NOT NULL ORDER BY 1")
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for i := range rows.Len() {
					got = append(got, rows.Text(i, 0))
				}
				want := []string{"a b.j its own", "a b.p it's", "same.i same", "turned.i the second", "turned.p the first"}
				if !slices.Equal(got, want) {
					t.Errorf("written by %s, run by %s: got %q, want %q", release.Name, runs, got, want)
				}
				p.Kill()
			}
		})
	}
}
