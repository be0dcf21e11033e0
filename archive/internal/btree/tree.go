package btree

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
)

// A Kind says which rule a [Fault] breaks.
type Kind int

const (
	Unreadable Kind = iota // the medium fails
	PageUse                // a page belongs to two trees or to none, or there is no such page
	PageKind               // a page is no page of a table's tree
	Cells                  // cells lie outside their page or on top of each other, or there are none
	KeyOrder               // the keys of a table do not ascend
	Divider                // a key above the leaves is not the last one of the leaf before it
	Depth                  // leaves are at different levels
	Overflow               // a row ends early or late on its overflow pages
	Layout                 // a page is not as its rows are laid out
)

// A Fault is something that the pages of a file have wrong.
type Fault struct {
	Kind Kind
	Tree string // name of the tree; empty if it is not about one
	Page uint32 // 0 if it is not about one
	At   int    // byte in the page, -1 for the page as a whole
	Text string
}

// A Forest is the trees of tables of a file. No page belongs to two of them, or twice to one.
type Forest struct {
	*Pager
	// Report takes the faults.
	Report func(Fault)
	// Packed says that a [Writer] made the pages. Then it is a fault too if there are bytes on a page that belong to
	// nothing, or a key above the leaves is not that of a row.
	Packed bool

	owners [][]uint8 // of each page, by its number: 1 and its index in names, or 0
	names  []string
}

// NewForest gives the trees of a file, of which at most 255 may be walked.
func NewForest(p *Pager) *Forest {
	return &Forest{Pager: p, owners: make([][]uint8, int64(p.pages)/ownerPages+1)}
}

// ownerPages is for how many pages the owners are kept in one piece. A file may have 2^32 pages and yet no content.
const ownerPages = 1 << 16

// owner gives the owner of page n, 0 for none.
func (f *Forest) owner(n uint32) uint8 {
	if piece := f.owners[n/ownerPages]; piece != nil {
		return piece[n%ownerPages]
	}
	return 0
}

// Owner gives the name of the tree that has page n, as far as trees were walked, "" for none.
func (f *Forest) Owner(n uint32) string {
	if n == 0 || n > f.pages || f.owner(n) == 0 {
		return ""
	}
	return f.names[f.owner(n)-1]
}

func (f *Forest) setOwner(n uint32, tree uint8) {
	piece := &f.owners[n/ownerPages]
	if *piece == nil {
		*piece = make([]uint8, min(ownerPages, int64(f.pages)+1-int64(n/ownerPages)*ownerPages))
	}
	(*piece)[n%ownerPages] = tree
}

func (f *Forest) addf(kind Kind, tree string, page uint32, at int, format string, args ...any) {
	if f.Report != nil {
		f.Report(Fault{kind, tree, page, at, fmt.Sprintf(format, args...)})
	}
}

// claim takes page n for a tree. It fails for a page that there is none of, or that has an owner.
func (f *Forest) claim(n uint32, tree uint8, whose string) bool {
	name := f.names[tree-1]
	switch {
	case n == 0 || n > f.pages:
		f.addf(PageUse, name, 0, -1, "%s page %d, but the file has pages 1 to %d", whose, n, f.pages)
	case f.owner(n) != 0:
		f.addf(PageUse, name, n, -1, "%s page %d, which belongs to %s already", whose, n, f.names[f.owner(n)-1])
	case n == lockPage(f.size):
		f.addf(PageUse, name, n, -1, "%s page %d, which SQLite locks", whose, n)
	default:
		f.setOwner(n, tree)
		return true
	}
	return false
}

// A Walk visits the rows of a table in the order of their keys, past pages that cannot be read.
type Walk struct {
	// Key is the rowid of the row.
	Key int64
	// Payload is the row in record format, valid until the next step.
	Payload []byte
	// Highest is the highest rowid met so far, be it one of a row that could not be read, or one that an interior page
	// says there is on a page that could not be read.
	Highest int64
	// Broken says that something of the tree could not be read.
	Broken bool
	// Heads says that only so much of a row is wanted as is on the page that it begins on.
	Heads bool

	f       *Forest
	name    string
	tree    uint8 // 0 if the walk claims no pages
	first   int64 // key before which no row is wanted
	stack   []*step
	depth   int // of the leaves; 0 until the first is met
	started bool
	last    int64  // key before
	long    []byte // payload that goes over several pages
	at      *page
	cell    *cell
}

