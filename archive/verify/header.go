package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/schema"
)

// sidecars looks for files that SQLite would take for part of the archive.
func (v *check) sidecars(path string) {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Lstat(path + suffix); err == nil && info.Size() > 0 {
			v.add(sxSidecar, Place{Name: path + suffix}, "SQLite would take it for part of the archive")
		}
	}
}

func at(offset int64) Place { return Place{Offset: &offset} }

// A header is what the first 100 bytes of a file say of its pages.
type header struct {
	bytes           []byte
	pageSize, pages int64 // pages that there are
}

// header reads the first 100 bytes, and checks what has to be so for there to be pages at all; it is nil if there are
// none. known says whether it is that of a version that this program knows.
func (v *check) header(r io.ReaderAt) (h *header, known bool) {
	b := make([]byte, sqlitefile.HeaderSize)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		v.err = err
		return nil, false
	}
	if n == 0 || !strings.HasPrefix(string(b[:n]), sqlitefile.Magic) {
		what := "the file is empty"
		if n > 0 {
			what = sqlitefile.Guess(b[:n])
		}
		v.add(sxMagic, at(0), "%s", what)
		return nil, false
	}
	if n < sqlitefile.HeaderSize {
		v.add(sxFileSize, at(0), "%d bytes, less than a header of %d", n, sqlitefile.HeaderSize)
		return nil, false
	}
	be := binary.BigEndian
	if id := be.Uint32(b[68:]); id != schema.ApplicationID {
		v.add(sxHeader, at(68), "application id %#x, want %#x", id, schema.ApplicationID)
		return nil, false // the rest is another program's
	}
	h = &header{bytes: b, pageSize: int64(be.Uint16(b[16:])), pages: int64(be.Uint32(b[28:]))}
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	if h.pageSize < 512 || h.pageSize&(h.pageSize-1) != 0 {
		v.add(sxPageSize, at(16), "pages of %d bytes, want %d", h.pageSize, schema.PageSize)
		return nil, false
	}
	if v.size != h.pages*h.pageSize {
		v.add(sxFileSize, at(28), "the file has %d bytes, its header says %d pages of %d", v.size, h.pages, h.pageSize)
		if h.pages = min(h.pages, v.size/h.pageSize); h.pages == 0 {
			return nil, false
		}
	}
	switch version := int32(be.Uint32(b[60:])); {
	case version < 1:
		v.addWith(fixOther, sxVersion, at(60), "schema version %d, which no .simexp file has: the first is 1", version)
	case int(version) > sqlitefile.Formats.Version:
		v.add(sxVersion, at(60), "schema version %d; this program knows 1 to %d", version, sqlitefile.Formats.Version)
	default:
		v.version, known = int(version), true
	}
	return h, known
}

// form compares the header with that of a sealed file of so many pages, or with what a live file has in common with it.
func (v *check) form(h *header) {
	if v.sealed && h.pageSize != schema.PageSize {
		v.add(sxPageSize, at(16), "pages of %d bytes, want %d", h.pageSize, schema.PageSize)
	}
	want := sqlitefile.CanonicalHeader(uint32(h.pages), v.version)
	for _, c := range []struct {
		code       string
		from, to   int
		onlySealed bool
		what       string
	}{
		{sxMode, 18, 20, true, "write and read version"},
		{sxReserved, 20, 24, false, "reserved space and payload fractions"},
		{sxHeader, 24, 28, true, "change counter"},
		{sxHeader, 32, 40, true, "free pages"},
		{sxHeader, 40, 44, true, "schema cookie"},
		{sxHeader, 44, 48, false, "schema format"},
		{sxHeader, 48, 52, true, "page cache size"},
		{sxHeader, 52, 56, false, "auto-vacuum"},
		{sxHeader, 56, 60, false, "text encoding"},
		{sxHeader, 64, 68, false, "incremental vacuum"},
		{sxHeader, 72, 92, false, "bytes reserved for expansion"},
		{sxHeader, 92, 96, true, "version-valid-for number"},
		{sxHeader, 96, 100, true, "SQLite version number"},
	} {
		if got, want := h.bytes[c.from:c.to], want[c.from:c.to]; !bytes.Equal(got, want) && (v.sealed || !c.onlySealed) {
			v.add(c.code, at(int64(c.from)), "%s: bytes %x, want %x", c.what, got, want)
		}
	}
}
