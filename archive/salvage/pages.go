package salvage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// An image is one version of a page.
type image struct {
	r  io.ReaderAt
	at int64
}

// pages are the images that rows are looked for in: those of the main file, by page number, and behind them those of
// the log.
type pages struct {
	size   int64
	main   image
	pages  int64            // in the main file
	log    []image          // from oldest to newest
	newest map[uint32]int64 // the image that is the current version of a page, where that is not the main file's
	latest map[uint32]int64 // the last image of a page that the log has, even if it counts for nothing; nil if all count
	budget int64            // bytes of rows that may still be read
	buf    []byte
}

// image gives an image by its number.
func (p *pages) image(n int64) image {
	if n < p.pages {
		return image{p.main.r, n * p.size}
	}
	return p.log[n-p.pages]
}

// count gives how many images there are.
func (p *pages) count() int64 { return p.pages + int64(len(p.log)) }

// current gives the current version of a page.
func (p *pages) current(page uint32) (image, bool) {
	if n, ok := p.newest[page]; ok {
		return p.image(n), true
	}
	if page == 0 || int64(page) > p.pages {
		return image{}, false
	}
	return p.image(int64(page) - 1), true
}

// number gives the page that an image is a version of, 0 if that cannot be read.
func (p *pages) number(n int64) uint32 {
	if n < p.pages {
		return uint32(n + 1)
	}
	i := p.image(n)
	head := make([]byte, 4)
	if _, err := i.r.ReadAt(head, i.at-sqlitefile.FrameHeader); err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(head)
}

// isCurrent reports whether an image is the current version of its page.
func (p *pages) isCurrent(n int64) bool {
	newest, newer := p.newest[p.number(n)]
	return newer && newest == n || !newer && n < p.pages
}

// forest gives the trees of the pages as newest or latest has them.
func (p *pages) forest(newest map[uint32]int64) *btree.Forest {
	n := p.pages
	for page := range newest {
		n = max(n, int64(page))
	}
	return btree.NewForest(btree.NewPager(view{p, newest}, p.size, n))
}

// A view reads the version of every page that newest names.
type view struct {
	p      *pages
	newest map[uint32]int64
}

// ReadAt implements [io.ReaderAt] for whole pages.
func (v view) ReadAt(b []byte, offset int64) (n int, err error) {
	for ; n < len(b); n += int(v.p.size) {
		page := uint32((offset+int64(n))/v.p.size + 1)
		i, ok := v.newest[page]
		if !ok && int64(page) > v.p.pages {
			return n, io.EOF
		} else if !ok {
			i = int64(page) - 1
		}
		from := v.p.image(i)
		if _, err := from.r.ReadAt(b[n:n+int(v.p.size)], from.at); err != nil {
			return n, err
		}
	}
	return n, nil
}

var (
	errCell   = errors.New("not a row")
	errBudget = fmt.Errorf("%w: its rows hold more than the file itself", archive.ErrDamaged)
)

// read gives a page; the next call reuses its memory.
func (p *pages) read(i image) ([]byte, error) {
	if p.buf == nil {
		p.buf = make([]byte, p.size)
	}
	n, err := i.r.ReadAt(p.buf, i.at)
	if errors.Is(err, io.EOF) && n > 0 { // the last page of a file that was cut
		clear(p.buf[n:])
		return p.buf, nil
	}
	return p.buf, err
}

// maxRow is the length in bytes of the longest row that is read.
const maxRow = provider.MaxText + 1<<20

// row reads the cell at an offset of a leaf page, and gives the tables that it may be of and its values. They belong to
// the caller.
func (p *pages) row(page []byte, at int) (of []string, row tables.Row, err error) {
	c, err := btree.ReadLeafCell(page, at)
	if err != nil || c.Size < 1 || c.Size > maxRow {
		return nil, nil, errCell
	}
	if c.Size > max(p.budget, 0) {
		return nil, nil, errBudget
	}
	payload, err := p.payload(c)
	p.budget -= int64(len(payload)) // also of one that is not whole, for the sake of the time that it took
	if err != nil {
		return nil, nil, err
	}
	if row, err = values(payload); err != nil {
		return nil, nil, err
	}
	if of = tablesOf(row, c.Rowid); len(of) == 0 {
		return nil, nil, errCell
	}
	row[0] = btree.Value{Kind: btree.Integer, Int: c.Rowid}
	return of, row, nil
}

// payload gives the payload of a cell, of which some may be on overflow pages; with an error, what was read of it.
func (p *pages) payload(c btree.LeafCell) ([]byte, error) {
	payload := append(make([]byte, 0, min(c.Size, p.count()*p.size)), c.Local...)
	part := make([]byte, p.size)
	for next := c.Overflow; int64(len(payload)) < c.Size; {
		i, ok := p.current(next)
		if !ok {
			return payload, errCell
		}
		if _, err := i.r.ReadAt(part, i.at); err != nil {
			return payload, err
		}
		next = binary.BigEndian.Uint32(part)
		payload = append(payload, part[4:4+min(p.size-4, c.Size-int64(len(payload)))]...)
	}
	return payload, nil
}

// maxColumns is more than any table has.
const maxColumns = 32

// values takes a row apart. It has to be one that SQLite could have written.
func values(payload []byte) (tables.Row, error) {
	var all [maxColumns]btree.Value
	n, plain, err := btree.DecodeRow(payload, all[:])
	if err != nil || !plain {
		return nil, errCell
	}
	return append(tables.Row(nil), all[:n]...), nil
}

// rowTables are the tables whose rows are looked for, in a fixed order.
var rowTables = []string{
	tables.TableEvent, tables.TableInteraction, tables.TableIteration, tables.TableNote, tables.TableAttachment,
	tables.TableEventType, tables.TableSection, tables.TableRedaction, tables.TableLeafBlock, tables.TableAnnotation,
	tables.TableExperiment,
}

// tablesOf gives the tables that a row may be of, which its columns tell. It is one table, but for these:
//
//   - A row of two columns is of the event types or of the sections; see [Survey.which].
//   - One of four may be a note or an attachment if its text or data is NULL. Then it is withheld, which the table of
//     redactions says, under the name of the one or the other.
//   - An attachment may have the very name, size and number of a key in the table of redactions; see
//     [Survey.redactions].
func tablesOf(row tables.Row, key int64) (of []string) {
	for _, table := range rowTables {
		if fits(table, row) && (table != tables.TableRedaction || isRedaction(row, key)) {
			of = append(of, table)
		}
	}
	return of
}

// fits reports whether the values of a row have the types of a table's columns. The first one is NULL in a row, since
// its value is the key.
func fits(table string, row tables.Row) bool {
	columns := tables.Columns[table]
	if len(columns) != len(row) || row[0].Kind != btree.Null {
		return false
	}
	for i := 1; i < len(columns); i++ {
		if columns[i].Check(&row[i]) != nil {
			return false
		}
	}
	return true
}

// isRedaction reports whether a row is what the table of redactions holds of a field that there is.
func isRedaction(row tables.Row, key int64) bool {
	commitment, of := row[tables.RedactionCommitment], row[tables.RedactionKeyOf]
	if len(commitment.Bytes)+len(of.Bytes) != len(provider.Commitment{}) {
		return false
	}
	seq, id := tables.RedactionRecord(key)
	for kind := provider.KindStart; kind <= provider.KindResult; kind++ {
		f, ok := kind.Field(string(row[tables.RedactionField].Bytes))
		if ok && f.Committed && f.ID == id && seq >= 0 {
			return true
		}
	}
	return false
}
