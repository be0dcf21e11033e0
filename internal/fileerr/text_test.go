package fileerr

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func TestText(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	_, noFile := os.Open(missing)
	_, noNumber := strconv.Atoi("x y")
	_, large := strconv.ParseInt("99999999999999999999", 10, 64)
	_, noBool := strconv.ParseBool("perhaps")
	_, noDuration := time.ParseDuration("5 apples")
	denied := &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}
	eacces := syscall.EACCES.Error()
	broken := errors.New("broken")
	for _, c := range []struct {
		err  error
		want string
	}{
		{broken, "broken"},
		{errors.New("open x: broken"), "open x: broken"}, // no error of a call, whatever it says
		{denied, "x: " + eacces},
		{In("x", denied), "x: " + eacces},
		{fmt.Errorf("x: %w", denied), "x: " + eacces},
		{In("y", denied), "y: x: " + eacces},
		{fmt.Errorf("%w (--force)", denied), "x: " + eacces + " (--force)"},
		{errors.Join(denied, broken, denied), "x: " + eacces + "\nbroken\nx: " + eacces},
		{noFile, missing + ": no such file"},
		{fmt.Errorf("copy: %w", noFile), "copy: " + missing + ": no such file"},
		{&os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EACCES}, "b: " + eacces},
		{&fs.PathError{Op: "read", Path: "x", Err: os.NewSyscallError("getdents64", syscall.EACCES)}, "x: " + eacces},
		{&fs.PathError{Op: "read", Path: "|0", Err: os.ErrClosed}, "file already closed"},
		{fmt.Errorf("standard input: %w", &fs.PathError{Op: "read", Path: os.Stdin.Name(), Err: broken}),
			"standard input: broken"},
		{In("x", syscall.ENOENT), "x: no such file"},
		{noNumber, `"x y": not a number`},
		{fmt.Errorf("--seq: %w", large), `--seq: "99999999999999999999": a number out of range`},
		{noBool, `"perhaps": neither true nor false`},
		{noDuration, noDuration.Error()},
		{&exec.Error{Name: "lesss", Err: exec.ErrNotFound}, "lesss: no such program"},
	} {
		if got := Text(c.err); got != c.want {
			t.Errorf("%q: got %q, want %q", c.err, got, c.want)
		}
	}
}
