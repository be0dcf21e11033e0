package tree

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// Kinds of join, field 204 of JoinRef.
const (
	joinNatural    = 1
	joinCross      = 2
	joinPositional = 3
	joinAsOf       = 4
	joinNearest    = 6
)

var joins = map[uint64]string{1: "LEFT", 2: "RIGHT", 3: "INNER", 4: "FULL", 5: "SEMI", 6: "ANTI"}

// from writes what rows are taken from. Crossings that were made by commas are written so as long as they are
// outermost.
func (w *writer) from(t *Node) string {
	if t == nil {
		return w.unknown()
	}
	implicit := !t.Has(208) || t.Bool(208)
	if t.Class == "JoinRef" && implicit && t.Uint(204) == joinCross {
		return w.from(t.Node(200)) + ", " + w.part(t.Node(201))
	}
	return w.part(t)
}

// part is from within a join.
func (w *writer) part(t *Node) string {
	if t == nil {
		return w.unknown()
	}
	names := t.Texts(201) // of columns
	var s string
	switch t.Class {
	case "BaseTableRef":
		return tableName(t) + w.named(t, t.Texts(202)) + w.at(t) + w.sample(t)
	case "SubqueryRef":
		s = "(" + w.sql(t.Node(200)) + ")"
	case "TableFunctionRef":
		s = w.sql(t.Node(200))
		if t.Uint(202) == 1 {
			s += " WITH ORDINALITY"
		}
	case "ExpressionListRef":
		s, names = "("+w.values(t)+")", t.Texts(200)
	case "JoinRef":
		s, names = w.join(t), nil
	case "PivotRef":
		s, names = w.pivot(t), t.Texts(205)
	case "ShowRef":
		return w.show(t)
	default:
		return w.unknown()
	}
	return s + w.named(t, names) + w.sample(t)
}

// tableName is the name of a table or view as the query has it.
func tableName(t *Node) string {
	return dotted(t.Name(205, 203, 200, 201))
}

// named writes the name that rows get, and those of their columns.
func (w *writer) named(t *Node, columns []string) string {
	var s string
	if a := t.Text(101); a != "" {
		s = " AS " + quote.Identifier(a)
	}
	if len(columns) > 0 {
		if s == "" && t.Class == "BaseTableRef" {
			s = " AS " + quote.Identifier(t.Text(201))
		}
		if s == "" {
			return w.unknown()
		}
		s += "(" + quote.Identifiers(columns) + ")"
	}
	return s
}

func (w *writer) at(t *Node) string {
	c := t.Node(204)
	if c == nil {
		return ""
	}
	return " AT (" + c.Text(1) + " => " + w.sql(c.Node(2)) + ")"
}

func (w *writer) sample(t *Node) string {
	s := t.Node(102)
	if s == nil {
		return ""
	}
	unit := " ROWS)"
	if s.Bool(101) {
		unit = " PERCENT)"
	}
	out := " TABLESAMPLE " + w.sampleMethod(s) + "(" + w.value(s.Value(100)) + unit
	if seed := s.Int(103); seed > 0 {
		out += " REPEATABLE (" + strconv.FormatInt(seed, 10) + ")"
	}
	return out
}

// values writes the rows of an ExpressionListRef.
func (w *writer) values(t *Node) string {
	var rows []string
	for _, x := range t.list(202) {
		row, _ := x.([]any)
		var cells []string
		for _, y := range row {
			n, _ := y.(*Node)
			cells = append(cells, w.sql(n))
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	return "VALUES " + strings.Join(rows, ", ")
}

func (w *writer) join(t *Node) string {
	kind, ok := joins[t.Uint(203)]
	if !ok {
		kind = w.unknown()
	}
	kind += " JOIN "
	switch t.Uint(204) {
	case 0, joinNearest:
	case joinNatural:
		kind = "NATURAL " + kind
	case joinCross:
		kind = "CROSS JOIN "
	case joinPositional:
		kind = "POSITIONAL JOIN "
	case joinAsOf:
		kind = "ASOF " + kind
	default:
		kind = w.unknown()
	}
	s := "(" + w.part(t.Node(200)) + " " + kind + w.part(t.Node(201))
	switch {
	case t.Uint(204) == joinNearest:
		s += w.nearest(t)
	case t.Node(202) != nil:
		s += " ON (" + w.sql(t.Node(202)) + ")"
	case len(t.Texts(205)) > 0:
		s += " USING (" + quote.Identifiers(t.Texts(205)) + ")"
	}
	return s + ")"
}

// nearest writes how many rows of the right are wanted for each of the left, and by what.
func (w *writer) nearest(t *Node) string {
	const descending = 3
	s := " EXACT NEAREST "
	if t.Bool(212) {
		s = " APPROX NEAREST "
	}
	count := uint64(1)
	if t.Has(210) {
		count = t.Uint(210)
	}
	s += strconv.FormatUint(count, 10)
	if t.Uint(211) == descending {
		return s + " BY SIMILARITY " + w.sql(t.Node(209))
	}
	return s + " BY DISTANCE " + w.sql(t.Node(209))
}

func (w *writer) pivot(t *Node) string {
	var b strings.Builder
	b.WriteString(w.part(t.Node(200)))
	if aggregates := t.Nodes(201); len(aggregates) > 0 {
		b.WriteString(" PIVOT (" + strings.Join(w.aliased(aggregates), ", "))
	} else {
		b.WriteString(" UNPIVOT ")
		if t.Bool(206) {
			b.WriteString("INCLUDE NULLS ")
		}
		b.WriteString("(" + bracketed(quoted(t.Texts(202))))
	}
	b.WriteString(" FOR")
	for _, p := range t.Nodes(203) {
		b.WriteString(" " + w.pivotColumn(p))
	}
	if by := t.Texts(204); len(by) > 0 {
		b.WriteString(" GROUP BY " + quote.Identifiers(by))
	}
	return b.String() + ")"
}

func (w *writer) pivotColumn(p *Node) string {
	s := bracketed(quoted(p.Texts(101)))
	if x := p.Nodes(100); len(x) > 0 {
		s = "(" + strings.Join(w.list(x), ", ") + ")"
	}
	if e := p.Text(103); e != "" {
		return s + " IN " + quote.Identifier(e)
	}
	var entries []string
	for _, e := range p.Nodes(102) {
		x := w.sql(e.Node(101))
		if x == "" {
			var values []string
			for _, v := range e.Values(100) {
				values = append(values, w.value(v))
			}
			x = bracketed(values)
		}
		if a := e.Text(102); a != "" {
			x += " AS " + quote.Identifier(a)
		}
		entries = append(entries, x)
	}
	return s + " IN (" + strings.Join(entries, ", ") + ")"
}

// bracketed joins with commas, in brackets unless there is one.
func bracketed(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func quoted(names []string) []string {
	q := make([]string, len(names))
	for i, s := range names {
		q[i] = quote.Identifier(s)
	}
	return q
}

func (w *writer) show(t *Node) string {
	const summary, describe = 0, 1
	var s string
	switch t.Uint(202) {
	case summary:
		s = "SUMMARIZE "
	case describe:
		s = "DESCRIBE "
	default:
		return w.unknown()
	}
	if q := t.Node(201); q != nil {
		return s + "(" + w.sql(q) + ")"
	}
	if name := t.Text(200); strings.HasPrefix(name, `"`) { // as it was written, until 1.5
		return s + name
	}
	return s + dotted(t.Name(205, 203, 204, 200))
}
