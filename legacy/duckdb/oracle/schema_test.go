package oracle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestSchemaSQL runs the script that the reader gives for the catalog of every fixture in an empty engine, statement by
// statement, and wants the tables that the fixture lists, with their comments.
func TestSchemaSQL(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/fixture.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d fixtures (%v), want some", len(files), err)
	}
	p := startJudge(t, Judge)
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
		if f.Refused != "" || f.Optional || f.Judge != Judge { // what only a later engine has, this one cannot make
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			unpack(t, filepath.Join(dir, f.File), path)
			for i, name := range []string{f.Log, f.Log2} {
				if name != "" {
					unpack(t, filepath.Join(dir, name), path+Logs[i])
				}
			}
			db, err := duckdb.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			fresh := filepath.Join(t.TempDir(), "fresh.db")
			for _, sql := range []string{"ATTACH " + Quote(fresh) + " AS db (STORAGE_VERSION 'v1.5.0')", "USE db"} {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			defer p.Exec("DETACH db")
			defer p.Exec("USE memory")
			for _, sql := range db.SQL() { // in this order
				if err := p.Exec(sql); err != nil {
					t.Errorf("%s: %v", sql, err)
				}
			}
			got, err := Tables(p)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range f.Tables {
				if i >= len(got) {
					t.Fatalf("got %d tables, want %d", len(got), len(f.Tables))
				}
				if !reflect.DeepEqual(got[i].Columns, want.Columns) {
					for j, c := range want.Columns {
						if j >= len(got[i].Columns) || got[i].Columns[j] != c {
							t.Errorf("table %s.%s: got %+v, want %+v", want.Schema, want.Name, got[i].Columns[min(j, len(got[i].Columns)-1)], c)
						}
					}
				}
			}
		})
	}
}
