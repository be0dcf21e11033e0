package scope

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Database tells what names outside of a definition stand for.
type Database interface {
	// Table gives the columns of a table or view by the names of its path; an open one if they are not known.
	Table(names []string) Table
	// Macro reports whether there is a macro, by the names of its path.
	Macro(names []string) bool
	// Unused reports whether the engine looks into a query of a WITH that nobody uses, which may be one that is kept.
	Unused(kept bool) bool
	// Type reports whether there is a type, by its name as SQL.
	Type(name string) bool
	// Sequence reports whether there is a sequence, by its name as SQL.
	Sequence(name string) bool
}

// Missing is a reason for which the engine refuses a definition; empty if none was found.
type Missing string

// View gives the columns of a view with its own names for them, and what is missing.
func View(query *tree.Node, aliases []string, db Database) (Table, Missing) {
	c := &checker{db: db}
	t := c.query(query, nil)
	if t.counted() && len(aliases) > len(t.Columns) {
		c.fail("it has names for %d columns, of which there are %d", len(aliases), len(t.Columns))
	}
	return t.named(aliases), c.missing
}

// Macro gives what is missing of an expression or query in which parameters stand for something.
func Macro(body *tree.Node, parameters []string, db Database) Missing {
	c := &checker{db: db}
	l := &level{aliases: map[string]bool{}}
	for _, name := range parameters {
		l.aliases[quote.Fold(name)] = true
	}
	switch body.Class {
	case "SelectNode", "SetOperationNode", "RecursiveCTENode", "CTENode":
		c.query(body, l)
	default:
		c.expression(body, l)
	}
	return c.missing
}

// Others gives the first function, type or sequence below n, in the order of fields, that there is not.
func Others(n *tree.Node, db Database) Missing {
	c := &checker{db: db}
	c.others(n)
	return c.missing
}

// A checker looks for the first name that is missing.
type checker struct {
	db      Database
	missing Missing
}

func (c *checker) fail(format string, args ...any) {
	if c.missing == "" {
		c.missing = Missing(fmt.Sprintf(format, args...))
	}
}

// open is the columns of what this package does not follow.
var open = Table{Open: true}

// query gives the columns of a query.
func (c *checker) query(n *tree.Node, outer *level) Table {
	if n == nil {
		return open
	}
	l := &level{outer: outer, aliases: map[string]bool{}, with: map[string]*named{}}
	c.addWith(n.Node(102), l)
	switch n.Class {
	case "SelectNode":
		return c.selection(n, l)
	case "SetOperationNode":
		return c.setOperation(n, l)
	case "CTENode":
		l.with[quote.Fold(n.Text(200))] = c.named(n.Node(201), n.Texts(203), l)
		return c.query(n.Node(202), l)
	case "RecursiveCTENode":
		first := c.query(n.Node(202), l).named(n.Texts(204))
		l.with[quote.Fold(n.Text(200))] = &named{begun: true, table: first}
		c.query(n.Node(203), l)
		return first
	}
	return open
}

// addWith adds the queries of a WITH.
func (c *checker) addWith(m *tree.Node, l *level) {
	if m == nil {
		return
	}
	for _, x := range m.Map(100) {
		if x.Node == nil {
			continue
		}
		query := x.Node.Node(105) // from 2.0 on
		if s := x.Node.Node(101); query == nil && s != nil {
			query = s.Node(100)
		}
		q := c.named(query, x.Node.Texts(100), l)
		l.with[quote.Fold(x.Name)] = q
		const always = 2
		if c.db.Unused(x.Node.Uint(102) == always) {
			q.columnsOf()
		}
	}
}

// named is a query of a WITH. One that names itself, or that somebody else put there, is not followed.
func (c *checker) named(query *tree.Node, columns []string, l *level) *named {
	return &named{columns: func() Table { return c.query(query, l).named(columns) }}
}

// columnsOf gives the columns of a query of a WITH.
func (q *named) columnsOf() Table {
	if !q.begun {
		q.begun, q.table = true, open // for what names itself
		q.table = q.columns()
	}
	return q.table
}

