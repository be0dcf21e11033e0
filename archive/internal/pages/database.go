package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// A Database is a file whose pages are read. Each reading of it goes over the pages anew; several may go on at once.
type Database struct{ file *sqlitefile.File }

// Open gives the pages of f, which stays open as long as the Database is used. It fails for a file that SQLite reads
// beside its recorder.
func Open(f *sqlitefile.File) (*Database, error) {
	if f.Pages == nil {
		return nil, errors.New("a file that is being recorded into has no pages to read")
	}
	return &Database{f}, nil
}

// Read begins a reading. Of a file of an older version than the newest the rows cannot be read;
// [sqlitefile.File.Newest] has one.
func (d *Database) Read(ctx context.Context) (*Reading, error) {
	if newest := sqlitefile.Formats.Version; d.file.Version != newest {
		return nil, fmt.Errorf("schema version %d: its pages are read of version %d only", d.file.Version, newest)
	}
	return d.read(ctx), ctx.Err()
}

// A Reading goes once over the pages of a database. What the first fault was sticks.
type Reading struct {
	*Database
	ctx    context.Context
	forest *btree.Forest
	pager  *btree.Pager // nil behind Close
	fault  error
	again  *sqlitefile.Budget // for rows of which the head was not enough
}

var _ tables.Reading = (*Reading)(nil)

func (d *Database) read(ctx context.Context) *Reading {
	r := &Reading{Database: d, ctx: ctx, pager: d.file.TakePager()}
	r.forest = btree.NewForest(r.pager)
	r.forest.Report = func(x btree.Fault) {
		if r.fault == nil {
			r.fault = fmt.Errorf("%w: %s: page %d: %s", sqlitefile.ErrDamaged, x.Tree, x.Page, x.Text)
		}
	}
	return r
}

// Close implements [tables.Reading].
func (r *Reading) Close() {
	if r.pager != nil {
		r.file.GivePager(r.pager)
		r.pager, r.forest = nil, nil
	}
}

func (r *Reading) root(table string) (uint32, error) {
	root, ok := r.file.Roots[table]
	if !ok {
		return 0, fmt.Errorf("%w: table %s has no pages", sqlitefile.ErrDamaged, table)
	}
	return root, nil
}

// Rows implements [tables.Reading].
func (r *Reading) Rows(table string, columns int, first, last int64) (tables.Rows, error) {
	rows, err := r.rows(table, first, last)
	if err != nil {
		return nil, err
	}
	if columns > 0 {
		rows.walk.Heads, rows.head = true, rows.values[:columns]
	}
	return rows, nil
}

// Look implements [tables.Reading].
func (r *Reading) Look(table string, first, last int64) (tables.Rows, error) {
	root, err := r.root(table)
	if err != nil {
		return nil, err
	}
	return r.newRows(table, r.forest.LookFrom(table, root, first), last), nil
}

// Find implements [tables.Reading].
func (r *Reading) Find(table string, key int64) (tables.Row, error) {
	root, err := r.root(table)
	if err != nil {
		return nil, err
	}
	rows := r.newRows(table, r.forest.LookFrom(table, root, key), key)
	defer rows.Close()
	rows.owned = true
	return rows.Next()
}

// Last implements [tables.Reading].
func (r *Reading) Last(table string) (key int64, ok bool, err error) {
	root, err := r.root(table)
	if err != nil {
		return 0, false, err
	}
	if key, ok, err = r.forest.Last(root); err != nil {
		err = fmt.Errorf("%w: %s: %w", sqlitefile.ErrDamaged, table, err)
	}
	return key, ok, err
}

// rows are those of one table in the order of their keys.
type rows struct {
	r       *Reading
	table   string
	columns []tables.Column // nil in an older version, whose tables can be copied and not be read
	walk    *btree.Walk
	last    int64
	key     int64
	values  tables.Row // valid until the next step, as record is
	head    tables.Row // those of values that are wanted; nil for all
	record  []byte     // the row as it is stored
	owned   bool       // rows stay valid
}

