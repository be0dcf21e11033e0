package cast

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Func appends to dst what value i of src, which is not NULL, becomes. The error is that of the budget, or says that
// this value cannot be cast with certainty.
type Func func(dst, src *vector.Vector, i int, b *vector.Budget) error

// Each appends what values from up to to of src become; NULL stays NULL.
func (f Func) Each(dst, src *vector.Vector, from, to int, b *vector.Budget) error {
	for i := from; i < to; i++ {
		if src.Null(i) {
			if err := dst.AppendNull(b); err != nil {
				return err
			}
			continue
		}
		if err := f(dst, src, i, b); err != nil {
			return err
		}
	}
	return nil
}

// Find gives the cast from one type to another. The error says that there is none that is certain.
func Find(from, to *types.Type) (Func, error) {
	if f := find(from, to); f != nil {
		return f, nil
	}
	return nil, fault.Unsupportedf("a cast from %s to %s", from, to)
}

func find(from, to *types.Type) Func {
	switch {
	case same(from, to):
		return Same
	case from.ID == types.Null:
		return func(dst, _ *vector.Vector, _ int, b *vector.Budget) error { return dst.AppendNull(b) }
	case special(from) || special(to):
		// What has been JSON is text, and what has become JSON has been looked at by the engine.
		if from.ID == types.Varchar && to.ID == types.Varchar {
			return Same
		}
		return nil
	case from.ID == types.Varchar && to.ID == types.Varchar: // of two names or collations
		return Same
	case to.ID == types.Varchar:
		return toText(from)
	case from.ID == types.Varchar:
		return fromText(to)
	case from.ID == types.Enum && to.ID == types.Enum:
		return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
			return setEnum(dst, src.EnumValue(i), b)
		}
	case from.ID == types.List && to.ID == types.List:
		if f := find(from.Elem, to.Elem); f != nil {
			return List(f)
		}
		return nil
	case from.ID == types.Array && to.ID == types.Array && from.Size == to.Size:
		if f := find(from.Elem, to.Elem); f != nil {
			return array(f)
		}
		return nil
	case from.ID == types.Struct && to.ID == types.Struct:
		return structs(from, to)
	case from.ID == types.Map && to.ID == types.Map && same(from.Elem.Fields[0].Type, to.Elem.Fields[0].Type):
		if f := structs(from.Elem, to.Elem); f != nil {
			return List(f)
		}
		return nil
	case isFloat(from):
		return fromFloat(to)
	case isNumber(from):
		return fromNumber(from, to)
	}
	return times(from, to)
}

// Then casts to type mid, and from there on.
func Then(f Func, mid *types.Type, then Func) Func {
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		v := vector.New(mid)
		if err := f(v, src, i, b); err != nil {
			return err
		}
		return then.Each(dst, v, 0, 1, b)
	}
}

// special reports whether a type's name says more of it than its number.
func special(t *types.Type) bool {
	return t.Alias == "JSON" || t.Alias == "AGGREGATE_STATE"
}

// same reports whether a value of one type is the same value of the other, whatever the types' own names.
func same(a, b *types.Type) bool {
	if !types.SameLayout(a, b) || a.Width != b.Width || !slices.Equal(a.Values, b.Values) ||
		len(a.Fields) != len(b.Fields) ||
		a.CRS != b.CRS || (special(a) || special(b)) && a.Alias != b.Alias {
		return false
	}
	for i, f := range a.Fields {
		if f.Name != b.Fields[i].Name || !same(f.Type, b.Fields[i].Type) {
			return false
		}
	}
	return a.Elem == nil || same(a.Elem, b.Elem)
}

// Same appends a value as it is.
func Same(dst, src *vector.Vector, i int, b *vector.Budget) error {
	return dst.AppendFrom(src, i, 1, false, b)
}

// uncertain refuses a value.
func uncertain(src *vector.Vector, i int, to *types.Type) error {
	s := string(text.Release15.Append(nil, src, i))
	const most = 60
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fault.Unsupportedf("a cast of the %s %q to %s", src.Type, s, to)
}

// List casts lists and maps, whose elements or entries f casts.
func List(f Func) Func {
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		from, to := src.List(i)
		at, c := dst.N, dst.Children[0]
		if err := dst.Grow(1, b); err != nil {
			return err
		}
		dst.Lists[at] = vector.Span{Off: uint32(c.N), Len: uint32(to - from)}
		return f.Each(c, src.Children[0], from, to, b)
	}
}

func array(f Func) Func {
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		from, to := src.List(i)
		if err := dst.Grow(1, b); err != nil {
			return err
		}
		return f.Each(dst.Children[0], src.Children[0], from, to, b)
	}
}

// A Member is what a member of a STRUCT is made of.
type Member struct {
	From  int            // the member that it was
	Cast  Func           // what becomes of that one
	Given *vector.Vector // if not nil, the one value that it has instead
}

// Struct casts a STRUCT to one of those members.
func Struct(members []Member) Func {
	return func(dst, src *vector.Vector, i int, b *vector.Budget) error {
		if err := dst.Grow(1, b); err != nil {
			return err
		}
		for k, m := range members {
			from, at := src, i
			f := m.Cast
			if m.Given != nil {
				from, at, f = m.Given, 0, Same
			} else {
				from = src.Children[m.From]
			}
			if err := f.Each(dst.Children[k], from, at, at+1, b); err != nil {
				return err
			}
		}
		return nil
	}
}

// structs casts a STRUCT to one whose members have the same names in the same order.
func structs(from, to *types.Type) Func {
	if len(from.Fields) != len(to.Fields) {
		return nil
	}
	var members []Member
	for k, f := range from.Fields {
		g := to.Fields[k]
		c := find(f.Type, g.Type)
		if f.Name != g.Name || c == nil {
			return nil
		}
		members = append(members, Member{From: k, Cast: c})
	}
	return Struct(members)
}

// set appends a value of a fixed-width type.
func set(dst *vector.Vector, x vector.Uint128, b *vector.Budget) error {
	at := dst.N
	if err := dst.Grow(1, b); err != nil {
		return err
	}
	dst.Fill(at, 1, x)
	return nil
}

// setInt is set of a signed number.
func setInt(dst *vector.Vector, x int64, b *vector.Budget) error {
	return set(dst, vector.Uint128{Hi: uint64(x >> 63), Lo: uint64(x)}, b)
}

// setBytes appends a value of a type that is stored as strings.
func setBytes(dst *vector.Vector, s []byte, b *vector.Budget) error {
	at := dst.N
	if err := dst.Grow(1, b); err != nil {
		return err
	}
	return dst.SetBytes(at, s, b)
}

// setEnum appends the value of an ENUM that is written so.
func setEnum(dst *vector.Vector, s string, b *vector.Budget) error {
	k := slices.Index(dst.Type.Values, s)
	if k < 0 {
		return fault.Unsupportedf("%q as a value of %s", s, dst.Type)
	}
	return setInt(dst, int64(k), b)
}
