package archivetest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/longtest"
)

// childEnv names the part that the test binary plays when it is run as a child.
const childEnv = "EXPARCHIVE_TEST_CHILD"

// MainOf is the TestMain of a package some of whose tests run the test binary as a child: children are the parts that
// it plays. What they return is printed on stderr and makes its exit code 1.
func MainOf(m *testing.M, children map[string]func(args []string) error) {
	part := os.Getenv(childEnv)
	if part == "" {
		os.Exit(m.Run())
	}
	child, ok := children[part]
	if !ok {
		fmt.Fprintf(os.Stderr, "no child %q\n", part)
		os.Exit(2)
	}
	if err := child(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// StartChild runs the test binary as a child that plays a part.
func StartChild(t testing.TB, part string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	return start(t, nil, part, args)
}

// StartHeldChild is StartChild for a part that waits for the end of its stdin, which letGo brings.
func StartHeldChild(t testing.TB, part string, args ...string) (_ *exec.Cmd, lines *bufio.Scanner, letGo func() error) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	defer in.Close()
	child, lines := start(t, in, part, args)
	return child, lines, out.Close
}

func start(t testing.TB, stdin *os.File, part string, args []string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, args...)
	child.Env = append(os.Environ(), childEnv+"="+part)
	child.Stderr = os.Stderr
	if stdin != nil {
		child.Stdin = stdin
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("under an emulator that is not registered with the system this program cannot start itself")
	} else if err != nil {
		t.Fatal(err)
	}
	return child, bufio.NewScanner(out)
}

// KillCount is how often tests kill: EXPARCHIVE_KILLS times if that is set.
func KillCount() int {
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_KILLS")); err == nil {
		return n
	}
	return longtest.Count(10, 25)
}

// WaitUntil waits until something is so, as long as it takes: until shortly before the time of all tests is up. It
// reports whether it is.
func WaitUntil(t *testing.T, so func() bool) bool {
	t.Helper()
	for !so() {
		if end, ok := t.Deadline(); ok && time.Until(end) < 10*time.Second {
			return false
		}
		time.Sleep(10 * time.Millisecond)
	}
	return true
}
