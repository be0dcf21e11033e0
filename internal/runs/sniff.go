package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// A Kind is what a file holds, as far as its first bytes tell.
type Kind int

const (
	Unknown Kind = iota
	SQLite       // an archive, packed or not, or another SQLite database
	DuckDB
	Lines // JSON lines of the line protocol
	JSON  // some other JSON
)

const headSize = 4096 // bytes of a file that Sniff looks at

// Sniff opens the file at path for a moment and says what it holds. What cannot hold a run is an error: [ErrNoFile],
// [ErrFolder], [ErrNotRegular], [ErrForeign], or one of the file system. At an address of the web it is one of package
// webfile too, and [webfile.ErrNoParts] for what is no archive.
func Sniff(ctx context.Context, path string) (Kind, error) {
	if webfile.Is(path) {
		kind, err := sniffWeb(ctx, path)
		return kind, fileerr.In(path, err)
	}
	return sniffFile(path)
}

// sniffFile is [Sniff] for a path, whatever it looks like.
func sniffFile(path string) (Kind, error) {
	info, err := os.Stat(path)
	if err != nil {
		if live := path + archive.LiveSuffix; errors.Is(err, fs.ErrNotExist) && exists(live) {
			return 0, fileerr.Errorf(path, "%w; its recording is not finished: %s is there", ErrNoFile, live)
		}
		return 0, fileerr.In(path, err)
	}
	switch {
	case info.IsDir():
		return 0, fileerr.In(path, ErrFolder)
	case !info.Mode().IsRegular(): // opening a pipe could wait for ever
		return 0, fileerr.In(path, ErrNotRegular)
	case info.Size() == 0:
		return 0, fileerr.In(path, noRun("the file is empty"))
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, fileerr.In(path, err)
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, fileerr.In(path, err)
	}
	kind, err := sniff(head[:n])
	return kind, fileerr.In(path, err)
}

// SniffHead is [Sniff] for the first bytes of a file, as many as there are at hand.
func SniffHead(head []byte) (Kind, error) { return sniff(head) }

func sniff(head []byte) (Kind, error) {
	switch {
	case duckdb.IsDatabase(head):
		return DuckDB, nil
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")), bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return SQLite, nil // package archive tells a packed archive from other files of zstd
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return 0, noRun("a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return 0, noRun("compressed with gzip; unpack it first")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return 0, noRun("a zip file; unpack it first")
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case !bytes.HasPrefix(text, []byte("{")):
		return 0, fmt.Errorf("%w: neither SQLite, nor DuckDB, nor JSON lines", ErrForeign)
	case startsRun(text):
		return Lines, nil
	}
	return JSON, nil
}

// noRun is [ErrForeign] in other words.
type noRun string

func (e noRun) Error() string { return string(e) }
func (noRun) Unwrap() error   { return ErrForeign }

// experimentMember is what the first line of the line protocol has, in no fixed place.
var experimentMember = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"type"[ \t]*:[ \t]*"experiment"`)
})

// startsRun reports whether the first line of text looks like that of a run: the member is one of the object itself, as
// an export may have it in its configuration. Where that cannot be told, since the line is no JSON, it is taken for so.
func startsRun(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if !experimentMember().Match(line) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(line))
	_, err := d.Token()
	for err == nil && d.More() {
		var name json.Token
		var value any
		if name, err = d.Token(); err == nil {
			err = d.Decode(&value)
		}
		if err == nil && name == "type" {
			return value == "experiment"
		}
	}
	return errors.As(err, new(*json.SyntaxError))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
