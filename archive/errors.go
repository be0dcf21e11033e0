package archive

import (
	"errors"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/schema"
)

var (
	// ErrNotArchive means that a file is no .simexp file at all.
	ErrNotArchive = sqlitefile.ErrNotArchive
	// ErrDamaged means that a file was a .simexp file, but is cut short or contradicts itself.
	ErrDamaged = sqlitefile.ErrDamaged
	// ErrSidecar means that a file stands beside a sealed archive that SQLite would mix with it.
	ErrSidecar = sqlitefile.ErrSidecar
	// ErrUnsealed means that a file is a bare copy of a live file, without the write-ahead log that belongs to it.
	ErrUnsealed = sqlitefile.ErrUnsealed
	// ErrBusy means that another process is recording into the file.
	ErrBusy = sqlitefile.ErrBusy
	// ErrChanged means that a file was written to while it was read. It can be read again.
	ErrChanged = sqlitefile.ErrChanged
	// ErrPacked means that a packed archive was to be changed.
	ErrPacked = sqlitefile.ErrPacked
	// ErrManyFiles means that several files of a folder hold the run that is asked for. The error names them.
	ErrManyFiles = errors.New("in several files")
	// ErrNewer means that a file was written by a newer release.
	ErrNewer = schema.ErrNewer
	// ErrExists means that the file to be written is there already.
	ErrExists = outfile.ErrExists
	// ErrNotSealed means that something was asked of a live file that only a sealed archive can do.
	ErrNotSealed = errors.New("not sealed")
)

var errNoRun = fmt.Errorf("%w: nothing was recorded", provider.ErrNoRun)
