package sqlitefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// A steadyFile is a file that nobody should be writing to while it is read. If somebody does, such as a recorder that
// takes up a live file again, what is read from then on may belong to another state than what was read before: it is
// [ErrChanged].
type steadyFile struct {
	*os.File
	then fs.FileInfo
}

// NewSteadyFile gives the file f, which stays the caller's, as it is now.
func NewSteadyFile(f *os.File) (*steadyFile, error) {
	info, err := f.Stat()
	return &steadyFile{f, info}, err
}

func (f *steadyFile) Size() int64 { return f.then.Size() }

// ReadAt implements [io.ReaderAt].
func (f *steadyFile) ReadAt(b []byte, off int64) (int, error) { return f.steady(f.File.ReadAt(b, off)) }

// steady passes on what a reading gave, unless the file has changed meanwhile.
func (f *steadyFile) steady(n int, err error) (int, error) {
	now, errStat := f.Stat()
	if errStat == nil && (now.Size() != f.then.Size() || !now.ModTime().Equal(f.then.ModTime())) {
		errStat = ErrChanged
	}
	if errStat != nil {
		return 0, errStat
	}
	return n, err
}

// A steadyLog is the log of a steadyFile. It may grow while it is read; it starts anew only when the file has changed.
type steadyLog struct {
	io.ReaderAt
	main *steadyFile
}

// ReadAt implements [io.ReaderAt].
func (l steadyLog) ReadAt(b []byte, off int64) (int, error) {
	return l.main.steady(l.ReaderAt.ReadAt(b, off))
}

// A ViewSource is what SQLite reads a database from. It keeps the error that SQLite turns into a number.
type ViewSource struct {
	io.ReaderAt
	First atomic.Pointer[error]
}

// BlockSize implements [btree.BlockReader].
func (s *ViewSource) BlockSize() int64 {
	if b, ok := s.ReaderAt.(btree.BlockReader); ok {
		return b.BlockSize()
	}
	return 0
}

// ReadAt implements [io.ReaderAt].
func (s *ViewSource) ReadAt(b []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(b, off)
	if n == len(b) && err == io.EOF { // as some say who gave all up to the end
		return n, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.First.CompareAndSwap(nil, &err)
	}
	return n, err
}
