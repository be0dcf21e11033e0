package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// unlock lets the other end of a pseudo-terminal (pty(7)) be opened, and gives its name.
func unlock(fd int) (name string, err error) {
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	return fmt.Sprintf("/dev/pts/%d", number), err
}

// drain is tcdrain(3).
func drain(fd int) error { return unix.IoctlSetInt(fd, unix.TCSBRK, 1) }
