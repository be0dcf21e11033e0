package fileerr

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrLonger means that a file is longer than it may be.
var ErrLonger = errors.New("longer")

// ReadAtMost reads the file at path whole. One of more than limit bytes is [ErrLonger], of which no more than that was
// read. Errors need not name the file; see [In].
func ReadAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%w than %d bytes", ErrLonger, limit)
	}
	return text, nil
}
