package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
)

// creatingSuffix follows the name of a live file in the name that it has until it is complete.
const creatingSuffix = "-new"

// acquire takes the lock of the live file, if there is room for suffix behind the archive's name.
func (w *Writer) acquire(suffix string) error {
	if err := outfile.InFolder(w.live); err != nil {
		return err
	}
	if err := nameFits(w.path, suffix); err != nil {
		return err
	}
	if err := w.chooseExclusive(); err != nil {
		return err
	}
	lock, err := sqlitefile.Lock(w.live)
	if errors.As(err, new(*fs.PathError)) {
		return fileerr.Errorf(w.path, "no file can be made beside it: %w", fileerr.Cause(err))
	}
	if err != nil {
		return fileerr.In(w.live, err)
	}
	w.lock = lock
	return nil
}

// release gives the lock of the live file back.
func (w *Writer) release() error {
	w.closed = true
	if w.lock == nil {
		return nil
	}
	err := w.lock.Release()
	w.lock = nil
	return err
}

// What is put behind the name of an archive at most: while it is recorded, and ever, which is when an iteration is
// dropped from its recording, by way of a second one, whose name is checked as this one's.
const (
	longestLive   = archive.LiveSuffix + creatingSuffix + "-journal"
	longestSuffix = droppingSuffix + "-upgrading-journal"
)

// nameFits reports that the name of an archive is too long for the files that stand beside it, of which the longest
// has suffix behind it.
func nameFits(path, suffix string) error {
	if _, err := os.Lstat(path + suffix); errors.Is(err, syscall.ENAMETOOLONG) {
		return fileerr.Errorf(path,
			"the name is too long: files with up to %d bytes more stand beside it while it is recorded or changed: %w",
			len(suffix), syscall.ENAMETOOLONG)
	}
	return nil
}

// besides are the ends of the names of the files that stand beside an archive while it is recorded, sealed, annotated,
// signed or upgraded.
var besides = []string{
	archive.LiveSuffix, archive.LiveSuffix + sqlitefile.LockSuffix, archive.LiveSuffix + "-wal",
	archive.LiveSuffix + "-shm",
	archive.LiveSuffix + "-journal", archive.LiveSuffix + creatingSuffix, archive.LiveSuffix + spillSuffix,
	archive.LiveSuffix + spillSuffix + creatingSuffix, sealingSuffix, rowsSuffix,
	"-annotate" + sqlitefile.LockSuffix, "-annotated",
	"-upgrading",
	droppingSuffix + archive.LiveSuffix, droppingSuffix + archive.LiveSuffix + sqlitefile.LockSuffix,
}

// besideFree reports a folder in the place of a file that will stand beside the archive.
func besideFree(path string) error {
	for _, suffix := range besides {
		if info, err := os.Lstat(path + suffix); err == nil && info.IsDir() {
			return fileerr.Errorf(path+suffix, "is a folder, and a file of that name will be needed beside %s",
				filepath.Base(path))
		}
	}
	return nil
}

// sweep removes what a killed recorder or sealing may have left under names that are not final. The caller holds the
// lock.
func (w *Writer) sweep() error {
	var err error
	err = errors.Join(w.remove(w.live+spillSuffix+creatingSuffix), w.removeDropping())
	for _, name := range []string{w.live + creatingSuffix, w.path + sealingSuffix, w.path + rowsSuffix} {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			err = errors.Join(err, w.remove(name+suffix))
		}
	}
	return err
}

// removeLive removes the live file and what belongs to it, apart from the lock. The file itself goes first: as long
// as it is there it is complete with what stands beside it.
func (w *Writer) removeLive() error {
	err := w.sys.Remove(w.live)
	switch {
	case err == nil:
		err = w.sys.SyncDir(filepath.Dir(w.live))
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	default:
		return err
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		err = errors.Join(err, w.remove(w.live+suffix))
	}
	return err
}

// remove removes a file that may not be there, as one of a name that is too long is not.
func (w *Writer) remove(path string) error {
	err := w.sys.Remove(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG) {
		return nil
	}
	return err
}
