//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris

package duckdb

import (
	"fmt"
	"os"
	"syscall"
)

// probeLock asks whether another process holds a write lock, as an engine does that has the database open for writing.
// It takes no lock itself. A file system without locks counts as not locked.
func probeLock(f *os.File) error {
	lock := syscall.Flock_t{Type: syscall.F_RDLCK} // whence 0, start 0, length 0: the whole file
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil {
		return nil
	}
	if lock.Type == syscall.F_WRLCK {
		if lock.Pid <= 0 {
			return fmt.Errorf("%w: it is open for writing; close it there", ErrInUse)
		}
		return fmt.Errorf("%w: process %d has it open for writing; close it there", ErrInUse, lock.Pid)
	}
	return nil
}

func inUse(err error) error { return err }
