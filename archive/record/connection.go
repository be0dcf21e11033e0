package record

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
)

// open connects to the live file for recording.
func (w *Writer) open() (err error) {
	if err := w.enterWAL(); err != nil {
		return err
	}
	ctx := context.Background()
	if err := w.connect(ctx); err != nil {
		return err
	}
	if w.inode, err = os.Stat(w.live); err != nil {
		return err
	}
	return w.newLiveRows(ctx)
}

// connect opens the live file for recording, with a write-ahead log, on one connection; exclusively where it turns
// out that the log cannot be shared.
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
	if w.opts.unflushed {
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
			return fileerr.In(p, err)
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

// disconnect closes the database, and lets go of the rows of a copy.
func (w *Writer) disconnect() (err error) {
	w.closed = true
	if w.rows != nil {
		err = w.rows.close()
		w.rows = nil
	}
	if w.db == nil {
		return err
	}
	if w.conn != nil {
		err = errors.Join(err, w.conn.Close())
	}
	err = errors.Join(err, w.db.Close())
	w.db = nil
	return errors.Join(err, w.restoreLog())
}
