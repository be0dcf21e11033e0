package othertools

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Terminal makes a pseudo-terminal (pts(4)) and gives the end of the person and that of the programs, which are closed
// when the test ends. Where none can be made it is as with a program that is not installed.
func Terminal(t testing.TB) (person, programs *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		Missing(t, fmt.Errorf("no terminal can be made here: %w", err))
	}
	t.Cleanup(func() { person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		programs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { programs.Close() })
	return person, programs
}

// Screen runs a function that writes to a terminal, and gives what appeared there when no program has it open any more.
func Screen(t testing.TB, write func(screen *os.File)) string {
	t.Helper()
	person, screen := Terminal(t)
	var out bytes.Buffer
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(&out, person) // ends with an error when the other end is closed
		close(done)
	}()
	write(screen)
	screen.Close()
	<-done
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}
