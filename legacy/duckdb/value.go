package duckdb

import (
	"strconv"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// readType reads a LogicalType object.
func readType(s *storage.Stream) *types.Type {
	t := &types.Type{}
	for o := s.Object("LogicalType"); o.Next(); {
		switch o.ID {
		case 100:
			t.ID = types.ID(s.ULEB(8, "LogicalType.id"))
		case 101:
			if s.Bool("LogicalType.type_info") {
				readTypeInfo(s, t)
			}
		default:
			o.Unknown()
		}
	}
	return t
}

// readStoredType reads the type of something that is stored, and checks it. A type that this reader lacks
// comes with an error of its own, which leaves the stream intact.
func readStoredType(s *storage.Stream) (*types.Type, error) {
	t := readType(s)
	if s.Err() != nil {
		return t, s.Err()
	}
	if err := t.Finish(); err != nil {
		return t, s.Fault("LogicalType", err)
	}
	return t, nil
}

func readTypeInfo(s *storage.Stream, t *types.Type) {
	const (
		infoDecimal = 2
		infoString  = 3
		infoList    = 4
		infoStruct  = 5
		infoEnum    = 6
		infoUser    = 7
		infoArray   = 9
		infoGeo     = 13
	)
	kind := uint64(0)
	key := func(id int) int { return int(kind)<<16 | id }
	for o := s.Object("ExtraTypeInfo"); o.Next(); {
		switch o.ID {
		case 100:
			kind = s.ULEB(8, "ExtraTypeInfo.type")
			continue
		case 101:
			t.Alias = s.Text("ExtraTypeInfo.alias")
			continue
		}
		switch key(o.ID) {
		case infoDecimal<<16 | 200:
			t.Width = uint8(s.ULEB(8, "DecimalTypeInfo.width"))
		case infoDecimal<<16 | 201:
			t.Scale = uint8(s.ULEB(8, "DecimalTypeInfo.scale"))
		case infoString<<16 | 200:
			t.Collation = s.Text("StringTypeInfo.collation")
		case infoList<<16 | 200, infoArray<<16 | 200:
			t.Elem = readType(s)
		case infoArray<<16 | 201:
			t.Size = int(s.ULEB(31, "ArrayTypeInfo.size"))
		case infoStruct<<16 | 200:
			s.List("StructTypeInfo.child_types", func() {
				f := types.Field{Type: &types.Type{}}
				for p := s.Object("StructTypeInfo.child_types"); p.Next(); {
					switch p.ID {
					case 0:
						f.Name = s.Text("StructTypeInfo.name")
					case 1:
						f.Type = readType(s)
					default:
						p.Unknown()
					}
				}
				t.Fields = append(t.Fields, f)
			})
			if t.ID == types.Union && len(t.Fields) > 0 {
				t.Fields = t.Fields[1:] // the tag
			}
		case infoUser<<16 | 200:
			t.Unbound = s.Text("UserTypeInfo.name")
		case infoUser<<16 | 204:
			if s.Bool("UserTypeInfo.expression") {
				t.Unbound = expressionSQL(walkClass(s, "Expr"))
			}
		case infoEnum<<16 | 200:
			s.ULEB(64, "EnumTypeInfo.count")
		case infoEnum<<16 | 201:
			s.List("EnumTypeInfo.values", func() { t.Values = append(t.Values, s.Text("EnumTypeInfo.values")) })
		case infoGeo<<16 | 200:
			for c := s.Object("CoordinateReferenceSystem"); c.Next(); {
				if c.ID != 100 {
					c.Unknown()
					break
				}
				t.CRS = s.Text("CoordinateReferenceSystem.definition")
			}
		default:
			f := lookupField("ExtraTypeInfo", kind, o.ID)
			if f == nil {
				o.Unknown()
				break
			}
			walkKind(s, f)
		}
	}
}

// A value is a constant stored in the catalog or the log.
type value struct {
	typ  *types.Type
	null bool
	bits vector.Uint128 // fixed-width types: the bits; floats in Lo; INTERVAL as in Vector.w
	str  string
	list []*value
}

// readValue reads a Value whose type the surroundings give; t may be nil.
func readValue(s *storage.Stream, t *types.Type) *value {
	v := &value{typ: t}
	for o := s.Object("Value"); o.Next(); {
		switch o.ID {
		case 100:
			v.typ = readType(s)
			if s.Err() == nil {
				_ = v.typ.Finish() // one without a layout can be NULL
			}
		case 101:
			v.null = s.Bool("Value.is_null")
		case 102:
			if v.typ == nil {
				s.Fail("Value", fault.Corruptf("value without a type"))
				return v
			}
			readPayload(s, v)
		default:
			o.Unknown()
		}
	}
	if v.typ == nil {
		v.typ = types.Plain(types.Null)
	}
	return v
}

func readPayload(s *storage.Stream, v *value) {
	const field = "Value.value"
	switch v.typ.Phys {
	case types.PhysString:
		v.str = s.Text(field)
	case types.PhysList, types.PhysArray, types.PhysStruct:
		for o := s.Object("Value.children"); o.Next(); {
			if o.ID != 100 {
				o.Unknown()
				return
			}
			i := 0
			s.List(field, func() {
				var t *types.Type
				switch {
				case v.typ.Phys != types.PhysStruct:
					t = v.typ.Elem
				case i < len(v.typ.Stored):
					t = v.typ.Stored[i].Type
				}
				v.list = append(v.list, readValue(s, t))
				i++
			})
		}
	case types.PhysNone:
		s.Fail(field, fault.Unsupportedf("value of %s", v.typ.ID))
	default:
		if v.typ.ID == types.Boolean {
			if s.Bool(field) {
				v.bits.Lo = 1
			}
			return
		}
		v.bits = readFixed(s, v.typ.Phys, field)
	}
}

// readFixed reads a number of a fixed-width type; signed ones are extended to 128 bits.
func readFixed(s *storage.Stream, p types.Physical, field string) vector.Uint128 {
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

// appendTo appends a constant to a vector, whose parts have the parts of the vector's type.
func (x *value) appendTo(v *vector.Vector, b *vector.Budget) error {
	i := v.N
	if err := v.Grow(1, b); err != nil {
		return err
	}
	if x == nil {
		x = &value{null: true}
	}
	if x.null {
		v.Fill(i, 1, vector.Uint128{})
		v.SetNull(i)
	}
	nothing := &value{null: true}
	part := func(k int) *value {
		if x.null || k >= len(x.list) {
			return nothing
		}
		return x.list[k]
	}
	switch v.Type.Phys {
	case types.PhysStruct:
		for k, c := range v.Children {
			if err := part(k).appendTo(c, b); err != nil {
				return err
			}
		}
	case types.PhysArray:
		for k := range v.Type.Size {
			if err := part(k).appendTo(v.Children[0], b); err != nil {
				return err
			}
		}
	case types.PhysList:
		v.Lists[i] = vector.Span{Off: uint32(v.Children[0].N), Len: uint32(len(x.list))}
		for _, e := range x.list {
			if err := e.appendTo(v.Children[0], b); err != nil {
				return err
			}
		}
	case types.PhysString:
		if x.null {
			return nil
		}
		s := []byte(x.str)
		if v.Type.ID == types.Blob {
			s = unescapeBlob(s)
		}
		return v.SetBytes(i, s, b)
	default:
		if !x.null {
			v.Fill(i, 1, x.bits)
		}
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
