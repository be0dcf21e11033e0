package btreetest

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// PageSizes are those that tests go through.
var PageSizes = []int{512, 4096, 65536}

// Databases gives what is worth judging at a page size; with long, also what takes hundreds of megabytes.
func Databases(pageSize int, long bool) []Database {
	all := []Database{
		few(pageSize), edges(pageSize), rowids(pageSize), small(pageSize), deep(pageSize), longRows(pageSize, long),
	}
	if pageSize < maxPage || long {
		all = append(all, oneKey(pageSize))
	}
	return append(all, schemas(pageSize)...)
}

const maxPage = 65536

// named gives a database with one table.
func named(name string, pageSize int, rows func(yield func(int64, []btree.Value) bool)) Database {
	return Database{
		Name: fmt.Sprintf("%s-%d", name, pageSize), PageSize: pageSize,
		Schema: []btree.Object{table("t")}, Tables: []Table{{"t", rows}},
	}
}

// few has a table of one row between empty ones, and a view.
func few(pageSize int) Database {
	one := func(yield func(int64, []btree.Value) bool) {
		yield(1, row(btree.Value{Kind: btree.Text, Bytes: []byte("one")}, btree.Value{Kind: btree.Integer, Int: 1}))
	}
	return Database{
		Name: fmt.Sprintf("few-%d", pageSize), PageSize: pageSize,
		Schema: []btree.Object{
			table("a"), table("b"), {Type: "view", Name: "v", Table: "v", SQL: "CREATE VIEW v AS SELECT x FROM b"}, table("c"),
		},
		Tables: []Table{{"b", one}},
	}
}

// sized gives the values of a row whose record is size bytes long, at least 4; fill fills its blob.
func sized(size int, fill func([]byte)) []btree.Value {
	for _, y := range []btree.Value{{}, {Kind: btree.Integer, Int: 100}} { // which takes 0 or 1 byte
		for width := 1; width <= 5; width++ { // of the type of the blob
			n := size - len("hn y") - (width - 1) // a header of 4 bytes if the type takes one
			if y.Kind != btree.Null {
				n--
			}
			if n >= 0 && varintSize(12+2*n) == width {
				x := btree.Value{Kind: btree.Blob, Bytes: make([]byte, n)}
				fill(x.Bytes)
				return row(x, y)
			}
		}
	}
	panic(fmt.Sprintf("no record of %d bytes", size))
}

func varintSize(n int) int { return (bits.Len(uint(n)) + 6) / 7 }

// random fills with bytes that follow from a seed.
func random(seed uint64) func([]byte) {
	source := rand.NewPCG(seed, 1)
	return func(b []byte) {
		for i := range b {
			if b[i] = byte(source.Uint64()); b[i] == 0 {
				b[i] = 1
			}
		}
	}
}

// edges has a row for each length within 14 bytes of those at which another part of a row comes to be on overflow
// pages, and short ones. Their ids take all lengths that there are.
func edges(pageSize int) Database {
	most, least, room := pageSize-35, (pageSize-12)*32/255-23, pageSize-4
	var sizes []int
	for i := range map[bool]int{true: 2, false: 3}[pageSize == maxPage] {
		for d := -14; d <= 14; d++ {
			sizes = append(sizes, most+i*room+d, least+(i+1)*room+d)
		}
	}
	for size := 4; size < 150; size++ {
		sizes = append(sizes, size)
	}
	r := rand.New(rand.NewPCG(1, uint64(pageSize)))
	r.Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
	ids := map[int64]bool{}
	for len(ids) < len(sizes) {
		id := int64(r.Uint64() >> r.IntN(64))
		ids[id] = true
	}
	order := make([]int64, 0, len(ids))
	for id := range ids {
		order = append(order, id)
	}
	slices.Sort(order)
	return named("edges", pageSize, func(yield func(int64, []btree.Value) bool) {
		for i, id := range order {
			if !yield(id, sized(sizes[i], random(uint64(i)))) {
				return
			}
		}
	})
}

