package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Path is where an entry is found: its schema and its name there.
type Path struct {
	Schema string
	Name   string
	Nested bool // the schema is one within others: Schema is their names as SQL, joined by dots
}

// NewPath is the path of a name in a schema, which is main when it is not said.
func NewPath(schema, name string) Path { return Path{Schema: cmp.Or(schema, "main"), Name: name} }

// NestedPath is the path of a name in a schema that is reached by way of others, the outermost first.
func NestedPath(schemas []string, name string) Path {
	switch len(schemas) {
	case 0:
		return NewPath("", name)
	case 1:
		return NewPath(schemas[0], name)
	}
	return Path{Schema: dotted(schemas), Name: name, Nested: true}
}

// dotted joins names as SQL does.
func dotted(names []string) string {
	q := make([]string, len(names))
	for i, s := range names {
		q[i] = quote.Identifier(s)
	}
	return strings.Join(q, ".")
}

// within reports whether p is in the schema that is reached by way of those, or in one below it.
func (p Path) within(schemas []string) bool {
	in := NestedPath(schemas, "")
	return p.Schema == in.Schema && p.Nested == in.Nested || p.Nested && strings.HasPrefix(p.Schema, dotted(schemas)+".")
}

// String is the path as SQL, without the schema main.
func (p Path) String() string {
	switch {
	case p.Nested:
		return p.Schema + "." + quote.Identifier(p.Name)
	case p.Schema == "main":
		return quote.Identifier(p.Name)
	}
	return quote.Identifier(p.Schema) + "." + quote.Identifier(p.Name)
}

// pathOf gives where what a CreateInfo creates lives. From 2.0 on a path says so, which begins with the database.
func pathOf(n *tree.Node, nameField int) Path {
	if q := n.Node(111); q != nil {
		return FullPath(q.Texts(100))
	}
	return NewPath(n.Text(102), n.Text(nameField))
}

// FullPath is the path of names of which the first is that of the database, under which it was attached at the time,
// and the last that of an entry.
func FullPath(names []string) Path {
	if len(names) == 0 {
		return Path{}
	}
	last := len(names) - 1
	return NestedPath(names[min(1, last):last], names[last])
}

// A Schema is a namespace of tables.
type Schema struct {
	Name    string // as in a [Path]
	Nested  bool
	Comment *string
}

// newSchema makes a schema from its CreateSchemaInfo, whose path ends with an empty name and begins with the database
// only if the schema is within another.
func newSchema(n *tree.Node) Schema {
	p := NewPath(n.Text(102), "")
	if q := n.Node(111); q != nil {
		names := q.Texts(100)
		if len(names) > 2 {
			names = names[1:]
		}
		p = NestedPath(names[:max(len(names)-1, 0)], "")
	}
	return Schema{p.Schema, p.Nested, n.Comment(107)}
}

// A View is a stored query.
type View struct {
	Definition
	SQL     string       // its CREATE VIEW statement
	Columns []ColumnNote // those of its columns that have a comment

	names, aliases []string // of its query's columns, and those that it has for the first of them
	renamed        bool     // comments are on its own names
}

// A ColumnNote is the comment on a column of a view.
type ColumnNote struct{ Column, Comment string }

// newView makes a view. Columns that the view renames have their own names in the file; releases from 2.0 on comment on them
// by those of the view.
func newView(n *tree.Node, renamed bool) *View {
	names := n.Texts(204)
	v := &View{Definition: define(n, KindView), SQL: n.Text(106), names: slices.Clone(names), aliases: n.Texts(201),
		renamed: renamed}
	named := map[string]string{}
	for i, alias := range n.Texts(201) {
		if renamed && i < len(names) {
			named[names[i]] = alias
			names[i] = alias
		}
	}
	if _, rest := v.split(); !strings.HasPrefix(strings.TrimLeft(rest, " "), "(") {
		v.aliases = nil // 0.9 has there what the query calls them
	}
	for i, x := range n.Values(205) { // until 1.4
		if i < len(names) {
			v.setComment(names[i], x.Comment())
		}
	}
	for _, x := range n.Map(206) {
		v.setComment(cmp.Or(named[x.Name], x.Name), x.Value.Comment())
	}
	return v
}

func (v *View) setComment(column string, text *string) {
	v.Columns = slices.DeleteFunc(v.Columns, func(c ColumnNote) bool { return quote.Fold(c.Column) == quote.Fold(column) })
	if text != nil {
		v.Columns = append(v.Columns, ColumnNote{column, *text})
	}
}

// A Sequence is a counter.
type Sequence struct {
	Definition
	Start, Increment int64 // Start is the next value
	Min, Max         int64
	Cycle            bool
	Uses             uint64 // how often it has been drawn from
}

func newSequence(n *tree.Node) *Sequence {
	return &Sequence{Definition: define(n, KindSequence), Uses: n.Uint(201), Increment: n.Int(202), Min: n.Int(203),
		Max: n.Int(204), Start: n.Int(205), Cycle: n.Bool(206)}
}

// SQL is a CREATE SEQUENCE statement for the sequence, which begins where it is now.
func (q *Sequence) SQL() string { return q.startingAt(q.Start) }

func (q *Sequence) startingAt(start int64) string {
	cycle := "NO CYCLE"
	if q.Cycle {
		cycle = "CYCLE"
	}
	return fmt.Sprintf("CREATE SEQUENCE %s INCREMENT BY %d MINVALUE %d MAXVALUE %d START %d %s;",
		q.Path, q.Increment, q.Min, q.Max, start, cycle)
}

// An Index is an index made by CREATE INDEX.
type Index struct {
	Definition
	Table  string
	Unique bool
	SQL    string // its CREATE INDEX statement
}

func newIndex(n *tree.Node) *Index {
	const unique = 1
	x := &Index{Definition: define(n, KindIndex), Table: n.Text(201), Unique: n.Uint(203) == unique, SQL: n.Text(106)}
	x.needs = append(x.needs, need{kind: KindTable, path: x.table().folded(), or: x.table().folded()})
	return x
}

// table is the path of the table, which is in the same schema.
func (x *Index) table() Path { return Path{x.Schema, x.Table, x.Nested} }

// A UserType is a type made by CREATE TYPE.
type UserType struct {
	Definition
	Type *types.Type
}

func newUserType(n *tree.Node) *UserType {
	u := &UserType{Definition: define(n, KindType), Type: n.Type(201)}
	if u.Type != nil && u.Type.Finish() == nil {
		own := *u.Type
		own.Alias = ""
		u.Type = &own
	}
	return u
}
