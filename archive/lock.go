package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// A live file has a lock file beside it that its recorder holds exclusively. It is a file of its own because SQLite's locks on
// the database cannot be asked after without taking part in them, and its text names the holder.
const lockSuffix = "-lock"

// lockLive takes the lock of the live file for writing. It waits a moment, since a reader that looks whether the lock is
// held holds it itself for an instant. [ErrBusy] names the holder.
func lockLive(livePath string) (*flock.Flock, error) {
	for wait := time.Millisecond; ; wait *= 2 {
		l := flock.New(livePath+lockSuffix, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
		ok, err := l.TryLock()
		if err != nil {
			return nil, err
		}
		if ok && inPlace(l) {
			host, _ := os.Hostname()
			text := fmt.Sprintf("process %d on %s, since %s\n", os.Getpid(), host, time.Now().Format(time.DateTime))
			_ = os.WriteFile(l.Path(), []byte(text), 0o644) // Windows keeps others from writing to a locked file, and so us
			return l, nil
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		if wait > 200*time.Millisecond {
			return nil, fmt.Errorf("%w by %s", ErrBusy, holder(livePath))
		}
		time.Sleep(wait)
	}
}

// inPlace reports whether the locked file is still the one at its path, and not one that its last holder removed between our
// opening and locking it.
func inPlace(l *flock.Flock) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.Path())
	return err == nil && os.SameFile(locked, there)
}

// unlockLive removes the lock's file and gives the lock back.
func unlockLive(l *flock.Flock) error {
	err := os.Remove(l.Path())
	errClose := l.Close()
	if err != nil {
		os.Remove(l.Path()) // Windows does not remove open files
	}
	return errClose
}

// beingRecorded reports whether a process holds the lock of the live file. It changes nothing.
func beingRecorded(livePath string) bool {
	if info, err := os.Stat(livePath + lockSuffix); err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for ever
		return false
	}
	l := flock.New(livePath+lockSuffix, flock.SetFlag(os.O_RDONLY))
	ok, err := l.TryRLock()
	if ok {
		l.Unlock()
	}
	return !ok && err == nil
}

// holder says who holds the lock, as it wrote itself.
func holder(livePath string) string {
	const unknown = "another process"
	f, _, err := openRegular(livePath + lockSuffix)
	if err != nil {
		return unknown
	}
	defer f.Close()
	text := make([]byte, 300)
	n, err := io.ReadFull(f, text)
	if who, _, _ := strings.Cut(string(text[:n]), "\n"); errors.Is(err, io.ErrUnexpectedEOF) && who != "" {
		return fmt.Sprintf("%q", who)
	}
	return unknown
}
