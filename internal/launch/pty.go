package launch

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ErrNoTerminal means that there are no pseudo-terminals, on this system or just now.
var ErrNoTerminal = errors.New("no pseudo-terminal")

// An output is the recorder's end of a pseudo-terminal, whose reads fail with EIO when no program has the other end
// open any more.
type output struct{ *os.File }

// Read implements [io.Reader].
func (o output) Read(b []byte) (int, error) {
	n, err := o.File.Read(b)
	if errors.Is(err, syscall.EIO) {
		err = io.EOF
	}
	return n, err
}
