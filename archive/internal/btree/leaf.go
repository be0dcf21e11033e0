package btree

import (
	"encoding/binary"
	"fmt"
)

// The functions below read a leaf page that may be damaged, one cell at a time: a cell that cannot be read costs no
// other.

// A LeafCell is a row of a leaf page.
type LeafCell struct {
	Rowid    int64
	Size     int64  // length of the payload in bytes
	Local    []byte // the part of it that is on the page itself, shared with the page
	Overflow uint32 // the page that the rest begins on, 0 if there is none
}

// SQLite's shortest and longest pages, in bytes.
const (
	minPage = 512
	maxPage = 65536
)

// LeafCells gives the offsets of the cells of a page, each once and those outside it left out. first says that the
// header of the database stands before the page's own. What is no leaf page of a table has none.
func LeafCells(data []byte, first bool) (offsets []int) {
	start := 0
	if first {
		start = HeaderSize
	}
	if len(data) < minPage || data[start] != tableLeaf {
		return nil
	}
	var seen [maxPage / 64]uint64
	pointers := data[start+headerLength(tableLeaf):]
	for range binary.BigEndian.Uint16(data[start+3:]) {
		if len(pointers) < 2 {
			break
		}
		at := int(binary.BigEndian.Uint16(pointers))
		inside := at >= start+headerLength(tableLeaf) && at+4 <= len(data)
		if bit := uint64(1) << (at % 64); inside && seen[at/64]&bit == 0 {
			seen[at/64] |= bit
			offsets = append(offsets, at)
		}
		pointers = pointers[2:]
	}
	return offsets
}

// ReadLeafCell reads the cell at an offset that [LeafCells] gave.
func ReadLeafCell(data []byte, offset int) (LeafCell, error) {
	p := page{data: data, kind: tableLeaf}
	c := cell{offset: offset}
	if err := p.parseCell(&c); err != nil {
		return LeafCell{}, fmt.Errorf("cell at byte %d: %w", offset, err)
	}
	return LeafCell{c.rowid, c.payload, data[c.at : c.at+c.local], c.overflow}, nil
}
