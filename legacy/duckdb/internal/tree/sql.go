package tree

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Kinds of expression, field 101 of Expr.
const (
	exprNot         = 13
	exprIsNull      = 14
	exprIsNotNull   = 15
	exprIn          = 35
	exprNotIn       = 36
	exprAnd         = 50
	exprCoalesce    = 152
	exprExtract     = 153
	exprSlice       = 154
	exprStructField = 155
	exprArray       = 156
	exprTry         = 162
)

var comparisons = map[uint64]string{25: "=", 26: "!=", 27: "<", 28: ">", 29: "<=", 30: ">=", 37: "IS DISTINCT FROM",
	40: "IS NOT DISTINCT FROM"}

// SQL writes a parsed expression as SQL, close to how the engine does. Queries within, which stored columns cannot
// have, come out as an ellipsis.
func (e *Node) SQL() string {
	if e == nil {
		return ""
	}
	sub := func(id int) string { return e.Node(id).SQL() }
	switch e.Class {
	case "ConstantExpression":
		if l := e.Node(201); l != nil {
			return literalSQL(l)
		}
		return e.Value(200).sql()
	case "CastExpression":
		to := sub(203)
		if t := e.Type(201); t != nil {
			to = t.Declared()
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
		names := e.Texts(200)
		for i, s := range names {
			names[i] = quote.Identifier(s)
		}
		return strings.Join(names, ".")
	case "ComparisonExpression":
		op := comparisons[e.Uint(101)]
		return "(" + sub(200) + " " + op + " " + sub(201) + ")"
	case "ConjunctionExpression":
		op := " OR "
		if e.Uint(101) == exprAnd {
			op = " AND "
		}
		return "(" + strings.Join(expressionList(e.Nodes(200)), op) + ")"
	case "FunctionExpression":
		return functionSQL(e)
	case "OperatorExpression":
		return operatorSQL(e)
	case "CaseExpression":
		var b strings.Builder
		b.WriteString("CASE ")
		for _, c := range e.Nodes(200) {
			b.WriteString(" WHEN (" + c.Node(100).SQL() + ") THEN (" + c.Node(101).SQL() + ")")
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
		return "(" + sub(200) + " -> " + sub(201) + ")"
	case "DefaultExpression":
		return "DEFAULT"
	case "StarExpression":
		return "*"
	case "ParameterExpression":
		return "$" + e.Text(200)
	case "LambdaRefExpression":
		return quote.Identifier(e.Text(201))
	case "TypeExpression":
		s := types.NameSQL(e.Text(202))
		if args := expressionList(e.Nodes(203)); len(args) > 0 {
			s += "(" + strings.Join(args, ", ") + ")"
		}
		return s
	}
	return "…"
}

func expressionList(list []*Node) []string {
	var out []string
	for _, n := range list {
		var s, name string
		if n.Class == "FunctionArg" {
			s, name = n.Node(101).SQL(), n.Text(100)
		} else if s = n.SQL(); n.Class != "ColumnRefExpression" {
			name = n.Text(102) // its alias
		}
		if name != "" {
			s = quote.Identifier(name) + " := " + s
		}
		out = append(out, s)
	}
	return out
}

func functionSQL(e *Node) string {
	args := expressionList(e.Nodes(202))
	if len(args) == 0 {
		args = expressionList(e.Nodes(209))
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
	q := quote.Identifier(name)
	if s := e.Text(201); s != "" && s != "main" {
		q = quote.Identifier(s) + "." + q
	}
	distinct := ""
	if e.Bool(205) {
		distinct = "DISTINCT "
	}
	return q + "(" + distinct + strings.Join(args, ", ") + ")"
}

func operatorSQL(e *Node) string {
	args := expressionList(e.Nodes(200))
	if len(args) == 0 {
		return "…"
	}
	rest := strings.Join(args[1:], ", ")
	switch e.Uint(101) {
	case exprNot:
		return "(NOT " + args[0] + ")"
	case exprIsNull:
		return "(" + args[0] + " IS NULL)"
	case exprIsNotNull:
		return "(" + args[0] + " IS NOT NULL)"
	case exprIn:
		return "(" + args[0] + " IN (" + rest + "))"
	case exprNotIn:
		return "(" + args[0] + " NOT IN (" + rest + "))"
	case exprCoalesce:
		return "COALESCE(" + strings.Join(args, ", ") + ")"
	case exprExtract:
		return args[0] + "[" + rest + "]"
	case exprSlice:
		return args[0] + "[" + strings.Join(args[1:], ":") + "]"
	case exprStructField:
		if len(args) == 2 {
			return "(" + args[0] + ")." + strings.Trim(args[1], "'")
		}
	case exprArray:
		return "(ARRAY[" + strings.Join(args, ", ") + "])"
	case exprTry:
		return "TRY(" + args[0] + ")"
	}
	return "operator_" + strconv.FormatUint(e.Uint(101), 10) + "(" + strings.Join(args, ", ") + ")"
}

// sql is the value as an SQL constant.
func (v *Value) sql() string {
	switch {
	case v == nil || v.Null:
		return "NULL"
	case v.Type.ID == types.Boolean:
		return strconv.FormatBool(v.Bits.Lo != 0)
	}
	vec := vector.New(v.Type)
	if err := v.AppendTo(vec, vector.NewBudget(1<<20)); err != nil {
		return "…"
	}
	text := string(text.Release15.Append(nil, vec, 0))
	switch v.Type.ID {
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.HugeInt, types.UTinyInt, types.USmallInt,
		types.UInteger, types.UBigInt, types.UHugeInt, types.Decimal, types.BigNum:
		return text
	case types.Float, types.Double:
		if strings.Trim(text, "-0123456789.e+") != "" {
			return quote.Literal(text) + "::" + v.Type.String()
		}
		return text
	case types.Varchar, types.Char, types.Enum:
		return quote.Literal(text)
	case types.List, types.Array, types.Struct, types.Map, types.Union, types.Tuple:
		return text
	}
	return quote.Literal(text) + "::" + v.Type.String()
}
