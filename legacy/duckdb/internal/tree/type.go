package tree

import (
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
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
	if t.ID == types.Blob && t.Alias == "GEOMETRY" { // below level 7
		return types.Plain(types.Geometry)
	}
	return t
}

// ReadType reads the type of something that is stored, and checks it. A type that this reader lacks
// comes with an error of its own, which leaves the stream intact.
func ReadType(s *storage.Stream) (*types.Type, error) {
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
		infoState   = 8
		infoArray   = 9
		infoGeo     = 13
	)
	kind := uint64(0)
	var result *types.Type // of the function of an aggregate state
	var arguments []*types.Type
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
			t.Unbound = types.NameSQL(s.Text("UserTypeInfo.name"))
		case infoUser<<16 | 202:
			if schema := s.Text("UserTypeInfo.schema"); schema != "" && t.Unbound != "" {
				t.Unbound = quote.Identifier(schema) + "." + t.Unbound
			}
		case infoUser<<16 | 203:
			var modifiers []string
			s.List("UserTypeInfo.modifiers", func() { modifiers = append(modifiers, new(writer).value(readValue(s, nil))) })
			t.Unbound += "(" + strings.Join(modifiers, ", ") + ")"
		case infoUser<<16 | 204:
			if s.Bool("UserTypeInfo.expression") {
				t.Unbound = Read(s, "Expr").SQL()
			}
		case infoState<<16 | 200:
			t.State = s.Text("AggregateStateTypeInfo.function_name")
		case infoState<<16 | 201:
			result = readType(s)
		case infoState<<16 | 202:
			s.List("AggregateStateTypeInfo.arguments", func() { arguments = append(arguments, readType(s)) })
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
	if t.State != "" && result != nil {
		names := make([]string, len(arguments))
		for i, a := range arguments {
			names[i] = a.String()
		}
		t.State += "(" + strings.Join(names, ", ") + ")::" + result.String()
	}
}
