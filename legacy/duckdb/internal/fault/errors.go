package fault

import (
	"errors"
	"fmt"
	"io"
)

// Classes of refusal, for errors.Is. Damage that is none of these is a [FormatError] that wraps ErrCorrupt.
var (
	// ErrNotDuckDB means that the file does not start like a DuckDB database.
	ErrNotDuckDB = errors.New("not a DuckDB database")
	// ErrLFSPointer means that the file is the pointer that Git LFS leaves where the database should be.
	ErrLFSPointer = errors.New("a Git LFS pointer, not the database itself; fetch it with: git lfs pull")
	// ErrEncrypted means that the database or its log is encrypted.
	ErrEncrypted = errors.New("encrypted DuckDB file; copy it to an unencrypted database with DuckDB first")
	// ErrTooOld means a storage version before 64, or a log written by an engine before 0.10.
	ErrTooOld = errors.New("written by a DuckDB that is too old for this reader")
	// ErrTooNew means a storage version that this reader does not know yet.
	ErrTooNew = errors.New("written by a DuckDB that is newer than this reader")
	// ErrUnsupported means that the file is sound but uses something that this reader lacks.
	ErrUnsupported = errors.New("unsupported")
	// ErrChecksum means that a header, a block or a log entry differs from the checksum stored with it.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrCorrupt means bytes that do not follow FORMAT.md.
	ErrCorrupt = errors.New("corrupt")
	// ErrLog means that the write-ahead log does not belong to this state of the database.
	ErrLog = errors.New("the write-ahead log does not belong to this database file")
	// ErrLimit means that a value, a batch or a log is larger than the caller allows.
	ErrLimit = errors.New("larger than the configured limit")
)

// ErrCutOff is io.ErrUnexpectedEOF, which errors.Is finds in it, in plainer words.
var ErrCutOff error = cutOff{}

type cutOff struct{}

func (cutOff) Error() string { return "cut off" }
func (cutOff) Unwrap() error { return io.ErrUnexpectedEOF }

// A FormatError reports bytes that do not follow FORMAT.md or that this reader cannot interpret.
type FormatError struct {
	File   string // "" for the database, "wal" or "wal.checkpoint" for its logs
	Offset int64  // in that file
	Field  string // what was being read, such as "rle.counts"
	Err    error  // wraps ErrCorrupt, ErrChecksum, ErrUnsupported, io.ErrUnexpectedEOF, …
}

func (e *FormatError) Error() string {
	if e.File != "" {
		return fmt.Sprintf("%s: byte %#x: %s: %v", e.File, e.Offset, e.Field, e.Err)
	}
	return fmt.Sprintf("byte %#x: %s: %v", e.Offset, e.Field, e.Err)
}

// Unwrap gives the cause, for errors.Is and errors.As.
func (e *FormatError) Unwrap() error { return e.Err }

// Corruptf makes the cause of a FormatError for damaged bytes.
func Corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// Unsupportedf makes the cause of a FormatError for something sound that this reader lacks.
func Unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
