package scope

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// from adds what rows are taken from to the sources of a level, from left to right: what stands further right may name
// columns of what is on its left.
func (c *checker) from(n *tree.Node, l *level) {
	add := func(name string, t Table, columns []string) {
		if own := n.Text(101); own != "" {
			name = own
		}
		l.sources = append(l.sources, source{name, t.named(columns)})
	}
	switch n.Class {
	case "EmptyTableRef":
	case "BaseTableRef":
		names := n.Name(205, 203, 200, 201)
		if len(names) == 0 {
			names = []string{""}
		}
		add(names[len(names)-1], c.table(names, l), n.Texts(202))
	case "SubqueryRef":
		t := open
		if s := n.Node(200); s != nil {
			t = c.query(s.Node(100), l)
		}
		add("", t, n.Texts(201))
	case "ExpressionListRef":
		width := 0
		n.Below(func(x *tree.Node) { c.expression(x, l) })
		if rows := n.Rows(202); len(rows) > 0 {
			width = rows[0]
		}
		var t Table
		for range width { // which the engine calls col0, col1 and so on
			t.Columns = append(t.Columns, anyName)
		}
		add("", t, n.Texts(200))
	case "JoinRef":
		c.join(n, l)
	case "TableFunctionRef": // a name among its arguments may be a text
		if f := n.Node(200); f != nil {
			c.tableFunction(f, l)
		}
		add("", open, nil)
	case "PivotRef":
		c.pivot(n, l)
		add("", open, nil)
	default:
		c.others(n)
		add("", open, nil)
	}
}

// table gives the columns of a table, a view or a query of a WITH.
func (c *checker) table(names []string, l *level) Table {
	name := ""
	for i, s := range names {
		if s != "" && i < len(names)-1 {
			return c.db.Table(names)
		}
		name = s
	}
	if q := l.query(name); q != nil {
		return q.columnsOf()
	}
	return c.db.Table(names)
}

func (c *checker) tableFunction(f *tree.Node, l *level) {
	c.other(f)
	f.Below(func(x *tree.Node) {
		x.Walk(func(y *tree.Node) {
			if y.Class == "SubqueryExpression" {
				c.expression(y, &level{outer: l, sources: []source{{"", open}}})
			}
		})
		c.others(x)
	})
}

func (c *checker) join(n *tree.Node, l *level) {
	begin := len(l.sources)
	for _, id := range []int{200, 201} {
		before := len(l.sources)
		if t := n.Node(id); t != nil {
			c.from(t, l)
		}
		for _, name := range n.Texts(205) { // USING
			found := false
			for _, s := range l.sources[before:] {
				found = found || s.table.has(name)
			}
			if !found {
				c.fail("a side of its join has no column %s", quote.Identifier(name))
			}
		}
	}
	const natural, semi, anti = 1, 5, 6
	if n.Uint(204) == natural || n.Uint(203) == semi || n.Uint(203) == anti || len(n.Texts(205)) > 0 {
		for i := begin; i < len(l.sources); i++ {
			l.sources[i].table.Joined = true
		}
	}
	if on := n.Node(202); on != nil {
		c.expression(on, l)
	}
	if by := n.Node(209); by != nil {
		c.expression(by, l)
	}
}

// pivot looks into what is turned; of UNPIVOT the names are no columns of it.
func (c *checker) pivot(n *tree.Node, l *level) {
	inner := &level{outer: l}
	if t := n.Node(200); t != nil {
		c.from(t, inner)
	}
	aggregates := n.Nodes(201)
	for _, x := range aggregates {
		c.expression(x, inner)
	}
	if len(aggregates) == 0 {
		return
	}
	for _, p := range n.Nodes(203) {
		for _, x := range p.Nodes(100) {
			c.expression(x, inner)
		}
	}
}
