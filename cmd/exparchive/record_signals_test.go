//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/recordcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
)

// Programs of these tests: a shell that has $python and $experiment.
func shell(t *testing.T, folder, script string) *exec.Cmd {
	t.Helper()
	python := othertools.Find(t, "python3")
	experiment, err := filepath.Abs("../../examples/experiment.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(othertools.Find(t, "sh"), "-c", script)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "python="+python, "experiment="+experiment)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to the group reaches all, as from a terminal
	return cmd
}

// A recorder is a process of which a test reads what it says.
type recorder struct {
	*process
	stderr *lockedBuffer
}

func startRecorder(t *testing.T, cmd *exec.Cmd) *recorder {
	t.Helper()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(sig) { // as in the background of a shell or under nohup; what is taken here is not ignored there
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	r := &recorder{stderr: &lockedBuffer{}}
	cmd.Stderr = r.stderr
	cmd.WaitDelay = time.Second // somebody may hold standard error open
	var err error
	if r.process, err = startProcess(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-r.ended
	})
	return r
}

// waitFor waits until something is so.
func (r *recorder) waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	if err := r.until(so); err != nil {
		t.Fatalf("%v before %s; it said %s", err, what, r.stderr)
	}
}

// says waits until the recorder has said something.
func (r *recorder) says(t *testing.T, text string) {
	t.Helper()
	r.waitFor(t, "it said "+text, func() bool { return strings.Contains(r.stderr.String(), text) })
}

func (r *recorder) records(t *testing.T, live string, n int64) {
	t.Helper()
	r.waitFor(t, fmt.Sprintf("%d records were on disk", n), func() bool { return recordsOnDisk(live) >= n })
}

func (r *recorder) signal(t *testing.T, sig syscall.Signal, group bool) {
	t.Helper()
	pid := r.Process.Pid
	if group {
		pid = -pid
	}
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}

// code waits for the end and gives the exit code.
func (r *recorder) code() int {
	err := r.wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// contents opens an archive or a live file and gives its run and its records.
func contents(t *testing.T, path string) (provider.Experiment, []provider.Record) {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	e, err := a.Experiment(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var records []provider.Record
	for r, err := range a.Records(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return e, records
}

// notes gives the notes of a run, each as kind and text.
func notes(records []provider.Record) (list []string) {
	for _, r := range records {
		if n, ok := r.(*provider.Note); ok {
			list = append(list, n.Kind+": "+n.Text)
		}
	}
	return list
}

// TestSignal_pipe: a signal that reaches an experiment and its recorder leaves what the experiment makes of it. The
// experiment sleeps for an hour behind its first iteration, which is 4 records. Its output does not end before the
// recorder has the signal: on a busy machine the system may be long in between the two.
func TestSignal_pipe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		sig     syscall.Signal
		flags   string
		code    int
		status  provider.Status // of the archive, empty if the run stays open
		derived bool
	}{
		{"the result says so", syscall.SIGINT, "", 130, "interrupted", false},
		{"terminated", syscall.SIGTERM, "", 143, "", false},
		{"hung up", syscall.SIGHUP, "", 129, "", false},
		{"seal does not count", syscall.SIGTERM, "--seal", 143, "", false},
		{"sealed if asked", syscall.SIGTERM, "--seal-on-interrupt", 143, "interrupted", true},
		{"the result comes first", syscall.SIGINT, "--seal-on-interrupt", 130, "interrupted", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "a.simexp")
			r := startRecorder(t, shell(t, folder, `trap : INT TERM HUP
				{ trap : INT TERM HUP; "$python" "$experiment" 2 3600; until [ -e said ]; do sleep 0.01; done; } |
				exparchive record -o a.simexp `+test.flags))
			r.records(t, path+archive.LiveSuffix, 4)
			r.signal(t, test.sig, true)
			r.says(t, "reading on to the end of the input")
			if err := os.WriteFile(filepath.Join(folder, "said"), nil, 0o666); err != nil {
				t.Fatal(err)
			}
			if code := r.code(); code != test.code {
				t.Fatalf("got exit code %d, want %d; it said %s", code, test.code, r.stderr)
			}
			if test.status == "" {
				e, records := contents(t, path+archive.LiveSuffix)
				if len(records) != 4 || e.Status() != provider.StatusUnfinished || runio.Exists(path) {
					t.Errorf("got %d records, status %s, want 4 and unfinished", len(records), e.Status())
				}
				want := fmt.Sprintf("interrupted by %s; a.simexp-live keeps 4 records",
					map[int]string{130: "SIGINT", 143: "SIGTERM", 129: "SIGHUP"}[test.code])
				if !strings.Contains(r.stderr.String(), want) {
					t.Errorf("got %s, want %q", r.stderr, want)
				}
				// It goes on behind that.
				more := startRecorder(t, shell(t, folder, `"$python" "$experiment" 2 0 1 | exparchive resume a.simexp-live`))
				if code := more.code(); code != 0 {
					t.Fatalf("resume: got exit code %d: %s", code, more.stderr)
				}
				if e, records := contents(t, path); len(records) != 8 || e.Status() != provider.StatusCompleted {
					t.Errorf("got %d records, status %s, want 8 and completed", len(records), e.Status())
				}
				return
			}
			e, records := contents(t, path)
			if e.Status() != test.status || runio.Exists(path+archive.LiveSuffix) {
				t.Errorf("got status %s, want %s and no live file", e.Status(), test.status)
			}
			if derived := len(notes(records)) == 1; derived != test.derived {
				t.Errorf("got notes %q, want one %v", notes(records), test.derived)
			}
		})
	}
}

