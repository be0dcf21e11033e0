package salvage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// Salvage reads the pages of a damaged file by itself (https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1). It goes
// past the trees above the leaves, which say what page belongs to which table: a row is known by its columns, so that
// one bad page costs what is on it and nothing else.

// An image is one version of a page.
type image struct {
	r  io.ReaderAt
	at int64
}

// pages are the images that rows are looked for in: those of the main file, by page number, and behind them those of the log.
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

const (
	leafTable = 0x0d
	leafIndex = 0x0a
)

// cells gives where the cells of a page begin; none if it is not a leaf.
func cells(page []byte, first bool) (kind byte, at []int) {
	start := 0
	if first {
		start = sqlitefile.HeaderSize
	}
	if len(page) < start+8 {
		return 0, nil
	}
	kind = page[start]
	if kind != leafTable && kind != leafIndex {
		return 0, nil
	}
	n := int(binary.BigEndian.Uint16(page[start+3:]))
	for i := range n {
		off := start + 8 + 2*i
		if off+2 > len(page) {
			break
		}
		if c := int(binary.BigEndian.Uint16(page[off:])); c >= start+8 && c < len(page) {
			at = append(at, c)
		}
	}
	return kind, at
}

// A datum is one column of a row. Its kind is n for NULL, i, f, t for text, b for a blob.
type datum struct {
	kind byte
	i    int64
	f    float64
	b    []byte
}

// A row is one cell of a leaf page, read whole.
type row struct {
	key    int64 // of a table's row
	values []datum
}

// maxSalvageRow is the length in bytes of the longest row that is read.
const maxSalvageRow = provider.MaxText + 1<<20

// row reads the cell at an offset of a page.
func (p *pages) row(page []byte, kind byte, at int) (row, error) {
	var r row
	rest := page[at:]
	size, n := varint(rest)
	if n == 0 || size < 1 || size > maxSalvageRow {
		return r, errCell
	}
	if size > uint64(max(p.budget, 0)) {
		return r, errBudget
	}
	rest = rest[n:]
	usable := p.size
	most := usable - 35
	if kind == leafTable {
		key, n := varint(rest)
		if n == 0 {
			return r, errCell
		}
		r.key, rest = int64(key), rest[n:]
	} else {
		most = (usable-12)*64/255 - 23
	}
	payload, err := p.payload(rest, int64(size), most)
	if err != nil {
		return r, err
	}
	p.budget -= int64(size)
	r.values, err = columns(payload)
	return r, err
}

// payload gives the size bytes of a cell, of which no more than most lie in rest and the others in overflow pages.
func (p *pages) payload(rest []byte, size, most int64) ([]byte, error) {
	local := size
	if size > most {
		least := (p.size-12)*32/255 - 23
		if local = least + (size-least)%(p.size-4); local > most {
			local = least
		}
		if int64(len(rest)) < local+4 {
			return nil, errCell
		}
	}
	if int64(len(rest)) < local {
		return nil, errCell
	}
	if local == size {
		return append([]byte(nil), rest[:size]...), nil
	}
	next := binary.BigEndian.Uint32(rest[local:])
	payload := append(make([]byte, 0, min(size, (p.pages+int64(len(p.log)))*p.size)), rest[:local]...)
	part := make([]byte, p.size)
	for int64(len(payload)) < size {
		i, ok := p.current(next)
		if !ok {
			return nil, errCell
		}
		if _, err := i.r.ReadAt(part, i.at); err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(part)
		payload = append(payload, part[4:4+min(p.size-4, size-int64(len(payload)))]...)
	}
	return payload, nil
}

// maxSalvageColumns is more than any table has.
const maxSalvageColumns = 32

// columns takes a record of SQLite apart.
func columns(payload []byte) ([]datum, error) {
	size, n := varint(payload)
	if n == 0 || size < uint64(n) || size > uint64(len(payload)) {
		return nil, errCell
	}
	head, body := payload[n:size], payload[size:]
	var values []datum
	for len(head) > 0 {
		serial, n := varint(head)
		if n == 0 || len(values) == maxSalvageColumns {
			return nil, errCell
		}
		head = head[n:]
		var v datum
		var width uint64
		switch {
		case serial == 0:
			v.kind = 'n'
		case serial <= 6:
			v.kind, width = 'i', [...]uint64{0, 1, 2, 3, 4, 6, 8}[serial]
		case serial == 7:
			v.kind, width = 'f', 8
		case serial == 8 || serial == 9:
			v.kind, v.i = 'i', int64(serial-8)
		case serial >= 12 && serial%2 == 0:
			v.kind, width = 'b', (serial-12)/2
		case serial >= 13:
			v.kind, width = 't', (serial-13)/2
		default:
			return nil, errCell
		}
		if width > uint64(len(body)) {
			return nil, errCell
		}
		b := body[:width]
		body = body[width:]
		switch {
		case v.kind == 'i' && width > 0:
			v.i = int64(int8(b[0]))
			for _, c := range b[1:] {
				v.i = v.i<<8 | int64(c)
			}
		case v.kind == 'f':
			v.f = math.Float64frombits(binary.BigEndian.Uint64(b))
		case v.kind == 't' || v.kind == 'b':
			v.b = b
		}
		values = append(values, v)
	}
	if len(body) > 0 {
		return nil, errCell
	}
	return values, nil
}

// varint reads SQLite's variable-length integer and gives its length, 0 if b ends in it.
func varint(b []byte) (v uint64, n int) {
	for i := range min(len(b), 8) {
		v = v<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	if len(b) < 9 {
		return 0, 0
	}
	return v<<8 | uint64(b[8]), 9
}

// A pattern says what kinds of value the columns of a table's rows have, each by its letters: n for NULL, i, f, t, b.
type pattern []string

func (p pattern) match(values []datum) bool {
	if len(values) != len(p) {
		return false
	}
	for i, v := range values {
		ok := false
		for _, k := range []byte(p[i]) {
			ok = ok || k == v.kind
		}
		if !ok {
			return false
		}
	}
	return true
}

// The patterns of the tables of schema version 1; no two match the same row. The first column of a table whose key is an
// integer is NULL in its rows.
var (
	experimentPattern  = pattern{"n", "t", "t", "t", "tn", "tn", "bn", "tn", "tn", "in", "tn", "in", "in"}
	iterationPattern   = pattern{"n", "i", "t", "t", "t", "tn"}
	eventTypePattern   = pattern{"n", "t"}
	eventPattern       = pattern{"n", "i", "i", "tn", "tn"}
	sectionPattern     = pattern{"n", "b", "t"}
	interactionPattern = pattern{"n", "i", "tn", "tn", "tn", "tn", "tn", "tn", "tn", "in", "in", "ifn", "tn", "tn"}
	notePattern        = pattern{"n", "t", "t"}
	attachmentPattern  = pattern{"n", "t", "tn", "b"}
	annotationPattern  = pattern{"n", "t", "tn", "t", "b"}
	sealPattern        = pattern{"n", "b", "i", "i", "i", "i", "i", "i"}
	blockPattern       = pattern{"n", "b", "b"}
	redactionPattern   = pattern{"i", "t", "bn", "bn"} // the only index whose rows are looked at
)
