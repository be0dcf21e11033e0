package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// A Database is a file whose pages are read. Each reading of it goes over the pages anew; several may go on at once.
type Database struct {
	r        io.ReaderAt
	pageSize int64
	pages    int64
	version  int // of the schema
	roots    map[string]uint32
}

// Open reads where the tables of f begin. f stays open as long as the Database is used. It fails for a file that SQLite
// reads beside its recorder.
func Open(f *sqlitefile.File) (*Database, error) {
	if f.Pages == nil {
		return nil, errors.New("a file that is being recorded into has no pages to read")
	}
	head := make([]byte, btree.HeaderSize)
	if _, err := f.Pages.ReadAt(head, 0); err != nil {
		return nil, err
	}
	d := &Database{r: f.Pages, pageSize: int64(binary.BigEndian.Uint16(head[16:])), version: f.Version}
	if d.pageSize == 1 {
		d.pageSize = 65536
	}
	d.pages = f.Size / d.pageSize
	return d, d.findRoots()
}

// findRoots reads the table of the schema, whose rows are (type, name, tbl_name, rootpage, sql).
func (d *Database) findRoots() error {
	d.roots = map[string]uint32{}
	p := d.pass()
	values := make(tables.Row, 5)
	w := p.forest.Walk(sqlitefile.SchemaTable, 1)
	for w.Next() {
		n, _, err := btree.DecodeRow(w.Payload, values)
		if err == nil && (n != len(values) || values[3].Kind != btree.Integer) {
			err = errColumns
		}
		if err != nil {
			return fmt.Errorf("%w: %s, row %d: %w", sqlitefile.ErrDamaged, sqlitefile.SchemaTable, w.Key, err)
		}
		if root := values[3].Int; string(values[0].Bytes) == "table" && root > 0 && root <= math.MaxUint32 {
			d.roots[string(values[1].Bytes)] = uint32(root)
		}
	}
	return p.end(w)
}

var errColumns = errors.New("other columns than the table has")

// A pass goes once over the pages of a database. What the first fault was sticks.
type pass struct {
	*Database
	forest *btree.Forest
	fault  error
}

func (d *Database) pass() *pass {
	p := &pass{Database: d, forest: btree.NewForest(btree.NewPager(d.r, d.pageSize, d.pages))}
	p.forest.Report = func(x btree.Fault) {
		if p.fault == nil {
			p.fault = fmt.Errorf("%w: %s: page %d: %s", sqlitefile.ErrDamaged, x.Tree, x.Page, x.Text)
		}
	}
	return p
}

// end tells why a walk ended, nil if it went over all of its tree.
func (p *pass) end(w *btree.Walk) error {
	if p.fault == nil && w.Broken {
		return fmt.Errorf("%w: a page cannot be read", sqlitefile.ErrDamaged)
	}
	return p.fault
}

// rows are those of one table in the order of their keys.
type rows struct {
	p       *pass
	table   string
	columns []tables.Column // nil in an older version, whose tables can be copied and not be read
	walk    *btree.Walk
	key     int64
	values  tables.Row // valid until the next step, as record is
	record  []byte     // the row as it is stored
}

// maxColumns is more than any table has.
const maxColumns = 64

func (p *pass) rows(table string) (*rows, error) {
	root, ok := p.roots[table]
	if !ok {
		return nil, fmt.Errorf("%w: table %s has no pages", sqlitefile.ErrDamaged, table)
	}
	r := &rows{p: p, table: table, walk: p.forest.Walk(table, root), values: make(tables.Row, maxColumns)}
	if p.version == sqlitefile.Formats.Version {
		if r.columns = tables.Columns[table]; r.columns != nil {
			r.values = r.values[:len(r.columns)]
		}
	}
	return r, nil
}

// next goes to the next row.
func (r *rows) next() (bool, error) {
	if !r.walk.Next() {
		return false, r.p.end(r.walk)
	}
	r.key, r.record = r.walk.Key, r.walk.Payload
	return true, r.decode(r.record)
}

// find reads the row that has a key, apart from the walk.
func (r *rows) find(key int64) error {
	r.key, r.record = key, r.p.forest.Find(r.p.roots[r.table], key)
	if r.record == nil {
		return fmt.Errorf("%w: table %s, row %d is missing", sqlitefile.ErrDamaged, r.table, key)
	}
	return r.decode(r.record)
}

// decode takes a row apart.
func (r *rows) decode(record []byte) error {
	n, plain, err := btree.DecodeRow(record, r.values)
	switch {
	case err != nil:
	case r.columns != nil && n != len(r.columns) || r.values[0].Kind != btree.Null:
		err = errColumns
	case !plain:
		err = errors.New("a number of more bytes than it needs")
	}
	if err == nil {
		r.values[0] = btree.Value{Kind: btree.Integer, Int: r.key}
		for i := range r.columns {
			if err = r.columns[i].Check(&r.values[i]); err != nil {
				break
			}
		}
	}
	if err != nil {
		return fmt.Errorf("%w: table %s, row %d: %w", sqlitefile.ErrDamaged, r.table, r.key, err)
	}
	return nil
}
