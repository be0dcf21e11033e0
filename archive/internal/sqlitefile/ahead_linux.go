package sqlitefile

import (
	"os"

	"golang.org/x/sys/unix"
)

// readAhead has the system fetch what every reader of an archive begins with, in one piece. Otherwise it would fetch it
// in three, and wait for each.
func readAhead(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), 0, firstRead, unix.FADV_WILLNEED) })
}

// firstRead is how much that is: what a reader of pages reads at once.
const firstRead = 64 << 10
