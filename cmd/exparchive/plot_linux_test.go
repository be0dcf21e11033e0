package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/simexp/exparchive/internal/othertools"
)

// A chart in a terminal is as wide as it, whether the terminal says so or the environment, and 80 columns elsewhere.
func TestPlot_terminal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run.simexp")
	if out, err := exec.Command("exparchive", "run", "exp1", "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	plot := func(columns string) *exec.Cmd {
		cmd := exec.Command("exparchive", "plot", "convergence", path)
		cmd.Env = append(cmd.Environ(), "COLUMNS="+columns)
		return cmd
	}
	for _, c := range []struct {
		says    uint16 // the terminal; 0 is that it does not
		columns string // the environment
		want    int
	}{{100, "", 100}, {100, "60", 60}, {0, "120", 120}, {0, "", 80}} {
		screen := othertools.Screen(t, func(screen *os.File) {
			size := unix.Winsize{Row: 40, Col: c.says}
			if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &size); err != nil {
				t.Fatal(err)
			}
			cmd := plot(c.columns)
			cmd.Stdout = screen
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		})
		if got := widest(screen); got != c.want-1 { // the last column is left free
			t.Errorf("terminal %d, COLUMNS=%s: %d columns, want %d", c.says, c.columns, got, c.want-1)
		}
	}
	if out, err := plot("120").Output(); err != nil || widest(string(out)) != 79 {
		t.Errorf("no terminal: %d columns, %v, want 79", widest(string(out)), err)
	}
}

func widest(text string) (most int) {
	for line := range strings.Lines(text) {
		most = max(most, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
	}
	return most
}
