package runindex

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
)

const (
	// Name is that of the index in its folder.
	Name = ".exparchive-index"

	magic   = "exparchive-index "
	version = "1"

	// maxSize bounds an index in bytes, and maxEntry what it says of an archive: one of which more is to be said is read.
	maxSize  = 64 << 20
	maxEntry = 64 << 10
)

// ErrVersion means that another version of the program made the index.
var ErrVersion = errors.New("made by another version of the program")

// ErrDamaged means that a file is no index, or not as it was written.
var ErrDamaged = errors.New("damaged")

// An Index says what it knows of the archives of a folder. Its methods may be called from several goroutines.
type Index struct {
	folder string
	data   string          // the file, empty for none
	at     []int           // where the entries begin, by name
	beside map[string]bool // names, in small letters, of files beside which others stand
}

// Open reads the index of a folder, if it has one: without, the Index knows nothing. The errors are [ErrDamaged],
// [ErrVersion] and those of the file system, and name the file; with those of the index itself there is an Index that
// knows nothing.
func Open(folder string) (*Index, error) {
	x := &Index{folder: folder, beside: map[string]bool{}}
	path := filepath.Join(folder, Name)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %w", ErrDamaged, fileerr.ErrNotRegular)
	}
	if err == nil {
		err = x.read(path)
	}
	if err == nil {
		err = x.look()
	}
	if err != nil {
		x.data, x.at = "", nil
		return x, fileerr.In(path, err)
	}
	return x, nil
}

func (x *Index) read(path string) error {
	data, err := fileerr.ReadAtMost(path, maxSize)
	if errors.Is(err, fileerr.ErrLonger) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	x.data = string(data)
	x.at, err = entries(x.data)
	return err
}

// look finds out what stands beside the files of the folder.
func (x *Index) look() error {
	d, err := os.Open(x.folder)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	for _, name := range names {
		name = strings.ToLower(name)
		for _, suffix := range []string{"-wal", "-journal", "-shm", "-lock"} {
			if of, ok := strings.CutSuffix(name, suffix); ok {
				x.beside[of] = true
			}
		}
	}
	return err
}

// entries gives where the entries of an index begin. What each says of its run is not looked at.
func entries(data string) ([]int, error) {
	head, _, found := strings.Cut(data[:min(len(data), 64)], "\n")
	made, ok := strings.CutPrefix(head, magic)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: no index", ErrDamaged)
	case !found:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, errCut)
	case made != version:
		return nil, fmt.Errorf("%w: version %.20q of the index, want %s", ErrVersion, made, version)
	}
	end := len(data) - sha256.Size
	if end < len(head)+1 {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, errCut)
	}
	if sum := sha256.Sum256([]byte(data[:end])); data[end:] != string(sum[:]) {
		return nil, fmt.Errorf("%w: its checksum is another", ErrDamaged)
	}
	c := cursor{rest: data[len(head)+1 : end]}
	var at []int
	last := ""
	for c.rest != "" {
		begin := end - len(c.rest)
		name := c.text()
		c.stamp()
		c.bytes(c.count(1))
		if name <= last {
			c.fail("order of the names")
		}
		if c.err != nil {
			return nil, fmt.Errorf("%w: byte %d: %w", ErrDamaged, begin, c.err)
		}
		last, at = name, append(at, begin)
	}
	return at, nil
}

// Known gives how many files the index knows.
func (x *Index) Known() int { return len(x.at) }

// Beside reports whether a file stands beside the one of that name in the folder that belongs to it, such as a log.
func (x *Index) Beside(name string) bool { return x.beside[strings.ToLower(name)] }

// Find gives what a list says of the archive of that name, whose stamp is s, but for its File. It is false if the index
// does not know it as it is now.
func (x *Index) Find(name string, s Stamp) (runs.Summary, bool) {
	body, ok := x.entry(name, s)
	if !ok {
		return runs.Summary{}, false
	}
	c := cursor{rest: body}
	found := c.summary()
	if c.err != nil || c.rest != "" {
		return runs.Summary{}, false
	}
	found.Size, found.FromIndex = s.Size, true
	return found, true
}

// entry finds an entry.
func (x *Index) entry(name string, s Stamp) (body string, ok bool) {
	if x.Beside(name) {
		return "", false
	}
	i := sort.Search(len(x.at), func(i int) bool {
		c := cursor{rest: x.data[x.at[i]:]}
		return c.text() >= name
	})
	if i == len(x.at) {
		return "", false
	}
	c := cursor{rest: x.data[x.at[i]:]}
	if c.text() != name || c.stamp() != s {
		return "", false
	}
	return c.bytes(c.count(1)), true
}

// appendEntry appends an entry.
func appendEntry(b []byte, name string, s Stamp, body []byte) []byte {
	b = appendStamp(appendText(b, name), s)
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}
