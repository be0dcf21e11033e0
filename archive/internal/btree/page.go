package btree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// HeaderSize is the length of the header of a database, which stands before page 1's own.
const HeaderSize = 100

// A BlockReader has its bytes from far away, block by block: what is in a block that was read already costs nothing, and
// what nobody asks for costs time.
type BlockReader interface {
	io.ReaderAt
	// BlockSize gives the bytes of a block; 0 means that r is none.
	BlockSize() int64
}

// A Pager reads the pages of a database file, numbered from 1.
type Pager struct {
	r     io.ReaderAt
	size  int // of a page in bytes
	pages uint32
	block uint32 // pages that are read at once, beginning at a multiple of it
	// Pages are mostly read in order, but a leaf stands behind the overflow pages of its rows, and what is above it
	// further behind.
	blocks [keptBlocks]block
	recent int // block that was used last
	clock  uint64
	// So many of blocks are in use. One is enough to read what lies in order; a block that is read again soon after it
	// gave way to another needs one more.
	inUse int
	left  [keptBlocks]uint32 // first pages of those that gave way last
	lefts int
	// Those that are looked up come in any order, and often again.
	kept [keptPages]keptPage
	free []*step // of walks that were closed
}

const (
	keptPages  = 16
	keptBlocks = 12
	blockPages = 16 // in a block, at most
)

type keptPage struct {
	number uint32
	data   []byte
}

// A block is neighbouring pages.
type block struct {
	first, count uint32
	data         []byte
	used         uint64 // when
}

// page gives page n, which is in the block.
func (b *block) page(n uint32, size int) []byte {
	at := int(n-b.first) * size
	return b.data[at : at+size : at+size]
}

// NewPager reads a file of so many pages of pageSize bytes.
func NewPager(r io.ReaderAt, pageSize int64, pages int64) *Pager {
	return &Pager{r: r, size: int(pageSize), pages: uint32(min(pages, math.MaxUint32)), block: blockOf(r, pageSize)}
}

// blockOf gives how many pages of a reader are read at once: of a [BlockReader] those of one of its blocks.
func blockOf(r io.ReaderAt, pageSize int64) uint32 {
	if b, ok := r.(BlockReader); ok && b.BlockSize() > 0 {
		return uint32(min(max(b.BlockSize()/pageSize, 1), blockPages))
	}
	return blockPages
}

// Reset makes p a pager of another file, which keeps only the memory that it has.
func (p *Pager) Reset(r io.ReaderAt, pageSize int64, pages int64) {
	if int(pageSize) != p.size {
		*p = *NewPager(r, pageSize, pages)
		return
	}
	p.r, p.pages, p.recent, p.clock, p.inUse = r, uint32(min(pages, math.MaxUint32)), 0, 0, 0
	p.block = blockOf(r, pageSize)
	p.left = [keptBlocks]uint32{}
	for i := range p.blocks {
		p.blocks[i].first, p.blocks[i].count, p.blocks[i].used = 0, 0, 0
	}
	for i := range p.kept {
		p.kept[i].number = 0
	}
}

// read gives page n, valid until the next call.
func (p *Pager) read(n uint32) ([]byte, error) {
	if n == 0 || n > p.pages {
		return nil, fmt.Errorf("page %d of %d", n, p.pages)
	}
	b := &p.blocks[p.recent]
	if n-b.first >= b.count { // also if n is before it
		var err error
		if b, err = p.load(n); err != nil {
			return nil, err
		}
	}
	return b.page(n, p.size), nil
}

