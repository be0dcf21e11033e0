package main

import (
	"bytes"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// TestImport_name: a file whose name is no UTF-8 is imported, and the archive keeps the rules of the format.
func TestImport_name(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old\xff.db")
	if err := gunzip("../../legacy/castro/testdata/s1.db.gz", old); err != nil {
		if runtime.GOOS != "linux" {
			t.Skip("no file can have such a name here:", err)
		}
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"import", old, "-o", filepath.Join(dir, "new")}, nil, &stdout, &stderr); code != cli.ExitOK {
		t.Fatalf("got %d, %s", code, &stderr)
	}
	made, err := filepath.Glob(filepath.Join(dir, "new", "*.simexp"))
	if err != nil || len(made) != 1 {
		t.Fatalf("made %q, %v", made, err)
	}
	report, err := verify.File(t.Context(), made[0])
	if err != nil || !report.OK() {
		t.Errorf("got %v, %v", report.Problems, err)
	}
}