// A step is a page on the way from the root to where the walk is.
type step struct {
	page  page
	own   []byte // a copy of the page
	next  int    // cell that comes next; len(cells) is the rightmost child
	begun int    // cell that came first
	low   int64  // rowid before those that may be in it, the lowest there is in front
	high  int64  // highest rowid that may be in it
}

// Walk begins a walk through the tree of the table that begins at page root.
func (f *Forest) Walk(name string, root uint32) *Walk { return f.WalkFrom(name, root, math.MinInt64) }

// WalkFrom is [Forest.Walk] that begins with the first row whose key is not below first. It does not look at pages
// before it.
func (f *Forest) WalkFrom(name string, root uint32, first int64) *Walk {
	w := &Walk{f: f, name: name, first: first}
	if len(f.names) == math.MaxUint8 {
		w.fail(PageUse, root, -1, "more than %d trees", math.MaxUint8)
		return w
	}
	f.names = append(f.names, name)
	w.tree = uint8(len(f.names))
	w.push(root, math.MinInt64, math.MaxInt64)
	return w
}

// LookFrom is [Forest.WalkFrom] for a few rows, of pages that may have an owner already, and get none. Since keys have
// to ascend it ends if the caller stops at the first fault.
func (f *Forest) LookFrom(name string, root uint32, first int64) *Walk {
	w := &Walk{f: f, name: name, first: first}
	w.push(root, math.MinInt64, math.MaxInt64)
	return w
}

// Page gives the number of the page that the row begins on, and where on it.
func (w *Walk) Page() (number uint32, at int) { return w.at.number, w.cell.offset }

// maxTreeDepth bounds the height of a tree; SQLite has 20.
const maxTreeDepth = 20

func (w *Walk) fail(kind Kind, page uint32, at int, format string, args ...any) {
	w.Broken = true
	w.f.addf(kind, w.name, page, at, format, args...)
}

// push goes down to page n.
func (w *Walk) push(n uint32, low, high int64) {
	if len(w.stack) >= maxTreeDepth {
		w.fail(Depth, n, -1, "more than %d levels", maxTreeDepth)
		return
	}
	data, ok := w.page(n, "leads to")
	if !ok {
		return
	}
	s := w.reuse()
	s.own = append(s.own[:0], data...)
	s.next, s.begun, s.low, s.high = 0, 0, low, high
	if err := s.page.parse(n, s.own); err != nil {
		kind := Cells
		if k := s.page.kind; k != tableInterior && k != tableLeaf {
			kind = PageKind
		}
		w.fail(kind, n, -1, "%v", err)
		return
	}
	w.stack = w.stack[:len(w.stack)+1]
	leaf := s.page.kind == tableLeaf
	if leaf {
		if w.depth == 0 {
			w.depth = len(w.stack)
		} else if w.depth != len(w.stack) {
			w.fail(Depth, n, -1, "a leaf at level %d, others are at level %d", len(w.stack), w.depth)
		}
	}
	if len(s.page.cells) == 0 && (len(w.stack) > 1 || !leaf) && n != 1 { // page 1 is smaller than what is below it
		w.fail(Cells, n, -1, "no cells")
	}
	if w.f.Packed && !s.page.packed() {
		w.f.addf(Layout, w.name, n, -1, "bytes that belong to nothing are not zero")
	}
	if !w.started && w.first > math.MinInt64 {
		w.seek(s)
	}
}

// seek goes on a page to the first cell that may lead to what is wanted. Since it passes over others, all keys of the
// page have to ascend.
func (w *Walk) seek(s *step) {
	cells, last := s.page.cells, s.low
	for i := range cells {
		if key := cells[i].rowid; key < last || key == last && (i > 0 || last > math.MinInt64) {
			w.fail(KeyOrder, s.page.number, cells[i].offset, "key %d behind %d", key, last)
		}
		last = cells[i].rowid
	}
	s.next = sort.Search(len(cells), func(i int) bool { return cells[i].rowid >= w.first })
	s.begun = s.next
}