func (c *checker) setOperation(n *tree.Node, l *level) Table {
	const unionByName = 4
	parts := n.Nodes(204) // from 1.5 on
	if len(parts) == 0 {
		parts = []*tree.Node{n.Node(201), n.Node(202)}
	}
	var all Table
	for i, p := range parts {
		t := c.query(p, l)
		switch {
		case i == 0:
			all = t
		case n.Uint(200) == unionByName:
			all = Table{Open: all.Open || t.Open, Joined: true, Columns: append(all.Columns[:len(all.Columns):len(all.Columns)],
				t.Columns...)}
		case all.counted() && t.counted() && len(all.Columns) != len(t.Columns):
			c.fail("one of its queries has %d columns, and the other %d", len(all.Columns), len(t.Columns))
		}
	}
	return all
}

func (c *checker) selection(n *tree.Node, l *level) Table {
	if from := n.Node(201); from != nil {
		c.from(from, l)
	}
	list := n.Nodes(200)
	for _, x := range list {
		if a := x.Text(102); a != "" {
			l.aliases[quote.Fold(a)] = true
		}
	}
	var t Table
	for _, x := range list {
		c.selected(x, l, &t)
	}
	for _, id := range []int{202, 206, 208} { // WHERE, HAVING, QUALIFY
		if x := n.Node(id); x != nil {
			c.expression(x, l)
		}
	}
	for _, x := range n.Nodes(203) {
		c.expression(x, l)
	}
	sorted := &level{outer: l, sources: []source{{"", t}}}
	for _, m := range n.Nodes(101) {
		c.expression(m, sorted)
	}
	return t
}

// selected adds the columns of an expression of a SELECT.
func (c *checker) selected(x *tree.Node, l *level, t *Table) {
	if x.Class == "StarExpression" && x.Node(204) == nil && !x.Bool(203) {
		c.star(x, l, t)
		return
	}
	c.expression(x, l)
	switch name := x.Text(102); {
	case x.Class == "StarExpression" || several(x):
		t.Open = true
	case name != "":
		t.Columns = append(t.Columns, name)
	case x.Class == "ColumnRefExpression":
		names := x.Texts(200)
		t.Columns = append(t.Columns, names[max(len(names)-1, 0):]...)
	case sentences[x.Class] && !(x.Class == "FunctionExpression" && c.db.Macro(x.Name(210, 208, 201, 200))):
		t.Columns = append(t.Columns, "")
	default:
		t.Columns = append(t.Columns, anyName)
	}
}

// sentences are the expressions whose own names, which are their texts, are no words.
var sentences = map[string]bool{"FunctionExpression": true, "WindowExpression": true, "ComparisonExpression": true,
	"ConjunctionExpression": true, "CastExpression": true, "CaseExpression": true, "BetweenExpression": true,
	"SubqueryExpression": true}

// several reports whether an expression may give more than one column, or one whose name is a word.
func several(x *tree.Node) bool {
	found := false
	x.Walk(func(n *tree.Node) {
		name := quote.Fold(n.Text(200))
		found = found || n.Class == "StarExpression" && (n.Node(204) != nil || n.Bool(203)) ||
			n.Class == "FunctionExpression" && (name == "unnest" || name == "unlist" || strings.HasSuffix(name, "_extract") ||
				strings.HasPrefix(name, "current_"))
	})
	return found
}

