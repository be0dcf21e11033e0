package crate

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
)

// dayTime gives the time that all files of a package bear: the beginning of its day in UTC.
func dayTime(day string) (time.Time, error) { return time.Parse(time.DateOnly, day) }

// modeOf gives the permissions of a file of a bag: archives are read-only, and what runs can be run.
func modeOf(name string) fs.FileMode {
	switch folder := path.Base(path.Dir(name)); {
	case folder == runsFolder:
		return 0o444
	case folder == binFolder, name == path.Join("data", scriptFile):
		return 0o755
	}
	return 0o644
}

// settle gives every file and folder of a bag its permissions and time, and makes all of it durable.
func settle(bag, day string) error {
	at, err := dayTime(day)
	if err != nil {
		return err
	}
	var folders []string
	err = filepath.WalkDir(bag, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			folders = append(folders, p)
			return err
		}
		name, err := filepath.Rel(bag, p)
		if err == nil {
			err = settleFile(p, modeOf(filepath.ToSlash(name)), at)
		}
		return err
	})
	for i := len(folders) - 1; i >= 0 && err == nil; i-- { // those inside first
		p := folders[i]
		if err = outfile.SyncDir(p); err == nil {
			err = errors.Join(os.Chmod(p, 0o755), os.Chtimes(p, at, at))
		}
	}
	return err
}

func settleFile(p string, mode fs.FileMode, at time.Time) error {
	if err := os.Chmod(p, 0o644); err != nil { // a sealed archive is read-only
		return err
	}
	f, err := os.OpenFile(p, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(p, at, at); err != nil { // before it is read-only: Windows
		return err
	}
	return os.Chmod(p, mode)
}

// Measure gives how many files a bag has, and of how many bytes.
func Measure(bag string) (files int, bytes int64, err error) {
	list, err := filesOf(bag)
	for _, f := range list {
		bytes += f.size
	}
	return len(list), bytes, err
}

// Zip writes a bag as a ZIP file in which everything lies in a folder of that name. What is packed already is stored.
func Zip(ctx context.Context, w io.Writer, bag, folder, day string) error {
	at, err := dayTime(day)
	if err != nil {
		return err
	}
	files, err := filesOf(bag)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, f := range files {
		h := &zip.FileHeader{Name: folder + "/" + f.name, Modified: at, Method: zip.Deflate}
		h.SetMode(modeOf(f.name))
		switch strings.ToLower(path.Ext(f.name)) {
		case ".zst", ".png", ".pdf":
			h.Method = zip.Store
		}
		out, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		in, err := os.Open(filepath.Join(bag, filepath.FromSlash(f.name)))
		if err != nil {
			return err
		}
		if err := errors.Join(copyAll(ctx, out, in), in.Close()); err != nil {
			return err
		}
	}
	return z.Close()
}

// FolderName makes a name for the folder of a bag from the title of the work.
func FolderName(title string) string {
	var words []string
	length := 0
	for word := range strings.FieldsFuncSeq(strings.ToLower(title), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	}) {
		if length += len(word) + 1; length > 50 {
			break
		}
		words = append(words, word)
	}
	return safeName(strings.Join(words, "-"))
}

// CheckReplaceable reports that what is at a path is no package, and so not to be replaced by one.
func CheckReplaceable(folder string) error {
	for _, name := range []string{"bagit.txt", path.Join("data", metadataFile)} {
		if info, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(name))); err != nil || !info.Mode().IsRegular() {
			return fileerr.Errorf(folder, "it is there and no package, and so it is not replaced")
		}
	}
	return nil
}

// Place gives a bag, which is complete and on disk, its place. What is there is a package and is replaced, if force.
func Place(bag *outfile.Folder, folder string, force bool) error {
	if _, err := os.Lstat(folder); err == nil && force {
		if err := CheckReplaceable(folder); err != nil {
			return err
		}
	}
	return bag.Commit(force)
}
