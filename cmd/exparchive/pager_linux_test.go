package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// On a terminal replay goes through the pager. That the pager ends before the run does is no error.
func TestReplay_pager(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.simexp")
	if out, err := exec.Command("exparchive", "run", "exp1", "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole, err := exec.Command("exparchive", "replay", path, "--audit").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) < 1<<17 { // or it is in the pipe before the pager ends
		t.Fatalf("got %d bytes, too few to be left before their end", len(whole))
	}
	first, _, _ := bytes.Cut(whole, []byte("\n"))
	for pager, want := range map[string]string{"cat": string(whole), "head -n 1": string(first) + "\n"} {
		screen, stderr := onTerminal(t, []string{"PAGER=" + pager, "NO_COLOR=1"}, "replay", path, "--audit", "--pager")
		if screen != want || stderr != "" {
			t.Errorf("%s: got %d bytes, stderr %q, want %d and none", pager, len(screen), stderr, len(want))
		}
	}
	screen, stderr := onTerminal(t, []string{"PAGER=nosuchprogram", "NO_COLOR=1"}, "replay", path, "--audit", "--pager")
	if screen != string(whole) || stderr != "exparchive: --pager: nosuchprogram: no such program\n" {
		t.Errorf("got %d bytes, stderr %q, want the text and one line", len(screen), stderr)
	}
}

// onTerminal runs the program with a terminal as standard output, and gives what appears there.
func onTerminal(t *testing.T, env []string, args ...string) (screen, stderr string) {
	t.Helper()
	var messages bytes.Buffer
	screen = othertools.Screen(t, func(screen *os.File) {
		cmd := exec.Command("exparchive", args...)
		cmd.Env = append(os.Environ(), env...)
		cmd.Stdout, cmd.Stderr = screen, &messages
		if err := cmd.Run(); err != nil {
			t.Errorf("%q: %v, stderr %q", args, err, messages.String())
		}
	})
	return screen, messages.String()
}
