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
		c.Indexes = slices.DeleteFunc(c.Indexes, func(x Index) bool { return Path{x.Schema, x.Table} == p })
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

// AddSchema adds a schema, unless there is one of that name.
func (c *Catalog) AddSchema(name string) {
	if !c.hasSchema(name) {
		c.Schemas = append(c.Schemas, Schema{Name: name})
	}
}

func (c *Catalog) hasSchema(name string) bool {
	return slices.ContainsFunc(c.Schemas, func(s Schema) bool { return s.Name == name })
}

// DropSchema removes a schema and what is in it.
func (c *Catalog) DropSchema(name string) {
	c.Schemas = slices.DeleteFunc(c.Schemas, func(s Schema) bool { return s.Name == name })
	c.Tables = outside(c.Tables, name)
	c.Views = outside(c.Views, name)
	c.Sequences = outside(c.Sequences, name)
	c.Indexes = outside(c.Indexes, name)
	c.Types = outside(c.Types, name)
}

func outside[E entry](list []E, schema string) []E {
	return slices.DeleteFunc(list, func(e E) bool { return e.path().Schema == schema })
}

// RenameTable gives a table another name.
func (c *Catalog) RenameTable(t *Table, name string) {
	for i, x := range c.Indexes {
		if (Path{x.Schema, x.Table}) == t.Path {
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
