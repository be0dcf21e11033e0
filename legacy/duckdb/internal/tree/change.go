package tree

import (
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// change writes a statement that changes rows, as triggers have them.
func (w *writer) change(n *Node) string {
	s := w.with(n)
	switch n.Class {
	case "InsertQueryNode":
		s += w.insert(n) + w.returning(n, 205)
	case "UpdateQueryNode":
		set := n.Node(203)
		if set == nil {
			return w.unknown()
		}
		s += "UPDATE " + w.from(n.Node(200)) + " SET " + w.assignments(set)
		if t := n.Node(201); t != nil {
			s += " FROM " + w.from(t)
		}
		s += w.where(set.Node(100)) + w.returning(n, 202)
	case "DeleteQueryNode":
		s += "DELETE FROM " + w.from(n.Node(201))
		if using := n.Nodes(202); len(using) > 0 {
			var all []string
			for _, t := range using {
				all = append(all, w.from(t))
			}
			s += " USING " + strings.Join(all, ", ")
		}
		s += w.where(n.Node(200)) + w.returning(n, 203)
	case "MergeQueryNode":
		s += w.merge(n) + w.returning(n, 205)
	}
	return s
}

func (w *writer) where(x *Node) string {
	if x == nil {
		return ""
	}
	return " WHERE " + w.sql(x)
}

func (w *writer) returning(n *Node, id int) string {
	list := n.Nodes(id)
	if len(list) == 0 {
		return ""
	}
	return " RETURNING " + strings.Join(w.aliased(list), ", ")
}

// assignments writes the columns of an UpdateSetInfo with their new values.
func (w *writer) assignments(set *Node) string {
	columns, values := set.Texts(101), w.list(set.Nodes(102))
	if len(columns) != len(values) {
		return w.unknown()
	}
	for i, c := range columns {
		values[i] = quote.Identifier(c) + " = " + values[i]
	}
	return strings.Join(values, ", ")
}

// byName is how columns are matched, field 209 of InsertQueryNode and 105 of MergeIntoAction.
const byName = 1

func (w *writer) insert(n *Node) string {
	const nothing, update, replace = 1, 2, 3
	conflict := n.Node(206)
	s := "INSERT INTO "
	if conflict != nil && conflict.Uint(100) == replace {
		s = "INSERT OR REPLACE INTO "
	}
	s += dotted(n.Name(210, 204, 203, 202))
	if t := n.Node(207); t != nil && t.Text(101) != "" {
		s += " AS " + quote.Identifier(t.Text(101))
	}
	if n.Uint(209) == byName {
		s += " BY NAME"
	}
	if columns := n.Texts(201); len(columns) > 0 {
		s += " (" + quote.Identifiers(columns) + ")"
	}
	switch rows := n.Node(200).node(); {
	case n.Bool(208):
		s += " DEFAULT VALUES"
	case rows == nil:
		return w.unknown()
	default:
		s += " " + w.sql(rows)
	}
	if conflict == nil || conflict.Uint(100) == replace {
		return s
	}
	s += " ON CONFLICT"
	if on := conflict.Texts(101); len(on) > 0 {
		s += " (" + quote.Identifiers(on) + ")"
	}
	s += w.where(conflict.Node(103))
	set := conflict.Node(102)
	switch {
	case conflict.Uint(100) == nothing:
		return s + " DO NOTHING"
	case conflict.Uint(100) == update && set != nil:
		return s + " DO UPDATE SET " + w.assignments(set) + w.where(set.Node(100))
	}
	return w.unknown()
}

func (w *writer) merge(n *Node) string {
	const whenMatched, notBySource, notByTarget = 0, 1, 2
	s := "MERGE INTO " + w.from(n.Node(200)) + " USING " + w.from(n.Node(201))
	if on := n.Node(202); on != nil {
		s += " ON " + w.sql(on)
	} else {
		s += " USING (" + quote.Identifiers(n.Texts(203)) + ")"
	}
	for _, x := range n.list(204) {
		p, _ := x.([2]any)
		when, _ := p[0].(uint64)
		actions, _ := p[1].([]any)
		for _, y := range actions {
			a, _ := y.(*Node)
			if a == nil {
				return w.unknown()
			}
			switch when {
			case whenMatched:
				s += " WHEN MATCHED"
			case notBySource:
				s += " WHEN NOT MATCHED BY SOURCE"
			case notByTarget:
				s += " WHEN NOT MATCHED"
			default:
				return w.unknown()
			}
			s += w.mergeAction(a)
		}
	}
	return s
}

func (w *writer) mergeAction(a *Node) string {
	const update, remove, insert, nothing, fail = 0, 1, 2, 3, 4
	s := " THEN "
	if c := a.Node(101); c != nil {
		s = " AND " + w.sql(c) + s
	}
	name := ""
	if a.Uint(105) == byName {
		name = " BY NAME"
	}
	values := w.list(a.Nodes(104))
	switch a.Uint(100) {
	case update:
		s += "UPDATE" + name
		if set := a.Node(102); set != nil {
			s += " SET " + w.assignments(set)
		}
		return s
	case remove:
		return s + "DELETE"
	case insert:
		s += "INSERT" + name
		if columns := a.Texts(103); len(columns) > 0 {
			s += " (" + quote.Identifiers(columns) + ")"
		}
		switch {
		case len(values) > 0:
			return s + " VALUES (" + strings.Join(values, ", ") + ")"
		case a.Bool(106):
			return s + " DEFAULT VALUES"
		}
		return s + " *"
	case nothing:
		return s + "DO NOTHING"
	case fail:
		return strings.TrimSuffix(s+"ERROR "+strings.Join(values, ", "), " ")
	}
	return w.unknown()
}
