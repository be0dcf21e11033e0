package pages

import (
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/schema"
)

// maxPiece is how much is written at once, in bytes.
const maxPiece = 1 << 20

// A fileSink writes pages into a file, neighbours in one piece.
type fileSink struct {
	sys   *sqlitefile.System
	path  string
	begin uint32 // page that piece begins with
	piece []byte
}

// Put implements [btree.Sink].
func (s *fileSink) Put(page uint32, data []byte) error {
	if next := s.begin + uint32(len(s.piece)/schema.PageSize); page != next || len(s.piece) >= maxPiece {
		if err := s.flush(); err != nil {
			return err
		}
		s.begin = page
	}
	s.piece = append(s.piece, data...)
	return nil
}

func (s *fileSink) flush() error {
	if len(s.piece) == 0 {
		return nil
	}
	err := s.sys.Overwrite(s.path, s.piece, int64(s.begin-1)*schema.PageSize)
	s.piece = s.piece[:0]
	return err
}
