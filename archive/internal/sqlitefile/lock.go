package sqlitefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/simexp/exparchive/internal/lockfile"
)

// A live file has a lock file beside it that its recorder holds exclusively. It is a file of its own because SQLite's
// locks on the database cannot be asked after without taking part in them, and its text names the holder.
const LockSuffix = "-lock"

// Lock takes the lock of the live file for writing. It waits a moment, since a reader that looks whether the lock is
// held holds it itself for an instant. [ErrBusy] names the holder.
func Lock(livePath string) (*lockfile.Lock, error) {
	for wait := time.Millisecond; ; wait *= 2 {
		l, err := lockfile.Try(livePath + LockSuffix)
		if err != nil {
			return nil, err
		}
		if l != nil {
			host, _ := os.Hostname()
			text := fmt.Sprintf("process %d on %s, since %s\n", os.Getpid(), host, time.Now().Format(time.DateTime))
			_ = os.WriteFile(l.Path(), []byte(text), 0o644) // Windows keeps others from writing to a locked file, and so us
			return l, nil
		}
		if wait > 200*time.Millisecond {
			return nil, fmt.Errorf("%w by %s", ErrBusy, Holder(livePath))
		}
		time.Sleep(wait)
	}
}

// BeingRecorded reports whether a process holds the lock of the live file. It changes nothing.
func BeingRecorded(livePath string) bool { return lockfile.Held(livePath + LockSuffix) }

// Holder says who holds the lock, as it wrote itself.
func Holder(livePath string) string {
	const unknown = "another process"
	f, _, err := OpenRegular(livePath + LockSuffix)
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
