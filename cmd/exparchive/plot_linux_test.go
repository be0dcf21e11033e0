package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// A chart in a terminal is as wide as it, whether the terminal says so or the environment, and 80 columns elsewhere.
func TestPlot_terminal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.simexp")
	if out, err := exec.Command("exparchive", "run", "exp1", "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	width := func(chart string) (most int) {
		for line := range strings.Lines(chart) {
			most = max(most, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
		}
		return most
	}
	for env, want := range map[string]int{"COLUMNS=120": 119, "COLUMNS=60": 59, "COLUMNS=": 79} { // the last has no size
		screen, stderr := onTerminal(t, []string{env}, "plot", "convergence", path)
		if got := width(screen); got != want || stderr != "" {
			t.Errorf("%s: %d columns, stderr %q, want %d", env, got, stderr, want)
		}
	}
	cmd := exec.Command("exparchive", "plot", "convergence", path)
	cmd.Env = append(cmd.Environ(), "COLUMNS=120")
	if out, err := cmd.Output(); err != nil || width(string(out)) != 79 {
		t.Errorf("no terminal: %d columns, %v, want 79", width(string(out)), err)
	}
}
