package sqlitefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// OpenRegular opens a regular file for reading and gives its size. It opens nothing else: a pipe that stands where a
// file should be would wait for ever.
func OpenRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	if info, err = f.Stat(); err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// NotArchive says of a file that is not regular that it is no archive.
func NotArchive(err error) error {
	if errors.Is(err, ErrNotRegular) {
		return fmt.Errorf("%w: %w", ErrNotArchive, ErrNotRegular)
	}
	return err
}
