package verify

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/pages"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/schema"
)

// badPages are files whose pages are not those that their rows have by the rule.
func badPages() []badFile {
	list := []badFile{
		// Bytes that hold nothing: between the pointers and the cells, and behind the end of a long row.
		{base: "all", layout: onRoot(tables.TableNote, func(page []byte) { page[1000] = 'x' })},
		{base: "extremes", layout: func(t testing.TB, b []byte) []byte {
			last := lastOverflow(t, b)
			last[len(last)-1] = 'x'
			return b
		}},
		// A page too many, of which the header knows.
		{base: "start", layout: func(_ testing.TB, b []byte) []byte { return addPage(b) }},
		// A page of no kind, and one of the kind of an index.
		{base: "all", layout: onRoot(tables.TableNote, func(page []byte) { page[0] = 12 })},
		{base: "all", layout: onRoot(tables.TableNote, func(page []byte) { page[0] = 10 })},
		// Cells outside of their page, twice the same, in another order, with room between them, and none.
		{base: "all", layout: onRoot(tables.TableNote, func(page []byte) { binary.BigEndian.PutUint16(page[8:], 5) })},
		{base: "events", layout: onRoot(tables.TableEvent, func(page []byte) { copy(page[8:10], page[10:12]) })},
		{base: "attachments", layout: onRoot(tables.TableAttachment, func(page []byte) {
			cells := cellsOf(page)
			putCells(page, [][]byte{cells[1], cells[0], cells[2]}, 0)
			first := bytes.Clone(page[8:10]) // the pointers stay in the order of keys
			copy(page[8:], page[10:12])
			copy(page[10:], first)
		})},
		{base: "all", layout: onRoot(tables.TableNote, func(page []byte) {
			cells := cellsOf(page)
			putCells(page, append([][]byte{make([]byte, 8)}, cells...), 0)
			copy(page[8:], page[10:10+2*len(cells)])
			clear(page[8+2*len(cells) : 10+2*len(cells)])
			binary.BigEndian.PutUint16(page[3:], uint16(len(cells)))
		})},
		{base: "blocks", layout: func(t testing.TB, b []byte) []byte {
			putCells(pageAt(b, childrenOf(rootOf(t, b, tables.TableEvent))[1]), nil, 0)
			return b
		}},
		// Keys that do not ascend.
		{base: "events", layout: onRoot(tables.TableEvent, func(page []byte) {
			cells := cellsOf(page)
			cells[1][1] = cells[0][1] // rowids of one byte
		})},
		// A key above the leaves that is not the last one below it, and leaves in another order than the keys above them.
		{base: "blocks", layout: onRoot(tables.TableEvent, func(page []byte) {
			cell := cellsOf(page)[0]
			cell[len(cell)-1]++
		})},
		{base: "blocks", layout: onRoot(tables.TableEvent, func(page []byte) {
			cells := cellsOf(page)
			x := bytes.Clone(cells[0][:4])
			copy(cells[0], cells[1][:4])
			copy(cells[1], x)
		})},
		// Two leaves that stand in each other's place.
		{base: "blocks", layout: func(t testing.TB, b []byte) []byte {
			root := rootOf(t, b, tables.TableEvent)
			cells, children := cellsOf(root), childrenOf(root)
			x, y := pageAt(b, children[0]), pageAt(b, children[1])
			z := bytes.Clone(x)
			copy(x, y)
			copy(y, z)
			binary.BigEndian.PutUint32(cells[0], children[1])
			binary.BigEndian.PutUint32(cells[1], children[0])
			return b
		}},
		// A row that stands on the last leaf, though it fits the one before.
		{base: "blocks", layout: func(t testing.TB, b []byte) []byte {
			root := rootOf(t, b, tables.TableEvent)
			children := childrenOf(root)
			n := len(children)
			x, y := pageAt(b, children[n-2]), pageAt(b, children[n-1])
			from, to := cellsOf(x), cellsOf(y)
			putCells(y, append(from[len(from)-1:], to...), 0)
			above := cellsOf(root)
			above[n-2] = append(above[n-2][:4:4], rowidOf(from[len(from)-2])...)
			putCells(x, from[:len(from)-1], 0)
			putCells(root, above, children[n-1])
			return b
		}},
		// Leaves at different levels.
		{base: "blocks", layout: deepen},
		// A row that goes on behind its end, and one whose pages lead back.
		{base: "extremes", layout: func(t testing.TB, b []byte) []byte {
			binary.BigEndian.PutUint32(lastOverflow(t, b), 2)
			return b
		}},
		{base: "extremes", layout: func(t testing.TB, b []byte) []byte {
			first := firstOverflow(t, b)
			binary.BigEndian.PutUint32(pageAt(b, first), first)
			return b
		}},
		// Roots that are exchanged, rows of the schema in another order, and one with another number.
		{base: "all", layout: func(t testing.TB, b []byte) []byte {
			x, y := rootNumber(t, b, tables.TableNote), rootNumber(t, b, tables.TableAttachment)
			*x, *y = *y, *x
			return b
		}},
		{base: "all", sql: "DROP VIEW notes; " + objectText("notes")},
		{base: "all", layout: func(t testing.TB, b []byte) []byte {
			cells := cellsOf(pageAt(b, uint32(ruleOf(t).Front()-len(tables.Columns))))
			rowidOf(cells[len(cells)-1])[0]++
			return b
		}},
		// Numbers that are not in their shortest form: that of a type, of a length, an integer, and reals that are whole.
		{base: "all", row: func(table string, _ int64, record []byte) []byte {
			if table == tables.TableEventType { // the length of the header, NULL, the type of the name
				return append([]byte{record[0] + 1, 0, 0x80}, record[2:]...)
			}
			return record
		}},
		{base: "attachments", layout: onRoot(tables.TableAttachment, func(page []byte) {
			cells := cellsOf(page)
			cells[0] = append([]byte{0x80}, cells[0]...)
			putCells(page, cells, 0)
		})},
		{base: "prompts", row: editValue(tables.TableInteraction, tables.InteractionPromptTokens, 8, 1, []byte{0})},
		{base: "prompts", row: editValue(tables.TableInteraction, tables.InteractionLatency, 1, 7,
			binary.BigEndian.AppendUint64(nil, math.Float64bits(8)))},
		// minus zero
		{base: "prompts", row: editValue(tables.TableInteraction, tables.InteractionLatency, 1, 7,
			binary.BigEndian.AppendUint64(nil, 1<<63))},
		// no number
		{base: "prompts", row: editValue(tables.TableInteraction, tables.InteractionLatency, 1, 7,
			[]byte{0x7f, 0xf8, 0, 0, 0, 0, 0, 0})},
		// A tree of the schema that cannot be read.
		{base: "start", layout: poke(100, "0c")},
		{base: "start", layout: func(t testing.TB, b []byte) []byte {
			pageAt(b, binary.BigEndian.Uint32(b[sqlitefile.HeaderSize+8:]))[0] = 12
			return b
		}},
		// What SQLite itself makes of the content.
		{base: "blocks", layout: asSQLite},
	}
	for i := range list {
		list[i].code = sxPages
	}
	return list
}