// TestSignal_insist: one signal lets a recorder read on, two sent at once too, and a later one stops it with what was
// read.
func TestSignal_insist(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	live := filepath.Join(folder, "a.simexp-live")
	cmd := exec.Command("exparchive", "record", "-o", "a.simexp")
	cmd.Dir = folder
	lines, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := startRecorder(t, cmd)
	write := func(text string) {
		t.Helper()
		if _, err := io.WriteString(lines, text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"type":"experiment","experiment_name":"x","experiment_type":"y"}`)
	r.records(t, live, 1)
	r.signal(t, syscall.SIGTERM, false)
	r.says(t, "SIGTERM: reading on to the end of the input; once more stops the recording")
	write(`{"type":"llm_interaction","iteration":0,"response":"paid for"}`)
	r.records(t, live, 2)
	r.signal(t, syscall.SIGINT, false) // of another kind
	r.says(t, "SIGINT: reading on")
	write(`{"type":"llm_interaction","iteration":0,"response":"paid for too"}`)
	r.records(t, live, 3)
	time.Sleep(recordcmd.Insistence + time.Millisecond)
	r.signal(t, syscall.SIGINT, false)
	if code := r.code(); code != 143 { // of the first signal
		t.Errorf("got exit code %d, want 143; it said %s", code, r.stderr)
	}
	if _, records := contents(t, live); len(records) != 3 {
		t.Errorf("got %d records, want 3", len(records))
	}
	for _, want := range []string{"SIGINT again: the recording stops",
		"interrupted by SIGTERM; a.simexp-live keeps 3 records"} {
		if !strings.Contains(r.stderr.String(), want) {
			t.Errorf("got %s, want %q", r.stderr, want)
		}
	}
}

// TestSignal_completed: a run that comes to its own end in spite of a signal is a success.
func TestSignal_completed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := exec.Command("exparchive", "record", "-o", "a.simexp")
	cmd.Dir = folder
	lines, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := startRecorder(t, cmd)
	io.WriteString(lines, `{"type":"experiment","experiment_name":"x","experiment_type":"y"}`+"\n")
	r.records(t, filepath.Join(folder, "a.simexp-live"), 1)
	r.signal(t, syscall.SIGHUP, false)
	r.says(t, "SIGHUP: reading on")
	io.WriteString(lines, `{"type":"result","status":"completed"}`+"\n")
	lines.Close()
	if code := r.code(); code != 0 {
		t.Errorf("got exit code %d, want 0; it said %s", code, r.stderr)
	}
	contents(t, filepath.Join(folder, "a.simexp"))
}

// countingSignals begins a program that records each signal it gets, when read has a byte for it, and that SIGTERM
// ends.
const countingSignals = `import json, os, signal, sys
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
`

// TestCommand_signal: the experiment gets each signal once, be it sent to the recorder alone, twice at once or to its
// group, and ends the run with what it makes of it.
func TestCommand_signal(t *testing.T) {
	t.Parallel()
	const counting = countingSignals + "while True: got(os.read(read, 1)[0])\n"
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("group %v", group), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "a.simexp")
			if err := os.WriteFile(filepath.Join(folder, "x.py"), []byte(counting), 0o666); err != nil {
				t.Fatal(err)
			}
			r := startRecorder(t, shell(t, folder, `exec exparchive record -o a.simexp -- "$python" x.py`))
			r.records(t, path+archive.LiveSuffix, 2) // the experiment and its provenance
			r.signal(t, syscall.SIGINT, group)
			r.records(t, path+archive.LiveSuffix, 4)
			r.signal(t, syscall.SIGTERM, group)
			if code := r.code(); code != 0 {
				t.Errorf("got exit code %d, want 0, that of the experiment; it said %s", code, r.stderr)
			}
			e, records := contents(t, path)
			var types []string
			for _, r := range records {
				if event, ok := r.(*provider.Event); ok {
					types = append(types, event.Type)
				}
			}
			if got := strings.Join(types, " "); got != "SIGINT SIGTERM" || e.Status() != provider.StatusInterrupted {
				t.Errorf("got signals %s, status %s, want each once, and interrupted", got, e.Status())
			}
		})
	}
}

// TestCommand_seal: an experiment that ends at a signal, be it as a success, and gives no result leaves an open run, or
// one that is sealed as interrupted if that was asked for.
func TestCommand_seal(t *testing.T) {
	t.Parallel()
	for _, seal := range []bool{false, true} {
		t.Run(fmt.Sprint(seal), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "a.simexp")
			flag := map[bool]string{true: "--seal-on-interrupt"}[seal]
			r := startRecorder(t, shell(t, folder, `exec exparchive record -o a.simexp `+flag+` -- sh -c 'trap "exit 0" TERM
				echo "{\"type\":\"experiment\",\"experiment_name\":\"x\",\"experiment_type\":\"y\"}"
				echo "{\"type\":\"iteration\",\"iteration\":0}"; while :; do sleep 3600; done'`))
			r.records(t, path+archive.LiveSuffix, 3)
			r.signal(t, syscall.SIGTERM, false)
			if code := r.code(); code != 143 {
				t.Errorf("got exit code %d, want 143; it said %s", code, r.stderr)
			}
			if !seal {
				path += archive.LiveSuffix
			}
			e, records := contents(t, path)
			want := map[bool]provider.Status{true: provider.StatusInterrupted, false: provider.StatusUnfinished}[seal]
			if e.Status() != want || notes(records)[0] != "exit_status: exit status 0" {
				t.Errorf("got status %s, notes %q, want %s and the exit status", e.Status(), notes(records), want)
			}
		})
	}
}

