package tables

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A Reading is one look at the tables of an archive, which stay the same while it lasts. It is used by one goroutine,
// and closed, but for what it has given that is still in use. Its rows have the types of their columns.
//
// There are two: that of package pages, and the one of [ReadSQL] for a file that is being recorded into.
type Reading interface {
	// Rows begins to read the rows of a table whose keys are from first to last, in ascending order. Only their first
	// columns are read, as many as are asked for; 0 for all. A table is gone through once in a reading.
	Rows(table string, columns int, first, last int64) (Rows, error)
	// Look is Rows for a few rows, which may have been read before.
	Look(table string, first, last int64) (Rows, error)
	// Find gives the row of a table that has a key, nil if there is none. The caller owns it.
	Find(table string, key int64) (Row, error)
	// Last gives the highest key of a table; ok is false for an empty one.
	Last(table string) (key int64, ok bool, err error)
	// Close ends the reading, and the rows that are still open.
	Close()
}

// Rows are rows of a table.
type Rows interface {
	// Next gives the next row, valid until the next call, and nil behind the last.
	Next() (Row, error)
	// Whole gives the row of which Next gave the first columns, also valid until the next call. A row is read whole
	// once.
	Whole() (Row, error)
	Close()
}

// ReadSQL reads f through SQLite, in the state in which it is now.
func ReadSQL(ctx context.Context, f *sqlitefile.File) (Reading, error) {
	conn, err := f.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &sqlReading{ctx: ctx, file: f, conn: conn, open: map[*sqlRows]bool{}}
	// As long as a statement is not at its end, all others see the same state of the file.
	if r.snapshot, err = conn.QueryContext(ctx, "SELECT name FROM sqlite_schema"); err == nil && !r.snapshot.Next() {
		err = r.snapshot.Err()
	}
	if err != nil {
		r.Close()
		return nil, sqlitefile.Damage(err)
	}
	return r, nil
}

type sqlReading struct {
	ctx      context.Context
	file     *sqlitefile.File
	conn     *sql.Conn
	snapshot *sql.Rows
	open     map[*sqlRows]bool // a connection cannot be closed before them
}

func (r *sqlReading) Close() {
	for rows := range r.open {
		rows.Rows.Close()
	}
	if r.snapshot != nil {
		r.snapshot.Close()
	}
	r.conn.Close()
}

func (r *sqlReading) Rows(table string, columns int, first, last int64) (Rows, error) {
	all := Columns[table]
	if columns == 0 {
		columns = len(all)
	}
	key := all[0].Name
	return r.query(table, all[:columns], "WHERE "+key+" >= ? AND "+key+" <= ? ORDER BY "+key, first, last)
}

func (r *sqlReading) Look(table string, first, last int64) (Rows, error) {
	return r.Rows(table, 0, first, last)
}

func (r *sqlReading) query(table string, columns []Column, where string, args ...any) (*sqlRows, error) {
	rows, err := r.conn.QueryContext(r.ctx, selectColumns(table, columns)+where, args...)
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	s := &sqlRows{Rows: rows, reading: r, table: table, columns: columns, budget: r.file.Budget(),
		row: make(Row, len(columns))}
	s.values, s.targets = make([]any, len(columns)), make([]any, len(columns))
	for i := range s.values {
		s.targets[i] = &s.values[i]
	}
	r.open[s] = true
	return s, nil
}

func (r *sqlReading) Find(table string, key int64) (Row, error) {
	columns := Columns[table]
	rows, err := r.query(table, columns, "WHERE "+columns[0].Name+" = ?", key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Next()
}

func (r *sqlReading) Last(table string) (int64, bool, error) {
	var last sql.NullInt64
	err := r.conn.QueryRowContext(r.ctx, "SELECT max("+Columns[table][0].Name+") FROM "+table).Scan(&last)
	return last.Int64, last.Valid, sqlitefile.Damage(err)
}

type sqlRows struct {
	*sql.Rows
	reading *sqlReading
	table   string
	columns []Column
	budget  *sqlitefile.Budget
	row     Row
	begun   bool
	last    int64 // key before
	values  []any
	targets []any
}

func (r *sqlRows) Close() {
	r.Rows.Close()
	delete(r.reading.open, r)
}

func (r *sqlRows) Next() (Row, error) {
	if !r.Rows.Next() {
		delete(r.reading.open, r)
		return nil, sqlitefile.Damage(r.Err())
	}
	if err := r.Scan(r.targets...); err != nil {
		return nil, sqlitefile.Damage(err)
	}
	if err := FromSQL(r.table, r.row, r.values); err != nil {
		return nil, err
	}
	if err := r.budget.Take(Size(r.row)); err != nil {
		return nil, fmt.Errorf("table %s: %w", r.table, err)
	}
	if err := CheckRow(r.table, r.columns, r.row); err != nil {
		return nil, err
	}
	if key := r.row[0].Int; r.begun && key <= r.last {
		return nil, fmt.Errorf("%w: table %s: what follows row %d does not come behind it", sqlitefile.ErrDamaged, r.table,
			r.last)
	}
	r.begun, r.last = true, r.row[0].Int
	return r.row, nil
}

// Whole implements [Rows].
func (r *sqlRows) Whole() (Row, error) {
	row, err := r.reading.Find(r.table, r.last)
	if err == nil && row == nil {
		err = fmt.Errorf("%w: table %s: row %d is missing", sqlitefile.ErrDamaged, r.table, r.last)
	}
	return row, err
}

// Size gives the bytes of the texts and blobs of a row.
func Size(r Row) (n int) {
	for i := range r {
		n += len(r[i].Bytes)
	}
	return n
}

// CheckRow reports a value of a row that has not the type of its column. What is no number becomes NULL, as SQLite
// reads it.
func CheckRow(table string, columns []Column, row Row) error {
	for i := range columns {
		if row[i].Kind == btree.Real && math.IsNaN(row[i].Float) {
			row[i] = btree.Value{}
		}
		if err := columns[i].Check(&row[i]); err != nil {
			return fmt.Errorf("%w: table %s, row %d: %w", sqlitefile.ErrDamaged, table, row[0].Int, err)
		}
	}
	return nil
}

// Select gives the statement that reads all rows of a table, to which a condition may be added.
func Select(table string) string { return selectColumns(table, Columns[table]) }

func selectColumns(table string, columns []Column) string {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + table + " "
}

// FromSQL converts the values that SQLite gives for the columns of a table. Blobs are shared.
func FromSQL[V any](table string, row Row, values []V) error {
	for i, x := range values {
		switch x := any(x).(type) {
		case nil:
			row[i] = btree.Value{}
		case int64:
			row[i] = btree.Value{Kind: btree.Integer, Int: x}
		case float64:
			row[i] = btree.Value{Kind: btree.Real, Float: x}
		case string:
			row[i] = btree.Value{Kind: btree.Text, Bytes: []byte(x)}
		case []byte:
			if x == nil { // which the driver gives for an empty one
				x = []byte{}
			}
			row[i] = btree.Value{Kind: btree.Blob, Bytes: x}
		default:
			return fmt.Errorf("%w: %s: a value of type %T", sqlitefile.ErrDamaged, Columns[table][i].Name, x)
		}
	}
	return nil
}