// load gives the block that page n is in, in the place of the one that was not used for longest.
func (p *Pager) load(n uint32) (*block, error) {
	p.clock++
	oldest := 0
	p.inUse = max(p.inUse, 1)
	for i := range p.inUse {
		b := &p.blocks[i]
		if n-b.first < b.count {
			b.used, p.recent = p.clock, i
			return b, nil
		}
		if b.used < p.blocks[oldest].used {
			oldest = i
		}
	}
	first, count := (n-1)/p.block*p.block+1, p.block
	if p.inUse < keptBlocks && slices.Contains(p.left[:], first) {
		oldest = p.inUse
		p.inUse++
	}
	b := &p.blocks[oldest]
	if b.count > 0 {
		p.left[p.lefts] = b.first
		p.lefts = (p.lefts + 1) % len(p.left)
	}
	count = min(count, p.pages-first+1)
	if len(b.data) < int(count)*p.size {
		b.data = make([]byte, int(count)*p.size)
	}
	b.count = 0
	if _, err := p.r.ReadAt(b.data[:int(count)*p.size], int64(first-1)*int64(p.size)); err != nil {
		first, count = n, 1 // the one that is wanted may be readable
		if _, err := p.r.ReadAt(b.data[:p.size], int64(n-1)*int64(p.size)); err != nil {
			return nil, err
		}
	}
	b.first, b.count, b.used, p.recent = first, count, p.clock, oldest
	return b, nil
}

// lookUp gives page n, valid until some later call. It reads no block.
func (p *Pager) lookUp(n uint32) ([]byte, error) {
	if n == 0 || n > p.pages {
		return nil, fmt.Errorf("page %d of %d", n, p.pages)
	}
	k := &p.kept[n%keptPages]
	if k.number == n {
		return k.data, nil
	}
	for i := range p.blocks {
		if b := &p.blocks[i]; n-b.first < b.count {
			return b.page(n, p.size), nil
		}
	}
	if k.data == nil {
		k.data = make([]byte, p.size)
	}
	k.number = 0
	if _, err := p.r.ReadAt(k.data, int64(n-1)*int64(p.size)); err != nil {
		return nil, err
	}
	k.number = n
	return k.data, nil
}

// Kinds of pages of a table's tree. Those of an index are 2 and 10; the tables of an archive have none.
const (
	tableInterior = 5
	tableLeaf     = 13
)

// A page is a page of a b-tree taken apart.
type page struct {
	number uint32
	data   []byte
	start  int // of the page's header: 100 on page 1, or 0
	kind   byte
	cells  []cell
	right  uint32 // rightmost child of an interior page
}

// A cell is a row of a table or what leads to a child page.
type cell struct {
	offset, size int    // of the cell in its page
	child        uint32 // in an interior page
	rowid        int64
	payload      int64  // length in bytes, of which some may be on overflow pages
	at, local    int    // where in the page the first of them are, and how many
	overflow     uint32 // first overflow page, 0 for none
}

// header gives the length of the page's own header.
func headerLength(kind byte) int {
	if kind == tableInterior {
		return 12
	}
	return 8
}

// parse takes page n, whose bytes are data, apart, and reuses what p has. It refuses what no SQLite would write: cells
// outside the page or on top of each other.
func (p *page) parse(n uint32, data []byte) error {
	p.number, p.data, p.start, p.cells, p.right = n, data, 0, p.cells[:0], 0
	if n == 1 {
		p.start = HeaderSize
	}
	be := binary.BigEndian
	h := data[p.start:]
	p.kind = h[0]
	switch p.kind {
	case tableInterior:
		p.right = be.Uint32(h[8:])
	case tableLeaf:
	default:
		return fmt.Errorf("kind %d, want %d or %d", p.kind, tableInterior, tableLeaf)
	}
	count := int(be.Uint16(h[3:]))
	pointers := p.start + headerLength(p.kind)
	content := int(be.Uint16(h[5:]))
	if content == 0 {
		content = 65536
	}
	if pointers+2*count > content || content > len(data) {
		return fmt.Errorf("%d cells whose content begins at byte %d", count, content)
	}
	room := len(data) - content
	p.cells = slices.Grow(p.cells, count)
	for i := range count {
		c := cell{offset: int(be.Uint16(data[pointers+2*i:]))}
		if c.offset < content || c.offset+4 > len(data) {
			return fmt.Errorf("cell %d at byte %d, outside the content, which begins at byte %d", i, c.offset, content)
		}
		if err := p.parseCell(&c); err != nil {
			return fmt.Errorf("cell %d at byte %d: %w", i, c.offset, err)
		}
		if room -= c.size; room < 0 {
			return errors.New("cells lie on top of each other")
		}
		p.cells = append(p.cells, c)
	}
	return nil
}

