package catalog

import (
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Macro is a function made by CREATE MACRO.
type Macro struct {
	Definition
	Kind Kind   // KindMacro or KindTableMacro
	body string // from the first parameters to the end; "" if there are no words for it
}

func newMacro(n *tree.Node) *Macro {
	m := &Macro{Kind: Kind(n.Uint(100))}
	m.Definition = define(n, m.Kind)
	var all []string
	for _, f := range append([]*tree.Node{n.Node(201)}, n.Nodes(202)...) {
		if f == nil {
			return m
		}
		s, ok := overload(f)
		if !ok {
			return m
		}
		all = append(all, s)
	}
	m.body = strings.Join(all, ", ")
	return m
}

// SQL is a CREATE MACRO statement for the macro, "" if it has something that this reader has no words for.
func (m *Macro) SQL() string {
	if m.body == "" {
		return ""
	}
	return "CREATE MACRO " + m.Path.String() + m.body + ";"
}

// overload writes one of the functions of a macro.
func overload(f *tree.Node) (string, bool) {
	const untyped = 2
	whole := true
	say := func(n *tree.Node) string {
		s, ok := n.Statement()
		whole = whole && ok
		return s
	}
	defaults := f.Map(102)
	var parameters []string
	for i, p := range f.Nodes(101) {
		names := p.Texts(200)
		if len(names) == 0 {
			return "", false
		}
		name := names[len(names)-1]
		s := quote.Identifier(name)
		if t := f.Types(103); i < len(t) && t[i].ID != types.ID(untyped) {
			s += " " + t[i].String()
		}
		for k, d := range defaults {
			if d.Name == name && d.Node != nil {
				s += " := " + say(d.Node)
				defaults[k].Node = nil
			}
		}
		parameters = append(parameters, s)
	}
	for _, d := range defaults { // until 1.3 they are no parameters else
		if d.Node != nil {
			parameters = append(parameters, quote.Identifier(d.Name)+" := "+say(d.Node))
		}
	}
	s := "(" + strings.Join(parameters, ", ") + ") AS "
	switch f.Class {
	case "TableMacroFunction":
		s += "TABLE (" + say(f.Node(200)) + ")"
	case "ScalarMacroFunction":
		s += "(" + say(f.Node(200)) + ")"
	default:
		return "", false
	}
	return s, whole
}

// A Trigger is a statement that runs when a table changes. DuckDB has them from 2.0 on.
type Trigger struct {
	Definition
	Table Path
	SQL   string // its CREATE TRIGGER statement; "" if there are no words for it
}

var (
	timings = map[uint64]string{0: " BEFORE", 1: " AFTER", 2: " INSTEAD OF"}
	events  = map[uint64]string{0: " INSERT", 1: " DELETE", 2: " UPDATE"}
	forEach = map[uint64]string{0: " FOR EACH STATEMENT ", 1: " FOR EACH ROW "}
)

func newTrigger(n *tree.Node) *Trigger {
	t := &Trigger{Definition: define(n, KindTrigger)}
	base := n.Node(201)
	if base == nil {
		return t
	}
	t.Table = Path{t.Schema, base.Text(201), t.Nested}
	timing, event, each := timings[n.Uint(204)], events[n.Uint(205)], forEach[n.Uint(207)]
	action, whole := n.Node(208).Statement()
	if !whole || action == "" || timing == "" || event == "" || each == "" {
		return t
	}
	var b strings.Builder
	b.WriteString("CREATE TRIGGER " + quote.Identifier(t.Name) + timing + event)
	if columns := n.Texts(206); len(columns) > 0 {
		b.WriteString(" OF " + quote.Identifiers(columns))
	}
	b.WriteString(" ON " + t.Table.String())
	if n.Text(209) != "" || n.Text(210) != "" {
		b.WriteString(" REFERENCING")
	}
	if s := n.Text(209); s != "" {
		b.WriteString(" NEW TABLE AS " + quote.Identifier(s))
	}
	if s := n.Text(210); s != "" {
		b.WriteString(" OLD TABLE AS " + quote.Identifier(s))
	}
	b.WriteString(each + action + ";")
	t.SQL = b.String()
	return t
}
