package crate

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/internal/outfile"
)

// A Stage is a folder beside the place of a package, in which it is made. A lock in it says that its maker lives.
type Stage struct {
	folder string
	lock   *lockfile.Lock
}

// lockName is the name of the lock in a stage.
const lockName = "lock"

// NewStage makes a stage for a package that will be at output, and removes those that killed processes left behind.
func NewStage(output string) (*Stage, error) {
	if err := sweep(output); err != nil {
		return nil, err
	}
	folder, err := outfile.Folder(output)
	if err != nil {
		return nil, err
	}
	s := &Stage{folder: folder}
	if err := os.Mkdir(s.Bag(), 0o777); err != nil {
		return nil, errors.Join(err, RemoveFolder(folder))
	}
	s.lock, err = lockfile.Try(filepath.Join(folder, lockName))
	if err == nil && s.lock == nil {
		err = fileerr.Errorf(folder, "somebody else works in it")
	}
	if err != nil {
		return nil, errors.Join(err, RemoveFolder(folder))
	}
	return s, nil
}

// Bag gives the folder that becomes the package.
func (s *Stage) Bag() string { return filepath.Join(s.folder, "bag") }

// Remove removes the stage with what is in it.
func (s *Stage) Remove() error { return errors.Join(s.lock.Release(), RemoveFolder(s.folder)) }

// sweep removes the stages of a package whose makers live no more. What lacks a lock is none.
func sweep(output string) error {
	parent := filepath.Dir(output)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil // which is said when the stage is made
	}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "."+filepath.Base(output)+".")
		digits, ok2 := strings.CutSuffix(digits, ".tmp")
		if _, err := hex.DecodeString(digits); !ok || !ok2 || err != nil || !e.IsDir() {
			continue
		}
		folder := filepath.Join(parent, e.Name())
		path := filepath.Join(folder, lockName)
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		lock, err := lockfile.Try(path)
		if err == nil && lock != nil {
			err = errors.Join(lock.Release(), RemoveFolder(folder))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody else removes it
			return fileerr.In(folder, err)
		}
	}
	return nil
}
