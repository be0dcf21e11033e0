package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
)

// TestCommand_terminal: on a terminal the experiment reads what a person types, gets the signal of Ctrl-C once, and one
// that is sent to the recorder alone.
func TestCommand_terminal(t *testing.T) {
	t.Parallel()
	const program = countingSignals + `line(type="iteration", iteration=0, policies={"typed": input()})
while True: got(os.read(read, 1)[0])
`
	folder := t.TempDir()
	path := filepath.Join(folder, "a.simexp")
	if err := os.WriteFile(filepath.Join(folder, "x.py"), []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	person, programs := othertools.Terminal(t)
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
