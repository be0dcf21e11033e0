package catalog

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// Put adds what a CreateInfo creates. A table or a view takes the place of an earlier one of its name.
func (c *Catalog) Put(n *tree.Node) {
	switch n.Class {
	case "CreateViewInfo":
		c.Views = without(c.Views, pathOf(n, 200))
	case "CreateTableInfo":
		c.Tables = without(c.Tables, pathOf(n, 200))
	}
	c.add(n)
}

// Drop removes an entry, and with a table its indexes.
func (c *Catalog) Drop(kind Kind, p Path) {
	switch kind {
	case KindTable:
		c.Tables = without(c.Tables, p)
		c.Indexes = slices.DeleteFunc(c.Indexes, func(x Index) bool { return x.table() == p })
	case KindView:
		c.Views = without(c.Views, p)
	case KindIndex:
		c.Indexes = without(c.Indexes, p)
	case KindSequence:
		c.Sequences = without(c.Sequences, p)
	case KindType:
		c.Types = without(c.Types, p)
	}
}

func without[E entry](list []E, p Path) []E {
	return slices.DeleteFunc(list, func(e E) bool { return e.path() == p })
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
}

func outside[E entry](list []E, schema []string) []E {
	return slices.DeleteFunc(list, func(e E) bool { return e.path().within(schema) })
}

// RenameTable gives a table another name.
func (c *Catalog) RenameTable(t *Table, name string) {
	for i, x := range c.Indexes {
		if x.table() == t.Path {
			c.Indexes[i].Table = name
		}
	}
	t.Name = name
}

// RenameView gives a view another name.
func (c *Catalog) RenameView(p Path, name string) {
	for i, v := range c.Views {
		if v.Path == p {
			c.Views[i].Name = name
		}
	}
}

// SetUses sets how often a sequence has been drawn from.
func (c *Catalog) SetUses(p Path, uses uint64) {
	for i, q := range c.Sequences {
		if q.Path == p {
			c.Sequences[i].Uses = uses
		}
	}
}

// SetComment sets the comment on an entry.
func (c *Catalog) SetComment(kind Kind, p Path, text string) {
	switch kind {
	case KindTable:
		if t := c.Table(p); t != nil {
			t.Comment = text
		}
	case KindView:
		for i, v := range c.Views {
			if v.Path == p {
				c.Views[i].Comment = text
			}
		}
	case KindIndex:
		for i, x := range c.Indexes {
			if x.Path == p {
				c.Indexes[i].Comment = text
			}
		}
	case KindSequence:
		for i, q := range c.Sequences {
			if q.Path == p {
				c.Sequences[i].Comment = text
			}
		}
	case KindType:
		for i, u := range c.Types {
			if u.Path == p {
				c.Types[i].Comment = text
			}
		}
	}
}
