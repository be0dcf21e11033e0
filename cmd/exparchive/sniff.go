package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"github.com/simexp/exparchive/archive"
)

// A fileKind is what a file holds, as far as its first bytes tell.
type fileKind int

const (
	kindUnknown fileKind = iota
	kindSQLite
	kindDuckDB
	kindLines // JSON lines of the line protocol
	kindJSON  // some other JSON
)

const headSize = 4096 // bytes of a file that sniff looks at

var (
	errEmptyFile  = errors.New("the file is empty")
	errNotRegular = errors.New("not a regular file")
	errDirectory  = errors.New("is a folder; name a file in it or choose one of its runs with --run (`exparchive ls` lists them)")
	errPointer    = errors.New("a Git LFS pointer, not the file itself; fetch it with `git lfs pull`")
)

// sniffFile opens path for a moment and says what it holds. What cannot hold a run at all is an error.
func sniffFile(path string) (fileKind, error) {
	info, err := os.Stat(path)
	if err != nil {
		if live := path + archive.LiveSuffix; errors.Is(err, fs.ErrNotExist) && exists(live) {
			return 0, fmt.Errorf("%s: %w; its recording is not finished: %s is there", path, errNoFile, live)
		}
		return 0, inFile(path, err)
	}
	switch {
	case info.IsDir():
		return 0, inFile(path, errDirectory)
	case !info.Mode().IsRegular(): // opening a pipe could wait for ever
		return 0, inFile(path, errNotRegular)
	case info.Size() == 0:
		return 0, inFile(path, errEmptyFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, inFile(path, err)
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, inFile(path, err)
	}
	kind, err := sniff(head[:n])
	return kind, inFile(path, err)
}

// sniff is [sniffFile] for the first bytes of a file.
func sniff(head []byte) (fileKind, error) {
	switch {
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return kindSQLite, nil
	case len(head) >= 12 && string(head[8:12]) == "DUCK":
		return kindDuckDB, nil
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return 0, errPointer
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return 0, errors.New("compressed with gzip; unpack it first")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return 0, errors.New("a zip file; unpack it first")
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return 0, errors.New("compressed with zstd; unpack it first")
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case !bytes.HasPrefix(text, []byte("{")):
		return 0, errors.New("not an archive: neither SQLite, nor DuckDB, nor JSON lines")
	case startsRun(text):
		return kindLines, nil
	}
	return kindJSON, nil
}

// experimentMember is what the first line of the line protocol has, in no fixed place.
var experimentMember = regexp.MustCompile(`"type"[ \t]*:[ \t]*"experiment"`)

// startsRun reports whether the first line of text looks like that of a run.
func startsRun(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return experimentMember.Match(line)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
