package runs

import (
	"errors"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
)

var (
	// ErrNoFile means that there is no file of that name. It wraps [fs.ErrNotExist].
	ErrNoFile = fileerr.ErrNotExist
	// ErrFolder means that a file was expected where a folder is.
	ErrFolder = errors.New("is a folder")
	// ErrNotRegular means a pipe, a device or the like.
	ErrNotRegular = fileerr.ErrNotRegular
	// ErrForeign means that the file holds no run, going by its first bytes.
	ErrForeign = errors.New("not an archive")
	// ErrManyFiles means that several files of a folder hold the run that is asked for.
	ErrManyFiles = archive.ErrManyFiles
)
