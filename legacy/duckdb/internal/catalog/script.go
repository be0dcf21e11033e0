package catalog

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// Script gives the statements that create what the catalog holds, each behind those of what it needs: everything is in the order in which
// the engine wrote it down or the log made it, and a table behind those that its keys refer to. Macros are left out.
func (c *Catalog) Script() []string {
	var all []string
	comment := func(what, name, text string) {
		if text != "" {
			all = append(all, "COMMENT ON "+what+" "+name+" IS "+quote.Literal(text)+";")
		}
	}
	m := c.made
	for _, s := range m.Schemas {
		if s.Name != "main" {
			all = append(all, "CREATE SCHEMA "+quote.Identifier(s.Name)+";")
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
	for _, t := range byReference(m.Tables) {
		all = append(all, t.SQL())
		comment("TABLE", t.Path.String(), t.Comment)
		for _, col := range t.Columns {
			comment("COLUMN", t.Path.String()+"."+quote.Identifier(col.Name), col.Comment)
		}
	}
	for _, v := range m.Views {
		all = append(all, v.SQL)
		if v.made != v.Name {
			all = append(all, "ALTER VIEW "+Path{v.Schema, v.made}.String()+" RENAME TO "+quote.Identifier(v.Name)+";")
		}
		comment("VIEW", v.Path.String(), v.Comment)
	}
	for _, x := range m.Indexes {
		all = append(all, x.SQL)
		comment("INDEX", x.Path.String(), x.Comment)
	}
	return all
}

// byReference moves tables behind those that their foreign keys refer to. A circle, which only a damaged file has, stays as it is.
func byReference(tables []*Table) []*Table {
	ordered := make([]*Table, 0, len(tables))
	places := map[Path]int{}
	for i, t := range tables {
		places[t.foldedPath()] = i
	}
	begun := make([]bool, len(tables))
	type step struct{ table, ref int }
	for i := range tables {
		// With a stack of its own: a chain of references may be as long as the list.
		stack := []step{{i, 0}}
		if begun[i] {
			continue
		}
		begun[i] = true
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			t := tables[top.table]
			if top.ref == len(t.refers) {
				ordered = append(ordered, t)
				stack = stack[:len(stack)-1]
				continue
			}
			to, ok := places[t.refers[top.ref]]
			top.ref++
			if ok && !begun[to] {
				begun[to] = true
				stack = append(stack, step{to, 0})
			}
		}
	}
	return ordered
}

func (p Path) foldedPath() Path { return Path{fold(p.Schema), fold(p.Name)} }

// remember keeps the order in which everything was made.
func (c *Catalog) remember() {
	c.made = &Catalog{Schemas: slices.Clone(c.Schemas), Tables: slices.Clone(c.Tables), Views: slices.Clone(c.Views),
		Sequences: slices.Clone(c.Sequences), Indexes: slices.Clone(c.Indexes), Types: slices.Clone(c.Types)}
}
