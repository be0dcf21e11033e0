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
	Sync: syncFile, SyncDir: outfile.SyncDir, Remove: os.Remove, Link: os.Link, Rename: os.Rename, Chmod: os.Chmod,
	Create: createFile, Write: writeFile, Overwrite: OverwriteFile, Patch: patchFile,
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
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFile flushes a file to disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
