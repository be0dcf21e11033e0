package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// Script gives the statements that create what the catalog holds, each behind those of what it needs: everything is in
// the order in which the engine wrote it down or the log made it, but a table stands behind those that its keys refer
// to, and a view behind the views that its query names. Macros are left out.
func (c *Catalog) Script() []string {
	var all []string
	comment := func(what, name, text string) {
		if text != "" {
			all = append(all, "COMMENT ON "+what+" "+name+" IS "+quote.Literal(text)+";")
		}
	}
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
	for _, u := range m.Types {
		if u.Type == nil {
			continue
		}
		all = append(all, "CREATE TYPE "+u.Path.String()+" AS "+u.Type.String()+";")
		comment("TYPE", u.Path.String(), u.Comment)
	}
	for _, q := range m.Sequences {
		all = append(all, q.SQL)
		comment("SEQUENCE", q.Path.String(), q.Comment)
	}
	for _, t := range byReference(m.Tables, func(t *Table) []Path { return t.refers }) {
		all = append(all, t.SQL())
		comment("TABLE", t.Path.String(), t.Comment)
		for _, col := range t.Columns {
			comment("COLUMN", t.Path.String()+"."+quote.Identifier(col.Name), col.Comment)
		}
	}
	for _, v := range byReference(m.Views, func(v View) []Path { return v.refers }) {
		all = append(all, v.script())
		comment("VIEW", v.Path.String(), v.Comment)
	}
	for _, x := range m.Indexes {
		all = append(all, x.SQL)
		comment("INDEX", x.Path.String(), x.Comment)
	}
	return all
}

// byReference moves entries behind those that they refer to. A circle, which only a damaged file has, stays as it is.
func byReference[E entry](entries []E, refers func(E) []Path) []E {
	ordered := make([]E, 0, len(entries))
	places := map[Path]int{}
	for i, e := range entries {
		places[e.path().folded()] = i
	}
	begun := make([]bool, len(entries))
	type step struct {
		entry int
		left  []Path
	}
	var stack []step // of its own: a chain of references may be as long as the list
	begin := func(i int) {
		if !begun[i] {
			begun[i] = true
			stack = append(stack, step{i, refers(entries[i])})
		}
	}
	for i := range entries {
		for begin(i); len(stack) > 0; {
			top := &stack[len(stack)-1]
			if len(top.left) == 0 {
				ordered = append(ordered, entries[top.entry])
				stack = stack[:len(stack)-1]
				continue
			}
			to, ok := places[top.left[0]]
			top.left = top.left[1:]
			if ok {
				begin(to)
			}
		}
	}
	return ordered
}

// sources gives the tables and views that the query of a view names, sorted, folded. A name without a schema may be of
// that of the view or of main.
func sources(query *tree.Node, view Path) (all []Path) {
	if query == nil {
		return nil
	}
	query.Walk(func(n *tree.Node) {
		if n.Class != "BaseTableRef" {
			return
		}
		if s := n.Text(200); s != "" {
			all = append(all, NewPath(s, n.Text(201)).folded())
			return
		}
		all = append(all, Path{view.Schema, n.Text(201), view.Nested}.folded(), NewPath("", n.Text(201)).folded())
	})
	slices.SortFunc(all, func(a, b Path) int { return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name)) })
	return slices.Compact(all)
}

// script is the view's CREATE VIEW statement with the name that the view has now.
func (v View) script() string {
	const create = "CREATE VIEW "
	rest, ok := strings.CutPrefix(v.SQL, create)
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

func (p Path) folded() Path { return Path{fold(p.Schema), fold(p.Name), p.Nested} }

// remember keeps the order in which everything was made.
func (c *Catalog) remember() {
	c.made = &Catalog{Schemas: slices.Clone(c.Schemas), Tables: slices.Clone(c.Tables), Views: slices.Clone(c.Views),
		Sequences: slices.Clone(c.Sequences), Indexes: slices.Clone(c.Indexes), Types: slices.Clone(c.Types)}
}