// rowids has rows on both sides of each length of a rowid, and the first and last that there can be. Records with fewer
// columns than the table, as ALTER TABLE leaves them, give the shortest cells.
func rowids(pageSize int) Database {
	ids := []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64}
	for i := range int64(128) { // more cells of 4 bytes than a page of 512 has room for
		ids = append(ids, i, -i-1)
	}
	for shift := 8; shift < 63; shift++ {
		for d := int64(-2); d <= 2; d++ {
			ids = append(ids, 1<<shift+d, -1<<shift+d)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return named("rowids", pageSize, func(yield func(int64, []btree.Value) bool) {
		for _, id := range ids {
			if !yield(id, []btree.Value{{}}) {
				return
			}
		}
	})
}

// small has several tables with many short rows each, of every type.
func small(pageSize int) Database {
	d := named("small", pageSize, nil)
	d.Schema, d.Tables = nil, nil
	for i, name := range []string{"a", "b", "c"} {
		d.Schema = append(d.Schema, table(name))
		d.Tables = append(d.Tables, Table{name, func(yield func(int64, []btree.Value) bool) {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			for id := int64(-500); id < 2500; id += 1 + int64(r.IntN(3)) {
				x := btree.Value{Kind: btree.Text, Bytes: []byte(strings.Repeat("äx", r.IntN(1+r.IntN(80))))}
				y := btree.Value{Kind: btree.Integer, Int: int64(r.Uint64() >> r.IntN(64))}
				switch r.IntN(4) {
				case 0:
					y = btree.Value{}
				case 1:
					y.Int = -y.Int
				case 2:
					x = btree.Value{Kind: btree.Integer, Int: y.Int & 1}
				}
				if !yield(id, row(x, y)) {
					return
				}
			}
		}})
	}
	return d
}

// cells is how many cells an interior page has room for if their rowids take 9 bytes, as negative ones do.
func cells(pageSize int) int { return (pageSize - 12) / (2 + 4 + 9) }

// leaves gives n rows, of which each fills a leaf of its own.
func leaves(name string, pageSize, n int) Database {
	size := pageSize/2 + 10
	return named(name, pageSize, func(yield func(int64, []btree.Value) bool) {
		for i := range n {
			if !yield(int64(i-n), sized(size, func(b []byte) { copy(b, fmt.Sprint(i)) })) {
				return
			}
		}
	})
}

// deep has more levels than others: 5 of pages of 512 bytes.
func deep(pageSize int) Database {
	n := cells(pageSize) + 100
	if pageSize < 4096 {
		n = cells(pageSize)*cells(pageSize) + 300
	}
	if pageSize == 512 {
		n = 33*33*33 + 4000
	}
	if pageSize == maxPage {
		n = 100
	}
	return leaves("deep", pageSize, n)
}

// oneKey has interior pages with one key, each the last one of its level.
func oneKey(pageSize int) Database {
	c := cells(pageSize)
	n := c + 2 // the first page gives up its last cell, so the second has one, and the last leaf on its right
	if pageSize < 4096 {
		n = c*(c+1) + 2 // the same one level higher as well
	}
	return leaves("onekey", pageSize, n)
}

// longRows has rows on many overflow pages, and short ones between them.
func longRows(pageSize int, long bool) Database {
	most := 1 << 20
	if long {
		most = 64 << 20
	}
	return named("long", pageSize, func(yield func(int64, []btree.Value) bool) {
		for i, size := range []int{100, most, 20, 70_000, most - 1, 5} {
			if !yield(int64(i*1000), sized(size, random(uint64(i)))) {
				return
			}
		}
	})
}

// view gives a view whose statement is size bytes long.
func view(i, size int) btree.Object {
	name := fmt.Sprintf("v%03d", i)
	sql := fmt.Sprintf("CREATE VIEW %s AS SELECT %d /**/", name, i)
	sql = strings.Replace(sql, "/**/", "/*"+strings.Repeat("-", max(0, size-len(sql)))+"*/", 1)
	return btree.Object{Type: "view", Name: name, Table: name, SQL: sql}
}

// A form of a schema: how many views there are before its table, and how long each is.
type form struct {
	name        string
	views, size int
}

// schemas have their tree in each of its forms.
func schemas(pageSize int) (all []Database) {
	forms := []form{
		{"full", 1, fullView(pageSize)}, // page 1 has not a byte left
		{"overfull", 1, fullView(pageSize) + 1},
		{"leaf", 2, 50},               // page 1 is the leaf; at 512 bytes it is full
		{"nocell", 1, pageSize - 170}, // a leaf that fits a page, but not page 1
		{"interior", 3, pageSize / 2},
		{"overflow", 4, 3*pageSize + 7},
	}
	if pageSize == 512 {
		forms = append(forms,
			form{"wide", 40, 350},
			form{"nocellwide", 62, 350}, // an interior page that fits a page, but not page 1
			form{"three", 130, 350},     // levels; and root pages with numbers of two bytes
		)
	}
	for _, f := range forms {
		d := named("schema-"+f.name, pageSize, small(pageSize).Tables[0].Rows)
		d.Schema = nil
		for i := range f.views {
			d.Schema = append(d.Schema, view(i, f.size))
		}
		d.Schema = append(d.Schema, table("t"))
		all = append(all, d)
	}
	return all
}

// fullView gives the length of a view that fills page 1 together with table t.
func fullView(pageSize int) int {
	for size := pageSize - 300; ; size++ {
		v, used := view(0, size), btree.HeaderSize+8
		for _, o := range []btree.Object{v, table("t")} {
			text := func(s string) btree.Value { return btree.Value{Kind: btree.Text, Bytes: []byte(s)} }
			root := btree.Value{Kind: btree.Integer, Int: 0}
			if o.Type == "table" {
				root.Int = 2
			}
			record := btree.AppendRecord(nil, []btree.Value{text(o.Type), text(o.Name), text(o.Table), root, text(o.SQL)})
			used += 2 + varintSize(len(record)) + 1 + len(record)
		}
		if used >= pageSize {
			return size
		}
	}
}

// Lock gives a database of 1 GiB. On both sides of the page that holds byte 2^30 are the overflow pages of a row
// ("chain") or leaves ("leaf"); or the file ends just before it ("end").
func Lock(pageSize int, what string) Database {
	const each = 16 << 20 // bytes a row
	d := named("lock-"+what, pageSize, func(yield func(int64, []btree.Value) bool) {
		c := counter{next: 3, lock: 1<<30/pageSize + 1, most: cells(pageSize)}
		id := int64(-1 << 62)
		// put gives a row with a leaf of its own and n overflow pages, of each of which one byte is not zero.
		put := func(n int) bool {
			id++
			c.row(n)
			room := pageSize - 4
			return yield(id, sized(pageSize/2+20+n*room, func(b []byte) {
				for i := 0; i < len(b); i += room {
					b[i] = byte(i/room*7 + int(id)*31)
				}
			}))
		}
		before := map[string]int{"chain": 5, "leaf": 10, "end": 0}[what] // so many pages are left for what comes then
		for {
			after := c.clone()
			after.row(each / pageSize)
			if left := after.lock - after.next - before - 100; left < 0 {
				break
			}
			if !put(each / pageSize) {
				return
			}
		}
		limit := c.lock - before
		if what == "end" {
			limit = c.lock + 1 // the next page after the last one before it
		}
		last := max(0, c.lock-c.next-before-50) // overflow pages of the row that fills up
		for {
			after := c.clone()
			after.row(last + 1)
			if what == "end" {
				after.end()
			}
			if after.next > limit {
				break
			}
			last++
		}
		if !put(last) {
			return
		}
		for range map[string]int{"chain": 1, "leaf": 30, "end": 0}[what] {
			if !put(map[string]int{"chain": 20, "leaf": 0}[what]) {
				return
			}
		}
	})
	d.Longest = each / 2
	return d
}

// A counter counts the pages of rows of which each has a leaf of its own and a rowid of 9 bytes.
type counter struct {
	next, lock int
	most       int   // cells of an interior page
	cells      []int // of the open page of each level, 0 being the leaves
	closed     []bool
}

func (c counter) clone() *counter {
	c.cells, c.closed = slices.Clone(c.cells), slices.Clone(c.closed)
	return &c
}

func (c *counter) page() {
	if c.next++; c.next == c.lock {
		c.next++
	}
}

func (c *counter) row(overflow int) {
	c.add(0, 1)
	for range overflow {
		c.page()
	}
}

// add adds a cell to the open page of a level.
func (c *counter) add(level, most int) {
	if level == len(c.cells) {
		c.cells, c.closed = append(c.cells, 0), append(c.closed, false)
	}
	if c.cells[level] == most {
		c.page()
		c.cells[level], c.closed[level] = 0, true
		c.add(level+1, c.most)
	}
	c.cells[level]++
}

func (c *counter) end() {
	for level := 0; c.closed[level]; level++ {
		c.page()
	}
}
