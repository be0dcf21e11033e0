package btree

import (
	"errors"
	"fmt"
	"math"
)

// An Object is a row of sqlite_schema but for its rootpage, which follows from the layout.
type Object struct {
	Type  string // "table", with a rowid, "view" or "trigger"
	Name  string
	Table string // tbl_name
	SQL   string
}

// A Sink takes the pages of a file.
type Sink interface {
	// Put takes a page, numbered from 1. data is valid during the call only.
	Put(page uint32, data []byte) error
}

// maxPages is how many pages an SQLite database may have.
const maxPages = math.MaxUint32 - 1

// lockPage gives the number of the page that holds byte 2^30, which SQLite locks: it holds nothing.
func lockPage(pageSize int) uint32 { return uint32(1<<30/pageSize) + 1 }

// A Writer lays the rows of a database out on pages, each row in its one possible place (FORMAT.md appendix A).
// The tables are given in the order of the schema, the rows of each by rising rowid:
//
//	w, err := NewWriter(sink, 4096, schema)
//	err = w.Table("z_event")
//	err = w.Row(1, record)
//	…
//	pages, err := w.Finish(header)
//
// The Sink is given every page of the file once: first, in ascending order, those behind the front, while rows come;
// then, in Finish, the front, which is pages 1 to [Writer.Front]. The page that holds byte 2^30 comes too, all
// zero; it is never the last one of the file.
//
// A Writer holds the front and a page for each level of the tree that is being written. After an error it gives that
// error again.
type Writer struct {
	loader
	front  []byte
	first  int      // pages of the schema's tree
	tables []string // those of the schema
	next   int      // index in tables of the one that comes after the open one
	err    error
}

// NewWriter begins a file with pages of pageSize bytes (a power of 2 from 512 to 65536) and the given schema.
func NewWriter(sink Sink, pageSize int, schema []Object) (*Writer, error) {
	if pageSize < minPage || pageSize > maxPage || pageSize&(pageSize-1) != 0 {
		return nil, fmt.Errorf("pages of %d bytes, want a power of 2 from %d to %d", pageSize, minPage, maxPage)
	}
	w := &Writer{loader: newLoader(pageSize, sink)}
	for _, o := range schema {
		switch o.Type {
		case "table":
			w.tables = append(w.tables, o.Name)
		case "view", "trigger":
		default:
			return nil, fmt.Errorf("schema: %s is of type %q, want table, view or trigger", o.Name, o.Type)
		}
	}
	if err := w.layFront(schema); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	w.number = uint32(w.Front() + 1)
	return w, nil
}

// layFront lays the tree of the schema out. The root pages that its rows name stand behind its own pages, and so depend
// on how many these are.
func (w *Writer) layFront(schema []Object) error {
	for first, rounds := 1, 0; rounds < 16; rounds++ {
		front := make(memory, first*w.size)
		l := newLoader(w.size, front)
		l.number = 2
		root := first
		for i, o := range schema {
			n := int64(0)
			if o.Type == "table" {
				root++
				n = int64(root)
			}
			text := func(s string) Value { return Value{Kind: Text, Bytes: []byte(s)} }
			row := []Value{text(o.Type), text(o.Name), text(o.Table), {Kind: Integer, Int: n}, text(o.SQL)}
			if err := l.add(int64(i)+1, AppendRecord(nil, row)); err != nil {
				return err
			}
		}
		if err := l.endOnPage1(front[:w.size]); err != nil {
			return err
		}
		if limit := int(lockPage(w.size)) - 1; root >= limit {
			return fmt.Errorf("needs %d pages, want fewer than %d", root, limit)
		}
		if got := int(l.number) - 1; got != first {
			first = got
			continue
		}
		w.first = first
		w.front = append(front, make([]byte, len(w.tables)*w.size)...)
		return nil
	}
	return errors.New("has no layout: its root pages move its pages")
}

// memory is a Sink that keeps the pages that there is room for.
type memory []byte

func (m memory) Put(page uint32, data []byte) error {
	if at := int(page-1) * len(data); at+len(data) <= len(m) {
		copy(m[at:], data)
	}
	return nil
}

// Front gives the number of pages that the schema and the roots of the tables take. They are the first ones of the
// file.
func (w *Writer) Front() int { return w.first + len(w.tables) }

// Root gives the number of the page that a table begins on, 0 if there is no such table.
func (w *Writer) Root(table string) uint32 {
	for i, name := range w.tables {
		if name == table {
			return uint32(w.first + i + 1)
		}
	}
	return 0
}

// tree gives the name of the tree that a page belongs to while it is put.
func (w *Writer) tree(page uint32) string {
	switch i := int64(page) - int64(w.first); {
	case page == lockPage(w.size):
		return ""
	case i <= 0:
		return "sqlite_schema"
	case i <= int64(len(w.tables)):
		return w.tables[i-1]
	}
	return w.tables[w.next-1]
}

// Table begins a table of the schema. Those before it of which nothing was said are empty.
func (w *Writer) Table(name string) error {
	root := w.Root(name)
	switch i := int(root) - w.first; {
	case w.err != nil:
	case root == 0:
		w.err = fmt.Errorf("table %s is not in the schema", name)
	case i <= w.next:
		w.err = fmt.Errorf("table %s comes behind %s, want the order of the schema", name, w.tables[w.next-1])
	default:
		w.endTables(i - 1)
		w.next = i
	}
	return w.err
}

// endTables ends the open table and those behind it, up to but not including the one with the given index.
func (w *Writer) endTables(end int) {
	for i := max(w.next-1, 0); i < end && w.err == nil; i++ {
		var root *openPage
		if root, w.err = w.end(); w.err == nil {
			copy(w.front[(w.first+i)*w.size:], root.bytes())
			w.begin()
		}
	}
}

// Row adds a row to the table that is open, its record as it is. Its rowid is above that of the row before, its record
// has 2 to 2^31−1 bytes.
func (w *Writer) Row(rowid int64, record []byte) error {
	if w.err == nil && w.next == 0 {
		w.err = fmt.Errorf("row %d belongs to no table", rowid)
	}
	if w.err == nil {
		if w.err = w.add(rowid, record); w.err != nil {
			w.err = fmt.Errorf("table %s: %w", w.tables[w.next-1], w.err)
		}
	}
	return w.err
}

// Finish ends the file, and gives the number of its pages. header gives the [HeaderSize] bytes that a file of so many
// pages begins with. The Writer cannot be used afterwards.
func (w *Writer) Finish(header func(pages uint32) []byte) (pages uint32, err error) {
	w.endTables(len(w.tables))
	pages = w.last()
	if w.err == nil {
		w.err = w.putFront(header(pages))
	}
	if w.err != nil {
		return 0, w.err
	}
	w.err = errors.New("the file is finished")
	return pages, nil
}

func (w *Writer) putFront(header []byte) error {
	if len(header) != HeaderSize {
		return fmt.Errorf("a header of %d bytes, want %d", len(header), HeaderSize)
	}
	copy(w.front, header)
	for i := range w.Front() {
		if err := w.sink.Put(uint32(i+1), w.front[i*w.size:(i+1)*w.size]); err != nil {
			return err
		}
	}
	return nil
}
