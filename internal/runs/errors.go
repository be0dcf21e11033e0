package runs

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/simexp/exparchive/archive"
)

var (
	// ErrNoFile means that there is no file of that name. It wraps [fs.ErrNotExist], for which systems have various words.
	ErrNoFile error = noFile{}
	// ErrFolder means that a file was expected where a folder is.
	ErrFolder = errors.New("is a folder")
	// ErrNotRegular means a pipe, a device or the like.
	ErrNotRegular = errors.New("not a regular file")
	// ErrForeign means that the file holds no run, going by its first bytes.
	ErrForeign = errors.New("not an archive")
	// ErrManyFiles means that several files of a folder hold the run that is asked for.
	ErrManyFiles = archive.ErrManyFiles
)

type noFile struct{}

func (noFile) Error() string { return "no such file" }
func (noFile) Unwrap() error { return fs.ErrNotExist }

// inFile puts the name of a file before err, which does not begin with it unless it is that of a system call.
func inFile(path string, err error) error {
	if err == nil {
		return nil
	}
	if call := (*fs.PathError)(nil); errors.As(err, &call) && call.Path == path {
		err = call.Err
		if errors.Is(err, fs.ErrNotExist) {
			err = ErrNoFile
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}
