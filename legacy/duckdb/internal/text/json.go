package text

import (
	"math"
	"unicode/utf8"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// AppendJSON appends value i as JSON: null, booleans, integers of any width and finite floats as they are, nested
// values as objects and arrays, everything else, JSON columns too, as a string of the text of [Append]. A MAP is an
// object whose keys are that text; a UNION is an object of its one member; a TUPLE is an array. Bytes that are not
// UTF-8 become U+FFFD.
func (r Release) AppendJSON(dst []byte, v *vector.Vector, i int) []byte {
	if v.Null(i) {
		return append(dst, "null"...)
	}
	switch v.Type.ID {
	case types.Null:
		return append(dst, "null"...)
	case types.Boolean, types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.UTinyInt, types.USmallInt,
		types.UInteger, types.UBigInt, types.HugeInt, types.UHugeInt, types.BigNum:
		return r.Append(dst, v, i)
	case types.Float:
		if x := float64(v.F32[i]); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return appendFloat(dst, x, 32)
		}
	case types.Double:
		if x := v.F64[i]; !math.IsNaN(x) && !math.IsInf(x, 0) {
			return appendFloat(dst, x, 64)
		}
	case types.Varchar, types.Char:
		return AppendJSONString(dst, v.Bytes(i))
	case types.Union:
		k := v.Tag(i)
		dst = append(dst, '{')
		dst = AppendJSONString(dst, []byte(v.Type.Fields[k].Name))
		dst = r.AppendJSON(append(dst, ':'), v.Child(k), i)
		return append(dst, '}')
	case types.Struct, types.Tuple:
		if v.Type.Unnamed() {
			dst = append(dst, '[')
			for k, c := range v.Children {
				if k > 0 {
					dst = append(dst, ',')
				}
				dst = r.AppendJSON(dst, c, i)
			}
			return append(dst, ']')
		}
		dst = append(dst, '{')
		for k, c := range v.Children {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSONString(dst, []byte(v.Type.Fields[k].Name))
			dst = r.AppendJSON(append(dst, ':'), c, i)
		}
		return append(dst, '}')
	case types.Map:
		from, to := v.List(i)
		keys, values := v.Children[0].Children[0], v.Children[0].Children[1]
		dst = append(dst, '{')
		for e := from; e < to; e++ {
			if e > from {
				dst = append(dst, ',')
			}
			dst = AppendJSONString(dst, r.Append(nil, keys, e))
			dst = r.AppendJSON(append(dst, ':'), values, e)
		}
		return append(dst, '}')
	case types.List, types.Array:
		from, to := v.List(i)
		dst = append(dst, '[')
		for e := from; e < to; e++ {
			if e > from {
				dst = append(dst, ',')
			}
			dst = r.AppendJSON(dst, v.Children[0], e)
		}
		return append(dst, ']')
	case types.Variant:
		return r.appendVariantJSON(dst, v, i)
	}
	return AppendJSONString(dst, r.Append(nil, v, i))
}

// AppendJSONString appends text as a JSON string, with nothing escaped that need not be.
func AppendJSONString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
