// Package btreetest makes databases with btree.Writer, so that programs that nobody here wrote can judge them: whether
// their pages are sound, and whether each row is the one that was given.
package btreetest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// A Database is what is laid out, and what its judges have to find.
type Database struct {
	Name     string
	PageSize int
	Schema   []btree.Object
	Tables   []Table // in the order of the schema; its others are empty
	Longest  int     // rows with a longer x are not compared; 0: all are
}

// A Table has columns (id INTEGER PRIMARY KEY, x, y). Its rows come by rising id, and are the same each time.
type Table struct {
	Name string
	Rows iter.Seq2[int64, []btree.Value]
}

// table gives the schema of a table.
func table(name string) btree.Object {
	sql := "CREATE TABLE " + name + " (id INTEGER PRIMARY KEY, x, y)"
	return btree.Object{Type: "table", Name: name, Table: name, SQL: sql}
}

// row gives the values of a row.
func row(x, y btree.Value) []btree.Value { return []btree.Value{{}, x, y} }

// Write gives the pages of the database to a sink.
func (d *Database) Write(sink btree.Sink) (pages uint32, err error) {
	w, err := btree.NewWriter(sink, d.PageSize, d.Schema)
	if err != nil {
		return 0, err
	}
	var record []byte
	for _, t := range d.Tables {
		if err := w.Table(t.Name); err != nil {
			return 0, err
		}
		for id, values := range t.Rows {
			record = btree.AppendRecord(record[:0], values)
			if err := w.Row(id, record); err != nil {
				return 0, err
			}
		}
	}
	return w.Finish(func(pages uint32) []byte { return Header(d.PageSize, pages) })
}

// Header gives the first bytes of a database.
func Header(pageSize int, pages uint32) []byte {
	b := make([]byte, btree.HeaderSize)
	copy(b, "SQLite format 3\x00")
	be := binary.BigEndian
	be.PutUint16(b[16:], uint16(pageSize|pageSize>>16)) // 65536 is written 1
	b[18], b[19] = 1, 1
	b[21], b[22], b[23] = 64, 32, 32
	be.PutUint32(b[24:], 1)
	be.PutUint32(b[28:], pages)
	be.PutUint32(b[40:], 1)
	be.PutUint32(b[44:], 4)
	be.PutUint32(b[56:], 1)
	be.PutUint32(b[92:], 1)
	be.PutUint32(b[96:], 3009000)
	return b
}

// File writes the database to a file.
func (d *Database) File(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	pages, err := d.Write(sparse{f})
	if err == nil {
		err = f.Truncate(int64(pages) * int64(d.PageSize))
	}
	if err == nil {
		err = f.Close()
	}
	return err
}

// sparse writes pages to a file but for what is zero, so that a file system which has holes leaves them out.
type sparse struct{ f *os.File }

const hole = 4096

var zeros [hole]byte

func (s sparse) Put(page uint32, data []byte) error {
	at := int64(page-1) * int64(len(data))
	for len(data) > 0 {
		n := min(len(data), hole)
		if string(data[:n]) != string(zeros[:n]) {
			if _, err := s.f.WriteAt(data[:n], at); err != nil {
				return err
			}
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// Select asks for the rows of a table as [Database.Dump] writes them, one text a row.
func (d *Database) Select(table string) string {
	condition := ""
	if d.Longest > 0 {
		condition = fmt.Sprintf(" WHERE length(x) <= %d", d.Longest)
	}
	return fmt.Sprintf("SELECT '%[1]s|' || id || '|' || quote(x) || '|' || quote(y) FROM %[1]s%[2]s ORDER BY id",
		table, condition)
}

// Dump writes each row as a line, in the order of the tables.
func (d *Database) Dump(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, t := range d.Tables {
		for id, values := range t.Rows {
			var x, y btree.Value // a column that the row does not have is NULL
			if len(values) > 1 {
				x, y = values[1], values[2]
			}
			if d.Longest > 0 && len(x.Bytes) > d.Longest {
				continue
			}
			fmt.Fprintf(b, "%s|%d", t.Name, id)
			quote(b, x)
			quote(b, y)
			b.WriteByte('\n')
		}
	}
	return b.Flush()
}

// quote writes a value as SQLite's function quote gives it.
func quote(b *bufio.Writer, v btree.Value) {
	switch v.Kind {
	case btree.Null:
		b.WriteString("|NULL")
	case btree.Integer:
		fmt.Fprintf(b, "|%d", v.Int)
	case btree.Text:
		fmt.Fprintf(b, "|'%s'", v.Bytes) // none here has a quotation mark
	case btree.Blob:
		fmt.Fprintf(b, "|X'%X'", v.Bytes)
	default:
		panic("a real is quoted in other ways by other releases")
	}
}
