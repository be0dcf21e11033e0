package sqlitefile

import (
	"errors"
	"os"

	"github.com/simexp/exparchive/internal/outfile"
)

// A System is where a writer's calls of the file System go. Tests put a disk in its place that fails or forgets.
type System struct {
	Options []string // for SQLite, behind the writer's own; such as vfs=…
	Sync    func(path string) error
	SyncDir func(path string) error
	Remove  func(path string) error
	Link    func(from, to string) error
	Rename  func(from, to string) error
	Chmod   func(path string, mode os.FileMode) error
	// Create makes an empty file, not flushed.
	Create func(path string, perm os.FileMode) error
	// Write makes a file anew that only its owner reads, flushed.
	Write func(path string, data []byte) error
	// Overwrite changes bytes of a file, not flushed.
	Overwrite func(path string, data []byte, offset int64) error
	// Patch overwrites bytes of a file, flushed.
	Patch func(path string, data []byte, offset int64) error
}

// RealSystem is that of the machine.
var RealSystem = &System{
	Sync: syncFile, SyncDir: outfile.SyncDir, Remove: os.Remove, Link: os.Link, Rename: outfile.Rename, Chmod: os.Chmod,
	Create: createFile, Write: writeFile, Overwrite: OverwriteFile, Patch: patchFile,
}

// flush makes the bytes of a file durable. A test puts another in its place.
var flush = (*os.File).Sync

// SealFile flushes a sealed file and gives it the permissions of mode without those to write. A file system that keeps
// no permissions leaves it writable, which is no error: they guard against slips, and the seal does not rest on them.
func (s *System) SealFile(path string, mode os.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	writable := mode.Perm() | 0o200 // or it could not be flushed
	if info.Mode().Perm() != writable {
		if err := s.Chmod(path, writable); err != nil {
			return err
		}
	}
	err = s.Sync(path)
	_ = s.Chmod(path, mode.Perm()&^0o222)
	return err
}

// SealName makes the file at path read-only. Where two names were one file, removing the other may have made it
// writable: Windows has to, to remove it.
func (s *System) SealName(path string) {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o222 != 0 {
		_ = s.Chmod(path, info.Mode().Perm()&^0o222)
	}
}

func createFile(path string, perm os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	return f.Close()
}

func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return WriteAndClose(f, data, 0)
}

// OverwriteFile changes bytes of a file, not flushed.
func OverwriteFile(path string, data []byte, offset int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, offset)
	return errors.Join(err, f.Close())
}

func patchFile(path string, data []byte, offset int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return WriteAndClose(f, data, offset)
}

// WriteAndClose writes data into f at an offset, flushes f and closes it, also after an error.
func WriteAndClose(f *os.File, data []byte, offset int64) error {
	_, err := f.WriteAt(data, offset)
	if err == nil {
		err = flush(f)
	}
	return errors.Join(err, f.Close())
}

// syncFile flushes a file to disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(flush(f), f.Close())
}