// page reads a page, which becomes the tree's.
func (w *Walk) page(n uint32, whose string) ([]byte, bool) {
	read := w.f.lookUp
	if w.tree != 0 {
		if read = w.f.read; !w.f.claim(n, w.tree, whose) {
			w.Broken = true
			return nil, false
		}
	}
	data, err := read(n)
	if err != nil {
		w.fail(Unreadable, n, -1, "%v", err)
	}
	return data, err == nil
}

// reuse gives the step behind the top of the stack.
func (w *Walk) reuse() *step {
	if cap(w.stack) == 0 {
		w.stack = make([]*step, 0, maxTreeDepth)
	}
	all := w.stack[:len(w.stack)+1]
	if top := &all[len(all)-1]; *top == nil {
		if free := w.f.Pager.free; len(free) > 0 {
			*top, w.f.Pager.free = free[len(free)-1], free[:len(free)-1]
		} else {
			*top = &step{}
		}
	}
	return all[len(all)-1]
}

// Close ends a walk before its end, and leaves what it needed to the next one. Payload is not valid any more.
func (w *Walk) Close() {
	for i, s := range w.stack[:cap(w.stack)] {
		if s != nil {
			w.f.Pager.free = append(w.f.Pager.free, s)
			w.stack[:cap(w.stack)][i] = nil
		}
	}
	w.stack = w.stack[:0]
}

// Next goes to the next row and reports whether there is one.
func (w *Walk) Next() bool {
	for len(w.stack) > 0 {
		s := w.stack[len(w.stack)-1]
		switch s.page.kind {
		case tableLeaf:
			if s.next == len(s.page.cells) {
				w.stack = w.stack[:len(w.stack)-1]
				continue
			}
			c := &s.page.cells[s.next]
			s.next++
			if w.take(s, c) {
				return true
			}
		case tableInterior:
			if s.next > len(s.page.cells) {
				w.stack = w.stack[:len(w.stack)-1]
				continue
			}
			i := s.next
			s.next++
			if i > s.begun {
				w.checkDivider(s, &s.page.cells[i-1])
			}
			low := s.low
			if i > 0 {
				low = s.page.cells[i-1].rowid
			}
			if i == len(s.page.cells) {
				w.push(s.page.right, low, s.high)
			} else {
				w.Highest = max(w.Highest, s.page.cells[i].rowid)
				w.push(s.page.cells[i].child, low, s.page.cells[i].rowid)
			}
		}
	}
	return false
}

// checkDivider compares the key of a cell that led to a child with the rowids that were there. An interior key is the
// last rowid of what is on its left.
func (w *Walk) checkDivider(s *step, c *cell) {
	if !w.Broken && w.f.Packed && w.started && c.rowid != w.last {
		w.f.addf(Divider, w.name, s.page.number, c.offset,
			"key %d, want %d, the last one of page %d", c.rowid, w.last, c.child)
	}
}

// take makes c the current cell, and reports whether its payload could be read.
func (w *Walk) take(s *step, c *cell) bool {
	w.at, w.cell = &s.page, c
	if w.started && c.rowid <= w.last {
		w.fail(KeyOrder, s.page.number, c.offset, "key %d behind %d", c.rowid, w.last)
		return false
	}
	if c.rowid > s.high {
		w.fail(KeyOrder, s.page.number, c.offset, "key %d on a page whose keys end at %d", c.rowid, s.high)
		return false
	}
	w.started, w.last, w.Key = true, c.rowid, c.rowid
	w.Highest = max(w.Highest, c.rowid)
	if w.Heads {
		w.Payload = s.page.data[c.at : c.at+c.local]
		return true
	}
	return w.Whole()
}

