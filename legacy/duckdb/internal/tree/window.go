package tree

import (
	"cmp"
	"strings"
)

// A bound is an end of the frame of a window, fields 206 and 207 of WindowExpression.
type bound struct {
	unit string // "" of those that are of any
	text string // behind an expression, if it begins with a space
}

var frameBounds = map[uint64]bound{
	1: {"", "UNBOUNDED PRECEDING"}, 2: {"", "UNBOUNDED FOLLOWING"},
	3: {"RANGE", "CURRENT ROW"}, 4: {"ROWS", "CURRENT ROW"}, 9: {"GROUPS", "CURRENT ROW"},
	5: {"ROWS", " PRECEDING"}, 6: {"ROWS", " FOLLOWING"},
	7: {"RANGE", " PRECEDING"}, 8: {"RANGE", " FOLLOWING"},
	10: {"GROUPS", " PRECEDING"}, 11: {"GROUPS", " FOLLOWING"},
}

var excluded = map[uint64]string{1: " EXCLUDE CURRENT ROW", 2: " EXCLUDE GROUP", 3: " EXCLUDE TIES"}

func (w *writer) window(e *Node) string {
	args := append(w.list(e.Nodes(203)), w.arguments(e.Nodes(218))...)
	// Offset and default of lead and lag stand apart until 1.5, and in what 2.0 writes for these also among the arguments.
	if len(args) == 1 {
		for _, id := range []int{210, 211} {
			if x := e.Node(id); x != nil {
				args = append(args, w.sql(x))
			}
		}
	}
	var b strings.Builder
	b.WriteString(functionName(e, 201, 219) + "(")
	if e.Bool(215) {
		b.WriteString("DISTINCT ")
	}
	b.WriteString(strings.Join(args, ", "))
	if by := e.Nodes(216); len(by) > 0 {
		b.WriteString(" ORDER BY " + w.orders(by))
	}
	if e.Bool(212) {
		b.WriteString(" IGNORE NULLS")
	}
	b.WriteByte(')')
	if f := e.Node(213); f != nil {
		b.WriteString(" FILTER (WHERE " + w.sql(f) + ")")
	}
	b.WriteString(" OVER (")
	var over []string
	if by := e.Nodes(204); len(by) > 0 {
		over = append(over, "PARTITION BY "+strings.Join(w.list(by), ", "))
	}
	if by := e.Nodes(205); len(by) > 0 {
		over = append(over, "ORDER BY "+w.orders(by))
	}
	if f := w.frame(e); f != "" {
		over = append(over, f)
	}
	return b.String() + strings.Join(over, " ") + ")"
}

// frame writes the frame of a window, if it is not the one that need not be said.
func (w *writer) frame(e *Node) string {
	const unboundedPreceding, currentRowRange = 1, 3
	if e.Uint(206) == unboundedPreceding && e.Uint(207) == currentRowRange && e.Uint(214) == 0 {
		return ""
	}
	first, ok := frameBounds[e.Uint(206)]
	last, ok2 := frameBounds[e.Uint(207)]
	exclude, ok3 := excluded[e.Uint(214)]
	if !ok || !ok2 || !ok3 && e.Uint(214) != 0 {
		return w.unknown()
	}
	text := func(b bound, id int) string {
		if strings.HasPrefix(b.text, " ") {
			return w.sql(e.Node(id)) + b.text
		}
		return b.text
	}
	unit := first.unit
	if unit == "" {
		unit = cmp.Or(last.unit, "ROWS") // everything is the same in any unit
	}
	return unit + " BETWEEN " + text(first, 208) + " AND " + text(last, 209) + exclude
}
