package launch

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"

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

// heldBack gives what was written to a pseudo-terminal and did not come out before its end. That is most often nothing.
//
// What does not fit into the buffer of the reading end waits in another one, from which the kernel moves it as soon as
// there is room. If there comes to be room just as it decides to wait (n_tty.c: no_room is set after the reader has looked
// at it), it moves nothing more before the next byte is written, and without one the end of the file is what comes next. So
// a mark is written behind the last byte, and all up to it is what was held back.
func heldBack(recorder *os.File, program string) []byte {
	const most = 10 // of marks: each may wait as well
	var got, marks []byte
	for range most {
		fd, err := unix.Open(program, unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		mark := []byte(rand.Text())
		n, err := unix.Write(fd, mark)
		unix.Close(fd)
		if err != nil {
			break
		}
		marks = append(marks, mark[:n]...)
		rest, _ := io.ReadAll(recorder) // up to EIO, the end
		got = append(got, rest...)
		if bytes.HasSuffix(got, marks) {
			break
		}
	}
	n := len(marks) // of those that came out
	for !bytes.HasSuffix(got, marks[:n]) {
		n--
	}
	return got[:len(got)-n]
}
