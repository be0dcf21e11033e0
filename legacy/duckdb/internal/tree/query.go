package tree

import (
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// query writes a SELECT, a set operation or what a recursive name of WITH stands for.
func (w *writer) query(n *Node) string {
	with := w.with(n)
	switch n.Class {
	case "SelectNode":
		if t := n.Node(201); t != nil && t.Class == "ShowRef" {
			return w.from(t)
		}
		if isValues(n) {
			return with + w.values(n.Node(201)) + w.modifiers(n)
		}
		return with + w.selection(n) + w.modifiers(n)
	case "SetOperationNode":
		return with + w.setOperation(n) + w.modifiers(n)
	case "RecursiveCTENode":
		union := ") UNION ("
		if n.Bool(201) {
			union = ") UNION ALL ("
		}
		return with + "(" + w.sql(n.Node(202)) + union + w.sql(n.Node(203)) + ")" + w.modifiers(n)
	case "CTENode": // what it names is also in the WITH of the query behind it
		return w.sql(n.Node(202))
	}
	return w.unknown()
}

func (w *writer) with(n *Node) string {
	m := n.Node(102)
	if m == nil || len(m.list(100)) == 0 {
		return ""
	}
	var all []string
	recursive := false
	for _, x := range m.Map(100) {
		name, info := x.Name, x.Node
		if info == nil {
			return w.unknown()
		}
		query := info.Node(105) // from 2.0 on
		if query == nil {
			query = info.Node(101).node()
		}
		recursive = recursive || query != nil && query.Class == "RecursiveCTENode"
		s := quote.Identifier(name)
		if a := info.Texts(100); len(a) > 0 {
			s += " (" + quote.Identifiers(a) + ")"
		}
		if keys := info.Nodes(103); len(keys) > 0 {
			s += " USING KEY (" + strings.Join(w.aliased(keys), ", ") + ")"
		}
		const always, never = 2, 3
		switch info.Uint(102) {
		case always:
			s += " AS MATERIALIZED ("
		case never:
			s += " AS NOT MATERIALIZED ("
		default:
			s += " AS ("
		}
		all = append(all, s+w.sql(query)+")")
	}
	if recursive {
		return "WITH RECURSIVE " + strings.Join(all, ", ") + " "
	}
	return "WITH " + strings.Join(all, ", ") + " "
}

// OrderWith moves the queries of every WITH below n behind those that they name. 0.9 and 0.10 keep them in a hash table
// and write them in any order.
func (n *Node) OrderWith() {
	n.Walk(func(m *Node) {
		if m.Class != "CommonTableExpressionMap" {
			return
		}
		list := m.Map(100)
		places := map[string]int{}
		for i, x := range list {
			places[x.Name] = i
		}
		ordered := make([]any, 0, len(list))
		begun := make([]bool, len(list))
		var move func(i int)
		move = func(i int) {
			if begun[i] {
				return
			}
			begun[i] = true
			if list[i].Node != nil {
				var names []string
				list[i].Node.Walk(func(t *Node) {
					if t.Class == "BaseTableRef" && t.Text(200) == "" {
						names = append(names, t.Text(201))
					}
				})
				slices.Sort(names)
				for _, s := range names {
					if k, ok := places[s]; ok {
						move(k)
					}
				}
			}
			ordered = append(ordered, m.list(100)[i])
		}
		for i := range list {
			move(i)
		}
		m.fields[100] = ordered
	})
}

// node is the query of a SelectStatement.
func (n *Node) node() *Node {
	if n == nil {
		return nil
	}
	return n.Node(100)
}

func (w *writer) selection(n *Node) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for _, m := range n.Nodes(101) {
		if m.Class != "DistinctModifier" {
			continue
		}
		b.WriteString("DISTINCT ")
		if on := m.Nodes(200); len(on) > 0 {
			b.WriteString("ON (" + strings.Join(w.list(on), ", ") + ") ")
		}
	}
	b.WriteString(strings.Join(w.aliased(n.Nodes(200)), ", "))
	if t := n.Node(201); t != nil && t.Class != "EmptyTableRef" {
		b.WriteString(" FROM " + w.from(t))
	}
	clause := func(name string, id int) {
		if x := n.Node(id); x != nil {
			b.WriteString(name + w.sql(x))
		}
	}
	clause(" WHERE ", 202)
	b.WriteString(w.groups(n))
	clause(" HAVING ", 206)
	clause(" QUALIFY ", 208)
	if s := n.Node(207); s != nil {
		b.WriteString(" USING SAMPLE " + w.value(s.Value(100)))
		if s.Bool(101) {
			b.WriteByte('%')
		}
		b.WriteString(" (" + w.sampleMethod(s))
		if seed := s.Int(103); seed > 0 {
			b.WriteString(", " + strconv.FormatInt(seed, 10))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// isValues reports whether a query is a bare list of rows.
func isValues(n *Node) bool {
	t := n.Node(201)
	return t != nil && t.Class == "ExpressionListRef" && n.Node(202) == nil && len(n.list(204)) == 0 &&
		n.Node(206) == nil &&
		n.Node(207) == nil && n.Node(208) == nil && len(n.Nodes(200)) == 1 && n.Nodes(200)[0].isStar()
}

// isStar reports whether an expression is a bare star.
func (n *Node) isStar() bool {
	return n.Class == "StarExpression" && new(writer).star(n) == "*"
}

func (w *writer) groups(n *Node) string {
	const forceAggregates = 2
	sets := n.list(204)
	switch {
	case len(sets) == 0 && n.Uint(205) == forceAggregates:
		return " GROUP BY ALL"
	case len(sets) == 0:
		return ""
	}
	by := w.list(n.Nodes(203))
	var all []string
	for _, x := range sets {
		set, _ := x.([]any)
		var keys []string
		for _, k := range set {
			i, _ := k.(uint64)
			if i >= uint64(len(by)) {
				return w.unknown()
			}
			keys = append(keys, by[i])
		}
		s := strings.Join(keys, ", ")
		if len(sets) > 1 || len(keys) == 0 {
			s = "(" + s + ")"
		}
		all = append(all, s)
	}
	if len(sets) > 1 {
		return " GROUP BY GROUPING SETS (" + strings.Join(all, ", ") + ")"
	}
	return " GROUP BY " + all[0]
}

// aliased writes expressions of a list of columns.
func (w *writer) aliased(list []*Node) []string {
	out := w.list(list)
	for i, n := range list {
		if a := n.Text(102); a != "" {
			out[i] += " AS " + quote.Identifier(a)
		}
	}
	return out
}

func (w *writer) setOperation(n *Node) string {
	const union, except, intersect, unionByName = 1, 2, 3, 4
	all := !n.Has(203) || n.Bool(203)
	for _, m := range n.Nodes(101) {
		all = all && m.Class != "DistinctModifier"
	}
	var op string
	switch n.Uint(200) {
	case union, unionByName:
		op = " UNION"
	case except:
		op = " EXCEPT"
	case intersect:
		op = " INTERSECT"
	default:
		return w.unknown()
	}
	if all {
		op += " ALL"
	}
	if n.Uint(200) == unionByName {
		op += " BY NAME"
	}
	parts := w.list(n.Nodes(204)) // from 1.5 on
	if len(parts) == 0 {
		parts = []string{w.sql(n.Node(201)), w.sql(n.Node(202))}
	}
	return "(" + strings.Join(parts, ")"+op+" (") + ")"
}

// modifiers writes what stands behind a query: its order and limits.
func (w *writer) modifiers(n *Node) string {
	var b strings.Builder
	for _, m := range n.Nodes(101) {
		switch m.Class {
		case "DistinctModifier": // stands elsewhere
		case "OrderModifier":
			b.WriteString(" ORDER BY " + w.orders(m.Nodes(200)))
		case "LimitModifier", "LimitPercentModifier":
			if l := m.Node(200); l != nil && (m.Class == "LimitPercentModifier" || m.Uint(202) == 1) {
				b.WriteString(" LIMIT (" + w.sql(l) + ") %")
			} else if l != nil {
				b.WriteString(" LIMIT " + w.sql(l))
			}
			if o := m.Node(201); o != nil {
				b.WriteString(" OFFSET " + w.sql(o))
			}
		default:
			b.WriteString(w.unknown())
		}
	}
	return b.String()
}

func (w *writer) orders(list []*Node) string {
	const ascending, descending, nullsFirst, nullsLast = 2, 3, 2, 3
	all := make([]string, len(list))
	for i, n := range list {
		s := w.sql(n.Node(102))
		switch n.Uint(100) {
		case ascending:
			s += " ASC"
		case descending:
			s += " DESC"
		}
		switch n.Uint(101) {
		case nullsFirst:
			s += " NULLS FIRST"
		case nullsLast:
			s += " NULLS LAST"
		}
		all[i] = s
	}
	return strings.Join(all, ", ")
}

func (w *writer) sampleMethod(s *Node) string {
	switch s.Uint(102) {
	case 0:
		return "System"
	case 1:
		return "Bernoulli"
	case 2:
		return "Reservoir"
	}
	return w.unknown()
}
