package btree_test

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
)

// The model lays a database out as the rule is written, not as a Writer works: it has all rows at once, makes a tree
// level by level, and numbers the pages at the end by when they were closed. It is slow, and knows nothing of the lock
// page.

// A modelPage is a page of the model. It was closed, or is an overflow page that was begun, when row `when` came.
type modelPage struct {
	when, level, index int // in this order they get their numbers
	number             int
	kind               byte
	cells              [][]byte
	children           []*modelPage // of the cells; in a leaf the first overflow page, or nil
	right              *modelPage   // also the next overflow page
	key                int64        // what goes up
	overflow           []byte       // content of an overflow page
}

const (
	atEnd    = 1 << 30
	overflow = 1 << 20 // as a level: behind all that the same row closed
)

type modelRow struct {
	id     int64
	record []byte
}

func modelVarint(n uint64) []byte {
	if n>>56 != 0 {
		b := make([]byte, 9)
		b[8] = byte(n)
		n >>= 8
		for i := 7; i >= 0; i-- {
			b[i] = byte(n&127) | 128
			n >>= 7
		}
		return b
	}
	b := []byte{byte(n & 127)}
	for n >>= 7; n > 0; n >>= 7 {
		b = append([]byte{byte(n&127) | 128}, b...)
	}
	return b
}

// modelTree gives the pages of a tree in the order of their numbers, and its root, which is not among them.
func modelTree(size int, rows []modelRow) (numbered []*modelPage, root *modelPage) {
	fits := func(header int, cells [][]byte, cell []byte) bool {
		n := header + 2 + len(cell)
		for _, c := range cells {
			n += 2 + len(c)
		}
		return n <= size
	}
	var all []*modelPage
	leaf := &modelPage{kind: 13, when: atEnd}
	level := []*modelPage{leaf}
	for i, r := range rows {
		local := len(r.record)
		if m := (size-12)*32/255 - 23; local > size-35 {
			if local = m + (len(r.record)-m)%(size-4); local > size-35 {
				local = m
			}
		}
		cell := slices.Concat(modelVarint(uint64(len(r.record))), modelVarint(uint64(r.id)), r.record[:local])
		var chain *modelPage
		for at := len(r.record); at > local; {
			begin := local + (at-1-local)/(size-4)*(size-4)
			chain = &modelPage{when: i, level: overflow, index: begin, overflow: r.record[begin:at], right: chain}
			all = append(all, chain)
			at = begin
		}
		if chain != nil {
			cell = append(cell, 0, 0, 0, 0)
		}
		if !fits(8, leaf.cells, cell) {
			leaf.when, leaf.key = i, rows[i-1].id
			leaf = &modelPage{kind: 13, when: atEnd}
			level = append(level, leaf)
		}
		leaf.cells, leaf.children = append(leaf.cells, cell), append(leaf.children, chain)
	}
	for depth := 1; len(level) > 1; depth++ {
		all = append(all, level...)
		p := &modelPage{kind: 5, when: atEnd, level: depth}
		above := []*modelPage{p}
		for _, child := range level[:len(level)-1] {
			cell := append([]byte{0, 0, 0, 0}, modelVarint(uint64(child.key))...)
			if !fits(12, p.cells, cell) {
				end := len(p.cells) - 1
				p.when, p.right, p.key = child.when, p.children[end], p.children[end].key
				p.cells, p.children = p.cells[:end], p.children[:end]
				p = &modelPage{kind: 5, when: atEnd, level: depth}
				above = append(above, p)
			}
			p.cells, p.children = append(p.cells, cell), append(p.children, child)
		}
		p.right = level[len(level)-1]
		level = above
	}
	slices.SortFunc(all, func(a, b *modelPage) int {
		return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.level, b.level), cmp.Compare(a.index, b.index))
	})
	return all, level[0]
}

// bytes gives the page, with its header at start.
func (p *modelPage) bytes(size, start int) []byte {
	b := make([]byte, size)
	be := binary.BigEndian
	if p.overflow != nil {
		if copy(b[4:], p.overflow); p.right != nil {
			be.PutUint32(b, uint32(p.right.number))
		}
		return b
	}
	header := 8
	if p.kind == 5 {
		header = 12
		be.PutUint32(b[start+8:], uint32(p.right.number))
	}
	at := size
	for i, c := range p.cells {
		at -= len(c)
		copy(b[at:], c)
		if p.kind == 5 {
			be.PutUint32(b[at:], uint32(p.children[i].number))
		} else if p.children[i] != nil {
			be.PutUint32(b[at+len(c)-4:], uint32(p.children[i].number))
		}
		be.PutUint16(b[start+header+2*i:], uint16(at))
	}
	b[start] = p.kind
	be.PutUint16(b[start+3:], uint16(len(p.cells)))
	be.PutUint16(b[start+5:], uint16(at%65536))
	return b
}

// modelFile gives the whole file.
func modelFile(d *btreetest.Database) []byte {
	size := d.PageSize
	rowsOf := map[string][]modelRow{}
	for _, t := range d.Tables {
		for id, values := range t.Rows {
			rowsOf[t.Name] = append(rowsOf[t.Name], modelRow{id, btree.AppendRecord(nil, values)})
		}
	}
	text := func(s string) btree.Value { return btree.Value{Kind: btree.Text, Bytes: []byte(s)} }
	var schema []*modelPage
	var page1 *modelPage
	front := 0
	for s := 1; ; s = 1 + len(schema) {
		var rows []modelRow
		front = s
		for i, o := range d.Schema {
			root := 0
			if o.Type == "table" {
				front++
				root = front
			}
			record := btree.AppendRecord(nil, []btree.Value{
				text(o.Type), text(o.Name), text(o.Table), {Kind: btree.Integer, Int: int64(root)}, text(o.SQL),
			})
			rows = append(rows, modelRow{int64(i + 1), record})
		}
		schema, page1 = modelTree(size, rows)
		used := 100 + 8
		if page1.kind == 5 {
			used += 4
		}
		for _, c := range page1.cells {
			used += 2 + len(c)
		}
		if used > size {
			schema, page1 = append(schema, page1), &modelPage{kind: 5, right: page1}
		}
		if 1+len(schema) == s {
			break
		}
	}
	number := func(pages []*modelPage, from int) []*modelPage {
		for i, p := range pages {
			p.number = from + i
		}
		return pages
	}
	all := append([]*modelPage{page1}, number(schema, 2)...)
	var roots, rest []*modelPage
	for _, o := range d.Schema {
		if o.Type == "table" {
			pages, root := modelTree(size, rowsOf[o.Name])
			roots, rest = append(roots, root), append(rest, pages...)
		}
	}
	all = append(all, number(roots, len(all)+1)...)
	all = append(all, number(rest, front+1)...)
	var file []byte
	for i, p := range all {
		start := 0
		if i == 0 {
			start = 100
		}
		file = append(file, p.bytes(size, start)...)
	}
	copy(file, btreetest.Header(size, uint32(len(all))))
	return file
}
