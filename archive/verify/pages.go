package verify

import (
	"io"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// filePages is the first step: the pages of a file and where its tables are.
type filePages struct {
	*check
	pageSize, pages int64
	forest          *btree.Forest
	roots           map[string]uint32 // of the tables that are as their version has them
	first           *btree.Fault      // that was met while rows were read
}

// file checks a file.
func (v *check) file(file io.ReaderAt, size int64) {
	v.size = size
	r := &sqlitefile.ViewSource{ReaderAt: file}
	defer func() {
		if err := r.First.Load(); err != nil && v.err == nil {
			v.err = sqlitefile.TrimPath(*err)
		}
	}()
	v.report.State = archive.Unfinished
	h, known := v.header(r)
	if h == nil {
		v.unchecked("what is in the file")
		return
	}
	p := &filePages{check: v, pageSize: h.pageSize, pages: h.pages}
	if v.sealed && known && p.neverSealed(r) {
		what := "the file was never sealed"
		if h.bytes[sqlitefile.ModeOffset] == sqlitefile.ModeWAL {
			what = "the file was being recorded into when it was copied, and what was recorded last is not in it"
		}
		v.add(sxSealRow, Place{Table: tables.TableExperiment}, "no seal: %s", what)
		v.sealed = false
	}
	if v.form(h); !known {
		v.unchecked("what is in the file")
		return
	}
	if v.sealed {
		v.report.State = archive.Sealed
	}
	p.forest = btree.NewForest(btree.NewPager(r, p.pageSize, p.pages))
	p.forest.Report = p.fault
	p.schema()
	begin := p.integrity
	if v.sealed {
		begin = p.layout
	}
	wait := begin(r)
	v.content(&source{check: v, pages: p})
	if wait(); p.first != nil && v.atStage() > StagePages {
		p.pageProblem(*p.first) // so that nothing is lost without a word
	}
}

// neverSealed reports whether the file has the row of an experiment, and none of its seal.
func (v *filePages) neverSealed(r io.ReaderAt) bool {
	quiet := &filePages{check: newCheck(v.ctx)}
	quiet.version = v.version
	quiet.forest = btree.NewForest(btree.NewPager(r, v.pageSize, v.pages))
	quiet.schema()
	row := (&source{check: quiet.check, pages: quiet}).find(tables.TableExperiment, 1)
	if row == nil {
		return false
	}
	seal, err := tables.SealOf(row)
	return seal == nil && err == nil
}

// fault notes what is wrong with a page, which has rows that cannot be read. Of a sealed file the layout says it too,
// with what else there is.
func (v *filePages) fault(f btree.Fault) {
	v.lost = true
	if v.first == nil {
		v.first = &f
	}
	if !v.sealed {
		v.pageProblem(f)
	}
}

func (v *filePages) pageProblem(f btree.Fault) {
	place := Place{Table: f.Tree}
	if f.Page > 0 {
		place.Offset = new(int64(f.Page-1)*v.pageSize + int64(max(f.At, 0)))
	}
	code := sxPages
	switch {
	case f.Kind == btree.Unreadable:
		code = sxFileSize
	case !v.sealed:
		code = sxIntegrity
	}
	v.add(code, place, "page %d: %s", f.Page, f.Text)
}
