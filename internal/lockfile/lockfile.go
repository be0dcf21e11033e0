// Package lockfile holds locks by files. A lock ends with the process that holds it, however that ends; its file may
// stay behind and then stands for nothing.
package lockfile

import (
	"os"

	"github.com/gofrs/flock"
)

// A Lock is held until Release.
type Lock struct{ f *flock.Flock }

// Try takes the lock of the file at path, which it makes if need be. The lock is nil, without an error, if it is held
// by somebody else, be it in this process, or just being given back.
func Try(path string) (*Lock, error) { return try(path, (*flock.Flock).TryLock) }

// try takes the lock by a call that opens and locks the file, between which somebody else may remove it.
func try(path string, lock func(*flock.Flock) (bool, error)) (*Lock, error) {
	f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
	ok, err := lock(f)
	if beingRemoved(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if ok && inPlace(f) {
		return &Lock{f}, nil
	}
	return nil, f.Close()
}

// inPlace reports whether the locked file is still the one at its path, and not one that its last holder removed
// between our opening and locking it.
func inPlace(f *flock.Flock) bool {
	locked, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Path())
	return err == nil && os.SameFile(locked, there)
}

// Path gives the name of the lock's file.
func (l *Lock) Path() string { return l.f.Path() }

// Release removes the lock's file and gives the lock back.
func (l *Lock) Release() error {
	err := os.Remove(l.f.Path())
	errClose := l.f.Close()
	if err != nil {
		os.Remove(l.f.Path()) // Windows does not remove open files
	}
	return errClose
}

// Held reports whether the lock of the file at path is held. It changes nothing.
func Held(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for ever
		return false
	}
	f := flock.New(path, flock.SetFlag(os.O_RDONLY))
	ok, err := f.TryRLock()
	if ok {
		f.Unlock()
	}
	return !ok && err == nil
}
