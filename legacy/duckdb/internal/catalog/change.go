package catalog

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// Put adds what a CreateInfo creates. It takes the place of an earlier one of its name, if it may.
func (c *Catalog) Put(n *tree.Node) {
	switch p := pathOf(n, 200); n.Class {
	case "CreateViewInfo":
		c.Views = without(c.Views, p)
	case "CreateTableInfo":
		c.Tables = without(c.Tables, p)
	case "CreateMacroInfo":
		c.dropMacro(Kind(n.Uint(100)), p)
	}
	c.add(n)
}

// Drop removes an entry, and with a table its indexes and triggers. A trigger is removed by [Catalog.DropTrigger].
func (c *Catalog) Drop(kind Kind, p Path) {
	switch kind {
	case KindTable:
		c.Tables = without(c.Tables, p)
		c.Indexes = slices.DeleteFunc(c.Indexes, func(x *Index) bool { return x.table() == p })
		c.Triggers = slices.DeleteFunc(c.Triggers, func(t *Trigger) bool { return t.Table == p })
	case KindView:
		c.Views = without(c.Views, p)
	case KindIndex:
		c.Indexes = without(c.Indexes, p)
	case KindSequence:
		c.Sequences = without(c.Sequences, p)
	case KindType:
		c.Types = without(c.Types, p)
	case KindMacro, KindTableMacro:
		c.dropMacro(kind, p)
	}
}

func (c *Catalog) dropMacro(kind Kind, p Path) {
	c.Macros = slices.DeleteFunc(c.Macros, func(m *Macro) bool { return m.Kind == kind && m.Path == p })
}

// DropTrigger removes the trigger of that path, which a table in its schema has.
func (c *Catalog) DropTrigger(table string, p Path) {
	c.Triggers = slices.DeleteFunc(c.Triggers, func(t *Trigger) bool {
		return t.Path == p && quote.Fold(t.Table.Name) == quote.Fold(table)
	})
}

func without[E entry](list []E, p Path) []E {
	return slices.DeleteFunc(list, func(e E) bool { return e.definition().Path == p })
}

// find gives the entry of a path; nil when there is none.
func find[E entry](list []E, p Path) *Definition {
	for _, e := range list {
		if d := e.definition(); d.Path == p {
			return d
		}
	}
	return nil
}

// AddSchema adds a schema by its name, which follows those of the schemas that it is in, unless there is one.
func (c *Catalog) AddSchema(names []string) {
	p := NestedPath(names, "")
	c.putSchema(Schema{Name: p.Schema, Nested: p.Nested})
}

func (c *Catalog) putSchema(s Schema) {
	same := func(t Schema) bool { return t.Name == s.Name && t.Nested == s.Nested }
	if !slices.ContainsFunc(c.Schemas, same) {
		c.Schemas = append(c.Schemas, s)
	}
}

// DropSchema removes a schema, named as for AddSchema, and what is in it.
func (c *Catalog) DropSchema(names []string) {
	c.Schemas = slices.DeleteFunc(c.Schemas, func(s Schema) bool {
		return Path{Schema: s.Name, Nested: s.Nested}.within(names)
	})
	c.Tables = outside(c.Tables, names)
	c.Views = outside(c.Views, names)
	c.Sequences = outside(c.Sequences, names)
	c.Indexes = outside(c.Indexes, names)
	c.Types = outside(c.Types, names)
	c.Macros = outside(c.Macros, names)
	c.Triggers = outside(c.Triggers, names)
}

func outside[E entry](list []E, schema []string) []E {
	return slices.DeleteFunc(list, func(e E) bool { return e.definition().within(schema) })
}

// RenameTable gives a table another name.
func (c *Catalog) RenameTable(t *Table, name string) {
	for _, x := range c.Indexes {
		if x.table() == t.Path {
			x.Table = name
		}
	}
	t.Name = name
}

// RenameView gives a view another name.
func (c *Catalog) RenameView(p Path, name string) {
	if v := find(c.Views, p); v != nil {
		v.Name = name
	}
}

// SetSequence sets how often a sequence has been drawn from, and its next value.
func (c *Catalog) SetSequence(p Path, uses uint64, next int64) {
	for _, q := range c.Sequences {
		if q.Path == p {
			q.Uses, q.Start = uses, next
		}
	}
}

// SetComment sets the comment on an entry.
func (c *Catalog) SetComment(kind Kind, p Path, text *string) {
	var d *Definition
	switch kind {
	case KindTable:
		if t := c.Table(p); t != nil {
			d = &t.Definition
		}
	case KindView:
		d = find(c.Views, p)
	case KindIndex:
		d = find(c.Indexes, p)
	case KindSequence:
		d = find(c.Sequences, p)
	case KindType:
		d = find(c.Types, p)
	case KindMacro, KindTableMacro:
		for _, m := range c.Macros {
			if m.Path == p && m.Kind == kind {
				d = &m.Definition
			}
		}
	}
	if d != nil {
		d.Comment = text
	}
}

// SetColumnComment sets the comment on a column of a table or a view.
func (c *Catalog) SetColumnComment(p Path, column string, text *string) {
	if t := c.Table(p); t != nil {
		if i := t.ColumnIndex(column); i >= 0 {
			t.Columns[i].Comment = text
		}
		return
	}
	for _, v := range c.Views {
		if v.Path == p {
			v.setComment(column, text)
		}
	}
}
