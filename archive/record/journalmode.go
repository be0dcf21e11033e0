package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// enterWAL makes the closed live file one with a write-ahead log.
func (w *Writer) enterWAL() error {
	info, err := os.Stat(w.live)
	if err != nil {
		return err
	}
	write, read, err := readMode(w.live)
	if err != nil || write == sqlitefile.ModeWAL && read == sqlitefile.ModeWAL {
		return err
	}
	log := w.live + "-wal"
	if there, err := os.Lstat(log); errors.Is(err, fs.ErrNotExist) {
		if err := w.sys.Create(log, info.Mode().Perm()); err != nil {
			return err
		}
	} else if err != nil {
		return err
	} else if there.Size() > 0 && write == sqlitefile.ModeRollback && read == sqlitefile.ModeRollback {
		return fmt.Errorf("%w: %s", archive.ErrSidecar, log)
	}
	if err := w.sys.SyncDir(filepath.Dir(w.live)); err != nil {
		return err
	}
	return w.sys.Patch(w.live, []byte{sqlitefile.ModeWAL, sqlitefile.ModeWAL}, sqlitefile.ModeOffset)
}

// leaveWAL makes the live file, which is closed, one without a log, if nothing is left in the log.
func (w *Writer) leaveWAL() error {
	log := w.live + "-wal"
	info, err := os.Lstat(log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if info.Size() > 0 {
		return nil
	}
	if err := w.sys.Sync(log); err != nil {
		return err
	}
	if err := w.sys.Patch(w.live, []byte{sqlitefile.ModeRollback, sqlitefile.ModeRollback},
		sqlitefile.ModeOffset); err != nil {
		return err
	}
	return errors.Join(w.remove(log), w.remove(w.live+"-shm"))
}

// emptyLog brings everything into the main file, flushed. It does nothing, which is no error, while somebody reads.
func emptyLog(c *sql.Conn) error {
	var busy, log, moved int
	return c.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
}

// keepLog makes SQLite leave the log in place when the database is closed.
func keepLog(c *sql.Conn) error {
	return c.Raw(func(dc any) error {
		_, err := dc.(sqlite.FileControl).FileControlPersistWAL("main", 1)
		return err
	})
}

// restoreLog puts an empty log back beside the live file, which is closed. SQLite removes a log that it has emptied, if
// an error made it close the file before keepLog.
func (w *Writer) restoreLog() error {
	info, err := os.Stat(w.live)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if write, read, err := readMode(w.live); err != nil || write == sqlitefile.ModeRollback &&
		read == sqlitefile.ModeRollback {
		return err
	}
	if _, err := os.Lstat(w.live + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := w.sys.Create(w.live+"-wal", info.Mode().Perm()); err != nil {
		return err
	}
	return w.sys.SyncDir(filepath.Dir(w.live))
}

// readMode gives bytes 18 and 19 of a database. They differ only where writing them failed halfway.
func readMode(path string) (write, read byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var b [2]byte
	if _, err := f.ReadAt(b[:], sqlitefile.ModeOffset); err == io.EOF {
		return 0, 0, fmt.Errorf("%w: shorter than a header", archive.ErrDamaged)
	} else if err != nil {
		return 0, 0, err
	}
	return b[0], b[1], nil
}