// ruleOf gives a writer, which knows where by the rule the trees are.
func ruleOf(t testing.TB) *btree.Writer {
	t.Helper()
	objects, err := pages.Objects(schema.Version)
	if err != nil {
		t.Fatal(err)
	}
	w, err := btree.NewWriter(&buffer{}, schema.PageSize, objects)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// pageAt gives page n.
func pageAt(b []byte, n uint32) []byte {
	return b[int(n-1)*schema.PageSize : int(n)*schema.PageSize]
}

// rootOf gives the first page of a table.
func rootOf(t testing.TB, b []byte, table string) []byte { return pageAt(b, ruleOf(t).Root(table)) }

// onRoot changes the first page of a table.
func onRoot(table string, change func(page []byte)) func(testing.TB, []byte) []byte {
	return func(t testing.TB, b []byte) []byte {
		change(rootOf(t, b, table))
		return b
	}
}

// rootNumber finds the number of a table's first page in the schema, where it has one byte.
func rootNumber(t testing.TB, b []byte, table string) *byte {
	t.Helper()
	row := []byte("table" + table + table)
	at := bytes.Index(b, row)
	if at < 0 {
		t.Fatalf("no %s in the schema", table)
	}
	return &b[at+len(row)]
}

// objectText gives the statement that makes an object of the schema.
func objectText(name string) string {
	objects, err := schema.Objects(schema.Version)
	if err != nil {
		panic(err)
	}
	i := slices.IndexFunc(objects, func(o schema.Object) bool { return o.Name == name })
	return objects[i].SQL.String
}

const tableInterior = 5

// headerOf gives the length of a page's header.
func headerOf(page []byte) int {
	if page[0] == tableInterior {
		return 12
	}
	return 8
}

// cellsOf gives the cells of a page that is laid out by the rule, and not the first.
func cellsOf(page []byte) (cells [][]byte) {
	end := len(page)
	for i := range int(binary.BigEndian.Uint16(page[3:])) {
		at := int(binary.BigEndian.Uint16(page[headerOf(page)+2*i:]))
		cells = append(cells, page[at:end:end])
		end = at
	}
	return cells
}

// putCells lays a page out with cells, and a rightmost child if it has one.
func putCells(page []byte, cells [][]byte, right uint32) {
	cells = slices.Clone(cells)
	for i := range cells {
		cells[i] = bytes.Clone(cells[i])
	}
	clear(page[1:])
	header, end := headerOf(page), len(page)
	if header == 12 {
		binary.BigEndian.PutUint32(page[8:], right)
	}
	for i, c := range cells {
		end -= len(c)
		copy(page[end:], c)
		binary.BigEndian.PutUint16(page[header+2*i:], uint16(end))
	}
	binary.BigEndian.PutUint16(page[3:], uint16(len(cells)))
	binary.BigEndian.PutUint16(page[5:], uint16(end))
}

// childrenOf gives the children of an interior page.
func childrenOf(page []byte) (children []uint32) {
	for _, c := range cellsOf(page) {
		children = append(children, binary.BigEndian.Uint32(c))
	}
	return append(children, binary.BigEndian.Uint32(page[8:]))
}

// rowidOf gives the bytes of the rowid in the cell of a leaf.
func rowidOf(cell []byte) []byte {
	size := func(b []byte) int { return slices.IndexFunc(b, func(c byte) bool { return c < 0x80 }) + 1 }
	cell = cell[size(cell):]
	return cell[:size(cell)]
}

// firstOverflow gives the page on which the long note goes on.
func firstOverflow(t testing.TB, b []byte) uint32 {
	cell := cellsOf(rootOf(t, b, tables.TableNote))[0]
	return binary.BigEndian.Uint32(cell[len(cell)-4:])
}

// lastOverflow gives the page on which the long note ends.
func lastOverflow(t testing.TB, b []byte) []byte {
	page := pageAt(b, firstOverflow(t, b))
	for {
		next := binary.BigEndian.Uint32(page)
		if next == 0 {
			return page
		}
		page = pageAt(b, next)
	}
}

// addPage appends an empty page of which the header knows.
func addPage(b []byte) []byte {
	binary.BigEndian.PutUint32(b[28:], binary.BigEndian.Uint32(b[28:])+1)
	return append(b, make([]byte, schema.PageSize)...)
}

// deepen puts the first two leaves of the events one level below the others.
func deepen(t testing.TB, b []byte) []byte {
	t.Helper()
	b = addPage(b)
	added := uint32(len(b) / schema.PageSize)
	root := rootOf(t, b, tables.TableEvent)
	cells, children := cellsOf(root), childrenOf(root)
	page := pageAt(b, added)
	page[0] = tableInterior
	putCells(page, cells[:1], children[1])
	top := binary.BigEndian.AppendUint32(nil, added)
	putCells(root, append([][]byte{append(top, cells[1][4:]...)}, cells[2:]...), children[len(children)-1])
	return b
}

// schemaRow gives the row of a view NULL as root page.
func schemaRow(t testing.TB, b []byte) []byte {
	at := bytes.Index(b, []byte{13 + 2*4, 13 + 2*5, 13 + 2*5, 8}) // view, notes, notes, 0
	if at < 0 {
		t.Fatal("no view notes in the schema")
	}
	b[at+3] = 0
	return b
}

// doublePageSize says of a file that its pages are twice as long.
func doublePageSize(t testing.TB, b []byte) []byte {
	t.Helper()
	n := binary.BigEndian.Uint32(b[28:])
	if n%2 != 0 {
		b = append(b, make([]byte, schema.PageSize)...)
		n++
	}
	binary.BigEndian.PutUint16(b[16:], 2*schema.PageSize)
	binary.BigEndian.PutUint32(b[28:], n/2)
	return b
}

// asSQLite gives the file the pages that SQLite gives it, with the header of a sealed file.
func asSQLite(t testing.TB, b []byte) []byte {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	db := archivetest.OpenSQL(t, archivetest.Write(t, b), "mode=rw")
	if _, err := db.Exec("VACUUM INTO ?", copied); err != nil {
		t.Fatal(err)
	}
	b = archivetest.ReadFile(t, copied)
	copy(b, sqlitefile.CanonicalHeader(uint32(len(b)/schema.PageSize), schema.Version))
	return b
}

// editValue gives a value of a table another type and another body, where it has the first type. All types of the row
// are of one byte.
func editValue(table string, column int, from, to byte, body []byte) func(string, int64, []byte) []byte {
	return func(of string, _ int64, record []byte) []byte {
		if of != table || record[1+column] != from {
			return record
		}
		at := int(record[0])
		width := func(t byte) int {
			if t >= 12 {
				return int(t-12) / 2
			}
			return [...]int{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}[t]
		}
		for _, t := range record[1 : 1+column] {
			at += width(t)
		}
		record = bytes.Clone(record)
		record[1+column] = to
		return slices.Concat(record[:at], body, record[at+width(from):])
	}
}
