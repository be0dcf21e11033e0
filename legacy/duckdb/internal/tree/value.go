package tree

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Value is a constant stored in the catalog or the log.
type Value struct {
	Type *types.Type
	Null bool
	Bits vector.Uint128 // of a fixed-width type: the bits, floats in Lo, an INTERVAL as in a Vector
	Str  string         // of a type that is stored as strings; a BLOB with \xAA escapes, a GEOMETRY in well-known binary
	List []*Value       // elements or members
}

// readValue reads a Value whose type the surroundings give; t may be nil.
func readValue(s *storage.Stream, t *types.Type) *Value {
	v := &Value{Type: t}
	wkb := false // of a geometry; else it has the form of the spatial extension
	for o := s.Object("Value"); o.Next(); {
		switch o.ID {
		case 100:
			v.Type = readType(s)
			if s.Err() == nil {
				_ = v.Type.Finish() // one without a layout can be NULL
			}
		case 101:
			v.Null = s.Bool("Value.is_null")
		case 102:
			if v.Type == nil {
				s.Fail("Value", fault.Corruptf("value without a type"))
				return v
			}
			readPayload(s, v)
		case 103:
			if v.Type == nil || v.Type.ID != types.Geometry {
				o.Unknown()
				return v
			}
			if layout := s.ULEB(8, "Value.layout"); layout != geometry.LayoutWKB {
				s.Fail("Value.layout", fault.Unsupportedf("geometry layout %d of a constant", layout))
			}
			wkb = true
		default:
			o.Unknown()
		}
	}
	if v.Type == nil {
		v.Type = types.Plain(types.Null)
	}
	if v.Type.ID == types.Geometry && !v.Null {
		b, ok := unescapeBlob([]byte(v.Str)), true
		if !wkb {
			b, ok = geometry.FromSpatial(nil, b)
		}
		if !ok && s.Err() == nil {
			s.Fail("Value.value", fault.Corruptf("%d bytes are no geometry", len(v.Str)))
		}
		v.Str = string(b)
	}
	return v
}

func readPayload(s *storage.Stream, v *Value) {
	const field = "Value.value"
	_ = v.Type.Finish() // a part of a type that has no layout may have one
	switch {
	case v.Type.ID == types.TypeOfTypes:
		readType(s)
	case v.Type.Phys == types.PhysString:
		v.Str = s.Text(field)
	case v.Type.Nested(): // whatever is in it, of which values can be passed over that columns cannot have
		for o := s.Object("Value.children"); o.Next(); {
			if o.ID != 100 {
				o.Unknown()
				return
			}
			i := 0
			s.List(field, func() {
				var t *types.Type
				switch {
				case v.Type.Elem != nil:
					t = v.Type.Elem
				case i < len(v.Type.Stored):
					t = v.Type.Stored[i].Type
				case i < len(v.Type.Fields):
					t = v.Type.Fields[i].Type
				}
				v.List = append(v.List, readValue(s, t))
				i++
			})
		}
	case v.Type.Phys == types.PhysNone:
		s.Fail(field, fault.Unsupportedf("value of %s", v.Type.ID))
	default:
		if v.Type.ID == types.Boolean {
			if s.Bool(field) {
				v.Bits.Lo = 1
			}
			return
		}
		v.Bits = ReadFixed(s, v.Type.Phys, field)
	}
}

// Kinds of literal.
const (
	literalNull    = 1
	literalBoolean = 2
	literalInteger = 3
	literalNumeric = 4
	literalString  = 5
	literalHex     = 6
	literalBit     = 7
)

// Constant gives the value of a ConstantExpression. From 2.0 on it may be a text of which not every kind has a value
// here.
func (n *Node) Constant() (*Value, bool) {
	l := n.Node(201)
	if l == nil {
		return n.Value(200), true
	}
	s := l.Text(101)
	switch l.Uint(100) {
	case literalNull:
		return &Value{Type: types.Plain(types.Null), Null: true}, true
	case literalBoolean:
		b, err := strconv.ParseBool(s)
		v := &Value{Type: types.Plain(types.Boolean)}
		if b {
			v.Bits.Lo = 1
		}
		return v, err == nil
	case literalInteger:
		if x, err := strconv.ParseInt(s, 10, 64); err == nil {
			return &Value{Type: types.Plain(types.BigInt), Bits: vector.Uint128{Hi: uint64(x >> 63), Lo: uint64(x)}}, true
		}
	case literalNumeric:
		whole, frac, _ := strings.Cut(s, ".")
		const digits = 18 // of an int64
		if x, err := strconv.ParseInt(whole+frac, 10, 64); err == nil && x >= 0 && len(whole)+len(frac) <= digits {
			t := &types.Type{ID: types.Decimal, Width: digits, Scale: uint8(len(frac))}
			if t.Finish() == nil {
				return &Value{Type: t, Bits: vector.Uint128{Lo: uint64(x)}}, true
			}
		}
	case literalString:
		return &Value{Type: types.Plain(types.Varchar), Str: s}, true
	}
	return nil, false
}

// literal is a literal as it was written.
func (w *writer) literal(l *Node) string {
	s := l.Text(101)
	switch l.Uint(100) {
	case literalNull:
		return "NULL"
	case literalString:
		return quote.Literal(s)
	case literalHex:
		return "X" + quote.Literal(s)
	case literalBit:
		return "B" + quote.Literal(s)
	}
	return s
}

