package duckdb

import (
	"slices"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
)

// A Column is a column of a table.
type Column struct {
	Name      string
	Type      *Type
	NotNull   bool
	Default   string // SQL text of the default, or of the generating expression; "" when there is none
	Generated bool   // computed, nothing stored: Scan cannot read it
	Comment   string
	Err       error // why the column cannot be read; nil when nothing is known to be in the way
}

// A Table is a table of the database. The zero Table has no name, no columns and no rows.
type Table struct {
	db *DB
	t  *catalog.Table // nil in the zero Table

	once sync.Once
	cols []Column // made when they are first asked for
}

func (t *Table) table() *catalog.Table {
	if t.t == nil {
		return &catalog.Table{}
	}
	return t.t
}

// Schema is the name of the table's schema.
func (t *Table) Schema() string { return t.table().Schema }

// Name is the table's name.
func (t *Table) Name() string { return t.table().Name }

// Comment is what COMMENT ON TABLE set.
func (t *Table) Comment() string { return commentText(t.table().Comment) }

// Columns lists the columns in order. The caller owns the slice.
func (t *Table) Columns() []Column { return slices.Clone(t.columns()) }

func (t *Table) columns() []Column {
	t.once.Do(func() {
		t.cols = convert(t.table().Columns, func(c catalog.Column) Column {
			return Column{Name: c.Name, Type: described(c.Type), NotNull: c.NotNull, Default: c.Default,
				Generated: c.Generated, Comment: commentText(c.Comment), Err: c.Err}
		})
	})
	return t.cols
}

// PrimaryKey lists the columns of the primary key, in its order.
func (t *Table) PrimaryKey() []string { return slices.Clone(t.table().PrimaryKey) }

// RowCount is the number of rows, without deleted ones; of a table that cannot be read (see [Table.Err]) it is the
// number that the catalog gives, with them.
func (t *Table) RowCount() int64 { return t.table().RowCount() }

// Err is why the table cannot be read at all; nil when nothing is known to be in the way.
func (t *Table) Err() error {
	_, err := t.table().Rows()
	return err
}

// SQL is a CREATE TABLE statement for the table, with its constraints.
func (t *Table) SQL() string { return t.table().SQL() }
