package oracle

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// startJudge gives an engine that ends with the test.
func startJudge(t *testing.T, name string) *Process {
	t.Helper()
	r, _, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// only skips the test of a release that -engine leaves out.
func only(t *testing.T, release string) {
	t.Helper()
	if *engineFlag != "" && !slices.Contains(strings.Split(*engineFlag, ","), release) {
		t.Skip("-engine leaves it out")
	}
}

// TestFixtures compares the reader with the engine itself on every fixture; the package's own tests compare with
// the texts committed beside them.
func TestFixtures(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/fixture.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d fixtures (%v), want some", len(files), err)
	}
	top := t // judges live until all fixtures are done
	judges := map[string]*Process{}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var f Fixture
			if err := json.Unmarshal(b, &f); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "x.db")
			unpack(t, filepath.Join(dir, f.File), path)
			for i, name := range []string{f.Log, f.Log2} {
				if name != "" {
					unpack(t, filepath.Join(dir, name), path+Logs[i])
				}
			}
			if f.Refused != "" {
				checkRefused(t, &f, path)
				return
			}
			if judges[f.Judge] == nil {
				judges[f.Judge] = startJudge(top, f.Judge)
			}
			if _, err := CompareFile(t.Context(), judges[f.Judge], path, f.Optional); err != nil {
				t.Error(err)
			}
			// 2.0 reads what older engines wrote as well. All that differs are the texts that FORMAT.md lists, which the
			// fixtures named text hold, and nothing else does that loosened would not see through.
			if f.Judge == python || strings.HasPrefix(f.Name, "text_e") || strings.HasPrefix(f.Name, "text_log_") {
				return
			}
			if judges[python] == nil {
				judges[python] = startJudge(top, python)
			}
			if _, err = CompareFile(t.Context(), judges[python], path, f.Optional); err != nil {
				t.Errorf("2.0: %v", err)
			}
		})
	}
}

// checkRefused wants the class of error that f names, from Open or from a scan.
func checkRefused(t *testing.T, f *Fixture, path string) {
	class := map[string]error{"encrypted": duckdb.ErrEncrypted, "too old": duckdb.ErrTooOld,
		"checksum": duckdb.ErrChecksum}[f.Refused]
	if class == nil {
		t.Fatalf("got class %q, want a known one", f.Refused)
	}
	db, err := duckdb.Open(path, nil)
	if err == nil {
		defer db.Close()
		for _, table := range db.Tables() {
			s := table.Scan(t.Context())
			for s.Next() {
			}
			if err = s.Err(); err != nil {
				break
			}
		}
	}
	if !errors.Is(err, class) {
		t.Errorf("got error %v, want %v", err, class)
	}
}

func unpack(t *testing.T, src, dst string) {
	t.Helper()
	b, err := os.ReadFile(src)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dst, b, 0o666); err != nil {
		t.Fatal(err)
	}
}
