package duckdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"

	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/wal"
)

// Options for Open and New. The zero value, or nil, gives the defaults.
type Options struct {
	// WAL and CheckpointWAL are the contents of the logs that belong to the database, for New. Open reads
	// path+".wal" and path+".wal.checkpoint" itself and does not look at these fields.
	WAL           []byte
	CheckpointWAL []byte

	// IgnoreWAL leaves the logs out: the database is read as of its last checkpoint, and Info says so.
	IgnoreWAL bool
	// IgnoreLock lets Open read a database that another process has open for writing. What is read may then
	// mix several states.
	IgnoreLock bool

	// MaxBatchBytes bounds the memory of one decoded batch, in bytes; 0 means 256 MiB. Batches shrink to fit; a single
	// row that does not fit is refused with ErrLimit.
	MaxBatchBytes int64
	// MaxLogBytes bounds a log, and the memory of what is decoded from it, in bytes; 0 means 1 GiB.
	MaxLogBytes int64
	// CacheBytes bounds the memory of blocks kept for reuse, in bytes; 0 means 16 MiB.
	CacheBytes int64
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	if v.MaxBatchBytes <= 0 {
		v.MaxBatchBytes = 256 << 20
	}
	v.MaxBatchBytes = min(v.MaxBatchBytes, 1<<31-1) // positions within a batch are 32 bits wide
	if v.MaxLogBytes <= 0 {
		v.MaxLogBytes = 1 << 30
	}
	v.MaxLogBytes = min(v.MaxLogBytes, 1<<31-1)
	if v.CacheBytes <= 0 {
		v.CacheBytes = 16 << 20
	}
	return v
}

// The storage versions that are read, from the oldest to the newest: those of the engines 0.9 to 2.0. The main header of
// a file of version 69 says 999.
const (
	OldestStorage = storage.OldestVersion
	NewestStorage = storage.NewestVersion
)

// Info describes the file.
type Info struct {
	StorageVersion int    // number in the main header: 64 to 68, or 999 from DuckDB 2.0 on
	Level          int    // which features the file may use: 1 (all of version 64) to 7 (DuckDB 1.5), or 69 (2.0)
	LibraryVersion string // of the engine that created the file, such as "v1.4.2"
	SourceID       string // of that engine, a short git hash
	BlockSize      int64  // bytes of a block in the file
	BlockCount     int64  // blocks in use at the last checkpoint
	Iteration      uint64 // number of the last checkpoint

	LogBytes     int64 // size of the logs found, in bytes
	LogApplied   bool  // whether what the logs hold was applied
	Transactions int   // committed transactions applied from the logs

	Notes []string // what a reader should know, such as a damaged header that was not needed
}

// A DB is an open database file.
type DB struct {
	opts    Options
	closer  io.Closer
	info    Info
	catalog *catalog.Catalog
	tables  []*Table // those of the catalog
	as      text.Release

	decoded atomic.Int64 // rows
}

// RowsDecoded counts the rows that have been read so far from any table, those that were skipped on the way included:
// what reading costs, whatever the machine.
func (db *DB) RowsDecoded() int64 { return db.decoded.Load() }

// IsDatabase reports whether a file that begins with head, at least 12 bytes, is a DuckDB database. It begins with a
// checksum, whose bytes may look like anything, and is asked for before other kinds of files.
func IsDatabase(head []byte) bool { return storage.IsDatabase(head) }

// Open opens the database file at path and replays the logs beside it in memory. The file, its folder and its logs are
// not changed in any way. The caller must close the DB.
func Open(path string, opts *Options) (*DB, error) {
	o := opts.withDefaults()
	if err := regular(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, inUse(err)
	}
	db, err := openFile(f, path, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	db.closer = f
	return db, nil
}

func openFile(f *os.File, path string, o Options) (*DB, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrNotDuckDB)
	}
	if !o.IgnoreLock {
		if err := probeLock(f); err != nil {
			return nil, err
		}
	}
	// Another process may checkpoint meanwhile: what is read must be of one state.
	const attempts = 3
	for range attempts {
		if o.WAL, err = readLog(path+".wal", o.MaxLogBytes); err != nil {
			return nil, err
		}
		if o.CheckpointWAL, err = readLog(path+".wal.checkpoint", o.MaxLogBytes); err != nil {
			return nil, err
		}
		db, err := New(f, st.Size(), &o)
		if o.IgnoreLock {
			return db, err
		}
		now, statErr := f.Stat()
		if statErr != nil {
			return nil, statErr
		}
		if now.Size() == st.Size() && now.ModTime().Equal(st.ModTime()) && (err != nil || db.unchanged(f, now.Size())) {
			return db, err
		}
		st = now
	}
	return nil, fmt.Errorf("%w: it changed %d times while it was being opened", ErrInUse, attempts)
}

