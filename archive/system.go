package archive

import (
	"errors"
	"os"

	"github.com/simexp/exparchive/internal/outfile"
)

// A system is where a writer's calls of the file system go. Tests put a disk in its place that fails or forgets.
type system struct {
	options []string // for SQLite, behind the writer's own; such as vfs=…
	sync    func(path string) error
	syncDir func(path string) error
	remove  func(path string) error
	link    func(from, to string) error
	rename  func(from, to string) error
	// create makes an empty file, not flushed.
	create func(path string, perm os.FileMode) error
	// write makes a file anew that only its owner reads, flushed.
	write func(path string, data []byte) error
	// overwrite changes bytes of a file, not flushed.
	overwrite func(path string, data []byte, offset int64) error
	// patch overwrites bytes of a file, flushed.
	patch func(path string, data []byte, offset int64) error
	// network names the kind of network file system that a folder is on, "" for a local one.
	network func(dir string) string
}

var realSystem = &system{
	sync: syncFile, syncDir: outfile.SyncDir, remove: os.Remove, link: os.Link, rename: os.Rename,
	create: createFile, write: writeFile, overwrite: overwriteFile, patch: patchFile, network: networkFileSystem,
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
	return writeAndClose(f, data, 0)
}

func overwriteFile(path string, data []byte, offset int64) error {
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
	return writeAndClose(f, data, offset)
}

func writeAndClose(f *os.File, data []byte, offset int64) error {
	_, err := f.WriteAt(data, offset)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
