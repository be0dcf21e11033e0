package archive

import (
	"io"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// NewSQL is [New] for an archive whose tables are read through SQLite.
func NewSQL(r io.ReaderAt, size int64) (*Archive, error) {
	f, err := sqlitefile.New(r, size)
	if err != nil {
		return nil, err
	}
	a := &Archive{file: f, state: Unfinished}
	if err := a.begin(); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}