// TestCommand_insist: an experiment that does not listen is ended when somebody insists, and the run stays open.
func TestCommand_insist(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	live := filepath.Join(folder, "a.simexp-live")
	r := startRecorder(t, shell(t, folder, `exec exparchive record -o a.simexp -- sh -c 'trap "" INT TERM
		echo "{\"type\":\"experiment\",\"experiment_name\":\"x\",\"experiment_type\":\"y\"}"
		echo "{\"type\":\"iteration\",\"iteration\":0}"; while :; do sleep 3600; done'`))
	r.records(t, live, 3)
	r.signal(t, syscall.SIGINT, false)
	r.says(t, "SIGINT: reading on until the experiment ends")
	time.Sleep(recordcmd.Insistence + time.Millisecond)
	r.signal(t, syscall.SIGINT, false)
	if code := r.code(); code != 130 {
		t.Errorf("got exit code %d, want 130; it said %s", code, r.stderr)
	}
	if _, records := contents(t, live); strings.Join(notes(records),
		"; ") != "exit_status: signal 9 (SIGKILL); the recorder ended it" {
		t.Errorf("got notes %q", notes(records))
	}
}

// TestCommand_unbuffered: what a Python program writes comes at once, also if it does not flush.
func TestCommand_unbuffered(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := startRecorder(t, shell(t, folder, `unset PYTHONUNBUFFERED; exec exparchive record -o a.simexp -- "$python" -c '
import time
print("""{"type":"experiment","experiment_name":"x","experiment_type":"y"}""")
time.sleep(3600)'`))
	r.records(t, filepath.Join(folder, "a.simexp-live"), 2)
	r.signal(t, syscall.SIGINT, false) // so that nothing sleeps on when the test has ended
	r.code()
}

