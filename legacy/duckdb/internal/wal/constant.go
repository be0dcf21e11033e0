package wal

import (
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/cast"
	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// constant evaluates a default that is a constant, possibly within casts, as the one value of a vector of type t. No
// expression is NULL.
func constant(e *tree.Node, t *types.Type, b *vector.Budget) (*vector.Vector, error) {
	if e == nil {
		v := vector.New(t)
		return v, v.AppendNull(b)
	}
	switch e.Class {
	case "ConstantExpression":
		if x, ok := e.Constant(); ok {
			v := vector.New(x.Type)
			if err := x.AppendTo(v, b); err != nil {
				return nil, err
			}
			return convert(v, t, b)
		}
	case "CastExpression":
		inner, err := castType(e)
		if err != nil {
			return nil, err
		}
		v, err := constant(e.Node(200), inner, b)
		if err != nil {
			return nil, err
		}
		return convert(v, t, b)
	}
	return nil, fault.Unsupportedf("the default %s, which is not a constant", e.SQL())
}

// convert casts the one value of v to type t.
func convert(v *vector.Vector, t *types.Type, b *vector.Budget) (*vector.Vector, error) {
	f, err := cast.Find(v.Type, t)
	if err != nil {
		return nil, err
	}
	out := vector.New(t)
	return out, f.Each(out, v, 0, 1, b)
}

// castType gives the type that a CastExpression names.
func castType(e *tree.Node) (*types.Type, error) {
	t := e.Type(201)
	if named := e.Node(203); t == nil && named != nil && len(named.Nodes(203)) == 0 {
		t = types.Named(named.Text(202))
	}
	if t == nil {
		return nil, fault.Unsupportedf("a cast to %s, a type that is only named", e.Node(203).SQL())
	}
	if t.Unbound != "" {
		return nil, fault.Unsupportedf("a cast to %s, a type that is only named", t.Unbound)
	}
	return t, t.Finish()
}

// castOf gives the cast of column c to type to that expression e, of an ALTER TYPE, amounts to.
func castOf(e *tree.Node, c *catalog.Column, to *types.Type) (cast.Func, error) {
	if e != nil && e.Class == "CastExpression" && names(e, to) {
		e = e.Node(200)
	}
	f, t, err := castChain(e, c)
	if err != nil {
		return nil, err
	}
	last, err := cast.Find(t, to)
	if err != nil || f == nil {
		return last, err
	}
	return cast.Then(f, t, last), nil
}

// names reports whether a CastExpression is one to type to, which it may only name.
func names(e *tree.Node, to *types.Type) bool {
	if t := e.Type(201); t != nil {
		return t.Unbound != "" && (t.Unbound == to.String() || strings.EqualFold(t.Unbound, quote.Identifier(to.Alias)))
	}
	// From 2.0 on the type is an expression. Of the cast that the engine makes itself, if a statement has no USING, it is
	// the column's new type, and stands nowhere in the statement.
	const at, length = 103, 104
	return e.Node(203) != nil && e.Uint(at) == 0 && e.Uint(length) == 0
}

// castChain gives the casts, one around the other, of column c in an expression, and the type that they come to. No
// cast is nil.
func castChain(e *tree.Node, c *catalog.Column) (cast.Func, *types.Type, error) {
	switch {
	case e == nil:
	case e.Class == "ColumnRefExpression":
		return nil, c.Type, nil // the statement may use no other
	case e.Class == "CastExpression":
		inner, from, err := castChain(e.Node(200), c)
		if err != nil {
			return nil, nil, err
		}
		to, err := castType(e)
		if err != nil {
			return nil, nil, err
		}
		outer, err := cast.Find(from, to)
		if err != nil || inner == nil {
			return outer, to, err
		}
		return cast.Then(inner, from, outer), to, nil
	}
	return nil, nil, fault.Unsupportedf("the expression %s", e.SQL())
}
