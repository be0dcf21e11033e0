package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
)

// Kinds of log entry.
const (
	entryCreateTable    = 1
	entryDropTable      = 2
	entryCreateSchema   = 3
	entryDropSchema     = 4
	entryCreateView     = 5
	entryDropView       = 6
	entryCreateSequence = 8
	entryDropSequence   = 9
	entrySequenceValue  = 10
	entryCreateMacro    = 11
	entryDropMacro      = 12
	entryCreateType     = 13
	entryDropType       = 14
	entryAlter          = 20
	entryCreateTableFn  = 21
	entryDropTableFn    = 22
	entryCreateIndex    = 23
	entryDropIndex      = 24
	entryUseTable       = 25
	entryInsert         = 26
	entryDelete         = 27
	entryUpdate         = 28
	entryRowGroups      = 29
	entryCreateTrigger  = 30
	entryDropTrigger    = 31
	entryVersion        = 98
	entryCheckpoint     = 99
	entryFlush          = 100
)

// Names of the logs, for errors.
const (
	walName        = "wal"
	checkpointName = "wal.checkpoint"
)

// Versions of the form of a log.
const (
	framed    = 2
	encrypted = 3
)

// A log is a log that has been taken apart.
type log struct {
	name       string
	size       int
	identifier []byte // of the database; nil when not recorded
	iteration  uint64 // of the checkpoint that it follows
	hasState   bool   // whether iteration is recorded
	entries    []entry
	checkpoint *storage.Pointer // where a checkpoint wrote the catalog
	tail       int              // bytes after the last commit
}

// An entry is one change of a committed transaction, or a commit.
type entry struct {
	kind uint64
	body []byte
	at   int64
}

// parse checks the frames of a log and drops what was not committed.
func parse(buf []byte, name string) (*log, error) {
	l := &log{name: name, size: len(buf)}
	if len(buf) == 0 {
		return l, nil
	}
	s := storage.NewStream(buf, 0, name)
	torn, err := l.readHeader(s)
	if err != nil || torn {
		// A header that is not all there says nothing.
		return &log{name: name, size: len(buf), tail: len(buf)}, err
	}
	off := int(s.Offset()) // s began at 0
	committed, end := 0, off
	for len(buf)-off >= 16 {
		size, want := binary.LittleEndian.Uint64(buf[off:]), binary.LittleEndian.Uint64(buf[off+8:])
		if size > uint64(len(buf)-off-16) {
			break // torn
		}
		body := buf[off+16 : off+16+int(size)]
		at := int64(off)
		if got := storage.Checksum(body); got != want {
			return nil, &fault.FormatError{File: name, Offset: at, Field: "entry",
				Err: fmt.Errorf("%w: got %#016x, want %#016x", fault.ErrChecksum, got, want)}
		}
		off += 16 + int(size)
		e := entry{body: body, at: at + 16}
		es := storage.NewStream(body, e.at, name)
		o := es.Object("entry")
		if !o.Next() || o.ID != 100 {
			return nil, &fault.FormatError{File: name, Offset: at, Field: "entry", Err: fault.Corruptf("no type")}
		}
		if e.kind = es.ULEB(8, "entry.type"); es.Err() != nil {
			return nil, es.Err()
		}
		switch e.kind {
		case entryCheckpoint:
			if !o.Next() || o.ID != 101 {
				es.Fail("checkpoint.meta_block", fault.Corruptf("none"))
			}
			p := es.Pointer("checkpoint.meta_block")
			if es.Err() != nil {
				return nil, es.Err()
			}
			l.checkpoint = &p
			continue
		case entryFlush:
			l.entries = append(l.entries, e)
			committed, end = len(l.entries), off
			continue
		}
		l.entries = append(l.entries, e)
	}
	l.entries = l.entries[:committed]
	l.tail = len(buf) - end
	return l, nil
}

// readHeader reads the entry that says what follows; torn means that the log ends within it.
func (l *log) readHeader(s *storage.Stream) (torn bool, err error) {
	fail := func(field string, err error) error {
		return &fault.FormatError{File: l.name, Field: field, Err: err}
	}
	version := uint64(0)
	for o := s.Object("header"); o.Next(); {
		switch o.ID {
		case 100:
			if kind := s.ULEB(8, "header.type"); s.Err() == nil && kind != entryVersion {
				return false, fail("header", fmt.Errorf("%w: its log has the form of 0.9 or older; "+
					"open the database once with that DuckDB to checkpoint it", fault.ErrTooOld))
			}
		case 101:
			version = s.ULEB(64, "header.version")
			switch {
			case s.Err() != nil || version == framed:
			case version < framed:
				return false, fail("header.version", fmt.Errorf("%w: log version %d, want %d; "+
					"open the database once with DuckDB to checkpoint it", fault.ErrTooOld, version, framed))
			case version == encrypted:
				return false, fail("header.version", fault.ErrEncrypted)
			default:
				return false, fail("header.version", fmt.Errorf("%w: log version %d, want %d", fault.ErrTooNew, version,
					framed))
			}
		case 102:
			s.List("header.identifier", func() {
				l.identifier = append(l.identifier, byte(s.ULEB(8, "header.identifier")))
			})
		case 103:
			l.iteration, l.hasState = s.ULEB(64, "header.iteration"), true
		default:
			o.Unknown()
		}
	}
	if errors.Is(s.Err(), io.ErrUnexpectedEOF) {
		return true, nil
	}
	return false, s.Err()
}

// belongs checks that the log follows the state that the header describes.
func (l *log) belongs(h *storage.Headers, landed bool) error {
	fail := func(format string, args ...any) error {
		return &fault.FormatError{File: l.name, Field: "header", Err: fmt.Errorf("%w: %s", fault.ErrLog,
			fmt.Sprintf(format, args...))}
	}
	if len(l.identifier) > 0 && string(l.identifier) != string(h.Identifier[:]) {
		return fail("it names another database")
	}
	if !l.hasState {
		return nil
	}
	switch it := h.Active.Iteration; {
	case l.iteration == it:
	case l.iteration+1 == it && landed:
	case l.iteration < it:
		return fail("it follows checkpoint %d, the file is at %d: the log is older", l.iteration, it)
	default:
		return fail("it follows checkpoint %d, the file is at %d: the file is older", l.iteration, it)
	}
	return nil
}
