package duckdb

import (
	"fmt"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// A Schema is a namespace of tables.
type Schema struct {
	Name    string // of one within others, all their names as SQL, joined by dots
	Nested  bool   // whether it is within others, which is so from DuckDB 2.0 on
	Comment string
}

// A View is a stored query.
type View struct {
	Schema, Name string
	SQL          string // its CREATE VIEW statement
	Comment      string
}

// A Sequence is a counter.
type Sequence struct {
	Schema, Name     string
	Start, Increment int64 // Start is the next value, as the engine has it after it opens a file
	Min, Max         int64
	Cycle            bool
	Uses             uint64 // how often it has been drawn from
	SQL              string // its CREATE SEQUENCE statement
	Comment          string
}

// An Index is an index made by CREATE INDEX. Those of primary keys and unique constraints are not listed.
type Index struct {
	Schema, Name, Table string
	Unique              bool
	SQL                 string // its CREATE INDEX statement
	Comment             string
}

// A Macro is a function made by CREATE MACRO.
type Macro struct {
	Schema, Name string
	Table        bool   // whether it gives rows
	SQL          string // a CREATE MACRO statement; "" if it has something that this reader does not know
	Comment      string
}

// A Trigger is a statement that runs when a table changes. DuckDB has them from 2.0 on.
type Trigger struct {
	Schema, Name, Table string
	SQL                 string // a CREATE TRIGGER statement; "" if it has something that this reader does not know
	Comment             string
}

// A UserType is a type made by CREATE TYPE.
type UserType struct {
	Schema, Name string
	Type         *Type
	Comment      string
}

// Schemas lists the schemas by name.
func (db *DB) Schemas() []Schema {
	return convert(db.catalog.Schemas, func(s catalog.Schema) Schema { return Schema{s.Name, s.Nested, commentText(s.Comment)} })
}

// Tables lists the tables by schema and name.
func (db *DB) Tables() []*Table { return slices.Clone(db.tables) }

// Views lists the views by schema and name, without the engine's own.
func (db *DB) Views() []View {
	return convert(db.catalog.Views, func(v *catalog.View) View { return View{v.Schema, v.Name, v.SQL, commentText(v.Comment)} })
}

// Sequences lists the sequences by schema and name.
func (db *DB) Sequences() []Sequence {
	return convert(db.catalog.Sequences, func(q *catalog.Sequence) Sequence {
		return Sequence{Schema: q.Schema, Name: q.Name, Start: q.Start, Increment: q.Increment, Min: q.Min, Max: q.Max,
			Cycle: q.Cycle, Uses: q.Uses, SQL: q.SQL(), Comment: commentText(q.Comment)}
	})
}

// Indexes lists the indexes by schema and name.
func (db *DB) Indexes() []Index {
	return convert(db.catalog.Indexes, func(x *catalog.Index) Index {
		return Index{x.Schema, x.Name, x.Table, x.Unique, x.SQL, commentText(x.Comment)}
	})
}

// Macros lists the macros by schema and name, without the engine's own.
func (db *DB) Macros() []Macro {
	return convert(db.catalog.Macros, func(m *catalog.Macro) Macro {
		return Macro{m.Schema, m.Name, m.Kind == catalog.KindTableMacro, m.SQL(), commentText(m.Comment)}
	})
}

// Triggers lists the triggers by schema and name.
func (db *DB) Triggers() []Trigger {
	return convert(db.catalog.Triggers, func(t *catalog.Trigger) Trigger {
		return Trigger{t.Schema, t.Name, t.Table.Name, t.SQL, commentText(t.Comment)}
	})
}

// SQL gives the statements that create the database without its rows, each behind those of what it needs. Sequences
// go on where they are. A definition is left out with what needs it if this reader has no words for it, or SQL has
// none, or if it names something for which there is nothing, such as a column that was dropped.
func (db *DB) SQL() (statements []string, left []Omitted) {
	statements, omitted := db.catalog.Script()
	for _, o := range omitted {
		left = append(left, Omitted(o))
	}
	return statements, left
}

// An Omitted definition is one that [DB.SQL] leaves out.
type Omitted struct {
	Name   string   // of its kind and itself, such as view a.one
	Reason string   // as in: there is no column j
	SQL    []string // its statements, as they were; nil if there are no words for it
}

// UserTypes lists the types made by CREATE TYPE by schema and name.
func (db *DB) UserTypes() []UserType {
	return convert(db.catalog.Types, func(u *catalog.UserType) UserType {
		return UserType{u.Schema, u.Name, described(u.Type), commentText(u.Comment)}
	})
}

// commentText is a comment, "" if there is none.
func commentText(comment *string) string {
	if comment == nil {
		return ""
	}
	return *comment
}

func convert[E, F any](list []E, f func(E) F) []F {
	all := make([]F, len(list))
	for i, e := range list {
		all[i] = f(e)
	}
	return all
}

// Table finds a table; an empty schema means "main". Names compare as SQL does, without regard to ASCII case.
// The error is ErrNoTable.
func (db *DB) Table(schema, name string) (*Table, error) {
	p := catalog.NewPath(schema, name)
	if i := slices.Index(db.catalog.Tables, db.catalog.Table(p)); i >= 0 {
		return db.tables[i], nil
	}
	return nil, fmt.Errorf("%w: %s.%s", ErrNoTable, quote.Identifier(p.Schema), quote.Identifier(p.Name))
}

// QuoteIdentifier is a name as an SQL identifier, in quotes where the engine would put them.
func QuoteIdentifier(name string) string { return quote.Identifier(name) }
