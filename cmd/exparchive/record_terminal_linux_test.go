package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// newTerminal makes a pseudo-terminal and gives the end of the person and that of the programs.
func newTerminal(t *testing.T) (person, programs *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	programs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { programs.Close() })
	return person, programs
}

// TestCommand_terminal: on a terminal the experiment reads what a person types, gets the signal of Ctrl-C once, and one that is sent to the
// recorder alone.
func TestCommand_terminal(t *testing.T) {
	t.Parallel()
	const program = `import json, os, signal, sys
def line(**l): print(json.dumps(l))
def got(number):
    line(type="event", iteration=0, event_type=signal.Signals(number).name)
    line(type="iteration", iteration=number)
    if number == signal.SIGTERM:
        line(type="result", status="interrupted")
        sys.exit(0)
read, write = os.pipe()
os.set_blocking(write, False)
signal.set_wakeup_fd(write)  # a byte for each
signal.signal(signal.SIGINT, lambda number, frame: None)
signal.signal(signal.SIGTERM, lambda number, frame: None)
line(type="experiment", experiment_name="x", experiment_type="y")
line(type="iteration", iteration=0, policies={"typed": input()})
while True: got(os.read(read, 1)[0])
`
	folder := t.TempDir()
	path := filepath.Join(folder, "a.simexp")
	if err := os.WriteFile(filepath.Join(folder, "x.py"), []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	person, programs := newTerminal(t)
	cmd := shell(t, folder, `exec exparchive record -o a.simexp -- "$python" x.py`)
	cmd.Stdin = programs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	r := startRecorder(t, cmd)
	live := path + archive.LiveSuffix
	r.records(t, live, 2)
	for _, step := range []struct {
		typed   string
		records int64
	}{{"hello\n", 3}, {"\x03", 5}} {
		if _, err := person.WriteString(step.typed); err != nil {
			t.Fatal(err)
		}
		r.records(t, live, step.records)
	}
	r.signal(t, syscall.SIGTERM, false)
	if code := r.code(); code != 0 {
		t.Errorf("got exit code %d, want 0, that of the experiment; it said %s", code, r.stderr)
	}
	_, records := contents(t, path)
	var types []string
	for _, r := range records {
		switch r := r.(type) {
		case *provider.Event:
			types = append(types, r.Type)
		case *provider.Iteration:
			if r.Number == 0 && string(r.Policies["typed"]) != `"hello"` {
				t.Errorf("got %s, want what was typed", r.Policies["typed"])
			}
		}
	}
	if got := strings.Join(types, " "); got != "SIGINT SIGTERM" {
		t.Errorf("got signals %s, want each once", got)
	}
}
