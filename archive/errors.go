package archive

import (
	"errors"

	"github.com/simexp/exparchive/schema"
)

var (
	// ErrNotArchive means that a file is no .simexp file at all.
	ErrNotArchive = errors.New("not a .simexp file")
	// ErrDamaged means that a file was a .simexp file, but is cut short or contradicts itself.
	ErrDamaged = errors.New("damaged archive")
	// ErrSidecar means that a file stands beside a sealed archive that SQLite would mix with it.
	ErrSidecar = errors.New("stale sidecar file")
	// ErrUnsealed means that a file is a bare copy of a live file, without the write-ahead log that belongs to it.
	ErrUnsealed = errors.New("copy of a live file")
	// ErrExists means that the file to be written is there already.
	ErrExists = errors.New("exists already")
	// ErrBusy means that another process is recording into the file.
	ErrBusy = errors.New("being recorded")
	// ErrSealed means that a sealed archive was to be changed.
	ErrSealed = errors.New("sealed")
	// ErrFinished means that a recording has its result and takes no more records; it can only be sealed.
	ErrFinished = errors.New("finished")
	// ErrLost means that the live file was removed or replaced while it was recorded into.
	ErrLost = errors.New("live file removed or replaced")
	// ErrChanged means that a file was written to while it was read. It can be read again.
	ErrChanged = errors.New("changed while it was read; read it again")
	// ErrManyFiles means that several files of a folder hold the run that is asked for. The error names them.
	ErrManyFiles = errors.New("in several files")
	// ErrNewer means that a file was written by a newer release.
	ErrNewer = schema.ErrNewer
)
