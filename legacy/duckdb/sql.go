package duckdb

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

var comparisons = map[uint64]string{25: "=", 26: "!=", 27: "<", 28: ">", 29: "<=", 30: ">=", 37: "IS DISTINCT FROM", 40: "IS NOT DISTINCT FROM"}

// expressionSQL writes a parsed expression as SQL, close to how the engine does. Queries within, which stored columns cannot
// have, come out as an ellipsis.
func expressionSQL(e *node) string {
	if e == nil {
		return ""
	}
	sub := func(id int) string { return expressionSQL(e.node(id)) }
	switch e.class {
	case "ConstantExpression":
		v, _ := e.fields[200].(*value)
		return v.sql()
	case "CastExpression":
		t, _ := e.fields[201].(*types.Type)
		if t == nil {
			return sub(200)
		}
		name := "CAST("
		if e.bool(202) {
			name = "TRY_CAST("
		}
		return name + sub(200) + " AS " + t.Declared() + ")"
	case "ColumnRefExpression":
		names := e.strings(200)
		for i, s := range names {
			names[i] = quote.Identifier(s)
		}
		return strings.Join(names, ".")
	case "ComparisonExpression":
		op := comparisons[e.uint(101)]
		return "(" + sub(200) + " " + op + " " + sub(201) + ")"
	case "ConjunctionExpression":
		op := " OR "
		if e.uint(101) == exprAnd {
			op = " AND "
		}
		return "(" + strings.Join(expressionList(e.list(200)), op) + ")"
	case "FunctionExpression":
		return functionSQL(e)
	case "OperatorExpression":
		return operatorSQL(e)
	case "CaseExpression":
		var b strings.Builder
		b.WriteString("CASE ")
		for _, x := range e.list(200) {
			if c, ok := x.(*node); ok {
				b.WriteString(" WHEN (" + expressionSQL(c.node(100)) + ") THEN (" + expressionSQL(c.node(101)) + ")")
			}
		}
		if s := sub(201); s != "" {
			b.WriteString(" ELSE " + s)
		}
		return b.String() + " END"
	case "BetweenExpression":
		return "(" + sub(200) + " BETWEEN " + sub(201) + " AND " + sub(202) + ")"
	case "CollateExpression":
		return sub(200) + " COLLATE " + quote.Identifier(e.str(201))
	case "LambdaExpression":
		return "(" + sub(200) + " -> " + sub(201) + ")"
	case "DefaultExpression":
		return "DEFAULT"
	case "StarExpression":
		return "*"
	case "ParameterExpression":
		return "$" + e.str(200)
	case "LambdaRefExpression":
		return quote.Identifier(e.str(201))
	case "TypeExpression":
		s := types.NameSQL(e.str(202))
		if args := expressionList(e.list(203)); len(args) > 0 {
			s += "(" + strings.Join(args, ", ") + ")"
		}
		return s
	}
	return "…"
}

func expressionList(list []any) []string {
	var out []string
	for _, x := range list {
		switch n, _ := x.(*node); {
		case n == nil:
		case n.class == "FunctionArg":
			s := expressionSQL(n.node(101))
			if name := n.str(100); name != "" {
				s = quote.Identifier(name) + " := " + s
			}
			out = append(out, s)
		default:
			s := expressionSQL(n)
			if alias := n.str(102); alias != "" && n.class != "ColumnRefExpression" {
				s = quote.Identifier(alias) + " := " + s
			}
			out = append(out, s)
		}
	}
	return out
}

func functionSQL(e *node) string {
	args := expressionList(e.list(202))
	if len(args) == 0 {
		args = expressionList(e.list(209))
	}
	name := e.str(200)
	if e.bool(206) {
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
	if s := e.str(201); s != "" && s != "main" {
		q = quote.Identifier(s) + "." + q
	}
	distinct := ""
	if e.bool(205) {
		distinct = "DISTINCT "
	}
	return q + "(" + distinct + strings.Join(args, ", ") + ")"
}

func operatorSQL(e *node) string {
	args := expressionList(e.list(200))
	if len(args) == 0 {
		return "…"
	}
	rest := strings.Join(args[1:], ", ")
	switch e.uint(101) {
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
	return "operator_" + strconv.FormatUint(e.uint(101), 10) + "(" + strings.Join(args, ", ") + ")"
}

// sql is the value as an SQL constant.
func (v *value) sql() string {
	switch {
	case v == nil || v.null:
		return "NULL"
	case v.typ.ID == types.Boolean:
		return strconv.FormatBool(v.bits.Lo != 0)
	}
	vec := vector.New(v.typ)
	if err := v.appendTo(vec, vector.NewBudget(1<<20)); err != nil {
		return "…"
	}
	text := string(text.Append(nil, vec, 0))
	switch v.typ.ID {
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.HugeInt, types.UTinyInt, types.USmallInt, types.UInteger, types.UBigInt,
		types.UHugeInt, types.Decimal, types.BigNum:
		return text
	case types.Float, types.Double:
		if strings.Trim(text, "-0123456789.e+") != "" {
			return quote.Literal(text) + "::" + v.typ.String()
		}
		return text
	case types.Varchar, types.Char, types.Enum:
		return quote.Literal(text)
	case types.List, types.Array, types.Struct, types.Map, types.Union, types.Tuple:
		return text
	}
	return quote.Literal(text) + "::" + v.typ.String()
}
