package btree

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A loader makes one tree after the other from rows that come in order. Of each level of a tree it holds the page that
// is filled; level 0 are the leaves. Whatever gets a number goes to the sink at once, so pages come in the order of
// their numbers.
type loader struct {
	size     int
	sink     Sink
	number   uint32 // of the next page
	full     bool   // there are no more numbers
	levels   []*openPage
	overflow []byte
	rowid    int64 // of the row before
	started  bool  // there is one
}

func newLoader(pageSize int, sink Sink) loader {
	leaf := newPage(pageSize, tableLeaf)
	return loader{size: pageSize, sink: sink, levels: []*openPage{leaf}, overflow: make([]byte, pageSize)}
}

// An openPage is the page of a level that is being filled.
type openPage struct {
	data   []byte
	kind   byte
	count  int   // of cells
	begin  int   // where the cells begin; the first one is at the end of the page
	key    int64 // rowid of the last cell
	closed bool  // pages of this level came before
}

func newPage(size int, kind byte) *openPage {
	p := &openPage{data: make([]byte, size), kind: kind}
	p.clear()
	return p
}

func (p *openPage) clear() {
	clear(p.data)
	p.count, p.begin = 0, len(p.data)
}

// fits reports whether there is room for one more cell of so many bytes.
func (p *openPage) fits(size int) bool {
	return headerLength(p.kind)+2*(p.count+1)+size <= p.begin
}

// add makes room for a cell that fits, and gives it.
func (p *openPage) add(size int, key int64) []byte {
	p.begin -= size
	binary.BigEndian.PutUint16(p.data[headerLength(p.kind)+2*p.count:], uint16(p.begin))
	p.count++
	p.key = key
	return p.data[p.begin : p.begin+size : p.begin+size]
}

// giveUp makes the child of the last cell of an interior page the rightmost one, and gives the key of that cell.
func (p *openPage) giveUp() int64 {
	p.setRight(binary.BigEndian.Uint32(p.data[p.begin:]))
	size := 4 + varintSize(uint64(p.key))
	clear(p.data[p.begin : p.begin+size])
	p.begin += size
	p.count--
	clear(p.data[headerLength(p.kind)+2*p.count:][:2])
	return p.key
}

func (p *openPage) setRight(child uint32) { binary.BigEndian.PutUint32(p.data[8:], child) }

// bytes gives the page, valid until it is changed.
func (p *openPage) bytes() []byte {
	p.data[0] = p.kind
	binary.BigEndian.PutUint16(p.data[3:], uint16(p.count))
	binary.BigEndian.PutUint16(p.data[5:], uint16(p.begin)) // 65536 becomes 0, as SQLite wants it
	return p.data
}

// put gives a page the next number.
func (l *loader) put(data []byte) (number uint32, err error) {
	if l.full {
		return 0, fmt.Errorf("more than %d pages", uint32(maxPages))
	}
	number = l.number
	l.number++
	if number-1 == lockPage(l.size) {
		if err := l.sink.Put(number-1, make([]byte, l.size)); err != nil {
			return 0, err
		}
	}
	if l.number == lockPage(l.size) {
		l.number++
	}
	l.full = number == maxPages
	return number, l.sink.Put(number, data)
}

// last gives the number of the last page.
func (l *loader) last() uint32 {
	if l.number-1 == lockPage(l.size) {
		return l.number - 2
	}
	return l.number - 1
}

// minRecord is how long a record with one column is. SQLite reads none without. So no cell is shorter than 4 bytes,
// which is what SQLite gives each at least.
const minRecord = 2

// add adds a row to the tree.
func (l *loader) add(rowid int64, record []byte) error {
	if l.started && rowid <= l.rowid {
		return fmt.Errorf("row %d behind %d", rowid, l.rowid)
	}
	if len(record) < minRecord || len(record) > math.MaxInt32 {
		return fmt.Errorf("row %d: a record of %d bytes, want %d to %d", rowid, len(record), minRecord, math.MaxInt32)
	}
	l.rowid, l.started = rowid, true
	var start [18]byte
	head := appendVarint(appendVarint(start[:0], uint64(len(record))), uint64(rowid))
	local := localPayload(int64(len(record)), l.size)
	size := len(head) + local
	if local < len(record) {
		size += 4
	}
	leaf := l.levels[0]
	if !leaf.fits(size) {
		if err := l.close(0, leaf.key); err != nil {
			return err
		}
	}
	cell := leaf.add(size, rowid)
	n := copy(cell, head)
	n += copy(cell[n:], record[:local])
	if local < len(record) {
		binary.BigEndian.PutUint32(cell[n:], l.number)
		return l.putOverflow(record[local:])
	}
	return nil
}

// putOverflow puts the rest of a row on pages of its own.
func (l *loader) putOverflow(rest []byte) error {
	for len(rest) > 0 {
		n := copy(l.overflow[4:], rest)
		rest = rest[n:]
		clear(l.overflow[4+n:])
		next := uint32(0)
		if len(rest) > 0 {
			next = l.following()
		}
		binary.BigEndian.PutUint32(l.overflow, next)
		if _, err := l.put(l.overflow); err != nil {
			return err
		}
	}
	return nil
}

// following gives the number of the page behind the next one.
func (l *loader) following() uint32 {
	if l.number+1 == lockPage(l.size) {
		return l.number + 2
	}
	return l.number + 1
}

// close puts the open page of a level, whose keys end at key, and enters it on the level above.
func (l *loader) close(level int, key int64) error {
	p := l.levels[level]
	child, err := l.put(p.bytes())
	if err != nil {
		return err
	}
	p.clear()
	p.closed = true
	above := l.above(level)
	var buf [13]byte
	cell := appendVarint(binary.BigEndian.AppendUint32(buf[:0], child), uint64(key))
	if !above.fits(len(cell)) {
		if err := l.close(level+1, above.giveUp()); err != nil {
			return err
		}
	}
	copy(above.add(len(cell), key), cell)
	return nil
}

// above gives the open page of the next level.
func (l *loader) above(level int) *openPage {
	if level+1 == len(l.levels) {
		l.levels = append(l.levels, newPage(l.size, tableInterior))
	}
	return l.levels[level+1]
}

// end ends the tree and gives its root, which has no number yet.
func (l *loader) end() (*openPage, error) {
	level := 0
	for ; l.levels[level].closed; level++ {
		child, err := l.put(l.levels[level].bytes())
		if err != nil {
			return nil, err
		}
		l.above(level).setRight(child)
	}
	return l.levels[level], nil
}

// endOnPage1 ends the tree with its root on page 1, behind the header of the file. If that has no room for it, page 1
// is an interior page above it without a cell; only there SQLite allows that.
func (l *loader) endOnPage1(page1 []byte) error {
	root, err := l.end()
	if err != nil {
		return err
	}
	if HeaderSize+headerLength(root.kind)+2*root.count > root.begin {
		child, err := l.put(root.bytes())
		if err != nil {
			return err
		}
		root = newPage(l.size, tableInterior)
		root.setRight(child)
	}
	copy(page1[root.begin:], root.bytes()[root.begin:])
	copy(page1[HeaderSize:], root.data[:headerLength(root.kind)+2*root.count])
	return nil
}

// begin begins the next tree.
func (l *loader) begin() {
	for _, p := range l.levels {
		p.clear()
		p.closed = false
	}
	l.started = false
}
