package outfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/workdir"
)

// A Folder is being filled. It ends with Commit; Abort removes it unless it was committed.
type Folder struct {
	work       *workdir.Dir // nil when it has ended
	temp, path string
}

// NewFolder begins a folder that will be at path. What else may be there stays as it is until Commit.
func NewFolder(path string) (*Folder, error) {
	work, err := workFor(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{work, filepath.Join(work.Path(), workdir.Folder), path}
	if err := os.Mkdir(f.temp, 0o777); err != nil {
		work.Discard()
		return nil, atPath(path, err)
	}
	return f, nil
}

// Temp gives the path under which the folder is filled.
func (f *Folder) Temp() string { return f.temp }

// Commit puts the folder in its place, with a name that is durable; what is in it the caller has made so. What is there
// already is [ErrExists], unless replace: then it goes away with all that is in it. Linux and macOS exchange the two in
// one step where the file system can; elsewhere a process that is killed between two steps leaves the former folder
// beside the place, under a hidden name.
func (f *Folder) Commit(replace bool) error {
	defer f.Abort()
	switch _, err := os.Lstat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
		return Place(f.temp, f.path, true)
	case err != nil:
		return fileerr.In(f.path, err)
	case !replace:
		return fileerr.In(f.path, ErrExists)
	}
	if system.exchange(f.temp, f.path) == nil {
		return SyncDir(filepath.Dir(f.path))
	}
	return f.replace()
}

// replace is Commit in two steps.
func (f *Folder) replace() error {
	var random [6]byte
	rand.Read(random[:])
	parent, name := filepath.Split(f.path)
	former := filepath.Join(parent, "."+name+"."+hex.EncodeToString(random[:])+".former")
	if err := os.Rename(f.path, former); err != nil {
		return fileerr.In(f.path, err)
	}
	if err := Place(f.temp, f.path, true); err != nil {
		return errors.Join(err, os.Rename(former, f.path))
	}
	return os.Rename(former, f.temp) // which Abort removes
}

// Abort removes the folder unless it is in its place. It may be called more than once.
func (f *Folder) Abort() {
	if f.work != nil {
		f.work.Discard()
		f.work = nil
	}
}