// Whole makes Payload the whole row at which the walk stands, of which Next may have given the head only, and reports
// whether it could be read.
func (w *Walk) Whole() bool {
	c := w.cell
	local := w.at.data[c.at : c.at+c.local]
	if c.overflow == 0 && int64(c.local) == c.payload {
		w.Payload = local
		return true
	}
	if c.payload > maxPayload || c.payload/int64(w.f.size) > int64(w.f.pages) {
		w.fail(Overflow, w.at.number, c.offset, "a row of %d bytes", c.payload)
		return false
	}
	// At once, since growing step by step would take several times the memory; but no more than a sound row needs.
	w.long = append(slices.Grow(w.long[:0], int(min(c.payload, 80<<20))), local...)
	if !w.follow(c) {
		return false
	}
	w.Payload = w.long
	return true
}

// maxPayload is the longest row: no Value may be longer than 64 MiB, and an interaction has several.
const maxPayload = 512 << 20

// follow reads the overflow pages of c behind long.
func (w *Walk) follow(c *cell) bool {
	page, at := w.at.number, c.at+c.local
	for n := c.overflow; ; {
		left := c.payload - int64(len(w.long))
		data, ok := w.page(n, "a row goes on on")
		if !ok {
			return false
		}
		next := binary.BigEndian.Uint32(data)
		part := int(min(left, int64(w.f.size-4)))
		w.long = append(w.long, data[4:4+part]...)
		left -= int64(part)
		if left == 0 {
			if next != 0 {
				w.fail(Overflow, n, 0, "the row ends here, but page %d is said to follow", next)
			}
			return true
		}
		if next == 0 {
			w.fail(Overflow, page, at, "the row ends %d bytes early", left)
			return false
		}
		page, at, n = n, 0, next
	}
}

// Last gives the highest key of a table; ok is false for one without rows. It looks at no other pages than those that
// lead there.
func (f *Forest) Last(root uint32) (key int64, ok bool, err error) {
	n := root
	for range maxTreeDepth {
		data, err := f.lookUp(n)
		if err != nil {
			return 0, false, err
		}
		var p page
		if err := p.parse(n, data); err != nil {
			return 0, false, fmt.Errorf("page %d: %w", n, err)
		}
		switch last := len(p.cells) - 1; {
		case p.kind == tableInterior:
			n = p.right
		case last >= 0:
			return p.cells[last].rowid, true, nil
		case n == root:
			return 0, false, nil
		default:
			return 0, false, fmt.Errorf("page %d: no cells", n)
		}
	}
	return 0, false, fmt.Errorf("page %d: more than %d levels", root, maxTreeDepth)
}

// Find gives the row of a table that has a key, in record format, nil if there is none. The caller owns it. It reports
// nothing, and looks only at the cells that it compares.
func (f *Forest) Find(root uint32, rowid int64) []byte {
	n := root
	for range maxTreeDepth {
		data, err := f.lookUp(n)
		if err != nil {
			return nil
		}
		p, count := outline(n, data)
		if p.kind != tableInterior && p.kind != tableLeaf {
			return nil
		}
		var c, found cell // found is the first whose key is not below rowid
		i := count
		for lo, hi := 0, count; lo < hi; {
			mid := (lo + hi) / 2
			if !p.cellAt(mid, &c) {
				return nil
			}
			if c.rowid < rowid {
				lo = mid + 1
			} else {
				hi, i, found = mid, mid, c
			}
		}
		switch {
		case p.kind == tableInterior && i < count:
			n = found.child
		case p.kind == tableInterior:
			n = p.right
		case i == count || found.rowid != rowid:
			return nil
		default:
			return f.payload(&p, &found)
		}
	}
	return nil
}

// payload gives the whole payload of a cell, nil if it cannot be read.
func (f *Forest) payload(p *page, c *cell) []byte {
	if c.payload > maxPayload || c.payload/int64(f.size) > int64(f.pages) {
		return nil
	}
	all := make([]byte, 0, c.payload)
	all = append(all, p.data[c.at:c.at+c.local]...)
	for n := c.overflow; int64(len(all)) < c.payload; {
		data, err := f.lookUp(n)
		if err != nil {
			return nil
		}
		all = append(all, data[4:4+min(c.payload-int64(len(all)), int64(f.size-4))]...)
		n = binary.BigEndian.Uint32(data)
	}
	return all
}
