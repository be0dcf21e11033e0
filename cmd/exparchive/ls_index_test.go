package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/runindex"
)

// TestLsIndex_interrupted: a list that is interrupted leaves the index as it was, and nothing beside it.
func TestLsIndex_interrupted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	made := exec.Command("exparchive", "run", "exp1", "-o", filepath.Join(folder, "a.simexp"))
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before := []byte("an index, of whichever kind")
	if err := os.WriteFile(filepath.Join(folder, runindex.Name), before, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("exparchive", "ls", "--index", folder, "-")
	temp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "TEMP="+temp, "TMP="+temp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	lines, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	// More than a pipe holds: when it is written the folder has been read.
	if _, err := lines.Write(bytes.Repeat([]byte("{}\n"), 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip(err) // Windows sends none
	}
	if err := p.wait(); err == nil || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("got %v, %s, want that it was interrupted", err, stderr.String())
	}
	after, err := os.ReadFile(filepath.Join(folder, runindex.Name))
	if err != nil || !bytes.Equal(after, before) {
		t.Errorf("got %q, %v", after, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 2 {
		t.Errorf("got %v, %v", left, err)
	}
}
