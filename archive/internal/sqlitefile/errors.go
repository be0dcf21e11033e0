package sqlitefile

import (
	"errors"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/schema"
)

// What package archive says of files, and its callers look for.
var (
	ErrNotArchive = errors.New("not a .simexp file")
	ErrDamaged    = errors.New("damaged archive")
	ErrSidecar    = errors.New("stale sidecar file")
	ErrUnsealed   = errors.New("copy of a live file")
	ErrBusy       = errors.New("being recorded")
	ErrChanged    = errors.New("changed while it was read; read it again")
	ErrNewer      = schema.ErrNewer
	ErrPacked     = errors.New("packed; a packed file is never changed: `exparchive unpack` it first")
)

// ErrNotRegular means that a name is that of a folder, a pipe or a device.
var ErrNotRegular = fileerr.ErrNotRegular
