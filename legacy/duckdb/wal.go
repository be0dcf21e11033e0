package duckdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Kinds of log entry.
const (
	logCreateTable    = 1
	logDropTable      = 2
	logCreateSchema   = 3
	logDropSchema     = 4
	logCreateView     = 5
	logDropView       = 6
	logCreateSequence = 8
	logDropSequence   = 9
	logSequenceValue  = 10
	logCreateMacro    = 11
	logDropMacro      = 12
	logCreateType     = 13
	logDropType       = 14
	logAlter          = 20
	logCreateTableFn  = 21
	logDropTableFn    = 22
	logCreateIndex    = 23
	logDropIndex      = 24
	logUseTable       = 25
	logInsert         = 26
	logDelete         = 27
	logUpdate         = 28
	logRowGroups      = 29
	logCreateTrigger  = 30
	logDropTrigger    = 31
	logVersion        = 98
	logCheckpoint     = 99
	logFlush          = 100
)

const (
	walName        = "wal"
	checkpointName = "wal.checkpoint"

	framedLog    = 2 // version of the log's form
	encryptedLog = 3
)

// A walFile is a parsed log.
type walFile struct {
	name       string
	size       int
	identifier []byte // of the database; nil when not recorded
	iteration  uint64 // of the checkpoint that it follows
	hasState   bool   // whether iteration is recorded
	entries    []walEntry
	checkpoint *storage.Pointer // where a checkpoint wrote the catalog
	tail       int              // bytes after the last commit
}

// A walEntry is one change of a committed transaction, or a commit.
type walEntry struct {
	kind uint64
	body []byte
	at   int64
}

// parseLog checks the frames of a log and drops what was not committed.
func parseLog(buf []byte, name string) (*walFile, error) {
	w := &walFile{name: name, size: len(buf)}
	if len(buf) == 0 {
		return w, nil
	}
	s := storage.NewStream(buf, 0, name)
	torn, err := w.readHeader(s)
	if err != nil || torn {
		w.tail = len(buf)
		return w, err
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
			return nil, &fault.FormatError{File: name, Offset: at, Field: "entry", Err: fmt.Errorf("%w: got %#016x, want %#016x", fault.ErrChecksum, got, want)}
		}
		off += 16 + int(size)
		e := walEntry{body: body, at: at + 16}
		es := storage.NewStream(body, e.at, name)
		o := es.Object("entry")
		if !o.Next() || o.ID != 100 {
			return nil, &fault.FormatError{File: name, Offset: at, Field: "entry", Err: fault.Corruptf("no type")}
		}
		if e.kind = es.ULEB(8, "entry.type"); es.Err() != nil {
			return nil, es.Err()
		}
		switch e.kind {
		case logCheckpoint:
			p := storage.Pointer{}
			if o.Next() && o.ID == 101 {
				p = es.Pointer("checkpoint.meta_block")
			}
			if es.Err() != nil {
				return nil, es.Err()
			}
			w.checkpoint = &p
			continue
		case logFlush:
			w.entries = append(w.entries, e)
			committed, end = len(w.entries), off
			continue
		}
		w.entries = append(w.entries, e)
	}
	w.entries = w.entries[:committed]
	w.tail = len(buf) - end
	return w, nil
}

