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

// isCurrent reports whether an image is the current version of its page.
func (p *pages) isCurrent(n int64) bool {
	if n < p.pages {
		_, newer := p.newest[uint32(n+1)]
		return !newer
	}
	i := p.image(n)
	head := make([]byte, 4)
	if _, err := i.r.ReadAt(head, i.at-sqlitefile.FrameHeader); err != nil {
		return false
	}
	newest, ok := p.newest[binary.BigEndian.Uint32(head)]
	return ok && newest == n
}

// forest gives the trees of the current pages.
func (p *pages) forest() *btree.Forest {
	n := p.pages
	for page := range p.newest {
		n = max(n, int64(page))
	}
	return btree.NewForest(btree.NewPager(currentPages{p}, p.size, n))
}

// currentPages reads the current version of every page.
type currentPages struct{ p *pages }

// ReadAt implements [io.ReaderAt] for whole pages.
func (c currentPages) ReadAt(b []byte, offset int64) (n int, err error) {
	for ; n < len(b); n += int(c.p.size) {
		i, ok := c.p.current(uint32((offset+int64(n))/c.p.size + 1))
		if !ok {
			return n, io.EOF
		}
		if _, err := i.r.ReadAt(b[n:n+int(c.p.size)], i.at); err != nil {
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

// row reads the cell at an offset of a leaf page, and gives the table that it is of and its values. They belong to the
// caller.
func (p *pages) row(page []byte, index bool, at int) (table string, row tables.Row, err error) {
	c, err := btree.ReadLeafCell(page, index, at)
	if err != nil || c.Size < 1 || c.Size > maxRow {
		return "", nil, errCell
	}
	if c.Size > max(p.budget, 0) {
		return "", nil, errBudget
	}
	payload, err := p.payload(c)
	p.budget -= int64(len(payload)) // also of one that is not whole, for the sake of the time that it took
	if err != nil {
		return "", nil, err
	}
	if row, err = values(payload); err != nil {
		return "", nil, err
	}
	if table = tableOf(row, index); table == "" {
		return "", nil, errCell
	}
	if !index {
		row[0] = btree.Value{Kind: btree.Integer, Int: c.Rowid}
	}
	return table, row, nil
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

// rowTables are the tables with a rowid whose rows are looked for, in a fixed order; no row can be one of two of them.
var rowTables = []string{
	"event", "llm_interaction", "iteration", "note", "attachment", "event_type", "section", "leaf_block",
	"annotation", "seal", "experiment",
}

// tableOf gives the table that a row is of, which its columns tell; "" if it is of none. The first column of a table
// with a rowid is NULL in its rows. Of those of indexes only the table without a rowid is looked at.
func tableOf(row tables.Row, index bool) string {
	if index {
		if fits(sqlitefile.RedactionTable, row, 0) {
			return sqlitefile.RedactionTable
		}
		return ""
	}
	if len(row) == 0 || row[0].Kind != btree.Null {
		return ""
	}
	for _, table := range rowTables {
		if fits(table, row, 1) {
			return table
		}
	}
	return ""
}

// fits reports whether the values of a row from a column on have the types of a table's columns.
func fits(table string, row tables.Row, from int) bool {
	columns := tables.Columns[table]
	if len(columns) != len(row) {
		return false
	}
	for i := from; i < len(columns); i++ {
		if columns[i].Check(&row[i]) != nil {
			return false
		}
	}
	return true
}
