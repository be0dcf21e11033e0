package tree

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// Kinds of expression, field 101 of Expr.
const (
	exprNot         = 13
	exprIsNull      = 14
	exprIsNotNull   = 15
	exprUnpack      = 16
	exprIn          = 35
	exprNotIn       = 36
	exprAnd         = 50
	exprGrouping    = 102
	exprCoalesce    = 152
	exprExtract     = 153
	exprSlice       = 154
	exprStructField = 155
	exprArray       = 156
	exprTry         = 158
)

var comparisons = map[uint64]string{25: "=", 26: "!=", 27: "<", 28: ">", 29: "<=", 30: ">=", 37: "IS DISTINCT FROM",
	40: "IS NOT DISTINCT FROM"}

// SQL writes a parsed expression or query as SQL, close to how the engine does. What it has no words for comes out as
// an ellipsis; [Node.Statement] says whether there is such.
func (e *Node) SQL() string { return new(writer).sql(e) }

// Statement is SQL, and whether it says all that the node does.
func (e *Node) Statement() (string, bool) {
	w := new(writer)
	s := w.sql(e)
	return s, !w.lost
}

// A writer writes nodes as SQL.
type writer struct {
	lost bool // whether there were no words for something
}

// unknown stands for what there are no words for.
func (w *writer) unknown() string {
	w.lost = true
	return "…"
}

func (w *writer) sql(e *Node) string {
	if e == nil {
		return ""
	}
	sub := func(id int) string { return w.sql(e.Node(id)) }
	switch e.Class {
	case "ConstantExpression":
		if l := e.Node(201); l != nil {
			return w.literal(l)
		}
		return w.value(e.Value(200))
	case "CastExpression":
		to := sub(203)
		if t := e.Type(201); t != nil {
			to = t.String()
		}
		if to == "" {
			return sub(200)
		}
		name := "CAST("
		if e.Bool(202) {
			name = "TRY_CAST("
		}
		return name + sub(200) + " AS " + to + ")"
	case "ColumnRefExpression":
		return columnSQL(e)
	case "ComparisonExpression":
		return "(" + sub(200) + " " + w.comparison(e.Uint(101)) + " " + sub(201) + ")"
	case "ConjunctionExpression":
		op := " OR "
		if e.Uint(101) == exprAnd {
			op = " AND "
		}
		return "(" + strings.Join(w.list(e.Nodes(200)), op) + ")"
	case "FunctionExpression":
		return w.function(e)
	case "WindowExpression":
		return w.window(e)
	case "SubqueryExpression":
		return w.subquery(e)
	case "OperatorExpression":
		return w.operator(e)
	case "CaseExpression":
		var b strings.Builder
		b.WriteString("CASE ")
		for _, c := range e.Nodes(200) {
			b.WriteString(" WHEN (" + w.sql(c.Node(100)) + ") THEN (" + w.sql(c.Node(101)) + ")")
		}
		if s := sub(201); s != "" {
			b.WriteString(" ELSE " + s)
		}
		return b.String() + " END"
	case "BetweenExpression":
		return "(" + sub(200) + " BETWEEN " + sub(201) + " AND " + sub(202) + ")"
	case "CollateExpression":
		return sub(200) + " COLLATE " + quote.Identifier(e.Text(201))
	case "LambdaExpression":
		return w.lambda(e)
	case "DefaultExpression":
		return "DEFAULT"
	case "StarExpression":
		return w.star(e)
	case "ParameterExpression":
		return "$" + e.Text(200)
	case "PositionalReferenceExpression":
		return "#" + strconv.FormatUint(e.Uint(200), 10)
	case "LambdaRefExpression":
		return quote.Identifier(e.Text(201))
	case "TypeExpression":
		return w.typeSQL(e)
	case "SelectStatement":
		return sub(100)
	case "SelectNode", "SetOperationNode", "RecursiveCTENode", "CTENode":
		return w.query(e)
	case "InsertQueryNode", "UpdateQueryNode", "DeleteQueryNode", "MergeQueryNode":
		return w.change(e)
	case "BaseTableRef", "SubqueryRef", "JoinRef", "TableFunctionRef", "ExpressionListRef", "EmptyTableRef", "PivotRef",
		"ShowRef":
		return w.from(e)
	}
	return w.unknown()
}

