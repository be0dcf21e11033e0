package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider"
)

// TestRedactRecording: what another process records at the moment is neither redacted nor attached to.
func TestRedactRecording(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file.txt")
	if err := os.WriteFile(file, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	live := w.LivePath()
	if _, stderr := command(t, cli.ExitFailed, "redact", live, "--field", "config", "-o",
		filepath.Join(dir, "p.simexp")); !strings.Contains(stderr,
		"is being recorded; redact it when the recording has ended") {
		t.Errorf("redact: got %s", stderr)
	}
	if _, stderr := command(t, cli.ExitFailed, "attach", live, file); !strings.Contains(stderr, "being recorded by") {
		t.Errorf("attach: got %s", stderr)
	}
}

// TestReveal_leavesNothing: a reveal that finds another run leaves no file behind.
func TestReveal_leavesNothing(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	lines := func(name, data string) string {
		path := filepath.Join(dir, name)
		text := `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}` + "\n" +
			`{"type":"event","iteration":0,"event_type":"e","event_data":"` + data + `"}` + "\n"
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	original, other := lines("a.jsonl", "the value"), lines("b.jsonl", "another value")
	public := filepath.Join(dir, "public.simexp")
	command(t, cli.ExitOK, "redact", original, "--field", "event_data", "-o", public)
	_, stderr := command(t, cli.ExitFailed, "reveal", public, "--from", other, "-o", filepath.Join(out, "x.simexp"))
	if !strings.Contains(stderr, "b.jsonl: record 1: not the run that the copy was made from") {
		t.Errorf("got %s, want record 1 named", stderr)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 0 {
		t.Errorf("got %v, %v in the folder, want nothing", left, err)
	}
}

// TestRedactRealData: redaction of the original project's databases, which have no secrets.
func TestRedactRealData(t *testing.T) {
	folder := os.Getenv("EXPARCHIVE_REALDATA")
	if folder == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	dir := t.TempDir()
	for _, name := range []string{"castro_exp1_debug.db", "core_exp1.db", "web/castro_exp2_-_flash.json",
		"web/large_network_-_pro.json", "web/lehman_month_-_glm.json"} {
		path := filepath.Join(dir, filepath.Base(name))
		if err := gunzip(filepath.Join(folder, filepath.FromSlash(name)+".gz"), path); err != nil {
			t.Fatal(err)
		}
		if stdout, _ := command(t, cli.ExitOK, "secrets", path); stdout != "" {
			t.Errorf("%s: got secrets %s, want none", name, stdout)
		}
		public := filepath.Join(dir, "public.simexp")
		stdout, _ := command(t, cli.ExitOK, "redact", path, "--field", "config,user_prompt,response,event_data", "-o", public,
			"--force")
		before, _ := command(t, cli.ExitOK, "digest", path)
		after, _ := command(t, cli.ExitOK, "digest", public)
		if before[:64] != after[:64] || !strings.Contains(stdout, before[:64]) {
			t.Errorf("%s: got digest %s of the copy, want %s", name, after[:64], before[:64])
		}
		if _, err := verify.File(t.Context(), public); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		whole, again := filepath.Join(dir, "whole.simexp"), filepath.Join(dir, "again.simexp")
		command(t, cli.ExitOK, "redact", path, "--match", "nothing in it matches this", "-o", whole, "--force")
		command(t, cli.ExitOK, "reveal", public, "--from", path, "-o", again, "--force")
		a, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(again)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: revealed, the copy has other bytes than one from which nothing was taken", name)
		}
	}
}
