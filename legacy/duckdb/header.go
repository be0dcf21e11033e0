package duckdb

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

const (
	headerSize  = 4096
	blocksStart = 3 * headerSize
	invalidPtr  = math.MaxUint64 // a metadata pointer to nothing

	defaultBlockAlloc = 262144
	minBlockAlloc     = 16384

	minVersion    = 64
	maxVersion    = 68
	futureVersion = 999 // in the main header of DuckDB 2.0's own format: the real number is in the database header
	maxLevel      = 7
)

// checksum is the engine's check over a header, a block or a log entry.
func checksum(b []byte) uint64 {
	const k = 0xbf58476d1ce4e5b9
	var r0, r1 uint64 = 5381, 0
	for len(b) >= 32 {
		r0 ^= binary.LittleEndian.Uint64(b) * k
		r1 ^= binary.LittleEndian.Uint64(b[8:]) * k
		r0 ^= binary.LittleEndian.Uint64(b[16:]) * k
		r1 ^= binary.LittleEndian.Uint64(b[24:]) * k
		b = b[32:]
	}
	for len(b) >= 8 {
		r0 ^= binary.LittleEndian.Uint64(b) * k
		b = b[8:]
	}
	if len(b) > 0 {
		r0 ^= checksumTail(b)
	}
	return r0 ^ r1
}

// checksumTail mixes the last 1 to 7 bytes, which only log entries have.
func checksumTail(b []byte) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := 0xe17a1465 ^ uint64(len(b))*m
	var x uint64
	for i, c := range b {
		x |= uint64(c) << (8 * i)
	}
	h = (h ^ x) * m
	h = (h ^ h>>47) * m
	return h ^ h>>47
}

// dbHeader is one of the two database headers.
type dbHeader struct {
	iteration  uint64
	meta       uint64 // metadata pointer to the catalog
	blockCount uint64
	alloc      uint64 // bytes of a block, with its checksum
	vector     uint64
	level      uint64
}

// headers is what the first 12288 bytes say.
type headers struct {
	version    uint64
	library    string
	source     string
	identifier [16]byte
	active     dbHeader
	level      int
	notes      []string
}

// readHeaders reads and checks the three headers.
func readHeaders(r io.ReaderAt, size int64) (*headers, error) {
	buf := make([]byte, min(max(size, 0), blocksStart))
	if n, err := r.ReadAt(buf, 0); n < len(buf) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, &fault.FormatError{Offset: int64(n), Field: "header", Err: err}
	}
	if err := recognise(buf); err != nil {
		return nil, err
	}
	if len(buf) < blocksStart {
		return nil, &fault.FormatError{Offset: size, Field: "header",
			Err: fmt.Errorf("%w: %d bytes, want at least %d: the file was cut off", io.ErrUnexpectedEOF, size, blocksStart)}
	}
	h := &headers{version: binary.LittleEndian.Uint64(buf[12:])}
	// What is refused for its version or encryption is refused so even when the checksum is unknown to us.
	switch {
	case h.version < minVersion:
		return nil, &fault.FormatError{Offset: 12, Field: "header.version",
			Err: fmt.Errorf("%w: storage version %d, want at least %d; export it with the DuckDB that wrote it (0.8 or older) and import it with a newer one",
				fault.ErrTooOld, h.version, minVersion)}
	case h.version == futureVersion:
		return nil, &fault.FormatError{Offset: 12, Field: "header.version",
			Err: fmt.Errorf("%w: DuckDB 2.0's own format; copy it with DuckDB to a database with STORAGE_VERSION 'v1.5.0'", fault.ErrTooNew)}
	case h.version > maxVersion:
		return nil, &fault.FormatError{Offset: 12, Field: "header.version",
			Err: fmt.Errorf("%w: storage version %d, this reader knows %d to %d; copy it with DuckDB to a database of an older STORAGE_VERSION",
				fault.ErrTooNew, h.version, minVersion, maxVersion)}
	}
	flags := binary.LittleEndian.Uint64(buf[20:])
	if flags&1 != 0 {
		return nil, &fault.FormatError{Offset: 20, Field: "header.flags", Err: fault.ErrEncrypted}
	}
	for i := 20; i < 52; i += 8 {
		if f := binary.LittleEndian.Uint64(buf[i:]); f != 0 {
			return nil, &fault.FormatError{Offset: int64(i), Field: "header.flags", Err: fault.Unsupportedf("flags %#x", f)}
		}
	}
	if err := checkUnit(buf[:headerSize], 0, "header"); err != nil {
		return nil, err
	}
	h.library = cString(buf[52:84])
	h.source = cString(buf[84:116])
	copy(h.identifier[:], buf[124:140])

	h1, err1 := readDBHeader(buf[headerSize:2*headerSize], headerSize, "header 1")
	h2, err2 := readDBHeader(buf[2*headerSize:], 2*headerSize, "header 2")
	switch {
	case err1 != nil && err2 != nil:
		return nil, err1
	case err1 != nil:
		h.active = h2
		h.notes = append(h.notes, "database header 1 is damaged, header 2 is used")
	case err2 != nil:
		h.active = h1
		h.notes = append(h.notes, "database header 2 is damaged, header 1 is used")
	case h1.iteration > h2.iteration:
		h.active = h1
	default:
		h.active = h2
	}
	return h, h.check()
}

