package catalog

import (
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

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
	m := c.made
	for _, s := range m.Schemas {
		if !s.Nested && s.Name != "main" {
			all = append(all, "CREATE SCHEMA "+quote.Identifier(s.Name)+";")
		}
	}
	for _, s := range c.Schemas { // sorted: those within others behind them
		if s.Nested {
			all = append(all, "CREATE SCHEMA "+s.Name+";")
		}
	}
	for _, s := range inOrder(m.steps()) {
		if s.sql == nil {
			left = append(left, strings.ToLower(s.name)+" "+s.entry.String())
		}
		all = append(all, s.sql...)
	}
	return all, left
}

// steps gives what is made, kind by kind.
func (c *Catalog) steps() (all []step) {
	add := func(kind Kind, d *Definition, name string, sql ...string) {
		if sql[0] == "" {
			sql = nil
		} else if d.Comment != "" {
			sql = append(sql, "COMMENT ON "+name+" "+d.Path.String()+" IS "+quote.Literal(d.Comment)+";")
		}
		all = append(all, step{kind, name, d, sql})
	}
	for _, u := range c.Types {
		sql := ""
		if u.Type != nil && !u.Type.Unnameable() {
			sql = "CREATE TYPE " + u.Path.String() + " AS " + u.Type.String() + ";"
		}
		add(KindType, &u.Definition, "TYPE", sql)
	}
	for _, q := range c.Sequences {
		add(KindSequence, &q.Definition, "SEQUENCE", q.script()...)
	}
	for _, t := range c.Tables {
		sql, d := []string{t.SQL()}, t.Definition
		for _, col := range t.Columns {
			if col.Type.Unnameable() {
				sql[0] = ""
			}
			if col.expression != nil { // the log may have added the column
				d.needs = append(d.needs[:len(d.needs):len(d.needs)], needs(col.expression, t.Path)...)
			}
			if col.Comment != "" {
				sql = append(sql, columnComment(t.Path, col.Name, col.Comment))
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

func columnComment(p Path, column, text string) string {
	return "COMMENT ON COLUMN " + p.String() + "." + quote.Identifier(column) + " IS " + quote.Literal(text) + ";"
}

// inOrder moves steps behind those that they need. One that needs what there are no words for has none either. A circle, which only a damaged file has, stays as it is.
func inOrder(steps []step) []step {
	ordered := make([]step, 0, len(steps))
	places := map[need][]int{} // a scalar macro and one that gives rows may have the same name
	for i, s := range steps {
		n := need{s.kind, s.entry.folded()}
		places[n] = append(places[n], i)
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
				to := places[top.left[0]]
				top.left = top.left[1:]
				for _, k := range to {
					begin(k)
				}
				continue
			}
			s := steps[top.step]
			stack = stack[:len(stack)-1]
			for _, n := range s.entry.needs {
				for _, k := range places[n] {
					if steps[k].sql == nil {
						s.sql = nil
					}
				}
			}
			steps[top.step] = s
			ordered = append(ordered, s)
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
