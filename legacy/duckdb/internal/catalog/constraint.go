package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// A constraint is a condition on the rows of a table: a key or a CHECK.
type constraint struct {
	kind    string // "PRIMARY KEY", "UNIQUE", "FOREIGN KEY" or "CHECK"
	columns []string
	inline  bool // it stands with its only column
	check   *tree.Node
	refers  string   // the table that a foreign key refers to, as SQL
	to      []string // its columns
}

func (c *constraint) sql() string {
	if c.check != nil {
		return "CHECK(" + c.check.SQL() + ")"
	}
	s := c.kind + "(" + quote.Identifiers(c.columns) + ")"
	if c.refers != "" {
		s += " REFERENCES " + c.refers
	}
	if len(c.to) > 0 {
		s += "(" + quote.Identifiers(c.to) + ")"
	}
	return s
}

// Constrain adds a constraint.
func (t *Table) Constrain(c *tree.Node) {
	index := func(n uint64) int { return int(min(n, uint64(len(t.Columns)))) }
	switch c.Class {
	case "NotNullConstraint":
		if i := index(c.Uint(200)); i < len(t.Columns) {
			t.Columns[i].NotNull = true
		}
	case "UniqueConstraint":
		names := slices.Compact(c.Texts(202)) // 0.9 repeats the name of a single column
		if len(names) == 0 {
			if i := index(c.Uint(201)); i < len(t.Columns) {
				names = []string{t.Columns[i].Name}
			}
		}
		kind := "UNIQUE"
		if c.Bool(200) {
			t.PrimaryKey, kind = slices.Clone(names), "PRIMARY KEY"
		}
		inline := c.Has(201) && index(c.Uint(201)) < len(t.Columns) && len(names) == 1
		t.constraints = append(t.constraints, constraint{kind: kind, columns: names, inline: inline})
	case "CheckConstraint":
		if e := c.Node(200); e != nil {
			t.constraints = append(t.constraints, constraint{kind: "CHECK", check: e})
		}
	case "ForeignKeyConstraint":
		if c.Uint(202) == 0 { // the side that is referred to
			return
		}
		ref := quote.Identifier(c.Text(204))
		if s := c.Text(203); s != "" && s != t.Schema && !t.Nested { // of a path there is only the last
			ref = quote.Identifier(s) + "." + ref
		}
		t.constraints = append(t.constraints,
			constraint{kind: "FOREIGN KEY", columns: c.Texts(201), refers: ref, to: c.Texts(200)})
	}
}

// names reports whether an expression names a column of the table. It may be nil.
func (t *Table) names(e *tree.Node, column string) (found bool) {
	if e == nil {
		return false
	}
	e.Walk(func(n *tree.Node) {
		if n.Class != "ColumnRefExpression" {
			return
		}
		names := n.Texts(200)
		if len(names) > 1 && quote.Fold(names[0]) == quote.Fold(t.Name) {
			names = names[1:]
		}
		found = found || len(names) > 0 && quote.Fold(names[0]) == quote.Fold(column)
	})
	return found
}

// RenameColumn gives column i another name, also where constraints and generated columns name it.
func (t *Table) RenameColumn(i int, name string) {
	was := t.Columns[i].Name
	rename := func(names []string) {
		for k, s := range names {
			if quote.Fold(s) == quote.Fold(was) {
				names[k] = name
			}
		}
	}
	rename(t.PrimaryKey)
	for _, c := range t.constraints {
		rename(c.columns)
		renameIn(c.check, was, name)
	}
	for k := range t.Columns {
		if c := &t.Columns[k]; c.Generated {
			renameIn(c.expression, was, name)
			c.SetDefault(c.expression)
		}
	}
	t.Columns[i].Name = name
}

func renameIn(e *tree.Node, was, name string) {
	if e == nil {
		return
	}
	e.Walk(func(n *tree.Node) {
		if n.Class != "ColumnRefExpression" {
			return
		}
		if names := n.Texts(200); len(names) > 0 && quote.Fold(names[len(names)-1]) == quote.Fold(was) {
			n.SetLastText(200, name)
		}
	})
}

// generating is the expression of a generated column without the cast to the column's type, which the engine puts
// around it at every CREATE.
func (c Column) generating() string {
	if e, ok := strings.CutPrefix(c.Default, "CAST("); ok {
		if e, ok = strings.CutSuffix(e, " AS "+c.Type.String()+")"); ok {
			return e
		}
	}
	return c.Default
}

// SQL is a CREATE TABLE statement for the table, with its constraints.
func (t *Table) SQL() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + t.Path.String() + "(")
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote.Identifier(c.Name) + " " + cmp.Or(c.spelled, c.Type).String())
		if c.Type.Collation != "" {
			b.WriteString(" COLLATE " + c.Type.Collation)
		}
		switch {
		case c.Generated:
			b.WriteString(" GENERATED ALWAYS AS(" + c.generating() + ")")
		case c.Default != "":
			b.WriteString(" DEFAULT(" + c.Default + ")")
		}
		if c.NotNull && !slices.Contains(t.PrimaryKey, c.Name) {
			b.WriteString(" NOT NULL")
		}
		for _, k := range t.constraints {
			if k.inline && k.columns[0] == c.Name {
				b.WriteString(" " + k.kind)
			}
		}
	}
	for _, k := range t.constraints {
		if !k.inline {
			b.WriteString(", " + k.sql())
		}
	}
	b.WriteString(");")
	return b.String()
}