// recognise tells a DuckDB file from the things that are found in its place.
func recognise(buf []byte) error {
	if len(buf) >= 12 && string(buf[8:12]) == "DUCK" {
		return nil
	}
	switch {
	case len(buf) == 0:
		return fmt.Errorf("%w: the file is empty", fault.ErrNotDuckDB)
	case bytes.HasPrefix(buf, []byte("version https://git-lfs.github.com/")):
		return fault.ErrLFSPointer
	case bytes.HasPrefix(buf, []byte("SQLite format 3\x00")):
		return &fault.FormatError{Field: "header.magic", Err: fmt.Errorf("%w: it is an SQLite database", fault.ErrNotDuckDB)}
	}
	return &fault.FormatError{Offset: 8, Field: "header.magic",
		Err: fmt.Errorf("%w: got %q, want %q", fault.ErrNotDuckDB, buf[min(8, len(buf)):min(12, len(buf))], "DUCK")}
}

func readDBHeader(buf []byte, at int64, field string) (dbHeader, error) {
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(buf[i:]) }
	h := dbHeader{iteration: u(8), meta: u(16), blockCount: u(32), alloc: u(40), vector: u(48), level: u(56)}
	if h.alloc == 0 {
		h.alloc = defaultBlockAlloc
	}
	if h.vector == 0 {
		h.vector = vectorSize
	}
	return h, checkUnit(buf, at, field)
}

// check refuses what the active header says when it cannot be.
func (h *headers) check() error {
	a := &h.active
	fail := func(field string, err error) error {
		return &fault.FormatError{Offset: headerSize, Field: field, Err: err}
	}
	if a.vector != vectorSize {
		return fail("header.vector_size", fault.Unsupportedf("vectors of %d rows, want %d", a.vector, vectorSize))
	}
	if a.alloc < minBlockAlloc || a.alloc > defaultBlockAlloc || a.alloc&(a.alloc-1) != 0 {
		return fail("header.block_size", fault.Corruptf("%d bytes, want a power of two from %d to %d", a.alloc, minBlockAlloc, defaultBlockAlloc))
	}
	switch {
	case h.version == minVersion:
		h.level = 1
	case a.level > maxLevel:
		return fail("header.level", fmt.Errorf("%w: storage level %d, this reader knows up to %d; copy it with DuckDB to a database of an older STORAGE_VERSION",
			fault.ErrTooNew, a.level, maxLevel))
	case a.level == 0 || a.level == minVersion:
		h.level = 1
	default:
		h.level = int(a.level)
	}
	return nil
}

// checkUnit compares a header or block with the checksum in its first 8 bytes.
func checkUnit(unit []byte, at int64, field string) error {
	got, want := checksum(unit[8:]), binary.LittleEndian.Uint64(unit)
	if got != want {
		return &fault.FormatError{Offset: at, Field: field, Err: fmt.Errorf("%w: got %#016x, want %#016x", fault.ErrChecksum, got, want)}
	}
	return nil
}

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return strings.ToValidUTF8(string(b), "?")
}
