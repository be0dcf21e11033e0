package judge

import (
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

var (
	databases = flag.String("databases", "", "folder with databases as btreetest/databases writes them")
	archives  = flag.String("archives", "../../../../testdata/corpus/good/*",
		"sealed archives, as patterns separated by commas; .gz are unpacked")
)

func open(t *testing.T, path, options string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?"+options)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// each calls f with every row of a query.
func each(t *testing.T, db *sql.DB, query string, f func(row []sql.RawBytes)) {
	t.Helper()
	if err := tryEach(db, query, f); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func tryEach(db *sql.DB, query string, f func(row []sql.RawBytes)) error {
	rows, err := db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		f(row)
	}
	return rows.Err()
}

// lines gives the first column of each row of a query.
func lines(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	each(t, db, query, func(row []sql.RawBytes) { all = append(all, string(row[0])) })
	return all
}

func wantSound(t *testing.T, db *sql.DB, when string) {
	t.Helper()
	if got := lines(t, db, "PRAGMA integrity_check"); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("integrity_check %s: %q", when, got)
	}
}

func tables(t *testing.T, db *sql.DB, kind string) []string {
	return lines(t, db, "SELECT name FROM sqlite_master WHERE type = '"+kind+"' ORDER BY name")
}

// TestVersion says who judges.
func TestVersion(t *testing.T) {
	t.Log("SQLite", lines(t, open(t, filepath.Join(t.TempDir(), "x.db"), ""), "SELECT sqlite_version()"))
}

// TestDatabases: each database is sound and has the rows that were written, and after SQLite has written to it as well.
func TestDatabases(t *testing.T) {
	if *databases == "" {
		t.Skip("no -databases")
	}
	all, err := filepath.Glob(filepath.Join(*databases, "*.db"))
	if err != nil || len(all) < 40 {
		t.Fatalf("%d databases, %v", len(all), err)
	}
	for _, path := range all {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".db"), func(t *testing.T) {
			b, err := os.ReadFile(strings.TrimSuffix(path, ".db") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Statements []string
				SHA256     string
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			db := open(t, path, "mode=ro&immutable=1")
			wantSound(t, db, "as it was written")
			sum := sha256.New()
			for _, statement := range want.Statements {
				each(t, db, statement, func(row []sql.RawBytes) {
					sum.Write(row[0])
					sum.Write([]byte{'\n'})
				})
			}
			if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
				t.Errorf("rows with SHA-256 %s, want %s", got, want.SHA256)
			}
			change(t, path)
		})
	}
}

// change writes to a copy of a database.
func change(t *testing.T, path string) {
	t.Helper()
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	db := open(t, unpack(t, from), "")
	do := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	do("PRAGMA synchronous = OFF")
	for _, name := range tables(t, db, "table") {
		do("UPDATE " + name + " SET x = x || 'longer by this', y = 1 WHERE id % 3 = 0")
		do("DELETE FROM " + name + " WHERE id % 5 = 0")
		do("INSERT OR REPLACE INTO " + name + " SELECT id - 1, y, x FROM " + name + " WHERE id > 0 AND id % 2 = 0")
	}
	do("CREATE TABLE more (id INTEGER PRIMARY KEY, x, y)")
	wantSound(t, db, "after UPDATE, DELETE and INSERT")
	do("VACUUM")
	wantSound(t, db, "after VACUUM")
}

// unpack copies into a file of its own.
func unpack(t *testing.T, from io.Reader) (path string) {
	t.Helper()
	to, err := os.Create(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	return to.Name()
}

// TestArchives: each sealed archive is sound, every table and view can be read, and there are as many rows as the seal
// says.
func TestArchives(t *testing.T) {
	var all []string
	for _, pattern := range strings.Split(*archives, ",") {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, ".simexp") || strings.HasSuffix(path, ".simexp.gz") {
				all = append(all, path)
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("no archives: %s", *archives)
	}
	for _, path := range all {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			from := io.Reader(f)
			if strings.HasSuffix(path, ".gz") {
				if from, err = gzip.NewReader(f); err != nil {
					t.Fatal(err)
				}
			}
			db := open(t, unpack(t, from), "mode=ro&immutable=1")
			wantSound(t, db, "of the archive")
			count := map[string]int{}
			for _, kind := range []string{"table", "view"} {
				for _, name := range tables(t, db, kind) {
					count[name] = 0
					err := tryEach(db, "SELECT * FROM "+name, func([]sql.RawBytes) { count[name]++ })
					// The sum of costs may be beyond an integer; SQLite says so.
					if err != nil && (name != "totals" || !strings.Contains(err.Error(), "integer overflow")) {
						t.Errorf("%s %s: %v", kind, name, err)
					}
				}
			}
			if len(count) < 20 {
				t.Errorf("%d tables and views", len(count))
			}
			query := "SELECT events, interactions, iterations, notes, attachments FROM z_experiment"
			each(t, db, query, func(seal []sql.RawBytes) {
				for i, names := range [][]string{
					{"z_event", "experiment_events"}, {"z_llm_interaction", "llm_interactions"}, {"experiment_iterations"},
					{"z_note", "notes"}, {"z_attachment", "attachments"},
				} {
					for _, name := range names {
						if got := strconv.Itoa(count[name]); got != string(seal[i]) {
							t.Errorf("%s: %s rows, the seal says %s", name, got, seal[i])
						}
					}
				}
			})
		})
	}
}
