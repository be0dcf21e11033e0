package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/schema"
)

// Options for [Create], [Resume] and [Seal]. Nil is the same as the zero value.
type Options struct {
	// Replace lets an archive that has the final name be replaced, when the new one is sealed and not before.
	Replace bool
	// Restart lets Create discard a recording of the same name that was left behind, with what it spilled.
	Restart bool
	// Bulk is for copies of runs that exist elsewhere: there is no live file, and nothing of the copy until Finish
	// returns. Close without Finish discards it.
	Bulk bool
	// Exclusive is for folders that processes on several machines have in common. It keeps the index of SQLite's
	// write-ahead log out of shared memory: other SQLite programs cannot read along, readers of this package can, and
	// the log is not folded into the file before the recording ends. It is chosen anyway where the folder is seen to
	// be on a network file system.
	Exclusive bool
	// Annotations are kept in the file beside the run and are no part of its digest. One that its Validate refuses is
	// an error, and nothing is made or changed.
	Annotations []archive.Annotation
	// Written, if it is not nil, is told after each attempt to bring records to disk how many of the run are there, the
	// first ones, and of the error that ended the recording, once. It is called while the Writer is held: it returns
	// soon, and calls nothing of the Writer. Of a Bulk copy nothing is on disk before Finish returns.
	Written func(records int64, err error)

	unflushed  bool                    // the live file is made by a process that can make it again, and syncs it itself
	system     *sqlitefile.System      // nil for the real one
	flushAfter time.Duration           // how long events wait; 0 for a second
	network    func(dir string) string // nil for netfs.Kind
}

// Create begins a recording that will become the archive path. It records into path+"-live", unless opts.Bulk. An
// archive at path is [archive.ErrExists] unless opts.Replace, a recording that was left behind is unless opts.Restart;
// one that is going on is [archive.ErrBusy] in any case. The caller ends it with Finish, which seals, and always with
// Close.
func Create(path string, opts *Options) (*Writer, error) {
	w := newWriter(path, opts)
	if err := w.checkAnnotations(); err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, archive.LiveSuffix) {
		return nil, fileerr.Errorf(path, "name the archive without %q", archive.LiveSuffix)
	}
	if err := archive.CheckName(path); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		return nil, fileerr.Errorf(path, "is a folder; name the archive in it")
	} else if err == nil && !w.opts.Replace {
		return nil, fileerr.In(path, archive.ErrExists)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, cmp.Or(outfile.InFolder(path), fileerr.In(path, err))
	}
	if err := besideFree(path); err != nil {
		return nil, err
	}
	if err := w.acquire(longestSuffix); err != nil {
		return nil, err
	}
	if err := w.create(); err != nil {
		return nil, errors.Join(fileerr.In(w.live, sqlitefile.Damage(err)), w.disconnect(), w.release())
	}
	return w, nil
}

// create makes the live file, or what a copy has in its place, holding the lock.
func (w *Writer) create() error {
	if _, err := os.Lstat(w.live); err == nil {
		if !w.opts.Restart && holdsRun(w.live) {
			return fmt.Errorf("%w: a recording that was not finished; resume or seal it, or remove it", archive.ErrExists)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(w.live + spillSuffix); err == nil && !w.opts.Restart {
		return fmt.Errorf("%w: %s, with records of an earlier recording; resume that or remove it", archive.ErrExists,
			w.live+spillSuffix)
	}
	if err := errors.Join(w.removeLive(), w.remove(w.live+spillSuffix), w.sweep()); err != nil {
		return err
	}
	if w.opts.Bulk {
		w.newCopiedRows()
		return nil
	}
	// Only a file that is whole and flushed gets its name: a live file that is cut short by a crash is never mistaken for
	// a recording.
	temp := w.live + creatingSuffix
	empty, err := emptyLive()
	if err != nil {
		return err
	}
	if err := errors.Join(w.sys.Create(temp, 0o644), w.sys.Overwrite(temp, empty, 0)); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.Sync(temp); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.Rename(temp, w.live); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.sys.SyncDir(filepath.Dir(w.live)); err != nil {
		return errors.Join(err, w.removeLive())
	}
	return w.open()
}

// emptyLive gives the bytes of a live file that holds no record. To make the schema takes longer than to record a short
// run, so that it is made once, for as many recordings as there are.
func emptyLive() ([]byte, error) {
	if sqlitefile.Formats != schema.Released() { // in tests
		return makeLive()
	}
	releasedLive.Lock()
	defer releasedLive.Unlock()
	var err error
	if releasedLive.bytes == nil {
		releasedLive.bytes, err = makeLive()
	}
	return releasedLive.bytes, err
}

var releasedLive struct {
	sync.Mutex
	bytes []byte
}

func makeLive() (b []byte, err error) {
	db, err := sqlitefile.OpenWritable("live", "mode=memory", "_dqs=0")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sqlitefile.Formats.Create(db); err != nil {
		return nil, err
	}
	if err := schema.CreateLive(func(statement string) error {
		_, err := db.Exec(statement)
		return err
	}); err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) (err error) {
		b, err = c.(interface{ Serialize() ([]byte, error) }).Serialize()
		return err
	})
	return b, err
}

// holdsRun reports whether a live file has anything of a run in it that its source cannot give again. One that has none
// was left by a process that was killed before its run began, or whose source failed on its first lines; one that
// cannot be told counts as if it had.
func holdsRun(live string) bool {
	if info, err := os.Lstat(live); err == nil && info.Size() == 0 {
		return false
	}
	a, err := archive.Open(live)
	if err != nil {
		return !errors.Is(err, provider.ErrNoRun)
	}
	defer a.Close()
	count, err := a.RecordCount(context.Background())
	return err != nil || count > 1
}
