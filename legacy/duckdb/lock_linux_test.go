package duckdb

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLock looks at a file that is locked as an engine locks it, but by an open file description, since a process does
// not see its own locks.
func TestLock(t *testing.T) {
	const setOFD = 37 // F_OFD_SETLK
	path := filepath.Join(t.TempDir(), "busy.db")
	if err := os.WriteFile(path, []byte("anything"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for kind, want := range map[int16]error{syscall.F_WRLCK: ErrInUse, syscall.F_RDLCK: ErrNotDuckDB} {
		if err := syscall.FcntlFlock(f.Fd(), setOFD, &syscall.Flock_t{Type: kind}); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, nil); !errors.Is(err, want) {
			t.Errorf("lock %d: got %v, want %v", kind, err, want)
		}
		if _, err := Open(path, &Options{IgnoreLock: true}); !errors.Is(err, ErrNotDuckDB) {
			t.Errorf("lock %d ignored: got %v, want %v", kind, err, ErrNotDuckDB)
		}
	}
}
