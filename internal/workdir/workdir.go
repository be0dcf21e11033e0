// Package workdir makes folders to work in beside the place of what is made, and removes those that killed processes
// left behind while it spares those of processes that live: each holds the lock of a file in its folder. Where a file
// system has no locks, nothing is removed.
package workdir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lockfile"
)

const (
	prefix   = ".exparchive-" // of a folder's name; hexadecimal digits of so many random bytes follow
	random   = 8
	lockName = "lock"
	archives = ".simexp" // in the names of all other files
)

// Folder is the name of a folder that may be made in a Dir, and hold anything.
const Folder = "new"

// A Dir is a folder that belongs to the caller until Remove, or until the process ends in any way.
type Dir struct {
	parent, name string
	lock         *lockfile.Lock // nil where there are no locks
}

// tryLock is [lockfile.Try]. A test puts a system without locks in its place.
var tryLock = lockfile.Try

// noLocks reports whether an error says that the file system has no locks.
func noLocks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// Make makes a folder in parent that only its owner may look into. What is made in it are files with ".simexp" in their
// names, and [Folder].
func Make(parent string) (*Dir, error) {
	// Between its making and its locking a folder looks like one that was left behind. Whoever sweeps it then holds its
	// lock or has removed it, and the next folder has another name.
	const tries = 20
	var last error
	for range tries {
		d := &Dir{parent: parent, name: newName()}
		if err := os.Mkdir(d.Path(), 0o700); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		if d.lock, last = tryLock(filepath.Join(d.Path(), lockName)); d.lock != nil || noLocks(last) {
			return d, nil
		}
		_ = os.Remove(d.Path()) // which fails where it belongs to another by now
	}
	if last == nil {
		last = errors.New("each new folder was taken for one that was left behind")
	}
	return nil, fmt.Errorf("%s: no folder to work in: %w", parent, last)
}

func newName() string {
	var b [random]byte
	rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// Path gives the path of the folder.
func (d *Dir) Path() string { return filepath.Join(d.parent, d.name) }

// Remove removes the folder and what is in it.
func (d *Dir) Remove() error {
	root, err := os.OpenRoot(d.parent)
	if err != nil {
		return errors.Join(err, release(d.lock))
	}
	defer root.Close()
	return remove(root, d.name, d.lock)
}

// Left is told of files and folders that are not needed any more and could not be removed; nil tells nobody. A program
// sets it before it makes any.
var Left func(error)

// Tell tells [Left].
func Tell(err error) {
	if Left != nil {
		Left(err)
	}
}

// Discard is Remove for a folder of which nothing is needed any more: that it cannot be removed, as on Windows while
// another program has a file of it open, is no failure of what was made in it. A later Sweep removes it.
func (d *Dir) Discard() {
	if err := d.Remove(); err != nil {
		Tell(fileerr.Errorf(d.Path(), "cannot be removed, though nothing in it is needed any more: %w", fileerr.Cause(err)))
	}
}

// Sweep removes the folders in parent that Make made for processes which have ended. Those of others are spared, and so
// is a folder that holds anything else than Make says. An error is about what could not be removed; the others are
// gone.
func Sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(parent) // no link that somebody puts in the place of a folder leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	var failed error
	for _, e := range entries {
		if !e.IsDir() || !isName(e.Name()) {
			continue
		}
		if _, ours := files(root, e.Name()); !ours {
			continue
		}
		lock, err := tryLock(filepath.Join(parent, e.Name(), lockName))
		if noLocks(err) {
			return nil
		}
		if lock == nil {
			// Held, or just being removed, or somebody else's.
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
				failed = errors.Join(failed, err)
			}
			continue
		}
		if err := remove(root, e.Name(), lock); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: left behind, and cannot be removed: %w",
				filepath.Join(parent, e.Name()), err))
		}
	}
	return failed
}

// isName reports whether a folder has a name that Make gives.
func isName(name string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || len(digits) != 2*random {
		return false
	}
	_, err := hex.DecodeString(digits)
	return err == nil
}

// files gives the names of what is in a folder but for the lock, and whether all of it is such as Make says.
func files(root *os.Root, folder string) (names []string, ours bool) {
	entries, err := fs.ReadDir(root.FS(), folder)
	if err != nil {
		return nil, false
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case e.Type().IsRegular() && name == lockName:
		case e.Type().IsRegular() && strings.Contains(name, archives), e.IsDir() && name == Folder:
			names = append(names, name)
		default:
			return nil, false
		}
	}
	return names, true
}

// remove removes a folder whose lock is held, if there are locks: the lock goes last of the files, and the folder
// itself only if it is empty. So if somebody takes the lock anew in between, who may be its maker or another one that
// sweeps, the folder stays theirs.
func remove(root *os.Root, folder string, lock *lockfile.Lock) error {
	names, ours := files(root, folder)
	if !ours {
		return errors.Join(errors.New("there are other files in it"), release(lock))
	}
	var err error
	for _, name := range names {
		if path := filepath.Join(folder, name); name == Folder {
			err = errors.Join(err, removeAll(root, path))
		} else {
			err = errors.Join(err, root.Remove(path))
		}
	}
	if err = errors.Join(err, release(lock)); err != nil {
		return err
	}
	if lock == nil { // where taking it failed, its file may have been made
		if err := root.Remove(filepath.Join(folder, lockName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for range 100 {
		if err = root.Remove(folder); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if _, there := root.Lstat(filepath.Join(folder, lockName)); there == nil {
			return nil
		}
	}
	return err
}

// removeAll removes a folder and everything in it, also where a folder, or on Windows a file, is read-only.
func removeAll(root *os.Root, folder string) error {
	if root.RemoveAll(folder) == nil {
		return nil
	}
	_ = fs.WalkDir(root.FS(), filepath.ToSlash(folder), func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = root.Chmod(path, 0o700)
		} else if d != nil && d.Type().IsRegular() {
			_ = root.Chmod(path, 0o600)
		}
		return nil // what cannot be looked into cannot be removed either, which is said then
	})
	return root.RemoveAll(folder)
}

func release(lock *lockfile.Lock) error {
	if lock == nil {
		return nil
	}
	return lock.Release()
}
