// Package outfile writes files and folders that appear whole or not at all: in a folder of package workdir beside their
// place, and renamed when they are complete. What a killed process leaves is removed when the next one makes something
// in the same folder.
package outfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/workdir"
)

// ErrExists means that there is a file of that name already.
var ErrExists = errors.New("exists already")

// system are the calls whose order makes a file durable. A test puts others in their place, and so no test of this
// package runs beside another.
var system = struct {
	sync                   func(*os.File) error
	link, rename, exchange func(from, to string) error
	remove                 func(string) error
}{sync: (*os.File).Sync, link: os.Link, rename: os.Rename, exchange: exchange, remove: os.Remove}

// Free reports that a file cannot be written at path: [fileerr.ErrNotRegular], and [ErrExists] unless force.
func Free(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cmp.Or(InFolder(path), fileerr.In(path, err))
	case info.IsDir():
		return fileerr.Errorf(path, "is a folder, %w", fileerr.ErrNotRegular)
	case !info.Mode().IsRegular():
		return fileerr.In(path, fileerr.ErrNotRegular)
	case !force:
		return fileerr.In(path, ErrExists)
	}
	return nil
}

// InFolder reports that there is no folder for a file at path: [fileerr.ErrNoFolder], or that what has its name is
// none.
func InFolder(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fileerr.ErrNoFolder
	case err == nil && !info.IsDir():
		err = fileerr.ErrNoDirectory
	}
	return fileerr.In(folder, err)
}

// temporary is the name of what is being made in a folder of package workdir.
const temporary = "new.simexp"

// A File is being written. It ends with Commit; Abort removes it unless it was committed.
type File struct {
	*os.File // under its temporary name
	work     *workdir.Dir
	path     string
	force    bool
	done     bool
}

// Create begins a file that will be at path, if that is [Free]. With force a file that is there already stays as it is
// until Commit.
func Create(path string, force bool) (*File, error) {
	if err := Free(path, force); err != nil {
		return nil, err
	}
	work, err := workFor(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(work.Path(), temporary), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		work.Discard()
		return nil, atPath(path, err)
	}
	return &File{File: f, work: work, path: path, force: force}, nil
}

// swept has the folders in which this process has looked for what others left.
var swept sync.Map

// workFor makes a folder to work in beside path.
func workFor(path string) (*workdir.Dir, error) {
	folder := filepath.Dir(path)
	if _, before := swept.LoadOrStore(folder, nil); !before {
		_ = workdir.Sweep(folder) // what cannot be removed is no fault of what is made now
	}
	work, err := workdir.Make(folder)
	if err != nil {
		return nil, made(path, err)
	}
	return work, nil
}

// made gives the error of making something beside path: that of its folder, if there is none.
func made(path string, err error) error {
	if noFolder := InFolder(path); noFolder != nil {
		return noFolder
	}
	return atPath(path, err)
}

// atPath puts the name that was asked for into an error that has a temporary one.
func atPath(path string, err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return &fs.PathError{Op: "create", Path: path, Err: pathErr.Err}
	}
	return err
}

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, atPath(f.path, err)
}

// Commit puts the file in its place, complete and on disk with its name. After an error the file is removed, unless it
// is in its place already and only the name may not be on disk.
func (f *File) Commit() error {
	defer f.Abort()
	if err := system.sync(f.File); err != nil {
		return atPath(f.path, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := Free(f.path, f.force); err != nil {
		return err
	}
	return Place(f.Name(), f.path, f.force)
}

// Abort removes the file unless it is in its place.
func (f *File) Abort() {
	if !f.done {
		f.done = true
		f.Close()
		f.work.Discard()
	}
}

// Place gives the file at temp, which is complete and on disk, the name path in the same file system, and makes that
// durable. With force it may be a folder, if path is not there. A file that is there already, be it since a moment ago,
// is [ErrExists] and stays as it is, unless force. On file systems without hard links the moment between looking and
// renaming remains.
func Place(temp, path string, force bool) error {
	if err := move(temp, path, force); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func move(temp, path string, force bool) error {
	if !force {
		// A link, unlike a rename, does not replace what is there.
		err := system.link(temp, path)
		if err == nil {
			return removeName(temp, path)
		}
		if _, there := os.Lstat(path); errors.Is(err, fs.ErrExist) || there == nil {
			return fileerr.In(path, ErrExists)
		}
	}
	return Rename(temp, path)
}

// removeName removes the name temp of a file that has the name path too, which keeps its permissions: Windows makes a
// read-only file writable, by whatever name, to remove one of them.
func removeName(temp, path string) error {
	before, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if err := system.remove(temp); err != nil {
		return err
	}
	if now, err := os.Lstat(path); err == nil && os.SameFile(before, now) && now.Mode() != before.Mode() {
		_ = os.Chmod(path, before.Mode().Perm())
	}
	return nil
}

// Rename is [os.Rename], which on Windows too replaces a read-only file. After an error what is there is as it was.
func Rename(from, to string) error {
	err := system.rename(from, to)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	there, statErr := os.Lstat(to)
	if statErr != nil || !there.Mode().IsRegular() || there.Mode().Perm()&0o200 != 0 ||
		os.Chmod(to, there.Mode().Perm()|0o200) != nil {
		return err
	}
	if system.rename(from, to) == nil {
		return nil
	}
	_ = os.Chmod(to, there.Mode().Perm())
	return err
}

// SyncDir makes names in a folder durable, where the system knows of such a thing.
func SyncDir(path string) error {
	if os.PathSeparator == '\\' {
		return nil // Windows: no handle of a folder can be flushed
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = system.sync(d)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // network file systems that make names durable themselves, or cannot
	}
	return errors.Join(err, d.Close())
}
