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
	sql   []string // nil if there are no words for it
}

// Script gives the statements that create what the catalog holds, each behind those of what it needs. Schemas, types,
// sequences, tables, macros, views, indexes and triggers follow one another, each in the order in which the engine
// wrote it down or the log made it, unless something of a later kind is needed. What there are no words for is left out
// with what needs it, and named in the second result.
func (c *Catalog) Script() (all, left []string) {
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
		if s.sql == nil {
			left = append(left, strings.ToLower(s.name)+" "+s.entry.String())
		}
		all = append(all, s.sql...)
		arrows = arrows || s.sql != nil && s.entry.arrow
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
	if beforeLambda.MatchString(c.file.Library) {
		script[0] = "-- DuckDB 2.0 runs this after " + ask + "\n" + script[0]
		return script
	}
	return slices.Concat([]string{ask}, script, []string{"RESET lambda_syntax;"})
}

// steps gives what is made, kind by kind.
func (c *Catalog) steps() (all []step) {
	add := func(kind Kind, d *Definition, name string, sql ...string) {
		if sql[0] == "" {
			sql = nil
		} else if d.Comment != nil {
			sql = append(sql, "COMMENT ON "+name+" "+d.Path.String()+" IS "+quote.Literal(*d.Comment)+";")
		}
		all = append(all, step{kind, name, d, sql})
	}
	named := map[string][]need{} // types by how others name them
	for _, u := range c.Types {
		n := need{kind: KindType, path: u.folded(), or: u.folded()}
		own := fold(quote.Identifier(u.Name))
		named[own] = append(named[own], n)
		if p := fold(u.Path.String()); p != own {
			named[p] = append(named[p], n)
		}
	}
	for _, u := range c.Types {
		u.Type.Walk(func(t *types.Type) {
			u.needs = append(u.needs, named[fold(t.Unbound)]...)
			if t.Alias != "" {
				u.needs = append(u.needs, named[fold(quote.Identifier(t.Alias))]...)
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
	}
	for _, m := range c.Macros {
		name := "MACRO"
		if m.Kind == KindTableMacro {
			name = "MACRO TABLE"
		}
		add(KindMacro, &m.Definition, name, m.SQL())
	}
	for _, v := range c.Views {
		sql := []string{v.script()}
		for _, col := range v.Columns {
			sql = append(sql, columnComment(v.Path, col.Column, col.Comment))
		}
		add(KindTable, &v.Definition, "VIEW", sql...)
	}
	for _, x := range c.Indexes {
		add(KindIndex, &x.Definition, "INDEX", x.SQL)
	}
	for _, t := range c.Triggers {
		add(KindTrigger, &t.Definition, "TRIGGER", t.SQL)
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
		if t.Alias != "" && fold(u.Name) == fold(t.Alias) {
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

// inOrder moves steps behind those that they need. One that needs what there are no words for has none either, nor has
// a view or a macro whose table was dropped. A circle, which only a damaged file has, stays as it is.
func (c *Catalog) inOrder(steps []step) []step {
	schemas := map[string]bool{}
	for _, s := range c.Schemas {
		schemas[fold(s.Name)] = s.Name == "main" || !slices.Contains(builtIn, s.Name)
	}
	gone := func(kind string, n need) bool {
		if !n.table || n.with && !schemas[n.path.Schema] {
			return false
		}
		return kind == "VIEW" || kind == "MACRO" || kind == "MACRO TABLE" // which releases up to 1.3 would take
	}
	type place struct {
		kind Kind
		path Path
	}
	ordered := make([]step, 0, len(steps))
	places := map[place][]int{} // a scalar macro and one that gives rows may have the same name
	for i, s := range steps {
		p := place{s.kind, s.entry.folded()}
		places[p] = append(places[p], i)
	}
	find := func(n need) []int {
		if at := places[place{n.kind, n.path}]; at != nil {
			return at
		}
		return places[place{n.kind, n.or}]
	}
	begun := make([]bool, len(steps))
	type visit struct {
		step int
		left []need
	}
	var stack []visit // of its own: a chain may be as long as the list
	begin := func(i int) {
		if !begun[i] {
			begun[i] = true
			stack = append(stack, visit{i, steps[i].entry.needs})
		}
	}
	for i := range steps {
		for begin(i); len(stack) > 0; {
			top := &stack[len(stack)-1]
			if len(top.left) > 0 {
				to := find(top.left[0])
				top.left = top.left[1:]
				for _, k := range to {
					begin(k)
				}
				continue
			}
			s := &steps[top.step]
			stack = stack[:len(stack)-1]
			for _, n := range s.entry.needs {
				to := find(n)
				lost := func(k int) bool { return steps[k].sql == nil }
				if slices.ContainsFunc(to, lost) || to == nil && gone(s.name, n) {
					s.sql = nil
				}
			}
			ordered = append(ordered, *s)
		}
	}
	return ordered
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

// script is the view's CREATE VIEW statement with the name that the view has now.
func (v *View) script() string {
	create := "CREATE VIEW "
	rest, ok := strings.CutPrefix(v.SQL, create)
	if !ok {
		create = "CREATE SECURE VIEW "
		rest, ok = strings.CutPrefix(v.SQL, create)
	}
	if !ok {
		return v.SQL
	}
	for {
		end := identifierEnd(rest)
		if end == 0 {
			return v.SQL
		}
		if rest = rest[end:]; !strings.HasPrefix(rest, ".") {
			return create + v.Path.String() + rest
		}
		rest = rest[1:]
	}
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
