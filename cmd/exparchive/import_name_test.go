package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// TestImport_name: a file whose name is no UTF-8 is imported, and the archive keeps the rules of the format.
func TestImport_name(t *testing.T) {
	packed, err := os.Open("../../legacy/castro/testdata/s1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	db, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	old := filepath.Join(dir, "old\xff.db")
	if err := os.WriteFile(old, db, 0o666); err != nil {
		t.Skip("no file can have such a name here:", err)
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
