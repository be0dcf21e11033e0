package oracle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestStrangers compares on the database files of a folder and those below it, such as those of DuckDB's own storage
// tests. EXPARCHIVE_STRANGERS names it. A file or table that the reader refuses, the engine refuses too, or the reader
// says that it lacks something; its script of definitions gives the same catalog.
func TestStrangers(t *testing.T) {
	root := os.Getenv("EXPARCHIVE_STRANGERS")
	if root == "" {
		t.Skip("EXPARCHIVE_STRANGERS is not set")
	}
	top, found := t, 0
	judges := map[string]*Process{}
	judge := func(name string) *Process {
		if judges[name] == nil || judges[name].done {
			judges[name] = startJudge(top, name)
		}
		return judges[name]
	}
	err := filepath.WalkDir(root, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(".db .duckdb .ddb", filepath.Ext(file)) || filepath.Ext(file) == "" {
			return err
		}
		found++
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			for _, end := range []string{"", ".wal"} {
				b, err := os.ReadFile(file + end)
				if end != "" && os.IsNotExist(err) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path+end, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			db, err := duckdb.Open(path, nil)
			if err != nil {
				t.Logf("refused: %v", err)
				for _, named := range []error{duckdb.ErrUnsupported, duckdb.ErrEncrypted, duckdb.ErrTooOld, duckdb.ErrTooNew,
					duckdb.ErrNotDuckDB} {
					if errors.Is(err, named) {
						return
					}
				}
				if engineReads(t, judge(Judge), path) {
					t.Errorf("got %v, want what the engine reads", err)
				}
				return
			}
			writer := Judge
			if db.Info().Level == 69 {
				writer = python
			}
			refused := false
			for _, table := range db.Tables() {
				s := table.Scan(t.Context())
				for s.Next() {
				}
				if s.Err() != nil {
					t.Logf("refused: %v", s.Err())
					refused = true
				}
			}
			_, omitted := db.SQL()
			var left []string
			for _, o := range omitted {
				left = append(left, o.Name)
				t.Logf("left out of the script: %s: %s", o.Name, o.Reason)
			}
			db.Close()
			if refused {
				made := strings.Contains(file, "corrupt") || strings.Contains(file, "invalid") // 1.5 does not notice all
				if !made && engineReads(t, judge(writer), path) {
					t.Errorf("want what the engine reads")
				}
				return
			}
			cells, err := CompareFile(t.Context(), judge(writer), path, false)
			var d *Difference
			if errors.As(err, &d) {
				t.Error(err)
			} else if err != nil { // there are texts that the engine fails to write, and logs that it fails to apply
				t.Logf("engine: %v", err)
				judge(writer).Kill()
				return
			}
			t.Logf("%d cells", cells)
			r := readCatalogs(judge(writer))
			r.loose = true
			if err := sameCatalog(t, r, path, left...); err != nil {
				t.Error(err)
			}
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("got %d files (%v), want some", found, err)
	}
}

// engineReads reports whether the engine reads every table of the database at path.
func engineReads(t *testing.T, p *Process, path string) bool {
	t.Helper()
	if err := p.Exec("ATTACH " + Quote(path) + " AS db"); err != nil {
		t.Logf("engine: %v", err)
		p.Kill()
		return false
	}
	defer p.Exec("DETACH db")
	tables, err := Tables(p)
	if err != nil {
		t.Logf("engine: %v", err)
		return false
	}
	for _, table := range tables {
		if _, err := p.Query("SELECT count(hash(x))::VARCHAR FROM " + table.sql() + " x"); err != nil {
			t.Logf("engine: %v", err)
			p.Kill()
			return false
		}
	}
	return true
}