// regular reports that path is something else than a file. Opening a pipe could wait for ever.
func regular(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w: not a regular file", ErrNotDuckDB)}
	}
	return err
}

// unchanged reports whether the file is still at the checkpoint that was read.
func (db *DB) unchanged(r io.ReaderAt, size int64) bool {
	h, err := storage.ReadHeaders(r, size)
	return err == nil && h.Active.Iteration == db.info.Iteration
}

// readLog reads a whole log; one that does not exist is empty.
func readLog(path string, limit int64) ([]byte, error) {
	if err := regular(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, inUse(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	// At once: growing it would take several times the memory.
	buf.Grow(int(min(info.Size(), limit)) + bytes.MinRead + 1)
	if _, err := buf.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, inUse(err)
	}
	b := buf.Bytes()
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s: %w: more than MaxLogBytes = %d bytes", path, ErrLimit, limit)
	}
	return b, nil
}

// New opens the database in the size bytes of r. It keeps r, and the logs in opts, in use until Close; r must allow
// reads from several goroutines at a time.
func New(r io.ReaderAt, size int64, opts *Options) (*DB, error) {
	db := &DB{opts: opts.withDefaults()}
	if err := db.load(r, size); err != nil {
		return nil, err
	}
	return db, nil
}

// load reads headers, catalog and logs.
func (db *DB) load(r io.ReaderAt, size int64) error {
	h, err := storage.ReadHeaders(r, size)
	if err != nil {
		return err
	}
	f := storage.NewFile(r, size, h.Active.BlockSize, db.opts.CacheBytes)
	f.Level, f.Library = h.Level, h.Library
	const levelOf20 = 69
	if h.Level >= levelOf20 {
		db.as = text.Release20
	}
	db.info = Info{
		StorageVersion: int(h.Version),
		Level:          h.Level,
		LibraryVersion: h.Library,
		SourceID:       h.Source,
		BlockSize:      int64(h.Active.BlockSize),
		BlockCount:     int64(min(h.Active.BlockCount, f.Blocks())),
		Iteration:      h.Active.Iteration,
		LogBytes:       int64(len(db.opts.WAL)) + int64(len(db.opts.CheckpointWAL)),
		Notes:          h.Notes,
	}
	if h.Active.Lost(f) {
		db.note("the file is cut off: %d of %d blocks are there", f.Blocks(), h.Active.BlockCount)
	}
	if db.catalog, err = catalog.Read(f, h.Active.Meta); err != nil {
		return err
	}
	if err := db.replay(h); err != nil {
		return err
	}
	db.catalog.Sort()
	for _, t := range db.catalog.Tables {
		db.tables = append(db.tables, &Table{db: db, t: t})
	}
	return nil
}

// replay applies the logs, if there are any and they are wanted.
func (db *DB) replay(h *storage.Headers) error {
	switch {
	case db.info.LogBytes == 0:
		return nil
	case db.opts.IgnoreWAL:
		db.note("the write-ahead log is left out: this is the state of the last checkpoint")
		return nil
	case db.info.LogBytes > db.opts.MaxLogBytes:
		return fmt.Errorf("write-ahead log: %w: MaxLogBytes = %d", ErrLimit, db.opts.MaxLogBytes)
	}
	result, err := wal.Replay(db.catalog, h, db.opts.WAL, db.opts.CheckpointWAL, db.opts.MaxLogBytes)
	if err != nil {
		return err
	}
	db.info.LogApplied, db.info.Transactions = result.Applied, result.Transactions
	db.info.Notes = append(db.info.Notes, result.Notes...)
	return nil
}

func (db *DB) note(format string, args ...any) {
	db.info.Notes = append(db.info.Notes, fmt.Sprintf(format, args...))
}

// Close releases the file. Scanners of the DB must not be used afterwards.
func (db *DB) Close() error {
	if db.closer == nil {
		return nil
	}
	c := db.closer
	db.closer = nil
	return c.Close()
}

// Info describes the file.
func (db *DB) Info() Info {
	i := db.info
	i.Notes = slices.Clone(i.Notes)
	return i
}