// MacroParameters begins the name by which the body of a macro calls the table of its parameters.
const MacroParameters = "0_macro_parameters"

func columnSQL(e *Node) string {
	names := e.Texts(200)
	if len(names) > 1 && strings.HasPrefix(names[0], MacroParameters) {
		names = names[1:]
	}
	return dotted(names)
}

// dotted joins those names that are there as SQL does.
func dotted(names []string) string {
	var q []string
	for _, s := range names {
		if s != "" {
			q = append(q, quote.Identifier(s))
		}
	}
	return strings.Join(q, ".")
}

func (w *writer) comparison(kind uint64) string {
	if op, ok := comparisons[kind]; ok {
		return op
	}
	return w.unknown()
}

// list writes expressions without their aliases.
func (w *writer) list(list []*Node) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = w.sql(n)
	}
	return out
}

// arguments writes expressions, each behind its name if it has one.
func (w *writer) arguments(list []*Node) []string {
	out := make([]string, len(list))
	for i, n := range list {
		var name string
		if n.Class == "FunctionArg" {
			out[i], name = w.sql(n.Node(101)), n.Text(100)
		} else {
			out[i], name = w.sql(n), n.Text(102)
		}
		if name != "" {
			out[i] = quote.Identifier(name) + " := " + out[i]
		}
	}
	return out
}

func (w *writer) function(e *Node) string {
	args := w.arguments(e.Nodes(202))
	if len(args) == 0 {
		args = w.arguments(e.Nodes(209))
	}
	name := e.Text(200)
	if e.Bool(206) {
		switch len(args) {
		case 1:
			if strings.HasSuffix(name, "__postfix") {
				return "((" + args[0] + ")" + strings.TrimSuffix(name, "__postfix") + ")"
			}
			return name + "(" + args[0] + ")"
		case 2:
			return "(" + args[0] + " " + name + " " + args[1] + ")"
		}
	}
	var b strings.Builder
	b.WriteString(functionName(e, 201, 210) + "(")
	if e.Bool(205) {
		b.WriteString("DISTINCT ")
	}
	b.WriteString(strings.Join(args, ", "))
	if o := e.Node(204); o != nil && len(o.Nodes(200)) > 0 {
		if len(args) == 0 {
			b.WriteString(") WITHIN GROUP (")
		}
		b.WriteString(" ORDER BY " + w.orders(o.Nodes(200)))
	}
	b.WriteByte(')')
	if f := e.Node(203); f != nil {
		b.WriteString(" FILTER (WHERE " + w.sql(f) + ")")
	}
	if e.Bool(207) {
		b.WriteString(" EXPORT_STATE")
	}
	return b.String()
}

// functionName is the name of a function with its schema, if that is said.
func functionName(e *Node, schema, qualified int) string {
	if q := e.Node(qualified); q != nil {
		switch path := q.Texts(100); {
		case len(path) == 3 && path[0] == "system": // the engine's own, whatever the database has by that name
			return dotted(path)
		case len(path) > 3: // within nested schemas
			return dotted(path[1:])
		}
	}
	return dotted([]string{e.Text(schema), e.Text(200)})
}

func (w *writer) operator(e *Node) string {
	args := w.list(e.Nodes(200))
	if len(args) == 0 {
		return w.unknown()
	}
	rest := strings.Join(args[1:], ", ")
	switch e.Uint(101) {
	case exprNot:
		return "(NOT " + args[0] + ")"
	case exprIsNull:
		return "(" + args[0] + " IS NULL)"
	case exprIsNotNull:
		return "(" + args[0] + " IS NOT NULL)"
	case exprUnpack:
		return "UNPACK(" + args[0] + ")"
	case exprIn:
		return "(" + args[0] + " IN (" + rest + "))"
	case exprNotIn:
		return "(" + args[0] + " NOT IN (" + rest + "))"
	case exprGrouping:
		return "GROUPING(" + strings.Join(args, ", ") + ")"
	case exprCoalesce:
		return "COALESCE(" + strings.Join(args, ", ") + ")"
	case exprExtract:
		return args[0] + "[" + rest + "]"
	case exprSlice:
		return args[0] + "[" + strings.Join(bounds(args[1:]), ":") + "]"
	case exprStructField:
		if name := e.Nodes(200)[1:]; len(name) == 1 {
			return "(" + args[0] + ")." + quote.Identifier(name[0].ConstantText())
		}
	case exprArray:
		return "(ARRAY[" + strings.Join(args, ", ") + "])"
	case exprTry:
		return "TRY(" + args[0] + ")"
	}
	return w.unknown()
}

