//go:build linux

package castro

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestLocked opens a database that another process has open for writing.
func TestLocked(t *testing.T) {
	const variable = "CASTRO_TEST_LOCK"
	if path := os.Getenv(variable); path != "" { // the other process
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err == nil {
			err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK})
		}
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("locked\n")
		bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	path := unpack(t, t.TempDir(), "k1", "k1.db")
	cmd := exec.Command(os.Args[0], "-test.run=^TestLocked$")
	cmd.Env = append(os.Environ(), variable+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("under an emulator that is not registered with the system this program cannot start itself")
	} else if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("got %q, %v from the other process", line, err)
	}
	if d, err := Open(path, nil); !errors.Is(err, duckdb.ErrInUse) {
		if err == nil {
			d.Close()
		}
		t.Errorf("got %v, want %v", err, duckdb.ErrInUse)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	mustOpen(t, path, nil)
}
