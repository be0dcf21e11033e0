package catalog

import (
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// builtIn are schemas that every database has; 1.0 and 1.1 write all of them to the file.
var builtIn = []string{"main", "information_schema", "pg_catalog"}

// A step of a script makes an entry.
type step struct {
	kind  Kind
	name  string // of the kind
	entry *Definition
	sql   []string
	left  string // why it is left out; empty if it is not

	columns []Column // of a table
	view    *View    // nil of what is none
}

// An Omitted definition is one that a script leaves out.
type Omitted struct {
	Name   string   // of its kind and itself, such as view a.one
	Reason string   // as in: there is no column j
	SQL    []string // its statements, as they were; nil if SQL has no words for it
}

// Script gives the statements that create what the catalog holds, each behind those of what it needs. Schemas, types,
// sequences, tables, indexes, macros, triggers and views follow one another, each in the order in which the engine
// wrote it down or the log made it, unless something of a later kind is needed. What there are no words for, and what
// names something for which there certainly is nothing, is left out with what needs it.
//
// A view that cannot be made again although its names are right, because a type is another or a name has become
// ambiguous, stays in: only a whole engine could tell. Views are last so that others are made nevertheless.
func (c *Catalog) Script() (all []string, left []Omitted) {
	m, arrows := c.made, false
	for _, s := range m.Schemas {
		if !s.Nested && !slices.Contains(builtIn, s.Name) {
			all = append(all, "CREATE SCHEMA "+quote.Identifier(s.Name)+";")
		}
	}
	for _, s := range c.Schemas { // sorted: those within others behind them
		if s.Nested {
			all = append(all, "CREATE SCHEMA "+s.Name+";")
		}
	}
	for _, s := range c.inOrder(m.steps()) {
		if s.left != "" {
			left = append(left, Omitted{strings.ToLower(s.name) + " " + s.entry.String(), s.left, s.sql})
			continue
		}
		all = append(all, s.sql...)
		arrows = arrows || s.entry.arrow
	}
	if arrows {
		all = c.withArrows(all)
	}
	return all, left
}

// withArrows is a script with lambdas that are written with an arrow, for which 2.0 has to be asked. Releases up to 1.2
// have no word for that.
func (c *Catalog) withArrows(script []string) []string {
	const ask = "SET lambda_syntax = 'ENABLE_SINGLE_ARROW';"
	if beforeLambda(c.file.Library) {
		script[0] = "-- DuckDB 2.0 runs this after " + ask + "\n" + script[0]
		return script
	}
	return slices.Concat([]string{ask}, script, []string{"RESET lambda_syntax;"})
}

// steps gives what is made, kind by kind.
func (c *Catalog) steps() (all []step) {
	add := func(kind Kind, d *Definition, name string, sql ...string) {
		left := ""
		if sql[0] == "" {
			left, sql = "SQL has no words for it", nil
		} else if d.Comment != nil {
			sql = append(sql, "COMMENT ON "+name+" "+d.Path.String()+" IS "+quote.Literal(*d.Comment)+";")
		}
		all = append(all, step{kind: kind, name: name, entry: d, sql: sql, left: left})
	}
	named := map[string][]need{} // types by how others name them
	for _, u := range c.Types {
		n := need{kind: KindType, path: u.folded(), or: u.folded()}
		own := quote.Fold(quote.Identifier(u.Name))
		named[own] = append(named[own], n)
		if p := quote.Fold(u.Path.String()); p != own {
			named[p] = append(named[p], n)
		}
	}
	for _, u := range c.Types {
		u.Type.Walk(func(t *types.Type) {
			u.needs = append(u.needs, named[quote.Fold(t.Unbound)]...)
			if t.Alias != "" {
				u.needs = append(u.needs, named[quote.Fold(quote.Identifier(t.Alias))]...)
			}
		})
		sql := ""
		if u.Type != nil && !u.Type.Unnameable() {
			sql = "CREATE TYPE " + u.Path.String() + " AS " + c.spelled(u.Type).String() + ";"
		}
		add(KindType, &u.Definition, "TYPE", sql)
	}
	for _, q := range c.Sequences {
		add(KindSequence, &q.Definition, "SEQUENCE", q.script()...)
	}
	for _, t := range c.Tables {
		for i := range t.Columns {
			t.Columns[i].spelled = c.spelled(t.Columns[i].Type)
		}
		sql, d := []string{t.SQL()}, t.Definition
		for _, col := range t.Columns {
			if col.Type.Unnameable() {
				sql[0] = ""
			}
			if col.expression != nil { // the log may have added the column
				d.needs = append(d.needs[:len(d.needs):len(d.needs)], needs(col.expression, t.Path)...)
			}
			if col.Comment != nil {
				sql = append(sql, columnComment(t.Path, col.Name, *col.Comment))
			}
		}
		add(KindTable, &d, "TABLE", sql...)
		all[len(all)-1].columns = t.Columns
	}
	for _, x := range c.Indexes {
		add(KindIndex, &x.Definition, "INDEX", x.SQL)
	}
	for _, m := range c.Macros {
		name := "MACRO"
		if m.Kind == KindTableMacro {
			name = "MACRO TABLE"
		}
		add(KindMacro, &m.Definition, name, m.SQL())
	}
	for _, t := range c.Triggers {
		add(KindTrigger, &t.Definition, "TRIGGER", t.SQL)
	}
	for _, v := range c.Views {
		add(KindTable, &v.Definition, "VIEW", v.script()...)
		all[len(all)-1].view = v
	}
	return all
}

// spelled is a type as a statement has it: a name that 0.9 and 1.0 keep is that of a type of the database, with its
// schema, if there is just one of that name and kind. Else the type is spelled out, but for an ENUM in a list, which
// 1.0 and older take for one without a list: of a type of the same values its name stands there.
func (c *Catalog) spelled(t *types.Type) *types.Type {
	if t == nil {
		return nil
	}
	var like []*UserType
	named := false
	for _, u := range c.Types {
		if t.Alias != "" && quote.Fold(u.Name) == quote.Fold(t.Alias) {
			named = true
			if u.Type != nil && u.Type.ID == t.ID {
				like = append(like, u)
			}
		}
	}
	if !named && t.Elem == nil && t.Fields == nil {
		return t
	}
	own := *t
	if named {
		own.Alias = ""
	}
	if len(like) == 1 {
		own.Unbound = like[0].Path.String()
	}
	own.Elem, own.Fields = c.spelled(t.Elem), slices.Clone(t.Fields)
	if e := own.Elem; e != nil && e.ID == types.Enum && e.Unbound == "" {
		for _, u := range c.Types {
			if u.Type != nil && u.Type.ID == types.Enum && slices.Equal(u.Type.Values, e.Values) {
				named := *e
				named.Unbound = u.Path.String()
				own.Elem = &named
				break
			}
		}
	}
	for i := range own.Fields {
		own.Fields[i].Type = c.spelled(own.Fields[i].Type)
	}
	return &own
}

func columnComment(p Path, column, text string) string {
	return "COMMENT ON COLUMN " + p.String() + "." + quote.Identifier(column) + " IS " + quote.Literal(text) + ";"
}

// script creates the sequence so that its next value is the one that it has now. One that has come to its end begins
// with the last value, which is drawn.
func (q *Sequence) script() []string {
	last := q.Start - q.Increment
	if q.Start >= q.Min && q.Start <= q.Max || last < q.Min || last > q.Max {
		return []string{q.SQL()}
	}
	return []string{q.startingAt(last), "SELECT nextval(" + quote.Literal(q.Path.String()) + ");"}
}

// script is the view's CREATE VIEW statement, with the name that the view has now, and comments on its columns.
func (v *View) script() []string {
	create := v.create()
	own := func(column string) string { return column }
	if around, ok := v.aroundItsQuery(); ok {
		create = around
		own = func(column string) string {
			i := slices.IndexFunc(v.names, func(s string) bool { return quote.Fold(s) == quote.Fold(column) })
			if i < 0 || i >= len(v.aliases) {
				return column
			}
			return v.aliases[i]
		}
	}
	all := []string{create}
	for _, col := range v.Columns {
		all = append(all, columnComment(v.Path, own(col.Column), col.Comment))
	}
	return all
}

// aroundItsQuery is a statement for the same view in which its query has the view's names for its columns, if the view
// renames columns that have comments: releases before 2.0 find them by the names of the query, and later ones by those
// of the view.
func (v *View) aroundItsQuery() (sql string, ok bool) {
	commented := func(c ColumnNote) bool {
		for i, alias := range v.aliases {
			if i < len(v.names) && quote.Fold(v.names[i]) == quote.Fold(c.Column) {
				return quote.Fold(alias) != quote.Fold(c.Column)
			}
		}
		return false
	}
	if v.renamed || !slices.ContainsFunc(v.Columns, commented) {
		return "", false
	}
	query, whole := v.node.Node(203).Statement()
	columns := "(" + quote.Identifiers(v.aliases) + ")"
	return "CREATE VIEW " + v.Path.String() + " " + columns + " AS SELECT * FROM (" + query + ") AS " +
		quote.Identifier(v.Name) + columns + ";", whole
}

// create is the view's CREATE VIEW statement with the name that the view has now.
func (v *View) create() string {
	if create, rest := v.split(); create != "" {
		return create + v.Path.String() + rest
	}
	return v.SQL
}

// split gives what stands before and behind the name in the view's CREATE VIEW statement; nothing if that is not to be
// told.
func (v *View) split() (create, rest string) {
	create = "CREATE VIEW "
	rest, ok := strings.CutPrefix(v.SQL, create)
	if !ok {
		create = "CREATE SECURE VIEW "
		rest, ok = strings.CutPrefix(v.SQL, create)
	}
	for ok {
		end := identifierEnd(rest)
		if end == 0 {
			break
		}
		if rest = rest[end:]; !strings.HasPrefix(rest, ".") {
			return create, rest
		}
		rest = rest[1:]
	}
	return "", ""
}

// identifierEnd gives the length of the identifier that s begins with, 0 for none.
func identifierEnd(s string) int {
	if !strings.HasPrefix(s, `"`) {
		return max(0, strings.IndexAny(s, " .("))
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 == len(s) || s[i+1] != '"' {
			return i + 1
		}
		i++
	}
	return 0
}

// remember keeps the order in which everything was made.
func (c *Catalog) remember() {
	c.made = &Catalog{Schemas: slices.Clone(c.Schemas), Tables: slices.Clone(c.Tables), Views: slices.Clone(c.Views),
		Sequences: slices.Clone(c.Sequences), Indexes: slices.Clone(c.Indexes), Types: slices.Clone(c.Types),
		Macros: slices.Clone(c.Macros), Triggers: slices.Clone(c.Triggers)}
}