// TestCommand_grandchild: a program that the experiment has left behind and that holds its output open is read on,
// until a signal.
func TestCommand_grandchild(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	live := filepath.Join(folder, "a.simexp-live")
	r := startRecorder(t, shell(t, folder, `exec exparchive record -o a.simexp -- sh -c '
		echo "{\"type\":\"experiment\",\"experiment_name\":\"x\",\"experiment_type\":\"y\"}"
		(read go < go; echo "{\"type\":\"iteration\",\"iteration\":7}"; exec sleep 3600) & echo $! > pid; exit 0'`))
	if err := syscall.Mkfifo(filepath.Join(folder, "go"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.says(t, "the experiment has ended, but a program that it started holds its output open")
	defer exec.Command("sh", "-c", `kill $(cat "$1")`, "sh", filepath.Join(folder, "pid")).Run()
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	r.records(t, live, 3)
	r.signal(t, syscall.SIGINT, false)
	if code := r.code(); code != 130 {
		t.Errorf("got exit code %d, want 130; it said %s", code, r.stderr)
	}
	if _, records := contents(t, live); len(records) != 4 ||
		strings.Join(notes(records), "; ") != "exit_status: exit status 0" {
		t.Errorf("got %d records, notes %q, want 4 and the exit status", len(records), notes(records))
	}
}

// TestCommand_killed: an experiment that outlives its recorder, which was killed, holds nothing of the recording.
func TestCommand_killed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	live := filepath.Join(folder, "a.simexp-live")
	r := startRecorder(t, shell(t, folder, `exec exparchive record -o a.simexp -- sh -c '
		echo "{\"type\":\"experiment\",\"experiment_name\":\"x\",\"experiment_type\":\"y\"}"
		echo "{\"type\":\"iteration\",\"iteration\":0}"; echo $$ > pid; exec sleep 3600'`))
	r.records(t, live, 3)
	r.waitFor(t, "the experiment slept", func() bool {
		pid, err := os.ReadFile(filepath.Join(folder, "pid"))
		return err == nil && len(pid) > 1
	})
	defer exec.Command("sh", "-c", `kill $(cat "$1")`, "sh", filepath.Join(folder, "pid")).Run()
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.ended
	out, err := exec.Command("sh", "-c", `exparchive info --json "$1" && echo '{"type":"result","status":"failed"}' | exparchive resume "$1"`, "sh", live).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"state":"unfinished"`) ||
		!strings.Contains(string(out), `"status":"unfinished"`) {
		t.Errorf("got %v, %s, want a recording that was cut short and goes on", err, out)
	}
}

// TestCommand_fullDisk: where the file takes no more, the experiment is ended, and what it had written before is not
// lost.
func TestCommand_fullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.simexp")
	// A limit on the size of files is what everybody can set.
	r := startRecorder(t, shell(t, folder, `TMPDIR=$PWD; export TMPDIR; ulimit -f 1200; exec exparchive record -o a.simexp -- "$python" -c '
import json, time
print(json.dumps({"type":"experiment","experiment_name":"x","experiment_type":"y"}))
for i in range(28):
    print(json.dumps({"type":"llm_interaction","iteration":i,"response":"%08d" % i * 4096}))
time.sleep(3600)'`))
	if code := r.code(); code != cli.ExitFailed {
		t.Fatalf("got exit code %d, want %d; it said %s", code, cli.ExitFailed, r.stderr)
	}
	said := r.stderr.String()
	if !regexp.MustCompile(`records from record \d+ on are in .*: `).MatchString(said) {
		t.Fatalf("got %s, want where the records are", said)
	}
	out, err := exec.Command("exparchive", "resume", path+archive.LiveSuffix, "--json").CombinedOutput()
	if err != nil {
		t.Fatalf("resume: %v: %s", err, out)
	}
	var stand struct{ Records int64 }
	if err := json.Unmarshal(out, &stand); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, records := contents(t, path+archive.LiveSuffix)
	calls := 0
	for _, r := range records {
		if i, ok := r.(*provider.Interaction); ok {
			if want := strings.Repeat(fmt.Sprintf("%08d", calls), 4096); i.Response == nil || *i.Response != want {
				t.Fatalf("call %d: not what was written", calls)
			}
			calls++
		}
	}
	if calls != 28 || int64(len(records)) != stand.Records {
		t.Errorf("got %d calls in %d records of %d, want 28; it said %s", calls, len(records), stand.Records, said)
	}
}
