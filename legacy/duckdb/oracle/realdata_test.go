package oracle

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRealData compares on the real files of the original project, read by the judge and by the release that wrote
// them, as they are and after a writer of that release was killed. The files are found through
// EXPARCHIVE_REALDATA.
func TestRealData(t *testing.T) {
	dir := os.Getenv("EXPARCHIVE_REALDATA")
	if dir == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.db.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files (%v), want some", len(files), err)
	}
	for _, engine := range []string{"1.4", Judge} {
		judge := startJudge(t, engine)
		for _, file := range files {
			t.Run(engine+"/"+filepath.Base(file), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "real.db")
				unpack(t, file, path)
				cells, err := CompareFile(t.Context(), judge, path, false)
				if err != nil || cells == 0 {
					t.Fatalf("got %d cells and %v, want some and no error", cells, err)
				}
				kill(t, engine, path)
				if _, err := os.Stat(path + ".wal"); err != nil {
					t.Fatal(err)
				}
				after, err := CompareFile(t.Context(), judge, path, false)
				if err != nil || after <= cells {
					t.Errorf("with a log: got %d cells and %v, want more than %d and no error", after, err, cells)
				}
			})
		}
	}
}

// kill changes every table of a database and dies.
func kill(t *testing.T, engine, path string) {
	p := startJudge(t, engine)
	for _, sql := range []string{"SET wal_autocheckpoint = '1TB'", "ATTACH " + Quote(path) + " AS db"} {
		if err := p.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	tables, err := Tables(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		copied := "db." + QuoteName(table.Schema) + "." + QuoteName("copy of "+table.Name)
		for _, sql := range []string{
			"CREATE TABLE " + copied + " AS SELECT * FROM " + table.sql(),
			"INSERT INTO " + copied + " SELECT * FROM " + table.sql() + " LIMIT 3",
			"UPDATE " + copied + " SET " + QuoteName(table.Columns[len(table.Columns)-1].Name) + " = NULL WHERE rowid % 3 = 1",
			"DELETE FROM " + copied + " WHERE rowid % 5 = 2",
		} {
			if err := p.Exec(sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.Kill()
}
