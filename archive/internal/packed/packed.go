// Package packed reads and writes a file in zstd's seekable format: frames of zstd, one behind the other, and behind
// them a table of how long each is (https://github.com/facebook/zstd, contrib/seekable_format). To every other
// program it is an ordinary zstd file: `zstd -d` gives what is inside.
//
// There is one form, which [Write] writes and [New] wants, so that little can hide in it: bits that mean nothing to
// zstd. Integers are little-endian.
//
//   - All frames hold equally many bytes, 4 KiB to 1 MiB, the last one what is left, and none is empty. A frame is one
//     of RFC 8878 that says how much it holds, has a checksum of that, and no dictionary.
//   - The seek table is a skippable frame: magic number 0x184D2A5E, the length of what follows, two numbers for each
//     frame (its length and how much it holds), the number of frames, a zero byte that says that the table has no
//     checksums of its own, and magic number 0x8F92EAB1. All numbers but the zero byte have 4 bytes.
//
// What is inside is at most 256 MiB and 256 times the length of the file.
package packed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Magic is what a file begins with that holds frames of zstd.
const Magic = "\x28\xb5\x2f\xfd"

const (
	tableMagic  = 0x184D2A5E
	footerMagic = 0x8F92EAB1
	tableHead   = 8 // magic number and length
	entrySize   = 8
	footerSize  = 9
)

const (
	minFrame  = 4 << 10 // bytes that a frame holds which is not the only one
	maxFrame  = 1 << 20
	maxFrames = 1 << 22 // which is what bounds the memory of a table
)

// limit gives how many bytes a file of so many may hold. Zeros are packed 6000 times smaller, so that a small file
// could keep a reader busy for as long as it likes.
func limit(size int64) int64 { return 256<<20 + 256*min(size, 1<<50) }

// ErrNoTable means that a file has no seek table: it was cut short, or is another file of zstd.
var ErrNoTable = errors.New("compressed with zstd, but without the table at its end that `exparchive pack` writes: " +
	"it was cut short, or packed by another program; `zstd -d` unpacks what there is")

// An Error reports bytes that are not in the form of the package.
type Error struct {
	Offset int64 // in the file
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("packed file: byte %d: %s", e.Offset, e.Text) }

func bad(offset int64, format string, args ...any) error {
	return &Error{offset, fmt.Sprintf(format, args...)}
}

// A table says where the frames of a file are.
type table struct {
	starts []int64 // of each frame in the file, and behind the last one
	frame  int64   // bytes in each frame but the last
	size   int64   // in all
}

// length gives how many bytes frame i holds.
func (t *table) length(i int) int { return int(min(t.frame, t.size-int64(i)*t.frame)) }

// readTable reads the seek table of a file of size bytes. Errors are [ErrNoTable], an [Error], and those of r.
func readTable(r io.ReaderAt, size int64) (*table, error) {
	le := binary.LittleEndian
	foot := make([]byte, footerSize)
	if size < tableHead+footerSize {
		return nil, ErrNoTable
	}
	if err := readAt(r, foot, size-footerSize); err != nil {
		return nil, err
	}
	if le.Uint32(foot[5:]) != footerMagic {
		return nil, ErrNoTable
	}
	n := int64(le.Uint32(foot))
	begin := size - footerSize - entrySize*n - tableHead
	switch {
	case foot[4] != 0:
		return nil, bad(size-5, "a seek table of kind %#x, want 0", foot[4])
	case n == 0 || n > maxFrames:
		return nil, bad(size-footerSize, "%d frames, want 1 to %d", n, maxFrames)
	case begin < 0:
		return nil, bad(size-footerSize, "%d frames in a file of %d bytes", n, size)
	}
	b := make([]byte, tableHead+entrySize*n)
	if err := readAt(r, b, begin); err != nil {
		return nil, err
	}
	if got := le.Uint32(b); got != tableMagic {
		return nil, bad(begin, "no seek table of %d frames: %#x, want %#x", n, got, uint32(tableMagic))
	}
	if got, want := int64(le.Uint32(b[4:])), entrySize*n+footerSize; got != want {
		return nil, bad(begin+4, "a seek table of %d bytes, want %d", got, want)
	}
	entries := b[tableHead:]
	t := &table{frame: int64(le.Uint32(entries[4:])), starts: make([]int64, 1, n+1)}
	if t.frame > maxFrame || t.frame < minFrame && n > 1 {
		return nil, bad(begin+tableHead+4, "frames of %d bytes, want %d to %d", t.frame, minFrame, maxFrame)
	}
	end := int64(0)
	for i := range n {
		entry, at := entries[entrySize*i:], begin+tableHead+entrySize*i
		packed, holds := int64(le.Uint32(entry)), int64(le.Uint32(entry[4:]))
		if holds == 0 || holds > t.frame || holds < t.frame && i < n-1 {
			return nil, bad(at+4, "frame %d of %d bytes, want %d", i, holds, t.frame)
		}
		if end += packed; end > begin {
			return nil, bad(at, "frame %d ends at byte %d, and the seek table begins at byte %d", i, end, begin)
		}
		t.size += holds
		t.starts = append(t.starts, end)
	}
	if end != begin {
		return nil, bad(end, "%d bytes that belong to no frame", begin-end)
	}
	if most := limit(size); t.size > most {
		return nil, bad(size-footerSize, "it holds %d bytes; a file of %d bytes may hold %d", t.size, size, most)
	}
	return t, nil
}

// appendTable appends the seek table of frames of which each has a length, and holds as much as the table says.
func (t *table) appendTable(b []byte) []byte {
	le, n := binary.LittleEndian, len(t.starts)-1
	b = le.AppendUint32(b, tableMagic)
	b = le.AppendUint32(b, uint32(entrySize*n+footerSize))
	for i := range n {
		b = le.AppendUint32(b, uint32(t.starts[i+1]-t.starts[i]))
		b = le.AppendUint32(b, uint32(t.length(i)))
	}
	b = le.AppendUint32(b, uint32(n))
	b = append(b, 0)
	return le.AppendUint32(b, footerMagic)
}

// readAt reads all of b, or it is an error.
func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}
