package duckdb

import (
	"bytes"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A rowMaker turns batches into rows of Go values.
type rowMaker struct {
	texts map[*vector]string // the data of string vectors, converted once a batch
	cells []any
}

// each gives the n rows of a batch until do returns false, and reports whether it went on to the end.
func (m *rowMaker) each(cols []*vector, n int, do func(Row) bool) bool {
	// All rows of a batch share one slice of cells, all its strings one piece of text for each column.
	m.texts = map[*vector]string{}
	width := len(cols)
	m.cells = make([]any, n*width)
	for k, v := range cols {
		m.column(v, k, width)
	}
	for i := range n {
		if !do(Row(m.cells[i*width : (i+1)*width : (i+1)*width])) {
			return false
		}
	}
	return true
}

// column stores the values of a vector into every width-th cell from k on.
func (m *rowMaker) column(v *vector, k, width int) {
	switch {
	case v.typ.ID == types.Integer:
		for i, x := range v.i32[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == types.BigInt:
		for i, x := range v.i64[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == types.Double:
		for i, x := range v.f64[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == types.Varchar:
		text := m.text(v)
		for i, r := range v.refs[:v.n] {
			m.cells[i*width+k] = text[r.off : r.off+r.len]
		}
	default:
		for i := range v.n {
			m.cells[i*width+k] = m.value(v, i)
		}
		return
	}
	if v.nulls {
		for i := range v.n {
			if v.Null(i) {
				m.cells[i*width+k] = nil
			}
		}
	}
}

// text gives the vector's data as a string of which values are parts.
func (m *rowMaker) text(v *vector) string {
	if s, ok := m.texts[v]; ok {
		return s
	}
	v.compact()
	s := string(v.data)
	m.texts[v] = s
	return s
}

// value gives value i of any type.
func (m *rowMaker) value(v *vector, i int) any {
	if v.Null(i) {
		return nil
	}
	switch v.typ.ID {
	case types.Boolean:
		return v.u8[i] != 0
	case types.TinyInt:
		return v.i8[i]
	case types.SmallInt:
		return v.i16[i]
	case types.Integer:
		return v.i32[i]
	case types.BigInt:
		return v.i64[i]
	case types.UTinyInt:
		return v.u8[i]
	case types.USmallInt:
		return v.u16[i]
	case types.UInteger:
		return v.u32[i]
	case types.UBigInt:
		return v.u64[i]
	case types.HugeInt:
		return Int128(v.int128At(i)).Big()
	case types.UHugeInt:
		return Uint128(v.w[i]).Big()
	case types.BigNum:
		return bigNum(v.Bytes(i))
	case types.Decimal:
		return decimalAt(v, i)
	case types.Float:
		return v.f32[i]
	case types.Double:
		return v.f64[i]
	case types.Varchar, types.Char:
		text := m.text(v) // may move the values
		r := v.refs[i]
		return text[r.off : r.off+r.len]
	case types.Blob, types.Aggregate:
		return bytes.Clone(v.Bytes(i))
	case types.Geometry:
		return Geometry(bytes.Clone(v.Bytes(i)))
	case types.Bit:
		return Bit(appendBit(nil, v.Bytes(i)))
	case types.Date:
		return Date(v.i32[i])
	case types.Time:
		return Time(v.i64[i])
	case types.TimeNS:
		return TimeNS(v.i64[i])
	case types.TimeTZ:
		return TimeTZ(v.u64[i])
	case types.TimestampS:
		return TimestampS(v.i64[i])
	case types.TimestampMS:
		return TimestampMS(v.i64[i])
	case types.Timestamp:
		return Timestamp(v.i64[i])
	case types.TimestampNS:
		return TimestampNS(v.i64[i])
	case types.TimestampTZ:
		return TimestampTZ(v.i64[i])
	case types.TimestampTZNS:
		return TimestampTZNS(v.i64[i])
	case types.Interval:
		return intervalAt(v, i)
	case types.UUID:
		return UUID(v.UUID(i))
	case types.Enum:
		return v.EnumValue(i)
	case types.Union:
		k := v.Tag(i)
		return Union{v.typ.Fields[k].Name, m.value(v.Child(k), i)}
	case types.Struct, types.Tuple:
		s := make(Struct, len(v.children))
		for k, c := range v.children {
			s[k] = StructField{v.typ.Fields[k].Name, m.value(c, i)}
		}
		return s
	case types.Map:
		from, to := v.List(i)
		entries := v.children[0]
		out := make(Map, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, MapEntry{m.value(entries.children[0], e), m.value(entries.children[1], e)})
		}
		return out
	case types.List, types.Array:
		from, to := v.List(i)
		out := make([]any, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, m.value(v.children[0], e))
		}
		return out
	case types.Variant:
		return variantValue(decodeVariant(v, i))
	}
	return nil
}

// variantValue gives a part of a VARIANT as a Go value: nil, a plain value, []any or Struct.
func variantValue(n *variantNode) any {
	switch {
	case n == nil:
		return nil
	case n.plain != nil:
		m := rowMaker{texts: map[*vector]string{}}
		return m.value(n.plain, n.at)
	case n.object:
		s := make(Struct, len(n.parts))
		for k, p := range n.parts {
			s[k] = StructField{n.names[k], variantValue(p)}
		}
		return s
	}
	out := make([]any, len(n.parts))
	for k, p := range n.parts {
		out[k] = variantValue(p)
	}
	return out
}

// decimalAt gives value i of a DECIMAL.
func decimalAt(v *vector, i int) Decimal {
	return Decimal{Int128(v.int128At(i)), v.typ.Width, v.typ.Scale}
}

// intervalAt gives value i of an INTERVAL.
func intervalAt(v *vector, i int) Interval {
	months, days, micros := v.interval(i)
	return Interval{months, days, micros}
}
