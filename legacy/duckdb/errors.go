package duckdb

import (
	"errors"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// Classes of refusal, for errors.Is. Damage that is none of these is a [FormatError] that wraps ErrCorrupt.
var (
	// ErrNotDuckDB means that the file does not start like a DuckDB database.
	ErrNotDuckDB = fault.ErrNotDuckDB
	// ErrLFSPointer means that the file is the pointer that Git LFS leaves where the database should be.
	ErrLFSPointer = fault.ErrLFSPointer
	// ErrEncrypted means that the database or its log is encrypted.
	ErrEncrypted = fault.ErrEncrypted
	// ErrTooOld means a storage version before 64, or a log written by an engine before 0.10.
	ErrTooOld = fault.ErrTooOld
	// ErrTooNew means a storage version that this reader does not know yet.
	ErrTooNew = fault.ErrTooNew
	// ErrUnsupported means that the file is sound but uses something that this reader lacks.
	ErrUnsupported = fault.ErrUnsupported
	// ErrChecksum means that a header, a block or a log entry differs from the checksum stored with it.
	ErrChecksum = fault.ErrChecksum
	// ErrInUse means that another process has the database open for writing, or changed it during Open.
	ErrInUse = errors.New("database is in use by another process")
	// ErrCorrupt means bytes that do not follow FORMAT.md.
	ErrCorrupt = fault.ErrCorrupt
	// ErrLog means that the write-ahead log does not belong to this state of the database.
	ErrLog = fault.ErrLog
	// ErrLimit means that a value, a batch or a log is larger than [Options] allow.
	ErrLimit = fault.ErrLimit
	// ErrNoTable means that the database has no table of that name.
	ErrNoTable = errors.New("no such table")
	// ErrNoColumn means that the table has no column of that name.
	ErrNoColumn = errors.New("no such column")
)

// A FormatError reports bytes that do not follow FORMAT.md or that this reader cannot interpret. Its fields are
//
//	File   string // "" for the database, "wal" or "wal.checkpoint" for its logs
//	Offset int64  // in that file
//	Field  string // what was being read, such as "rle.counts"
//	Err    error  // wraps ErrCorrupt, ErrChecksum, ErrUnsupported, io.ErrUnexpectedEOF, …
type FormatError = fault.FormatError
