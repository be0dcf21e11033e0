//go:build linux || darwin

package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// HasTerminals reports whether this system has pseudo-terminals that [Start] knows how to make.
const HasTerminals = true

// openTerminal makes a pseudo-terminal in raw mode (termios(3), cfmakeraw): what is written at the end of the program
// comes out at the recorder's as it is. It becomes the controlling terminal of nobody.
func openTerminal() (recorder, program *os.File, err error) {
	const flags = unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC
	fd, err := unix.Open("/dev/ptmx", flags, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: /dev/ptmx: %w", ErrNoTerminal, err)
	}
	recorder = os.NewFile(uintptr(fd), "/dev/ptmx")
	name, err := unlock(fd)
	other := -1
	if err == nil {
		other, err = unix.Open(name, flags, 0)
	}
	if err == nil {
		program = os.NewFile(uintptr(other), name)
		_, err = term.MakeRaw(other)
	}
	if err != nil {
		recorder.Close()
		if program != nil {
			program.Close()
		}
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrNoTerminal, name, err)
	}
	return recorder, program, nil
}

// closeDrained closes the end of the program once what was written to it has been read: some systems drop the rest with
// the last close.
func closeDrained(program *os.File) {
	_ = drain(int(program.Fd()))
	program.Close()
}
