package runindex

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/runs"
)

// Settled is how long nobody may have changed a file that goes into the index, in the clock of its file system: as long
// as the coarsest of them takes to tick, that of FAT.
const Settled = 2 * time.Second

// clock gives the time at which a file system is now. A test puts another in its place.
var clock = func(folder string) (time.Time, error) {
	f, err := outfile.Create(filepath.Join(folder, Name), true)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Abort()
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// An Update makes the index of a folder anew, while its files are listed. It is not for several goroutines.
type Update struct {
	old   *Index
	began time.Time
	body  map[string][]byte // entries by name
}

// Update begins, before the first file is read. It fails if nothing can be written in the folder.
func (x *Index) Update() (*Update, error) {
	began, err := clock(x.folder)
	if err == nil {
		err = x.look()
	}
	if err != nil {
		return nil, fileerr.In(filepath.Join(x.folder, Name), err)
	}
	return &Update{old: x, began: began, body: map[string][]byte{}}, nil
}

// Keep takes the entry of a file that [Index.Find] has found.
func (u *Update) Keep(name string, s Stamp) {
	if body, ok := u.old.entry(name, s); ok {
		u.body[name] = appendEntry(nil, name, s, []byte(body))
	}
}

// Add takes what was read of the file at path, in the folder, between the taking of its stamp and now. It leaves out
// what does not belong into an index.
func (u *Update) Add(path string, s Stamp, r runs.Summary) {
	name := filepath.Base(path)
	if r.State != archive.Sealed || r.Counts == nil || !s.before(u.began) || u.old.Beside(name) ||
		!utf8.ValidString(name) {
		return
	}
	if info, err := os.Lstat(path); err != nil {
		return
	} else if now, ok := StampOf(info); !ok || now != s {
		return
	}
	body := appendSummary(nil, &r)
	c := cursor{rest: string(body)}
	if c.summary(); c.err != nil || len(body) > maxEntry { // what no archive that is sound says
		return
	}
	u.body[name] = appendEntry(nil, name, s, body)
}

// Write puts the index in its place, whole or not at all. Where there would be nothing in it, and none is there, it
// writes none; of more archives than it may hold, it holds the first by name.
func (u *Update) Write() error {
	data := []byte(magic + version + "\n")
	for _, name := range slices.Sorted(maps.Keys(u.body)) {
		if len(data)+len(u.body[name]) > maxSize-sha256.Size {
			break
		}
		data = append(data, u.body[name]...)
	}
	sum := sha256.Sum256(data)
	data = append(data, sum[:]...)
	if string(data) == u.old.data {
		return nil
	}
	path := filepath.Join(u.old.folder, Name)
	if _, err := os.Lstat(path); len(u.body) == 0 && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := outfile.Create(path, true)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
