package duckdb

import (
	"bytes"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/variant"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A rowMaker turns batches into rows of Go values.
type rowMaker struct {
	texts map[*vector.Vector]string // the data of string vectors, converted once a batch
	cells []any
}

// each gives the n rows of a batch until do returns false, and reports whether it went on to the end.
func (m *rowMaker) each(cols []*vector.Vector, n int, do func(Row) bool) bool {
	// All rows of a batch share one slice of cells, all its strings one piece of text for each column.
	m.texts = map[*vector.Vector]string{}
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
func (m *rowMaker) column(v *vector.Vector, k, width int) {
	switch {
	case v.Type.ID == types.Integer:
		box(m.cells, k, width, slices.Clone(v.I32[:v.N]))
	case v.Type.ID == types.BigInt:
		box(m.cells, k, width, slices.Clone(v.I64[:v.N]))
	case v.Type.ID == types.Double:
		box(m.cells, k, width, slices.Clone(v.F64[:v.N]))
	case v.Type.ID == types.Timestamp:
		times := make([]Timestamp, v.N)
		for i, x := range v.I64[:v.N] {
			times[i] = Timestamp(x)
		}
		box(m.cells, k, width, times)
	case v.Type.ID == types.Varchar:
		text := m.text(v)
		parts := make([]string, v.N)
		for i, r := range v.Strings[:v.N] {
			parts[i] = text[r.Off : r.Off+r.Len]
		}
		box(m.cells, k, width, parts)
	default:
		for i := range v.N {
			m.cells[i*width+k] = m.value(v, i)
		}
		return
	}
	if v.HasNulls() {
		for i := range v.N {
			if v.Null(i) {
				m.cells[i*width+k] = nil
			}
		}
	}
}

// text gives the vector's data as a string of which values are parts.
func (m *rowMaker) text(v *vector.Vector) string {
	if s, ok := m.texts[v]; ok {
		return s
	}
	v.Compact()
	s := string(v.Data)
	m.texts[v] = s
	return s
}

// value gives value i of any type.
func (m *rowMaker) value(v *vector.Vector, i int) any {
	if v.Null(i) {
		return nil
	}
	switch v.Type.ID {
	case types.Boolean:
		return v.U8[i] != 0
	case types.TinyInt:
		return v.I8[i]
	case types.SmallInt:
		return v.I16[i]
	case types.Integer:
		return v.I32[i]
	case types.BigInt:
		return v.I64[i]
	case types.UTinyInt:
		return v.U8[i]
	case types.USmallInt:
		return v.U16[i]
	case types.UInteger:
		return v.U32[i]
	case types.UBigInt:
		return v.U64[i]
	case types.HugeInt:
		return Int128(v.Int128(i)).Big()
	case types.UHugeInt:
		return Uint128(v.Wide[i]).Big()
	case types.BigNum:
		return text.BigNum(v.Bytes(i))
	case types.Decimal:
		return decimalAt(v, i)
	case types.Float:
		return v.F32[i]
	case types.Double:
		return v.F64[i]
	case types.Varchar, types.Char:
		text := m.text(v) // may move the values
		r := v.Strings[i]
		return text[r.Off : r.Off+r.Len]
	case types.Blob, types.Aggregate:
		return bytes.Clone(v.Bytes(i))
	case types.Geometry:
		return Geometry(bytes.Clone(v.Bytes(i)))
	case types.Bit:
		return Bit(text.AppendBit(nil, v.Bytes(i)))
	case types.Date:
		return Date(v.I32[i])
	case types.Time:
		return Time(v.I64[i])
	case types.TimeNS:
		return TimeNS(v.I64[i])
	case types.TimeTZ:
		return TimeTZ(v.U64[i])
	case types.TimestampS:
		return TimestampS(v.I64[i])
	case types.TimestampMS:
		return TimestampMS(v.I64[i])
	case types.Timestamp:
		return Timestamp(v.I64[i])
	case types.TimestampNS:
		return TimestampNS(v.I64[i])
	case types.TimestampTZ:
		return TimestampTZ(v.I64[i])
	case types.TimestampTZNS:
		return TimestampTZNS(v.I64[i])
	case types.Interval:
		return intervalAt(v, i)
	case types.UUID:
		return UUID(v.UUID(i))
	case types.Enum:
		return v.EnumValue(i)
	case types.Union:
		k := v.Tag(i)
		return Union{v.Type.Fields[k].Name, m.value(v.Child(k), i)}
	case types.Struct, types.Tuple:
		s := make(Struct, len(v.Children))
		for k, c := range v.Children {
			s[k] = StructField{v.Type.Fields[k].Name, m.value(c, i)}
		}
		return s
	case types.Map:
		from, to := v.List(i)
		entries := v.Children[0]
		out := make(Map, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, MapEntry{m.value(entries.Children[0], e), m.value(entries.Children[1], e)})
		}
		return out
	case types.List, types.Array:
		from, to := v.List(i)
		out := make([]any, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, m.value(v.Children[0], e))
		}
		return out
	case types.Variant:
		n, _ := variant.Decode(v, i) // what is wrong has been found when it was read
		return variantValue(n)
	}
	return nil
}

// variantValue gives a part of a VARIANT as a Go value: nil, a plain value, []any or Struct.
func variantValue(n *variant.Node) any {
	switch {
	case n == nil:
		return nil
	case n.Plain != nil:
		m := rowMaker{texts: map[*vector.Vector]string{}}
		return m.value(n.Plain, n.At)
	case n.Object:
		s := make(Struct, len(n.Parts))
		for k, p := range n.Parts {
			s[k] = StructField{n.Names[k], variantValue(p)}
		}
		return s
	}
	out := make([]any, len(n.Parts))
	for k, p := range n.Parts {
		out[k] = variantValue(p)
	}
	return out
}

// decimalAt gives value i of a DECIMAL.
func decimalAt(v *vector.Vector, i int) Decimal {
	return Decimal{Int128(v.Int128(i)), v.Type.Width, v.Type.Scale}
}

// intervalAt gives value i of an INTERVAL.
func intervalAt(v *vector.Vector, i int) Interval {
	months, days, micros := v.Interval(i)
	return Interval{months, days, micros}
}
