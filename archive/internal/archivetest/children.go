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
)

// childEnv names the part that the test binary plays when it is run as a child.
const childEnv = "EXPARCHIVE_TEST_CHILD"

// MainOf is the TestMain of a package some of whose tests run the test binary as a child: children are the parts that it plays. What
// they return is printed on stderr and makes its exit code 1.
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
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, args...)
	child.Env = append(os.Environ(), childEnv+"="+part)
	child.Stderr = os.Stderr
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

// KillCount is how often tests kill: normally so often, less in a short run, EXPARCHIVE_KILLS times if that is set.
func KillCount(normally int) int {
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 5
	}
	return normally
}