// outline gives page n, whose bytes are data, with none of its cells, and how many it has; none of what is no page of a
// table.
func outline(n uint32, data []byte) (p page, count int) {
	p = page{number: n, data: data}
	if n == 1 {
		p.start = HeaderSize
	}
	h := data[p.start:]
	if p.kind = h[0]; p.kind == tableInterior {
		p.right = binary.BigEndian.Uint32(h[8:])
	}
	return p, int(binary.BigEndian.Uint16(h[3:]))
}

// cellAt reads a cell of a page of which nothing was checked, and reports whether it could.
func (p *page) cellAt(i int, c *cell) bool {
	at := p.start + headerLength(p.kind) + 2*i
	if at+2 > len(p.data) {
		return false
	}
	*c = cell{offset: int(binary.BigEndian.Uint16(p.data[at:]))}
	return c.offset+4 <= len(p.data) && p.parseCell(c) == nil
}

func (p *page) parseCell(c *cell) error {
	at := c.offset
	if p.kind == tableInterior {
		c.child = binary.BigEndian.Uint32(p.data[at:])
		at += 4
	} else {
		n, size := varint(p.data[at:])
		if size == 0 || n > math.MaxInt32 {
			return fmt.Errorf("a payload of %d bytes", n)
		}
		c.payload = int64(n)
		at += size
	}
	n, size := varint(p.data[at:])
	if size == 0 {
		return errCutShort
	}
	c.rowid = int64(n)
	at += size
	if p.kind == tableLeaf {
		c.at, c.local = at, localPayload(c.payload, len(p.data))
		at += c.local
		if int64(c.local) < c.payload {
			if at+4 > len(p.data) {
				return errCutShort
			}
			c.overflow = binary.BigEndian.Uint32(p.data[at:])
			at += 4
		}
	}
	c.size = max(at-c.offset, 4) // SQLite gives no cell less
	if c.offset+c.size > len(p.data) {
		return errCutShort
	}
	return nil
}

var errCutShort = errors.New("longer than what is left of its page")

// localPayload gives how much of a payload of n bytes is in the cell itself.
func localPayload(n int64, pageSize int) int {
	most := pageSize - 35
	if n <= int64(most) {
		return int(n)
	}
	least := (pageSize-12)*32/255 - 23
	if local := least + int((n-int64(least))%int64(pageSize-4)); local <= most {
		return local
	}
	return least
}

// packed reports whether a page has nothing but zeros besides its cells and what leads to them.
func (p *page) packed() bool {
	begin := len(p.data)
	for _, c := range p.cells {
		begin -= c.size
	}
	between := p.data[p.start+headerLength(p.kind)+2*len(p.cells) : begin]
	return len(bytes.TrimLeft(between, "\x00")) == 0
}

// varint reads SQLite's variable-length integer; the size is 0 if b is too short for it.
func varint(b []byte) (n uint64, size int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return longVarint(b)
}

func longVarint(b []byte) (n uint64, size int) {
	for i := range 8 {
		if i >= len(b) {
			return 0, 0
		}
		n = n<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return n, i + 1
		}
	}
	if len(b) < 9 {
		return 0, 0
	}
	return n<<8 | uint64(b[8]), 9
}

// varintSize gives the length of the shortest varint of n.
func varintSize(n uint64) int {
	size := 1
	for ; n > 0x7f && size < 9; size++ {
		n >>= 7
	}
	return size
}
