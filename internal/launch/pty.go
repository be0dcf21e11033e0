package launch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
)

// ErrNoTerminal means that there are no pseudo-terminals, on this system or just now.
var ErrNoTerminal = errors.New("no pseudo-terminal")

// An output is the recorder's end of a pseudo-terminal, whose reads fail with EIO when no program has the other end
// open any more.
type output struct {
	*os.File
	program string // name of the other end
	ended   bool
	rest    bytes.Buffer
}

// Read implements [io.Reader].
func (o *output) Read(b []byte) (int, error) {
	if !o.ended {
		n, err := o.File.Read(b)
		if !errors.Is(err, syscall.EIO) {
			return n, err
		}
		o.ended = true
		o.rest.Write(heldBack(o.File, o.program))
		if n > 0 {
			return n, nil
		}
	}
	if o.rest.Len() == 0 {
		return 0, io.EOF
	}
	return o.rest.Read(b)
}
