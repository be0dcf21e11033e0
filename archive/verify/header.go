package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/schema"
)

// pages is the first step: the pages of a file, its header and where its tables are.
type pages struct {
	*check
	forest *btree.Forest
	trees  map[string]sqlitefile.Tree
}

// sidecars looks for files that SQLite would take for part of the archive.
func (v *check) sidecars(path string) {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Lstat(path + suffix); err == nil && info.Size() > 0 {
			v.add(sxSidecar, Place{Name: path + suffix}, "SQLite would take it for part of the archive")
		}
	}
}

func at(offset int64) Place { return Place{Offset: &offset} }

// file checks a file of so many bytes.
func (v *check) file(file io.ReaderAt, size int64) {
	r := &sqlitefile.ViewSource{ReaderAt: file}
	defer func() {
		if err := r.First.Load(); err != nil && v.err == nil {
			v.err = sqlitefile.TrimPath(*err)
		}
	}()
	v.report.State = archive.Unfinished
	p := &pages{check: v}
	if !p.open(r, size) {
		v.unchecked("what is in the file")
		return
	}
	if v.strict {
		v.report.State = archive.Sealed
	}
	wait := func() {}
	if len(v.list) == 0 { // SQLite sees nothing that is known not to be ours
		wait = v.sqliteCheck(r, size)
	}
	v.content(&source{check: v, pages: p})
	if v.strict && !v.lost {
		p.forest.Rest()
	}
	wait()
}

// open checks the header and the schema, and reports whether there are pages at all.
func (v *pages) open(r io.ReaderAt, size int64) bool {
	pageSize, count, ok := v.header(r, size)
	if !ok {
		return false
	}
	pager := btree.NewPager(r, pageSize, count)
	v.forest = btree.NewForest(pager)
	v.forest.Report = v.fault
	v.strict = v.sealed && hasSeal(pager)
	v.forest.Canonical = v.strict
	v.schema()
	return true
}

// hasSeal reports whether there is a row in the table seal.
func hasSeal(p *btree.Pager) bool {
	f := btree.NewForest(p)
	list, err := sqlitefile.Trees(f)
	if err != nil {
		return false
	}
	for _, t := range list {
		if t.Name == "seal" {
			return f.Walk(t.Name, t.Root, false).Next()
		}
	}
	return false
}

// header checks the first 100 bytes, and gives what pages there are, unless there can be none.
func (v *pages) header(r io.ReaderAt, size int64) (pageSize, pages int64, ok bool) {
	b := make([]byte, sqlitefile.HeaderSize)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		v.err = err
		return 0, 0, false
	}
	if n == 0 || !strings.HasPrefix(string(b[:n]), sqlitefile.Magic) {
		what := "the file is empty"
		if n > 0 {
			what = sqlitefile.Guess(b[:n])
		}
		v.add(sxMagic, at(0), "%s", what)
		return 0, 0, false
	}
	if n < sqlitefile.HeaderSize {
		v.add(sxFileSize, at(0), "%d bytes, less than a header of %d", n, sqlitefile.HeaderSize)
		return 0, 0, false
	}
	be := binary.BigEndian
	if id := be.Uint32(b[68:]); id != schema.ApplicationID {
		v.add(sxApplicationID, at(68), "application id %#x, want %#x", id, schema.ApplicationID)
		return 0, 0, false
	}
	if version := int32(be.Uint32(b[60:])); version < 1 || int(version) > sqlitefile.Formats.Version {
		v.add(sxVersion, at(60), "schema version %d; this program knows 1 to %d", version, sqlitefile.Formats.Version)
		return 0, 0, false
	}
	v.version = int(be.Uint32(b[60:]))
	if pageSize = int64(be.Uint16(b[16:])); pageSize != schema.PageSize {
		v.add(sxPageSize, at(16), "pages of %d bytes, want %d", pageSize, schema.PageSize)
		return 0, 0, false
	}
	pages = int64(be.Uint32(b[28:]))
	if whole := size / pageSize; size != pages*pageSize {
		v.add(sxFileSize, at(28), "the file has %d bytes, its header says %d pages of %d", size, pages, pageSize)
		pages = min(pages, whole)
		if pages == 0 {
			return 0, 0, false
		}
	}
	want := sqlitefile.CanonicalHeader(uint32(pages), v.version)
	for _, c := range []struct {
		code       string
		from, to   int
		onlySealed bool
		what       string
	}{
		{sxMode, 18, 20, true, "write and read version"},
		{sxReserved, 20, 24, false, "reserved space and payload fractions"},
		{sxChangeCounter, 24, 28, true, "change counter"},
		{sxFreePages, 32, 40, true, "free pages"},
		{sxSchemaCookie, 40, 44, true, "schema cookie"},
		{sxSchemaCookie, 44, 48, false, "schema format"},
		{sxSchemaCookie, 48, 52, true, "page cache size"},
		{sxAutoVacuum, 52, 56, false, "auto-vacuum"},
		{sxEncoding, 56, 60, false, "text encoding"},
		{sxAutoVacuum, 64, 68, false, "incremental vacuum"},
		{sxExpansion, 72, 92, false, "bytes reserved for expansion"},
		{sxChangeCounter, 92, 96, true, "version-valid-for number"},
		{sxWriterVersion, 96, 100, true, "SQLite version number"},
	} {
		if got, want := b[c.from:c.to], want[c.from:c.to]; !bytes.Equal(got, want) && (v.sealed || !c.onlySealed) {
			v.add(c.code, at(int64(c.from)), "%s: bytes %x, want %x", c.what, got, want)
		}
	}
	return pageSize, pages, true
}

// faultCodes are the requirements that faults of pages break.
var faultCodes = map[btree.Kind]string{
	btree.Unreadable: sxFileSize,
	btree.PageUse:    sxPageUse,
	btree.PageKind:   sxPageKind,
	btree.Cells:      sxCells,
	btree.KeyOrder:   sxKeyOrder,
	btree.Divider:    sxDivider,
	btree.Depth:      sxDepth,
	btree.Overflow:   sxOverflow,
	btree.Layout:     sxLayout,
	btree.Shortest:   sxShortest,
}

// fault reports what is wrong with a page.
func (v *pages) fault(f btree.Fault) {
	v.lost = v.lost || f.Kind != btree.Divider && f.Kind != btree.Layout && f.Kind != btree.Shortest
	if v.count[sxFileSize] > 0 && f.Kind == btree.PageUse {
		return // what is missing of a file that was cut cannot be found
	}
	place := Place{Table: f.Tree}
	if f.Page > 0 {
		offset := int64(f.Page-1)*schema.PageSize + int64(max(f.At, 0))
		place.Offset = &offset
	}
	v.add(faultCodes[f.Kind], place, "page %d: %s", f.Page, f.Text)
}

func (v *check) unchecked(what string) {
	v.report.Unchecked = append(v.report.Unchecked, what)
}
