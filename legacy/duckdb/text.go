package duckdb

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// appendText appends value i as the engine's CAST(x AS VARCHAR) gives it, times with zone in UTC, and nothing for NULL.
func appendText(dst []byte, v *vector.Vector, i int) []byte {
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
		return appendInt128(dst, v.Int128(i))
	case types.UHugeInt:
		return appendUint128(dst, v.Wide[i])
	case types.Decimal:
		return appendDecimal(dst, v.Int128(i), v.Type.Width, v.Type.Scale)
	case types.Float:
		return appendFloat(dst, float64(v.F32[i]), 32)
	case types.Double:
		return appendFloat(dst, v.F64[i], 64)
	case types.Varchar, types.Char:
		return append(dst, v.Bytes(i)...)
	case types.Blob, types.Aggregate:
		if v.Type.Alias == "GEOMETRY" {
			if wkb, ok := geometry.FromSpatial(nil, v.Bytes(i)); ok {
				return appendWKT(dst, wkb)
			}
		}
		return appendBlob(dst, v.Bytes(i))
	case types.Bit:
		return appendBit(dst, v.Bytes(i))
	case types.BigNum:
		return bigNum(v.Bytes(i)).Append(dst, 10)
	case types.Date:
		return appendDate(dst, v.I32[i])
	case types.Time:
		return appendTime(dst, v.I64[i])
	case types.TimeNS:
		return appendTimeNS(dst, v.I64[i])
	case types.TimeTZ:
		return appendTimeTZ(dst, v.U64[i])
	case types.TimestampS:
		return appendTimestampS(dst, v.I64[i])
	case types.TimestampMS:
		return appendTimestampMS(dst, v.I64[i])
	case types.Timestamp:
		return appendTimestamp(dst, v.I64[i])
	case types.TimestampNS:
		return appendTimestampNS(dst, v.I64[i])
	case types.TimestampTZ:
		return appendTimestampTZ(dst, v.I64[i])
	case types.TimestampTZNS:
		return appendTimestampTZNS(dst, v.I64[i])
	case types.Interval:
		months, days, micros := v.Interval(i)
		return appendInterval(dst, months, days, micros)
	case types.UUID:
		return appendUUID(dst, v.UUID(i))
	case types.Enum:
		return append(dst, v.EnumValue(i)...)
	case types.Geometry:
		return appendWKT(dst, v.Bytes(i))
	case types.Variant:
		return appendVariantText(dst, v, i)
	}
	return appendNested(dst, v, i)
}

// appendNested appends a LIST, ARRAY, MAP, STRUCT, TUPLE or UNION.
func appendNested(dst []byte, v *vector.Vector, i int) []byte {
	switch v.Type.ID {
	case types.Union:
		k := v.Tag(i)
		return appendPlain(dst, v.Child(k), i)
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
				dst = appendQuoted(dst, v.Type.Fields[k].Name, true)
				dst = append(dst, ": "...)
			}
			dst = appendElement(dst, c, i)
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
			dst = appendElement(dst, entries.Children[0], e)
			dst = append(dst, '=')
			dst = appendElement(dst, entries.Children[1], e)
		}
		return append(dst, '}')
	}
	c := v.Children[0]
	plain := v.Type.ID == types.Array || c.Type.Alias == "JSON"
	from, to := v.List(i)
	dst = append(dst, '[')
	for e := from; e < to; e++ {
		if e > from {
			dst = append(dst, ", "...)
		}
		if plain {
			dst = appendPlain(dst, c, e)
		} else {
			dst = appendElement(dst, c, e)
		}
	}
	return append(dst, ']')
}

// appendElement appends a value within a list, map or struct: NULL by name, text in quotes where it needs them.
func appendElement(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, "NULL"...)
	}
	switch v.Type.ID {
	case types.Varchar, types.Char:
		return appendQuoted(dst, string(v.Bytes(i)), false)
	case types.Enum, types.Blob, types.Geometry, types.Date, types.Time, types.TimeNS, types.TimeTZ, types.Interval, types.Timestamp, types.TimestampS,
		types.TimestampMS, types.TimestampNS, types.TimestampTZ, types.TimestampTZNS:
		return appendQuoted(dst, string(appendText(nil, v, i)), false)
	}
	return appendText(dst, v, i)
}

