package record

import (
	"errors"
	"path/filepath"

	"modernc.org/sqlite"

	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite keeps the index of a write-ahead log in shared memory, which processes on different machines do not have: on
// a network file system a log cannot be shared. A recorder there is exclusive. It keeps the index to itself, holds
// the file locked from the first to the last moment (https://www.sqlite.org/wal.html#noshm), and has no -shm file, by
// which readers know it.
//
// Until it closes, an exclusive recorder only appends to the log and leaves the main file as it is. So whoever reads
// the two takes the log as long as it is at that moment and needs neither locks nor shared memory, from whatever
// machine: see [sqlitefile.OverLog]. The price is that the log grows by every page that is written until the
// recording ends.

// chooseExclusive decides whether the recorder is exclusive.
func (w *Writer) chooseExclusive() error {
	dir, err := filepath.EvalSymlinks(filepath.Dir(w.live))
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	w.network = w.opts.network(dir)
	w.exclusive = w.opts.Exclusive || w.network != ""
	return nil
}

// sharedMemoryFailed reports that a connection failed because there is no shared memory where the file is.
func sharedMemoryFailed(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP,
		sqlite3.SQLITE_IOERR_SHMLOCK:
		return true
	}
	return false
}

// NetworkFileSystem names the kind of network file system that is recorded to, such as "nfs4". It is empty where none
// was recognised.
func (w *Writer) NetworkFileSystem() string { return w.network }

// Exclusive tells whether the recorder keeps the file to itself; see [Options].
func (w *Writer) Exclusive() bool { return w.exclusive }
