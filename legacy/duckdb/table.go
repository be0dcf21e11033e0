package duckdb

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
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

// A columnDef is a Column as it is read.
type columnDef struct {
	name      string
	typ       *types.Type
	notNull   bool
	def       string // SQL text of the default, or of the generating expression; "" when there is none
	generated bool
	comment   string
	err       error
}

// A Table is a table of the database.
type Table struct {
	db           *DB
	schema, name string
	comment      string
	cols         []columnDef
	described    func() []Column // what callers see of cols, made once
	primaryKey   []string
	constraints  []string // as SQL, without NOT NULL

	stored bool            // whether the file has data; a table that the log creates has none
	data   storage.Pointer // of the stored rows
	total  int64           // stored rows with deleted ones

	loading sync.Mutex
	loaded  bool
	err     error
	parts   []*rowGroup
	rows    int64 // without deleted ones
	next    int64 // row id after the last
}

// Schema is the name of the table's schema.
func (t *Table) Schema() string { return t.schema }

// Name is the table's name.
func (t *Table) Name() string { return t.name }

// Comment is what COMMENT ON TABLE set.
func (t *Table) Comment() string { return t.comment }

// Columns lists the columns in order. The caller owns the slice.
func (t *Table) Columns() []Column { return slices.Clone(t.described()) }

func (t *Table) describe() []Column {
	cols := make([]Column, len(t.cols))
	for i, c := range t.cols {
		cols[i] = Column{Name: c.name, Type: described(c.typ), NotNull: c.notNull, Default: c.def, Generated: c.generated,
			Comment: c.comment, Err: c.err}
	}
	return cols
}

// PrimaryKey lists the columns of the primary key, in its order.
func (t *Table) PrimaryKey() []string { return slices.Clone(t.primaryKey) }

// RowCount is the number of rows, without deleted ones; of a table that cannot be read (see [Table.Err]) it is the number
// that the catalog gives, with them.
func (t *Table) RowCount() int64 {
	if t.load() != nil {
		return t.total
	}
	return t.rows
}

// Err is why the table cannot be read at all; nil when nothing is known to be in the way.
func (t *Table) Err() error { return t.load() }

// load reads where the rows are, once.
func (t *Table) load() error {
	t.loading.Lock()
	defer t.loading.Unlock()
	if t.loaded || t.err != nil {
		return t.err
	}
	if t.stored {
		if err := t.readRowGroups(); err != nil {
			t.err = fmt.Errorf("table %s: %w", t.qualified(), asFormatError(err, "table"))
			return t.err
		}
	}
	t.loaded = true
	return nil
}

// refuse makes the table unreadable for good.
func (t *Table) refuse(err error) {
	t.loading.Lock()
	defer t.loading.Unlock()
	if t.err == nil {
		t.err = fmt.Errorf("table %s: %w", t.qualified(), err)
	}
}

func (t *Table) qualified() string {
	if t.schema == "main" {
		return quote.Identifier(t.name)
	}
	return quote.Identifier(t.schema) + "." + quote.Identifier(t.name)
}

// physicalTypes are the types of the columns that have data, in order.
func (t *Table) physicalTypes() []*types.Type {
	var physical []*types.Type
	for _, c := range t.cols {
		if !c.generated {
			physical = append(physical, c.typ)
		}
	}
	return physical
}

// physicalIndex is where column i is among those that have data.
func (t *Table) physicalIndex(i int) int {
	n := 0
	for _, c := range t.cols[:i] {
		if !c.generated {
			n++
		}
	}
	return n
}

// columnIndex finds a column by name; -1 when there is none.
func (t *Table) columnIndex(name string) int {
	for i, c := range t.cols {
		if c.name == name {
			return i
		}
	}
	return slices.IndexFunc(t.cols, func(c columnDef) bool { return fold(c.name) == fold(name) })
}

// SQL is a CREATE TABLE statement for the table, with its constraints.
func (t *Table) SQL() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + t.qualified() + "(")
	for i, c := range t.cols {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote.Identifier(c.name) + " " + c.typ.String())
		switch {
		case c.generated:
			b.WriteString(" GENERATED ALWAYS AS(" + c.def + ")")
		case c.def != "":
			b.WriteString(" DEFAULT(" + c.def + ")")
		}
		if c.notNull && !slices.Contains(t.primaryKey, c.name) {
			b.WriteString(" NOT NULL")
		}
	}
	for _, c := range t.constraints {
		b.WriteString(", " + c)
	}
	b.WriteString(");")
	return b.String()
}

// QuoteIdentifier is a name as an SQL identifier, in quotes where the engine would put them.
func QuoteIdentifier(name string) string { return quote.Identifier(name) }