// maxColumns is more than any table has.
const maxColumns = 64

func (r *Reading) rows(table string, first, last int64) (*rows, error) {
	root, err := r.root(table)
	if err != nil {
		return nil, err
	}
	return r.newRows(table, r.forest.WalkFrom(table, root, first), last), nil
}

func (r *Reading) newRows(table string, walk *btree.Walk, last int64) *rows {
	rows := &rows{r: r, table: table, walk: walk, last: last}
	if r.file.Version == sqlitefile.Formats.Version {
		rows.columns = tables.Columns[table]
	}
	if rows.values = make(tables.Row, len(rows.columns)); rows.columns == nil {
		rows.values = make(tables.Row, maxColumns)
	}
	return rows
}

// Close implements [tables.Rows].
func (r *rows) Close() { r.walk.Close() }

// Next implements [tables.Rows].
func (r *rows) Next() (tables.Row, error) {
	if err := r.r.ctx.Err(); err != nil {
		return nil, err
	}
	if more := r.walk.Next(); !more || r.r.fault != nil {
		if r.r.fault == nil && r.walk.Broken {
			r.r.fault = fmt.Errorf("%w: table %s: a page cannot be read", sqlitefile.ErrDamaged, r.table)
		}
		return nil, r.r.fault
	}
	if r.key = r.walk.Key; r.key > r.last {
		return nil, nil
	}
	switch {
	case r.owned:
		return r.values, r.decode(bytes.Clone(r.walk.Payload))
	case r.head == nil:
		return r.values, r.decode(r.walk.Payload)
	}
	return r.decodeHead()
}

// Whole implements [tables.Rows].
func (r *rows) Whole() (tables.Row, error) {
	if !r.walk.Whole() {
		if r.r.fault == nil {
			r.r.fault = fmt.Errorf("%w: table %s, row %d cannot be read", sqlitefile.ErrDamaged, r.table, r.key)
		}
		return nil, r.r.fault
	}
	return r.values, r.decode(r.walk.Payload)
}

var errColumns = errors.New("other columns than the table has")

// decode takes a row apart.
func (r *rows) decode(record []byte) error {
	r.record = record
	n, plain, err := btree.DecodeRow(record, r.values)
	switch {
	case err != nil:
	case r.columns != nil && n != len(r.columns) || r.values[0].Kind != btree.Null:
		err = errColumns
	case !plain:
		err = errors.New("a number of more bytes than it needs")
	}
	if err != nil {
		return fmt.Errorf("%w: table %s, row %d: %w", sqlitefile.ErrDamaged, r.table, r.key, err)
	}
	r.values[0] = btree.Value{Kind: btree.Integer, Int: r.key}
	return tables.CheckRow(r.table, r.columns, r.values)
}

// decodeHead takes the first columns of a row apart, of which the rest on other pages is not read if it can be avoided.
func (r *rows) decodeHead() (tables.Row, error) {
	n, ok := btree.DecodeHead(r.walk.Payload, r.head)
	if !ok { // more of it is needed, or it is no record
		row, err := r.r.Find(r.table, r.key)
		if err == nil && row == nil {
			err = fmt.Errorf("%w: table %s, row %d cannot be read", sqlitefile.ErrDamaged, r.table, r.key)
		}
		if r.r.again == nil {
			r.r.again = r.r.file.Budget()
		}
		for i := range row {
			err = errors.Join(err, r.r.again.Take(len(row[i].Bytes)))
		}
		if err != nil {
			return nil, err
		}
		return row[:len(r.head)], nil
	}
	if n != len(r.columns) || r.head[0].Kind != btree.Null {
		return nil, fmt.Errorf("%w: table %s, row %d: %w", sqlitefile.ErrDamaged, r.table, r.key, errColumns)
	}
	r.head[0] = btree.Value{Kind: btree.Integer, Int: r.key}
	return r.head, tables.CheckRow(r.table, r.columns[:len(r.head)], r.head)
}
