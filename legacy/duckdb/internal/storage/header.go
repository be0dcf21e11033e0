package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// VectorSize is how many rows the engine treats as a unit.
const VectorSize = 2048

// NoPointer stands for a [Pointer] to nothing.
const NoPointer = math.MaxUint64

const (
	headerSize  = 4096
	blocksStart = 3 * headerSize

	defaultBlockAlloc = 262144
	minBlockAlloc     = 16384

	minVersion    = 64
	maxVersion    = 68
	levelVersion  = 999 // in the main header from DuckDB 2.0 on: the level is the version
	maxSmallLevel = 7   // the highest below DuckDB 2.0, from which on it is the storage version
	levelOf2      = 69
)

// The storage versions that are read, from the oldest to the newest.
const (
	OldestVersion = minVersion
	NewestVersion = levelOf2
)

// A Header is one of the two database headers.
type Header struct {
	Iteration  uint64 // number of the checkpoint
	Meta       uint64 // where the catalog is, as in [Pointer]; NoPointer in an empty database
	Free       uint64 // where the list of free blocks is; NoPointer when there are none
	BlockCount uint64
	BlockSize  uint64 // bytes of a block, with its checksum
	vector     uint64
	level      uint64
}

// Headers is what the first 12288 bytes say.
type Headers struct {
	Version    uint64 // in the main header
	Library    string // release of the engine that created the file
	Source     string // git hash of that engine
	Identifier [16]byte
	Active     Header // the one that counts
	Level      int    // which features the file may use: 1 to 7, or 69
	Notes      []string
}

// ReadHeaders reads and checks the three headers.
func ReadHeaders(r io.ReaderAt, size int64) (*Headers, error) {
	buf := make([]byte, min(max(size, 0), blocksStart))
	if n, err := r.ReadAt(buf, 0); n < len(buf) {
		if err == nil || errors.Is(err, io.EOF) {
			err = fault.ErrCutOff
		}
		return nil, &fault.FormatError{Offset: int64(n), Field: "header", Err: err}
	}
	if err := recognise(buf); err != nil {
		return nil, err
	}
	if len(buf) < blocksStart {
		return nil, &fault.FormatError{Offset: size, Field: "header",
			Err: fmt.Errorf("%w: %d bytes, want at least %d",
				fault.ErrCutOff, size, blocksStart)}
	}
	h := &Headers{Version: binary.LittleEndian.Uint64(buf[12:])}
	// What is refused for its version or encryption is refused so even when the checksum is unknown to us.
	switch {
	case h.Version < minVersion:
		return nil, &fault.FormatError{Offset: 12, Field: "header.version",
			Err: fmt.Errorf("%w: storage version %d, want at least %d; "+
				"export it with the DuckDB that wrote it (0.8 or older) and import it with a newer one",
				fault.ErrTooOld, h.Version, minVersion)}
	case h.Version > maxVersion && h.Version != levelVersion:
		return nil, &fault.FormatError{Offset: 12, Field: "header.version",
			Err: fmt.Errorf("%w: storage version %d, this reader knows %d to %d, and %d for level %d; "+
				"copy it with DuckDB to a database of an older STORAGE_VERSION",
				fault.ErrTooNew, h.Version, minVersion, maxVersion, levelVersion, levelOf2)}
	}
	flags := binary.LittleEndian.Uint64(buf[20:])
	if flags&1 != 0 {
		return nil, &fault.FormatError{Offset: 20, Field: "header.flags", Err: fault.ErrEncrypted}
	}
	for i := 20; i < 52; i += 8 {
		if f := binary.LittleEndian.Uint64(buf[i:]); f != 0 {
			return nil, &fault.FormatError{Offset: int64(i), Field: "header.flags",
				Err: fault.Unsupportedf("flags %#x", f)}
		}
	}
	if err := checkUnit(buf[:headerSize], 0, "header"); err != nil {
		return nil, err
	}
	h.Library = cString(buf[52:84])
	h.Source = cString(buf[84:116])
	copy(h.Identifier[:], buf[124:140])

	h1, err1 := readDBHeader(buf[headerSize:2*headerSize], headerSize, "header 1")
	h2, err2 := readDBHeader(buf[2*headerSize:], 2*headerSize, "header 2")
	switch {
	case err1 != nil && err2 != nil:
		return nil, err1
	case err1 != nil:
		h.Active = h2
		h.Notes = append(h.Notes, "database header 1 is damaged, header 2 is used")
	case err2 != nil:
		h.Active = h1
		h.Notes = append(h.Notes, "database header 2 is damaged, header 1 is used")
	case h1.Iteration > h2.Iteration:
		h.Active = h1
	default:
		h.Active = h2
	}
	return h, h.check()
}

