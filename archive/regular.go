package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// errNotRegular means that a name is that of a folder, a pipe or a device.
var errNotRegular = errors.New("not a regular file")

// openRegular opens a regular file for reading and gives its size. It opens nothing else: a pipe that stands where a file
// should be would wait for ever.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
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

// notArchive says of a file that is not regular that it is no archive.
func notArchive(err error) error {
	if errors.Is(err, errNotRegular) {
		return fmt.Errorf("%w: %w", ErrNotArchive, errNotRegular)
	}
	return err
}