// appendPlain appends a value within an array or union: NULL by name, text as it is.
func appendPlain(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, "NULL"...)
	}
	return appendText(dst, v, i)
}

// appendQuoted appends text within a nested value, in quotes when it could be misread, or always.
func appendQuoted(dst []byte, s string, always bool) []byte {
	if !always && !needsQuotes(s) {
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

func needsQuotes(s string) bool {
	if s == "" || strings.EqualFold(s, "null") || isSpace(s[0]) || isSpace(s[len(s)-1]) {
		return true
	}
	return strings.ContainsAny(s, `"'(),:=[]{}`)
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// appendFloat appends a number in the shortest form that reads back the same.
func appendFloat(dst []byte, x float64, size int) []byte {
	switch {
	case math.IsNaN(x):
		if math.Signbit(x) {
			return append(dst, "-nan"...)
		}
		return append(dst, "nan"...)
	case math.IsInf(x, 1):
		return append(dst, "inf"...)
	case math.IsInf(x, -1):
		return append(dst, "-inf"...)
	}
	small, large := 1e-4, 1e16
	if size == 32 {
		small, large = float64(float32(1e-4)), float64(float32(1e16))
	}
	if size == 32 && x != 0 && !grisu3(float32(x)) {
		size = 64
	}
	if a := math.Abs(x); a != 0 && (a < small || a >= large) {
		return strconv.AppendFloat(dst, x, 'e', -1, size)
	}
	at := len(dst)
	dst = strconv.AppendFloat(dst, x, 'f', -1, size)
	for _, c := range dst[at:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

func appendUint128(dst []byte, x vector.Uint128) []byte {
	if x.Hi == 0 {
		return strconv.AppendUint(dst, x.Lo, 10)
	}
	// At most three groups of 19 digits.
	const group = 1e19
	q, low := x.Div(group)
	dst = appendUint128(dst, q)
	at := len(dst)
	dst = append(dst, "0000000000000000000"...)
	digits := strconv.AppendUint(nil, low, 10)
	copy(dst[at+19-len(digits):], digits)
	return dst
}

func appendInt128(dst []byte, x vector.Int128) []byte {
	neg, m := x.Abs()
	if neg {
		dst = append(dst, '-')
	}
	return appendUint128(dst, m)
}

func appendDecimal(dst []byte, x vector.Int128, width, scale uint8) []byte {
	neg, m := x.Abs()
	if neg {
		dst = append(dst, '-')
	}
	at := len(dst)
	dst = appendUint128(dst, m)
	if scale == 0 {
		return dst
	}
	digits := int(scale) + 1 // at least one before the point, unless none can be
	if width == scale {
		digits--
	}
	for len(dst)-at < digits {
		dst = append(dst, 0)
		copy(dst[at+1:], dst[at:])
		dst[at] = '0'
	}
	point := len(dst) - int(scale)
	dst = append(dst, 0)
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

const hexDigits = "0123456789ABCDEF"

func appendBlob(dst, b []byte) []byte {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' || c == '\'' || c == '"' {
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// appendBit appends a bit string: a byte with the number of padding bits, then bits, most significant first.
func appendBit(dst, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	for i := min(int(b[0]), 8); i < 8*(len(b)-1); i++ {
		dst = append(dst, '0'+b[1+i/8]>>(7-i%8)&1)
	}
	return dst
}

// bigNum decodes a BIGNUM: three bytes of header, whose top bit is clear for negative numbers, then the magnitude,
// most significant byte first; negative numbers have all bytes inverted.
func bigNum(b []byte) *big.Int {
	if len(b) < 4 {
		return new(big.Int)
	}
	if b[0]&0x80 != 0 {
		return new(big.Int).SetBytes(b[3:])
	}
	m := make([]byte, len(b)-3)
	for i, c := range b[3:] {
		m[i] = ^c
	}
	x := new(big.Int).SetBytes(m)
	return x.Neg(x)
}

func appendUUID(dst []byte, u [16]byte) []byte {
	for i, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[part[0]:part[1]])
	}
	return dst
}