// IsDatabase reports whether a file that begins with head is a DuckDB database. Its first bytes are a checksum, and may
// be those of any other kind of file.
func IsDatabase(head []byte) bool { return len(head) >= 12 && string(head[8:12]) == "DUCK" }

// recognise tells a DuckDB file from the things that are found in its place.
func recognise(buf []byte) error {
	if IsDatabase(buf) {
		return nil
	}
	switch {
	case len(buf) == 0:
		return fmt.Errorf("%w: the file is empty", fault.ErrNotDuckDB)
	case bytes.HasPrefix(buf, []byte("version https://git-lfs.github.com/")):
		return fault.ErrLFSPointer
	case bytes.HasPrefix(buf, []byte("SQLite format 3\x00")):
		return &fault.FormatError{Field: "header.magic",
			Err: fmt.Errorf("%w: it is an SQLite database", fault.ErrNotDuckDB)}
	}
	return &fault.FormatError{Offset: 8, Field: "header.magic",
		Err: fmt.Errorf("%w: got %q, want %q", fault.ErrNotDuckDB, buf[min(8, len(buf)):min(12, len(buf))], "DUCK")}
}

func readDBHeader(buf []byte, at int64, field string) (Header, error) {
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(buf[i:]) }
	h := Header{Iteration: u(8), Meta: u(16), Free: u(24), BlockCount: u(32), BlockSize: u(40), vector: u(48),
		level: u(56)}
	if h.BlockSize == 0 {
		h.BlockSize = defaultBlockAlloc
	}
	if h.vector == 0 {
		h.vector = VectorSize
	}
	return h, checkUnit(buf, at, field)
}

// check refuses what the active header says when it cannot be.
func (h *Headers) check() error {
	a := &h.Active
	fail := func(field string, err error) error {
		return &fault.FormatError{Offset: headerSize, Field: field, Err: err}
	}
	if a.vector != VectorSize {
		return fail("header.vector_size", fault.Unsupportedf("vectors of %d rows, want %d", a.vector, VectorSize))
	}
	if a.BlockSize < minBlockAlloc || a.BlockSize > defaultBlockAlloc || a.BlockSize&(a.BlockSize-1) != 0 {
		return fail("header.block_size", fault.Corruptf("%d bytes, want a power of two from %d to %d",
			a.BlockSize, minBlockAlloc, defaultBlockAlloc))
	}
	switch {
	case h.Version == minVersion:
		h.Level = 1
	case a.level > levelOf2 || a.level > maxSmallLevel && a.level < minVersion:
		return fail("header.level", fmt.Errorf("%w: storage level %d, this reader knows up to %d, and %d; "+
			"copy it with DuckDB to a database of an older STORAGE_VERSION",
			fault.ErrTooNew, a.level, maxSmallLevel, levelOf2))
	case h.Version == levelVersion && a.level != levelOf2:
		return fail("header.level", fault.Corruptf("level %d in a file of version %d, want %d", a.level, h.Version,
			levelOf2))
	case a.level == levelOf2:
		h.Level = levelOf2
	case a.level > minVersion:
		return fail("header.level", fault.Corruptf("level %d, want 1 to %d or %d", a.level, maxSmallLevel, levelOf2))
	case a.level == 0 || a.level == minVersion:
		h.Level = 1
	default:
		h.Level = int(a.level)
	}
	return nil
}

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return strings.ToValidUTF8(string(b), "?")
}

// Lost reports whether a block in use lies past the end of the file. A checkpoint cuts free blocks off the end of the
// file after it has written their number: the list of free blocks tells which may be missing.
func (h *Header) Lost(f *File) bool {
	if h.BlockCount <= f.Blocks() {
		return false
	}
	missing := h.BlockCount - f.Blocks()
	s := OpenMetadata(f, Pointer{Block: h.Free}, "free_list")
	next := uint64(0) // block ids ascend
	for n := s.Uint64("free_list.count"); n > 0 && s.Err() == nil; n-- {
		id := s.Uint64("free_list.block")
		if s.Err() != nil || id < next || id >= h.BlockCount {
			break
		}
		if id >= f.Blocks() {
			missing--
		}
		next = id + 1
	}
	return missing > 0
}