// star adds the columns of a star.
func (c *checker) star(x *tree.Node, l *level, t *Table) {
	var all Table
	of := x.Text(200)
	found := of == ""
	for _, s := range l.sources {
		if of == "" || quote.Fold(of) == quote.Fold(s.name) {
			all.Columns = append(all.Columns, s.table.Columns...)
			all.Open, all.Joined = all.Open || s.table.Open, all.Joined || s.table.Joined
			found = true
		}
	}
	if !found || len(l.sources) == 0 { // the members of a column, perhaps
		all.Open = true
	}
	left := map[string]bool{}
	for _, name := range x.Texts(201) {
		left[quote.Fold(name)] = true
		if !all.has(name) {
			c.fail("it leaves out the column %s, which there is not", quote.Identifier(name))
		}
	}
	for _, p := range x.Map(202) {
		if !all.has(p.Name) {
			c.fail("it replaces the column %s, which there is not", quote.Identifier(p.Name))
		}
		if p.Node != nil {
			c.expression(p.Node, l)
		}
	}
	if len(x.Nodes(206)) > 0 || x.Has(207) { // qualified names left out, others renamed
		all.Open = true
	}
	for _, name := range all.Columns {
		if !left[quote.Fold(name)] {
			t.Columns = append(t.Columns, name)
		}
	}
	t.Open, t.Joined = t.Open || all.Open, t.Joined || all.Joined
}

// expression looks for names below an expression that stand for nothing.
func (c *checker) expression(x *tree.Node, l *level) {
	switch x.Class {
	case "ColumnRefExpression":
		names := x.Texts(200)
		if len(names) > 0 && strings.HasPrefix(names[0], tree.MacroParameters) {
			return
		}
		if !l.column(names) {
			c.fail("there is no column %s", dotted(names))
		}
		return
	case "SubqueryExpression":
		if s := x.Node(201); s != nil {
			c.query(s.Node(100), l)
		}
		if child := x.Node(202); child != nil {
			c.expression(child, l)
		}
		return
	case "LambdaExpression": // or the arrow of JSON, whose left side is then let pass
		inner := &level{outer: l, aliases: map[string]bool{}}
		if row := x.Node(200); row != nil {
			row.Walk(func(n *tree.Node) {
				if names := n.Texts(200); n.Class == "ColumnRefExpression" && len(names) > 0 {
					inner.aliases[quote.Fold(names[len(names)-1])] = true
				}
			})
		}
		if body := x.Node(201); body != nil {
			c.expression(body, inner)
		}
		return
	case "StarExpression", "TypeExpression":
		c.others(x)
		return
	}
	c.other(x)
	x.Below(func(y *tree.Node) { c.expression(y, l) })
}

// other looks whether there is the function, type or sequence that x names, if it names one.
func (c *checker) other(x *tree.Node) {
	switch x.Class {
	case "FunctionExpression":
		if !x.Bool(206) { // an operator
			c.function(x.Name(210, 208, 201, 200))
			c.sequence(x)
		}
	case "WindowExpression":
		c.function(x.Name(219, 202, 201, 200))
	case "TypeExpression":
		c.typ(dotted(x.Name(204, 200, 201, 202)))
	case "CastExpression":
		x.Type(201).Walk(func(t *types.Type) { c.typ(t.Unbound) })
	}
}

// others is other for n and what is below it.
func (c *checker) others(n *tree.Node) {
	c.other(n)
	n.Below(c.others)
}

func (c *checker) function(names []string) {
	if len(names) == 0 || c.db.Macro(names) {
		return
	}
	if name := names[len(names)-1]; name != "" && !IsFunction(name) {
		c.fail("there is no function %s", dotted(names))
	}
}

func (c *checker) typ(name string) {
	if name != "" && !strings.ContainsAny(name, "()[] ") && !IsType(name) && !c.db.Type(name) {
		c.fail("there is no type %s", name)
	}
}

// sequence looks whether there is the sequence that a function is asked for the numbers of.
func (c *checker) sequence(x *tree.Node) {
	name := quote.Fold(x.Text(200))
	if name != "nextval" && name != "currval" {
		return
	}
	args := x.Nodes(202)
	for _, a := range x.Nodes(209) {
		args = append(args, a.Node(101))
	}
	if len(args) == 1 && args[0] != nil && args[0].Class == "ConstantExpression" {
		if q := args[0].ConstantText(); q != "" && !c.db.Sequence(q) {
			c.fail("there is no sequence %s", q)
		}
	}
}

func dotted(names []string) string {
	var q []string
	for _, s := range names {
		if s != "" {
			q = append(q, quote.Identifier(s))
		}
	}
	return strings.Join(q, ".")
}
