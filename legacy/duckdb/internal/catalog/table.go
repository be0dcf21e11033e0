package catalog

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Column is a column of a table.
type Column struct {
	Name      string
	Type      *types.Type
	NotNull   bool
	Default   string  // SQL text of the default, or of the generating expression; "" when there is none
	Generated bool    // computed, nothing stored
	Comment   *string // nil if there is none
	Err       error   // why the column cannot be read; nil when nothing is known to be in the way

	expression *tree.Node  // that of Default
	spelled    *types.Type // Type as a statement has it; nil if that is not known to be something else
}

// NewColumn makes a column from its ColumnDefinition.
func NewColumn(d *tree.Node) Column {
	c := Column{Name: d.Text(100), Type: d.Type(101), Generated: d.Uint(103) == 1, Comment: d.Comment(105)}
	if c.Type == nil {
		c.Type = &types.Type{}
	}
	if err := c.Type.Finish(); err != nil {
		c.Err = fmt.Errorf("column %s: %w", quote.Identifier(c.Name), err)
	}
	c.SetDefault(d.Node(102))
	return c
}

// SetDefault gives the column a default, or the expression that generates it. It may be nil.
func (c *Column) SetDefault(e *tree.Node) { c.expression, c.Default = e, e.SQL() }

// RemapDefault makes the default one for type to, in which a field has another name than in the column's type.
func (c *Column) RemapDefault(to *types.Type) {
	if c.expression != nil && !c.Generated {
		c.SetDefault(tree.Remapped(c.expression, c.Type, to))
	}
}

// A Table is a table of the database.
type Table struct {
	Definition
	Columns     []Column
	PrimaryKey  []string
	constraints []constraint // without NOT NULL

	file   *storage.File
	stored bool            // whether the file has data; a table that the log creates has none
	data   storage.Pointer // of the stored rows
	total  int64           // stored rows with deleted ones
	next   int64           // row id after the last, if they are stored; else rowgroup.NoRowIDs

	loading sync.Mutex
	rows    *rowgroup.Table // nil until they are asked for
	err     error
}

// newTable makes a table from its CreateTableInfo.
func newTable(n *tree.Node) *Table {
	t := &Table{Definition: define(n, KindTable), next: rowgroup.NoRowIDs}
	if cols := n.Node(201); cols != nil {
		for _, d := range cols.Nodes(100) {
			t.Columns = append(t.Columns, NewColumn(d))
		}
	}
	for _, c := range n.Nodes(202) {
		t.Constrain(c)
	}
	return t
}

// Rows gives the rows, about which the file is read once. The error is why the table cannot be read at all.
func (t *Table) Rows() (*rowgroup.Table, error) {
	t.loading.Lock()
	defer t.loading.Unlock()
	if t.rows != nil || t.err != nil {
		return t.rows, t.err
	}
	if !t.stored {
		t.rows = rowgroup.New(t.file)
		return t.rows, nil
	}
	rows, err := rowgroup.Load(t.file, t.data, t.PhysicalTypes(), t.total, t.next)
	if err != nil {
		t.err = fmt.Errorf("table %s: %w", t.Path, placed(err))
		return nil, t.err
	}
	t.rows = rows
	return rows, nil
}

// placed says where the trouble is, if the error does not say so itself.
func placed(err error) error {
	if errors.As(err, new(*fault.FormatError)) {
		return err
	}
	return &fault.FormatError{Field: "table", Err: err}
}

// Refuse makes the table unreadable for good.
func (t *Table) Refuse(err error) {
	t.loading.Lock()
	defer t.loading.Unlock()
	if t.err == nil {
		t.rows, t.err = nil, fmt.Errorf("table %s: %w", t.Path, err)
	}
}

// RowCount is the number of rows, without deleted ones; of a table that cannot be read it is the number that the
// catalog gives, with them.
func (t *Table) RowCount() int64 {
	rows, err := t.Rows()
	if err != nil {
		return t.total
	}
	return rows.Count()
}

// PhysicalTypes are the types of the columns that have data, in order.
func (t *Table) PhysicalTypes() []*types.Type {
	var physical []*types.Type
	for _, c := range t.Columns {
		if !c.Generated {
			physical = append(physical, c.Type)
		}
	}
	return physical
}

// PhysicalIndex is where column i is among those that have data.
func (t *Table) PhysicalIndex(i int) int {
	n := 0
	for _, c := range t.Columns[:i] {
		if !c.Generated {
			n++
		}
	}
	return n
}

// ColumnIndex finds a column by name; -1 when there is none. Names compare as SQL does, but the very name comes first.
func (t *Table) ColumnIndex(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return slices.IndexFunc(t.Columns, func(c Column) bool { return quote.Fold(c.Name) == quote.Fold(name) })
}

// RemoveColumn drops column i, also from rows, and what names it: a CHECK, which then names no other column, and columns
// that are computed from it.
func (t *Table) RemoveColumn(i int, rows *rowgroup.Table) {
	if !t.Columns[i].Generated {
		rows.RemoveColumn(t.PhysicalIndex(i))
	}
	name := t.Columns[i].Name
	t.constraints = slices.DeleteFunc(t.constraints, func(c constraint) bool { return t.names(c.check, name) })
	computed := func(c Column) bool { return c.Generated && t.names(c.expression, name) }
	t.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
	for k := slices.IndexFunc(t.Columns, computed); k >= 0; k = slices.IndexFunc(t.Columns, computed) {
		t.RemoveColumn(k, rows)
	}
}
