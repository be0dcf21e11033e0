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

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
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

// Info describes the file.
type Info struct {
	StorageVersion int    // number in the main header: 64 to 68
	Level          int    // which features the file may use: 1 (all of version 64) to 7 (DuckDB 1.5)
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
	opts   Options
	file   *storage.File
	closer io.Closer
	info   Info
	cat    *catalog

	decoded atomic.Int64 // rows
}

// RowsDecoded counts the rows that have been read so far from any table, those that were skipped on the way included: what reading
// costs, whatever the machine.
func (db *DB) RowsDecoded() int64 { return db.decoded.Load() }

// Open opens the database file at path and replays the logs beside it in memory. The file, its folder and its logs are not
// changed in any way. The caller must close the DB.
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
	buf.Grow(int(min(info.Size(), limit)) + bytes.MinRead + 1) // at once: growing it would take several times the memory
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
	o := opts.withDefaults()
	db := &DB{opts: o}
	if err := db.load(r, size); err != nil {
		return nil, err
	}
	return db, nil
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

// A Schema is a namespace of tables.
type Schema struct {
	Name    string
	Comment string
}

// A View is a stored query.
type View struct {
	Schema, Name string
	SQL          string // its CREATE VIEW statement
	Comment      string
}

// A Sequence is a counter.
type Sequence struct {
	Schema, Name     string
	Start, Increment int64
	Min, Max         int64
	Cycle            bool
	Uses             uint64 // how often it has been drawn from
	SQL              string // its CREATE SEQUENCE statement
	Comment          string
}

// An Index is an index made by CREATE INDEX. Those of primary keys and unique constraints are not listed.
type Index struct {
	Schema, Name, Table string
	Unique              bool
	SQL                 string // its CREATE INDEX statement
	Comment             string
}

// A UserType is a type made by CREATE TYPE.
type UserType struct {
	Schema, Name string
	Type         *Type
	Comment      string
}

// Schemas lists the schemas by name.
func (db *DB) Schemas() []Schema { return slices.Clone(db.cat.schemas) }

// Tables lists the tables by schema and name.
func (db *DB) Tables() []*Table { return slices.Clone(db.cat.tables) }

// Views lists the views by schema and name, without the engine's own.
func (db *DB) Views() []View { return slices.Clone(db.cat.views) }

// Sequences lists the sequences by schema and name.
func (db *DB) Sequences() []Sequence { return slices.Clone(db.cat.sequences) }

// Indexes lists the indexes by schema and name.
func (db *DB) Indexes() []Index { return slices.Clone(db.cat.indexes) }

// UserTypes lists the types made by CREATE TYPE by schema and name.
func (db *DB) UserTypes() []UserType {
	all := make([]UserType, len(db.cat.types))
	for i, u := range db.cat.types {
		all[i] = UserType{u.Schema, u.Name, described(u.Type), u.Comment}
	}
	return all
}

// Table finds a table; an empty schema means "main". Names compare as SQL does, without regard to ASCII case.
// The error is ErrNoTable.
func (db *DB) Table(schema, name string) (*Table, error) {
	if schema == "" {
		schema = "main"
	}
	if t := db.cat.table(schema, name); t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("%w: %s.%s", ErrNoTable, quote.Identifier(schema), quote.Identifier(name))
}
