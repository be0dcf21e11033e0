package duckdb

import (
	"bytes"
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
	case v.typ.ID == TypeInteger:
		for i, x := range v.i32[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == TypeBigInt:
		for i, x := range v.i64[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == TypeDouble:
		for i, x := range v.f64[:v.n] {
			m.cells[i*width+k] = x
		}
	case v.typ.ID == TypeVarchar:
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
	case TypeBoolean:
		return v.u8[i] != 0
	case TypeTinyInt:
		return v.i8[i]
	case TypeSmallInt:
		return v.i16[i]
	case TypeInteger:
		return v.i32[i]
	case TypeBigInt:
		return v.i64[i]
	case TypeUTinyInt:
		return v.u8[i]
	case TypeUSmallInt:
		return v.u16[i]
	case TypeUInteger:
		return v.u32[i]
	case TypeUBigInt:
		return v.u64[i]
	case TypeHugeInt:
		return Int128(v.int128At(i)).Big()
	case TypeUHugeInt:
		return Uint128(v.w[i]).Big()
	case TypeBigNum:
		return bigNum(v.Bytes(i))
	case TypeDecimal:
		return decimalAt(v, i)
	case TypeFloat:
		return v.f32[i]
	case TypeDouble:
		return v.f64[i]
	case TypeVarchar, TypeChar:
		text := m.text(v) // may move the values
		r := v.refs[i]
		return text[r.off : r.off+r.len]
	case TypeBlob, typeAggregate:
		return bytes.Clone(v.Bytes(i))
	case TypeGeometry:
		return Geometry(bytes.Clone(v.Bytes(i)))
	case TypeBit:
		return Bit(appendBit(nil, v.Bytes(i)))
	case TypeDate:
		return Date(v.i32[i])
	case TypeTime:
		return Time(v.i64[i])
	case TypeTimeNS:
		return TimeNS(v.i64[i])
	case TypeTimeTZ:
		return TimeTZ(v.u64[i])
	case TypeTimestampS:
		return TimestampS(v.i64[i])
	case TypeTimestampMS:
		return TimestampMS(v.i64[i])
	case TypeTimestamp:
		return Timestamp(v.i64[i])
	case TypeTimestampNS:
		return TimestampNS(v.i64[i])
	case TypeTimestampTZ:
		return TimestampTZ(v.i64[i])
	case TypeTimestampTZNS:
		return TimestampTZNS(v.i64[i])
	case TypeInterval:
		return intervalAt(v, i)
	case TypeUUID:
		return UUID(v.UUID(i))
	case TypeEnum:
		return v.EnumValue(i)
	case TypeUnion:
		k := v.Tag(i)
		return Union{v.typ.Fields[k].Name, m.value(v.Child(k), i)}
	case TypeStruct, TypeTuple:
		s := make(Struct, len(v.children))
		for k, c := range v.children {
			s[k] = StructField{v.typ.Fields[k].Name, m.value(c, i)}
		}
		return s
	case TypeMap:
		from, to := v.List(i)
		entries := v.children[0]
		out := make(Map, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, MapEntry{m.value(entries.children[0], e), m.value(entries.children[1], e)})
		}
		return out
	case TypeList, TypeArray:
		from, to := v.List(i)
		out := make([]any, 0, to-from)
		for e := from; e < to; e++ {
			out = append(out, m.value(v.children[0], e))
		}
		return out
	case TypeVariant:
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