// ConstantText is the text of a constant, "" of anything else.
func (e *Node) ConstantText() string {
	if l := e.Node(201); l != nil {
		return l.Text(101)
	}
	if v := e.Value(200); v != nil {
		return v.Str
	}
	return ""
}

// bounds are those of a slice as they are written: one that is left out is an empty list, and with a step the upper one
// has a sign for it.
func bounds(args []string) []string {
	for i, s := range args {
		switch {
		case s != "[]":
		case i == 1 && len(args) == 3:
			args[i] = "-"
		default:
			args[i] = ""
		}
	}
	return args
}

func (w *writer) star(e *Node) string {
	if x := e.Node(204); x != nil {
		s := "COLUMNS(" + w.sql(x) + ")"
		if e.Bool(205) {
			s = "*" + s
		}
		return s
	}
	s := "*"
	if r := e.Text(200); r != "" {
		s = quote.Identifier(r) + ".*"
	}
	var left, renamed []string
	for _, name := range e.Texts(201) {
		left = append(left, quote.Identifier(name))
	}
	for _, q := range e.Nodes(206) {
		left = append(left, qualifiedColumn(q))
	}
	if left != nil {
		s += " EXCLUDE (" + strings.Join(left, ", ") + ")"
	}
	if replaced := w.pairs(e, 202); replaced != nil {
		s += " REPLACE (" + strings.Join(replaced, ", ") + ")"
	}
	for _, x := range e.list(207) {
		p, _ := x.([2]any)
		from, _ := p[0].(*Node)
		to, _ := p[1].(string)
		renamed = append(renamed, qualifiedColumn(from)+" AS "+quote.Identifier(to))
	}
	if renamed != nil {
		s += " RENAME (" + strings.Join(renamed, ", ") + ")"
	}
	if e.Bool(203) {
		s = "COLUMNS(" + s + ")"
	}
	return s
}

// pairs writes a map of expressions by their names.
func (w *writer) pairs(e *Node, id int) (all []string) {
	for _, x := range e.Map(id) {
		all = append(all, w.sql(x.Node)+" AS "+quote.Identifier(x.Name))
	}
	return all
}

func qualifiedColumn(q *Node) string {
	if q == nil {
		return ""
	}
	return dotted([]string{q.Text(100), q.Text(101), q.Text(102), q.Text(103)})
}

// typeSQL writes a type that is not bound yet.
func (w *writer) typeSQL(e *Node) string {
	name, args := e.Text(202), w.list(e.Nodes(203))
	schemas := []string{e.Text(201)}
	if q := e.Node(204); q != nil && len(q.Texts(100)) > 2 {
		path := q.Texts(100)
		schemas = path[1 : len(path)-1]
	}
	if s := dotted(schemas); s != "" && s != "main" {
		name = s + "." + quote.Identifier(name)
	} else {
		name = types.NameSQL(name)
	}
	switch {
	case name == "LIST" && len(args) == 1:
		return args[0] + "[]"
	case name == "ARRAY" && len(args) == 2:
		return args[0] + "[" + args[1] + "]"
	case name == "INTERVAL" || len(args) == 0:
		return name
	}
	for i, n := range e.Nodes(203) {
		switch alias := n.Text(102); {
		case alias == "collation":
			return name + " COLLATE " + quote.Identifier(n.ConstantText())
		case alias != "":
			args[i] = quote.Identifier(alias) + " " + args[i]
		}
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

func (w *writer) subquery(e *Node) string {
	const scalar, exists, notExists, anyOf = 1, 2, 3, 4
	query := w.sql(e.Node(201))
	switch e.Uint(200) {
	case scalar:
		return "(" + query + ")"
	case exists:
		return "EXISTS(" + query + ")"
	case notExists:
		return "NOT EXISTS(" + query + ")"
	case anyOf:
		return "(" + w.sql(e.Node(202)) + " " + w.comparison(e.Uint(203)) + " ANY(" + query + "))"
	}
	return w.unknown()
}