// readHeader reads the entry that says what follows; torn means that the log ends within it.
func (w *walFile) readHeader(s *storage.Stream) (torn bool, err error) {
	version := uint64(0)
	for o := s.Object("header"); o.Next(); {
		switch o.ID {
		case 100:
			if kind := s.ULEB(8, "header.type"); s.Err() == nil && kind != logVersion {
				return false, &fault.FormatError{File: w.name, Field: "header", Err: fmt.Errorf("%w: its log has the form of 0.9 or older; open the database once with that DuckDB to checkpoint it", fault.ErrTooOld)}
			}
		case 101:
			version = s.ULEB(64, "header.version")
			switch {
			case s.Err() != nil || version == framedLog:
			case version < framedLog:
				return false, &fault.FormatError{File: w.name, Field: "header.version", Err: fmt.Errorf("%w: log version %d, want %d; open the database once with DuckDB to checkpoint it", fault.ErrTooOld, version, framedLog)}
			case version == encryptedLog:
				return false, &fault.FormatError{File: w.name, Field: "header.version", Err: fault.ErrEncrypted}
			default:
				return false, &fault.FormatError{File: w.name, Field: "header.version", Err: fmt.Errorf("%w: log version %d, want %d", fault.ErrTooNew, version, framedLog)}
			}
		case 102:
			s.List("header.identifier", func() { w.identifier = append(w.identifier, byte(s.ULEB(8, "header.identifier"))) })
		case 103:
			w.iteration, w.hasState = s.ULEB(64, "header.iteration"), true
		default:
			o.Unknown()
		}
	}
	if errors.Is(s.Err(), io.ErrUnexpectedEOF) {
		return true, nil
	}
	return false, s.Err()
}

// readLogs decides which logs apply, and applies them.
func (db *DB) readLogs(h *storage.Headers) error {
	db.info.LogBytes = int64(len(db.opts.WAL)) + int64(len(db.opts.CheckpointWAL))
	if db.info.LogBytes == 0 {
		return nil
	}
	if db.opts.IgnoreWAL {
		db.note("the write-ahead log is left out: this is the state of the last checkpoint")
		return nil
	}
	if db.info.LogBytes > db.opts.MaxLogBytes {
		return fmt.Errorf("write-ahead log: %w: MaxLogBytes = %d", fault.ErrLimit, db.opts.MaxLogBytes)
	}
	main, err := parseLog(db.opts.WAL, walName)
	if err != nil {
		return err
	}
	landed := main.checkpoint != nil && main.checkpoint.Block == h.Active.Meta
	if err := main.belongs(h, landed); err != nil {
		return err
	}
	r := &replay{db: db, budget: vector.NewBudget(db.opts.MaxLogBytes)}
	if landed {
		db.note("the write-ahead log is already part of the file")
	} else if err := r.apply(main); err != nil {
		return err
	}
	if main.checkpoint == nil {
		return nil
	}
	second, err := parseLog(db.opts.CheckpointWAL, checkpointName)
	if err != nil {
		return err
	}
	if second.checkpoint != nil {
		return &fault.FormatError{File: checkpointName, Field: "entry.type", Err: fault.Corruptf("a checkpoint within the log of a checkpoint")}
	}
	return r.apply(second)
}

// belongs checks that the log follows the state that the header describes.
func (w *walFile) belongs(h *storage.Headers, landed bool) error {
	fail := func(format string, args ...any) error {
		return &fault.FormatError{File: w.name, Field: "header", Err: fmt.Errorf("%w: %s", fault.ErrLog, fmt.Sprintf(format, args...))}
	}
	if len(w.identifier) > 0 && string(w.identifier) != string(h.Identifier[:]) {
		return fail("it names another database")
	}
	if !w.hasState {
		return nil
	}
	switch it := h.Active.Iteration; {
	case w.iteration == it:
	case w.iteration+1 == it && landed:
	case w.iteration < it:
		return fail("it follows checkpoint %d, the file is at %d: the log is older", w.iteration, it)
	default:
		return fail("it follows checkpoint %d, the file is at %d: the file is older", w.iteration, it)
	}
	return nil
}

func (db *DB) note(format string, args ...any) {
	db.info.Notes = append(db.info.Notes, fmt.Sprintf(format, args...))
}

// apply applies a log's committed entries.
func (r *replay) apply(w *walFile) error {
	if w.size == 0 {
		return nil
	}
	if w.tail > 0 {
		r.db.note("the last %d bytes of the %s are not committed and left out", w.tail, w.name)
	}
	for _, e := range w.entries {
		if e.kind == logFlush {
			r.db.info.Transactions++
			continue
		}
		s := storage.NewStream(e.body, e.at, w.name)
		o := s.Object("entry")
		o.Next()
		s.ULEB(8, "entry.type")
		if err := r.entry(e.kind, &o); err != nil {
			return err
		}
	}
	r.db.info.LogApplied = true
	return nil
}
