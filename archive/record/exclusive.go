package record

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"

	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite keeps the index of a write-ahead log in shared memory, which processes on different machines do not have: on a network
// file system a log cannot be shared. A recorder there is exclusive. It keeps the index to itself, holds the file locked from the
// first to the last moment (https://www.sqlite.org/wal.html#noshm), and has no -shm file, by which readers know it.
//
// Until it closes, an exclusive recorder only appends to the log and leaves the main file as it is. So whoever reads the two takes
// the log as long as it is at that moment and needs neither locks nor shared memory, from whatever machine: see [sqlitefile.Overlay]. The
// price is that the log grows by every page that is written until the recording ends.

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
	case sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMLOCK:
		return true
	}
	return false
}

// NetworkFileSystem names the kind of network file system that is recorded to, such as "nfs4". It is empty where none was recognised.
func (w *Writer) NetworkFileSystem() string { return w.network }

// Exclusive tells whether the recorder keeps the file to itself; see [Options].
func (w *Writer) Exclusive() bool { return w.exclusive }

// connect opens the live file for recording, with a write-ahead log, on one connection; exclusively where it turns out that the log
// cannot be shared.
func (w *Writer) connect(ctx context.Context) error {
	err := w.tryConnect(ctx)
	if w.exclusive || !sharedMemoryFailed(err) {
		return err
	}
	if w.conn != nil {
		_ = w.conn.Close()
	}
	_ = w.db.Close()
	w.db, w.conn, w.exclusive = nil, nil, true
	return w.tryConnect(ctx)
}

func (w *Writer) tryConnect(ctx context.Context) error {
	synchronous := "FULL"
	if w.opts.Bulk {
		synchronous = "OFF"
	}
	pragmas := []string{"journal_mode = WAL", "synchronous = " + synchronous}
	if w.exclusive {
		// What is left of it by a recorder that was killed would tell readers that this one shares.
		if err := w.remove(w.live + "-shm"); err != nil {
			return err
		}
		// The locking mode comes first: SQLite asks for shared memory as soon as it looks into the file.
		pragmas = append([]string{"locking_mode = EXCLUSIVE"}, append(pragmas, "wal_autocheckpoint = 0")...)
	}
	options := append([]string{"mode=rw", "_busy_timeout=10000", "_txlock=immediate", "_dqs=0"}, w.sys.Options...)
	var err error
	if w.db, err = sqlitefile.OpenWritable(w.live, options...); err != nil {
		return err
	}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	for _, p := range pragmas {
		if _, err := w.conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	var mode string
	if err := w.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %s, want wal: the file system may not allow it", mode)
	}
	return keepLog(w.conn)
}
