package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLeftover: that temporary files cannot be removed is a warning, and no failure of what the command did.
func TestLeftover(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	line, err := os.ReadFile("testdata/lines/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("exparchive", "info", "-")
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "TEMP="+temp, "TMP="+temp)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var folder string
	if err := p.until(func() bool { // it has a folder, and copies into it what comes
		found, err := filepath.Glob(filepath.Join(temp, ".exparchive-*", "stdin.simexp"))
		if err != nil || len(found) == 0 {
			return false
		}
		folder = filepath.Dir(found[0])
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "theirs"), nil, 0o666); err != nil { // and so it stays
		t.Fatal(err)
	}
	_, err = stdin.Write(line)
	if err := errors.Join(err, stdin.Close(), p.wait()); err != nil {
		t.Errorf("got %v; it said %s", err, stderr.String())
	}
	if !strings.Contains(stdout.String(), "exp1-20251215-093210-ab12cd") {
		t.Errorf("got %s", stdout.String())
	}
	if text := stderr.String(); !strings.HasPrefix(text, "exparchive: warning: temporary files: ") ||
		strings.Count(text, "\n") != 1 {
		t.Errorf("got %q, want a warning", text)
	}
}
