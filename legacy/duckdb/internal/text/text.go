package text

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Release is an engine whose way of writing values is followed.
type Release uint8

// Up to 1.5, whichever engine wrote the file, values are written as 1.5 does; 2.0 changed some forms.
const (
	Release15 Release = iota
	Release20
)

// Append appends value i as the engine's CAST(x AS VARCHAR) gives it, times with zone in UTC, and nothing for NULL.
func (r Release) Append(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return dst
	}
	switch v.Type.ID {
	case types.Null:
		return dst
	case types.Boolean:
		return strconv.AppendBool(dst, v.U8[i] != 0)
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.UTinyInt, types.USmallInt, types.UInteger:
		x, _ := v.Int64(i)
		return strconv.AppendInt(dst, x, 10)
	case types.UBigInt:
		return strconv.AppendUint(dst, v.U64[i], 10)
	case types.HugeInt:
		return AppendInt128(dst, v.Int128(i))
	case types.UHugeInt:
		return AppendUint128(dst, v.Wide[i])
	case types.Decimal:
		return AppendDecimal(dst, v.Int128(i), v.Type.Width, v.Type.Scale)
	case types.Float:
		return appendFloat(dst, float64(v.F32[i]), 32)
	case types.Double:
		return appendFloat(dst, v.F64[i], 64)
	case types.Varchar, types.Char:
		return append(dst, v.Bytes(i)...)
	case types.Blob, types.Aggregate:
		return appendBlob(dst, v.Bytes(i))
	case types.Bit:
		return AppendBit(dst, v.Bytes(i))
	case types.BigNum:
		return BigNum(v.Bytes(i)).Append(dst, 10)
	case types.Date:
		return AppendDate(dst, v.I32[i])
	case types.Time:
		return AppendTime(dst, v.I64[i])
	case types.TimeNS:
		return AppendTimeNS(dst, v.I64[i])
	case types.TimeTZ:
		return r.AppendTimeTZ(dst, v.U64[i])
	case types.TimestampS:
		return AppendTimestampS(dst, v.I64[i])
	case types.TimestampMS:
		return AppendTimestampMS(dst, v.I64[i])
	case types.Timestamp:
		return AppendTimestamp(dst, v.I64[i])
	case types.TimestampNS:
		return AppendTimestampNS(dst, v.I64[i])
	case types.TimestampTZ:
		return r.AppendTimestampTZ(dst, v.I64[i])
	case types.TimestampTZNS:
		return AppendTimestampTZNS(dst, v.I64[i])
	case types.Interval:
		months, days, micros := v.Interval(i)
		return AppendInterval(dst, months, days, micros)
	case types.UUID:
		return AppendUUID(dst, v.UUID(i))
	case types.Enum:
		return append(dst, v.EnumValue(i)...)
	case types.Geometry:
		return appendWKT(dst, v.Bytes(i))
	case types.Variant:
		return r.appendVariantText(dst, v, i)
	}
	return r.appendNested(dst, v, i)
}

// appendNested appends a LIST, ARRAY, MAP, STRUCT, TUPLE or UNION.
func (r Release) appendNested(dst []byte, v *vector.Vector, i int) []byte {
	switch v.Type.ID {
	case types.Union:
		k := v.Tag(i)
		return r.appendPlain(dst, v.Child(k), i)
	case types.Struct, types.Tuple:
		open, end := byte('{'), byte('}')
		if v.Type.Unnamed() {
			open, end = '(', ')'
		}
		dst = append(dst, open)
		for k, c := range v.Children {
			if k > 0 {
				dst = append(dst, ", "...)
			}
			if open == '{' {
				dst = r.appendQuoted(dst, v.Type.Fields[k].Name, true)
				dst = append(dst, ": "...)
			}
			dst = r.appendElement(dst, c, i)
		}
		if v.Type.ID == types.Tuple && len(v.Children) == 1 {
			dst = append(dst, ',')
		}
		return append(dst, end)
	case types.Map:
		from, to := v.List(i)
		entries := v.Children[0]
		dst = append(dst, '{')
		for e := from; e < to; e++ {
			if e > from {
				dst = append(dst, ", "...)
			}
			dst = r.appendElement(dst, entries.Children[0], e)
			dst = append(dst, '=')
			dst = r.appendElement(dst, entries.Children[1], e)
		}
		return append(dst, '}')
	}
	c := v.Children[0]
	plain := c.Type.Alias == "JSON"
	if v.Type.ID == types.Array {
		plain = r == Release15
	}
	from, to := v.List(i)
	dst = append(dst, '[')
	for e := from; e < to; e++ {
		if e > from {
			dst = append(dst, ", "...)
		}
		if plain {
			dst = r.appendPlain(dst, c, e)
		} else {
			dst = r.appendElement(dst, c, e)
		}
	}
	return append(dst, ']')
}

// appendElement appends a value within a list, map or struct: NULL by name, text in quotes where it needs them.
func (r Release) appendElement(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, "NULL"...)
	}
	switch v.Type.ID {
	case types.Varchar, types.Char:
		return r.appendQuoted(dst, string(v.Bytes(i)), false)
	case types.Enum, types.Blob, types.Geometry, types.Date, types.Time, types.TimeNS, types.TimeTZ, types.Interval,
		types.Timestamp, types.TimestampS, types.TimestampMS, types.TimestampNS, types.TimestampTZ, types.TimestampTZNS:
		return r.appendQuoted(dst, string(r.Append(nil, v, i)), false)
	}
	return r.Append(dst, v, i)
}

// appendPlain appends a value within a union or, up to 1.5, an array: NULL by name, text as it is.
func (r Release) appendPlain(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, "NULL"...)
	}
	return r.Append(dst, v, i)
}

// appendQuoted appends text within a nested value, in quotes when it could be misread, or always.
func (r Release) appendQuoted(dst []byte, s string, always bool) []byte {
	if !always && !r.needsQuotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, '\'')
	for i := 0; i < len(s); i++ {
		if s[i] == '\'' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '\'')
}

func (r Release) needsQuotes(s string) bool {
	if s == "" || strings.EqualFold(s, "null") || isSpace(s[0]) || isSpace(s[len(s)-1]) {
		return true
	}
	return strings.ContainsAny(s, `"'(),:=[]{}`) || r == Release20 && strings.Contains(s, `\`)
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
