package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/internal/workdir"
)

// ErrNotRegular means that what has the name of a file to be written is no file: a folder, a pipe, a link.
var ErrNotRegular = errors.New("not a regular file")

// Free reports that a file cannot be written at path: [ErrNotRegular], and [ErrExists] unless force.
func Free(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %w", path, ErrNotRegular)
	case !force:
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return nil
}

// Build makes an archive, which takes long and may turn out wrong. In a folder of its own beside path (see package
// workdir, which also removes what a killed process leaves of it) fill makes it under the name that it is given,
// complete and on disk; without an error it then moves to path, as by [Place]. What else fill leaves in the folder goes
// away. The errors of fill are given as they are, those about the folder name path.
func Build(path string, force bool, fill func(temp string) error) (err error) {
	work, err := workdir.Make(filepath.Dir(path))
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return atPath(path, err)
	} else if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { err = errors.Join(err, work.Remove()) }()
	temp := filepath.Join(work.Path(), "new.simexp") // a name that workdir.Sweep knows
	if err := fill(temp); err != nil {
		return err
	}
	if err := Free(path, force); err != nil { // it took a while
		return err
	}
	return Place(temp, path, force)
}