// ReadFixed reads a number of a fixed-width type; signed ones are extended to 128 bits.
func ReadFixed(s *storage.Stream, p types.Physical, field string) vector.Uint128 {
	signed := func(x int64) vector.Uint128 { return vector.Uint128{Hi: uint64(x >> 63), Lo: uint64(x)} }
	switch p {
	case types.PhysInt8:
		return signed(s.SLEB(8, field))
	case types.PhysInt16:
		return signed(s.SLEB(16, field))
	case types.PhysInt32:
		return signed(s.SLEB(32, field))
	case types.PhysInt64:
		return signed(s.SLEB(64, field))
	case types.PhysUint8:
		return vector.Uint128{Lo: s.ULEB(8, field)}
	case types.PhysUint16:
		return vector.Uint128{Lo: s.ULEB(16, field)}
	case types.PhysUint32:
		return vector.Uint128{Lo: s.ULEB(32, field)}
	case types.PhysUint64, types.PhysList:
		return vector.Uint128{Lo: s.ULEB(64, field)}
	case types.PhysInt128:
		hi := s.SLEB(64, field) // the upper half comes first
		return vector.Uint128{Hi: uint64(hi), Lo: s.ULEB(64, field)}
	case types.PhysUint128:
		hi := s.ULEB(64, field)
		return vector.Uint128{Hi: hi, Lo: s.ULEB(64, field)}
	case types.PhysFloat:
		return vector.Uint128{Lo: uint64(s.Uint32(field))}
	case types.PhysDouble:
		return vector.Uint128{Lo: s.Uint64(field)}
	case types.PhysInterval:
		var months, days int32
		var micros int64
		for o := s.Object("interval"); o.Next(); {
			switch o.ID {
			case 1:
				months = int32(s.SLEB(32, field))
			case 2:
				days = int32(s.SLEB(32, field))
			case 3:
				micros = s.SLEB(64, field)
			default:
				o.Unknown()
			}
		}
		return vector.PackInterval(months, days, micros)
	}
	s.Fail(field, fault.Unsupportedf("number of an unknown kind"))
	return vector.Uint128{}
}

// AppendTo appends the constant to a vector, whose type has the same parts; a nil one is NULL.
func (x *Value) AppendTo(v *vector.Vector, b *vector.Budget) error {
	if x == nil || x.Null {
		return v.AppendNull(b)
	}
	i := v.N
	if err := v.Grow(1, b); err != nil {
		return err
	}
	part := func(k int) *Value {
		if k >= len(x.List) {
			return nil
		}
		return x.List[k]
	}
	switch v.Type.Phys {
	case types.PhysStruct:
		for k, c := range v.Children {
			if err := part(k).AppendTo(c, b); err != nil {
				return err
			}
		}
	case types.PhysArray:
		for k := range v.Type.Size {
			if err := part(k).AppendTo(v.Children[0], b); err != nil {
				return err
			}
		}
	case types.PhysList:
		v.Lists[i] = vector.Span{Off: uint32(v.Children[0].N), Len: uint32(len(x.List))}
		for _, e := range x.List {
			if err := e.AppendTo(v.Children[0], b); err != nil {
				return err
			}
		}
	case types.PhysString:
		s := []byte(x.Str)
		if v.Type.ID == types.Blob {
			s = unescapeBlob(s)
		}
		return v.SetBytes(i, s, b)
	default:
		v.Fill(i, 1, x.Bits)
	}
	return nil
}

// unescapeBlob undoes the \xAA escapes of a BLOB constant.
func unescapeBlob(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if x, err := strconv.ParseUint(string(s[i+2:i+4]), 16, 8); err == nil {
				out = append(out, byte(x))
				i += 3
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// value is a constant as SQL.
func (w *writer) value(v *Value) string {
	switch {
	case v == nil || v.Null:
		return "NULL"
	case v.Type.ID == types.Boolean:
		return strconv.FormatBool(v.Bits.Lo != 0)
	case v.Type.Nested():
		return w.nested(v)
	}
	vec := vector.New(v.Type)
	if err := v.AppendTo(vec, vector.NewBudget(1<<20)); err != nil {
		return w.unknown()
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
	}
	return quote.Literal(text) + "::" + v.Type.String()
}

// nested is a constant that has parts.
func (w *writer) nested(v *Value) string {
	parts := make([]string, len(v.List))
	for i, x := range v.List {
		parts[i] = w.value(x)
	}
	switch v.Type.ID {
	case types.List, types.Array:
		return "[" + strings.Join(parts, ", ") + "]"
	case types.Struct, types.Tuple:
		if v.Type.Unnamed() || len(parts) != len(v.Type.Fields) {
			return "row(" + strings.Join(parts, ", ") + ")"
		}
		for i, f := range v.Type.Fields {
			parts[i] = quote.Literal(f.Name) + ": " + parts[i]
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case types.Map:
		for i, x := range v.List {
			if len(x.List) != 2 {
				return w.unknown()
			}
			parts[i] = w.value(x.List[0]) + ": " + w.value(x.List[1])
		}
		return "MAP {" + strings.Join(parts, ", ") + "}"
	}
	return w.unknown()
}
