package pages

import (
	"encoding/binary"
	"errors"
	"os"
	"sort"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A Spool keeps the rows of tables until they are laid out: the pages of a table come in the file behind those of the
// tables before it, whose last rows may be known only when the run ends.
//
// Of each table it holds up to a mebibyte, or one row that is larger; the rest is in one file without a promise to
// last, pieces of all tables one behind the other. A run that is small needs no file.
type Spool struct {
	sys    *sqlitefile.System
	path   string
	made   bool  // the file is there
	size   int64 // of the file
	tables map[string]*spooled
	file   *os.File // open for reading once something was read
	piece  []byte   // that was read
}

// NewSpool makes a Spool whose file, should it need one, has the name path. [Spool.Remove] ends it.
func NewSpool(sys *sqlitefile.System, path string) *Spool {
	return &Spool{sys: sys, path: path, tables: map[string]*spooled{}}
}

// spooled is a table: its rows, each behind its key and its length as varints.
type spooled struct {
	pieces []piece
	begin  int64  // bytes of all pieces
	rest   []byte // behind them
}

// A piece is a part of a table that is in the file.
type piece struct {
	begin      int64 // in the table
	at, length int64 // in the file
}

// maxRest is how many bytes of a table are held.
const maxRest = 1 << 20

// Add adds a row to a table. It gives its place, for [Spool.At].
func (s *Spool) Add(table string, key int64, record []byte) (place int64, err error) {
	t := s.tables[table]
	if t == nil {
		t = &spooled{}
		s.tables[table] = t
	}
	place = t.begin + int64(len(t.rest))
	t.rest = binary.AppendUvarint(binary.AppendVarint(t.rest, key), uint64(len(record)))
	t.rest = append(t.rest, record...)
	if len(t.rest) >= maxRest {
		err = s.flush(t)
	}
	return place, err
}

// flush moves what is held of a table into the file.
func (s *Spool) flush(t *spooled) error {
	if !s.made {
		if err := s.sys.Create(s.path, 0o600); err != nil {
			return err
		}
		s.made = true
	}
	if err := s.sys.Overwrite(s.path, t.rest, s.size); err != nil {
		return err
	}
	n := int64(len(t.rest))
	t.pieces = append(t.pieces, piece{t.begin, s.size, n})
	t.begin += n
	s.size += n
	if t.rest = t.rest[:0]; cap(t.rest) > 2*maxRest { // do not hold on to what one huge row needed
		t.rest = nil
	}
	return nil
}

// Each implements [Source]: rows come in the order in which they were added.
func (s *Spool) Each(table string, put func(key int64, record []byte) error) error {
	t := s.tables[table]
	if t == nil {
		return nil
	}
	for _, p := range t.pieces {
		rows, err := s.read(p.at, p.length)
		if err == nil {
			err = eachRow(rows, put)
		}
		if err != nil {
			return err
		}
	}
	return eachRow(t.rest, put)
}

// At gives the record at a place of a table, valid until the next call.
func (s *Spool) At(table string, place int64) (record []byte, err error) {
	const first = 4096 // bytes that are read at once
	t := s.tables[table]
	if place >= t.begin {
		_, record, _, err = nextRow(t.rest[place-t.begin:])
		return record, err
	}
	p := t.pieces[sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].begin > place })-1]
	at, left := p.at+place-p.begin, p.begin+p.length-place
	rows, err := s.read(at, min(left, first))
	if err != nil {
		return nil, err
	}
	if _, record, _, err = nextRow(rows); err != nil && left > first {
		if rows, err = s.read(at, left); err == nil {
			_, record, _, err = nextRow(rows)
		}
	}
	return record, err
}

// read reads a part of the file, valid until the next call.
func (s *Spool) read(at, length int64) (_ []byte, err error) {
	if s.file == nil {
		if s.file, err = os.Open(s.path); err != nil {
			return nil, err
		}
	}
	if int64(cap(s.piece)) < length {
		s.piece = make([]byte, length)
	}
	s.piece = s.piece[:length]
	_, err = s.file.ReadAt(s.piece, at)
	return s.piece, err
}

// Remove removes the file.
func (s *Spool) Remove() (err error) {
	if s.file != nil {
		err = s.file.Close()
		s.file = nil
	}
	if s.made {
		s.made = false
		err = errors.Join(err, s.sys.Remove(s.path))
	}
	return err
}

var errSpool = errors.New("temporary rows are not as they were written")

// eachRow gives rows to put.
func eachRow(rows []byte, put func(key int64, record []byte) error) error {
	for len(rows) > 0 {
		key, record, rest, err := nextRow(rows)
		if err == nil {
			err = put(key, record)
		}
		if err != nil {
			return err
		}
		rows = rest
	}
	return nil
}

func nextRow(rows []byte) (key int64, record, rest []byte, err error) {
	key, n := binary.Varint(rows)
	length, m := binary.Uvarint(rows[max(n, 0):])
	if n <= 0 || m <= 0 || length > uint64(len(rows)-n-m) {
		return 0, nil, nil, errSpool
	}
	end := n + m + int(length)
	return key, rows[n+m : end], rows[end:], nil
}
