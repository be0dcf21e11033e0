package archive

import "os"

// A system is where a writer's calls of the file system go. Tests put a disk in its place that fails or forgets.
type system struct {
	options   []string // for SQLite, behind the writer's own; such as vfs=…
	sync      func(path string) error
	syncDir   func(path string) error
	remove    func(path string) error
	link      func(from, to string) error
	rename    func(from, to string) error
	writeFile func(path string, data []byte) error // anew and flushed, for its owner only
}

var realSystem = &system{
	sync: syncFile, syncDir: syncDir, remove: os.Remove, link: os.Link, rename: os.Rename, writeFile: writeSynced,
}

// writeSynced makes a file that only its owner reads, and returns when it is on disk.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	return err
}
