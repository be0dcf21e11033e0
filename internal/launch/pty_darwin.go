package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// unlock lets the other end of a pseudo-terminal be opened, and gives its name, which has its device number.
func unlock(fd int) (name string, err error) {
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		return "", err
	}
	name = fmt.Sprintf("/dev/ttys%03d", unix.Minor(uint64(s.Rdev)))
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYGRANT, 0); err != nil {
		return name, err
	}
	return name, unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0)
}

// drain is tcdrain(3).
func drain(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCDRAIN, 0) }

// heldBack gives what was written to a pseudo-terminal and did not come out before its end: nothing.
func heldBack(*os.File, string) []byte { return nil }
