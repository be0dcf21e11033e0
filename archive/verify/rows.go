package verify

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// A source gives the rows of tables, from the pages of a file or, if conn is set, by way of SQLite.
type source struct {
	*check
	pages *filePages
	conn  *sql.Conn
	file  *sqlitefile.File // of conn
}

// rows are those of one table that can be read, in the order of their keys.
type rows struct {
	v       *source
	table   string
	columns []tables.Column
	key     int64
	values  []btree.Value // valid until the next step
	page    bool          // of a file, not of SQLite
	walk    *btree.Walk
	plain   bool   // its numbers are in their shortest form
	again   []byte // the row in its one form
	sql     *sql.Rows
	budget  *sqlitefile.Budget
	broken  bool // some rows could not be read
}

// rows begins to read a table. It must be read to its end.
func (v *source) rows(table string) *rows {
	r := &rows{v: v, table: table, columns: tables.Columns[table]}
	r.values = make([]btree.Value, len(r.columns))
	if v.conn != nil {
		r.budget = v.file.Budget()
		var err error
		if r.sql, err = v.conn.QueryContext(v.ctx, tables.Select(table)+"ORDER BY "+r.columns[0].Name); err != nil {
			r.fail(err)
		}
		return r
	}
	if root, ok := v.pages.roots[table]; ok {
		r.page, r.walk = true, v.pages.forest.Walk(table, root)
	} else {
		r.lose()
	}
	return r
}

// lose notes that rows of the table could not be read.
func (r *rows) lose() { r.broken, r.v.lost = true, true }

// fail notes an error of SQLite.
func (r *rows) fail(err error) {
	r.lose()
	if r.v.ctx.Err() == nil {
		r.v.add(sxIntegrity, Place{Table: r.table}, "%v", err)
	}
}

func (r *rows) place() Place {
	if _, numbered := recordTables[r.table]; numbered {
		return Place{Table: r.table, Record: new(r.key)}
	}
	return Place{Table: r.table, Row: new(r.key)}
}

// recordTables are those whose primary key is a Seq.
var recordTables = map[string]bool{
	tables.TableEvent: true, tables.TableInteraction: true, tables.TableNote: true, tables.TableAttachment: true,
}

// next goes to the next row whose columns have the types that they have to have.
func (r *rows) next() bool {
	for {
		switch {
		case r.page:
			if !r.walk.Next() {
				if r.walk.Broken {
					r.lose()
				}
				return false
			}
			if !r.decode() {
				r.lose()
				continue
			}
		case r.sql != nil:
			if !r.sql.Next() {
				if err := errors.Join(r.sql.Err(), r.sql.Close()); err != nil {
					r.fail(err)
				}
				return false
			}
			err := r.scan()
			if err == nil {
				err = r.budget.Take(tables.Size(r.values))
			}
			if err != nil {
				r.fail(errors.Join(err, r.sql.Close()))
				return false
			}
		default:
			return false
		}
		if !r.typed() {
			r.lose()
			continue
		}
		if r.page && r.v.sealed {
			r.shortest()
		}
		return true
	}
}

// decode takes a row from its page.
func (r *rows) decode() bool {
	n, plain, err := btree.DecodeRow(r.walk.Payload, r.values)
	r.key, r.plain = r.walk.Key, plain
	switch {
	case err != nil:
	case n != len(r.columns):
		err = fmt.Errorf("%d columns, want %d", n, len(r.columns))
	case r.values[0].Kind != btree.Null:
		err = fmt.Errorf("%s: a value of type %v beside the key", r.columns[0].Name, r.values[0].Kind)
	}
	if err != nil {
		r.v.add(sxColumns, r.place(), "%v", err)
		return false
	}
	r.values[0] = btree.Value{Kind: btree.Integer, Int: r.key}
	return true
}

// shortest checks that a row, whose values have their types, has the one form of such a row. One that is plain has it,
// unless it has a real.
func (r *rows) shortest() {
	if r.plain && !slices.ContainsFunc(r.values, func(x btree.Value) bool { return x.Kind == btree.Real }) {
		return
	}
	key := r.values[0]
	r.values[0] = btree.Value{}
	r.again = btree.AppendRecord(r.again[:0], r.values)
	if r.values[0] = key; bytes.Equal(r.again, r.walk.Payload) {
		return
	}
	page, at := r.walk.Page()
	r.v.pages.pageProblem(btree.Fault{
		Tree: r.table, Page: page, At: at, Kind: btree.Layout,
		Text: fmt.Sprintf("row %d has a number that is not in its shortest form", r.key),
	})
}

// scan takes a row from SQLite.
func (r *rows) scan() error {
	values, targets := make([]any, len(r.columns)), make([]any, len(r.columns))
	for i := range values {
		targets[i] = &values[i]
	}
	if err := r.sql.Scan(targets...); err != nil {
		return err
	}
	if err := tables.FromSQL(r.table, r.values, values); err != nil {
		return err
	}
	r.key = r.values[0].Int
	return nil
}

// typed checks the types of a row, and that texts are UTF-8.
func (r *rows) typed() bool {
	ok := true
	for i := range r.columns {
		c, x := &r.columns[i], &r.values[i]
		place := func() Place {
			p := r.place()
			p.Column = c.Name
			return p
		}
		if err := c.Check(x); err != nil {
			r.v.add(sxType, place(), "a value of type %v, want %v", x.Kind, c.Kind)
			ok = false
		} else if x.Kind == btree.Text && !utf8.Valid(x.Bytes) {
			r.v.add(sxUTF8, place(), "not UTF-8")
		}
	}
	return ok
}

// find gives a row of a table by its key, nil if there is none or it is not as it should be. It reports nothing.
func (v *source) find(table string, key int64) []btree.Value {
	quiet := &source{check: &check{ctx: v.ctx}, pages: v.pages, conn: v.conn, file: v.file}
	r := &rows{v: quiet, table: table, columns: tables.Columns[table], key: key}
	r.values = make([]btree.Value, len(r.columns))
	if v.conn != nil {
		var err error
		r.sql, err = v.conn.QueryContext(v.ctx, tables.Select(table)+"WHERE "+r.columns[0].Name+" = ?", key)
		if err != nil {
			return nil
		}
		defer r.sql.Close()
		if !r.sql.Next() || r.scan() != nil || !r.typed() {
			return nil
		}
		return r.values
	}
	root, ok := v.pages.roots[table]
	if !ok {
		return nil
	}
	payload := v.pages.forest.Find(root, key)
	if payload == nil {
		return nil
	}
	if n, _, err := btree.DecodeRow(payload, r.values); err != nil || n != len(r.columns) {
		return nil
	}
	r.values[0] = btree.Value{Kind: btree.Integer, Int: key}
	if !r.typed() {
		return nil
	}
	return r.values
}
