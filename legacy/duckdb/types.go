package duckdb

import "github.com/simexp/exparchive/legacy/duckdb/internal/types"

// A TypeID is the number of a logical type, as stored in the file.
type TypeID uint8

// The logical types that a column can have.
const (
	TypeNull          TypeID = TypeID(types.Null)
	TypeBoolean       TypeID = TypeID(types.Boolean)
	TypeTinyInt       TypeID = TypeID(types.TinyInt)
	TypeSmallInt      TypeID = TypeID(types.SmallInt)
	TypeInteger       TypeID = TypeID(types.Integer)
	TypeBigInt        TypeID = TypeID(types.BigInt)
	TypeDate          TypeID = TypeID(types.Date)
	TypeTime          TypeID = TypeID(types.Time)
	TypeTimestampS    TypeID = TypeID(types.TimestampS)
	TypeTimestampMS   TypeID = TypeID(types.TimestampMS)
	TypeTimestamp     TypeID = TypeID(types.Timestamp)
	TypeTimestampNS   TypeID = TypeID(types.TimestampNS)
	TypeDecimal       TypeID = TypeID(types.Decimal)
	TypeFloat         TypeID = TypeID(types.Float)
	TypeDouble        TypeID = TypeID(types.Double)
	TypeChar          TypeID = TypeID(types.Char)
	TypeVarchar       TypeID = TypeID(types.Varchar)
	TypeBlob          TypeID = TypeID(types.Blob)
	TypeInterval      TypeID = TypeID(types.Interval)
	TypeUTinyInt      TypeID = TypeID(types.UTinyInt)
	TypeUSmallInt     TypeID = TypeID(types.USmallInt)
	TypeUInteger      TypeID = TypeID(types.UInteger)
	TypeUBigInt       TypeID = TypeID(types.UBigInt)
	TypeTimestampTZ   TypeID = TypeID(types.TimestampTZ)
	TypeTimestampTZNS TypeID = TypeID(types.TimestampTZNS)
	TypeTimeTZ        TypeID = TypeID(types.TimeTZ)
	TypeTimeNS        TypeID = TypeID(types.TimeNS)
	TypeBit           TypeID = TypeID(types.Bit)
	TypeBigNum        TypeID = TypeID(types.BigNum)
	TypeUHugeInt      TypeID = TypeID(types.UHugeInt)
	TypeHugeInt       TypeID = TypeID(types.HugeInt)
	TypeUUID          TypeID = TypeID(types.UUID)
	TypeGeometry      TypeID = TypeID(types.Geometry)
	TypeStruct        TypeID = TypeID(types.Struct)
	TypeList          TypeID = TypeID(types.List)
	TypeMap           TypeID = TypeID(types.Map)
	TypeEnum          TypeID = TypeID(types.Enum)
	TypeUnion         TypeID = TypeID(types.Union)
	TypeArray         TypeID = TypeID(types.Array)
	TypeVariant       TypeID = TypeID(types.Variant)
	TypeTuple         TypeID = TypeID(types.Tuple)
)

func (id TypeID) String() string { return types.ID(id).String() }

// A Type is the logical type of a column or of a part of one. It must not be changed.
type Type struct {
	ID        TypeID
	Alias     string   // name of the user type it was declared as, "JSON" for JSON; "" when there is none
	Width     uint8    // digits of a DECIMAL, 1 to 38
	Scale     uint8    // of these, digits after the point
	Elem      *Type    // of a LIST or ARRAY; of a MAP its STRUCT(key, value)
	Size      int      // elements of an ARRAY
	Fields    []Field  // of a STRUCT or TUPLE; of a UNION the members, without its tag
	Values    []string // of an ENUM, in order
	CRS       string   // coordinate reference system of a GEOMETRY
	Collation string   // of a VARCHAR
	State     string   // what an aggregate state is of, until 1.5, such as "sum(INTEGER)::HUGEINT"
}

// A Field is a member of a STRUCT, TUPLE or UNION.
type Field struct {
	Name string // "" in a TUPLE
	Type *Type
}

// String is the type in SQL, as the engine writes it.
func (t *Type) String() string { return t.inner().String() }

// described gives callers what is to be known of a type.
func described(t *types.Type) *Type {
	if t == nil {
		return nil
	}
	d := &Type{ID: TypeID(t.ID), Alias: t.Alias, Width: t.Width, Scale: t.Scale, Elem: described(t.Elem), Size: t.Size,
		Values: t.Values, CRS: t.CRS, Collation: t.Collation, State: t.State}
	for _, f := range t.Fields {
		d.Fields = append(d.Fields, Field{f.Name, described(f.Type)})
	}
	return d
}

// inner undoes described. What it gives has no layout.
func (t *Type) inner() *types.Type {
	if t == nil {
		return nil
	}
	in := &types.Type{ID: types.ID(t.ID), Alias: t.Alias, Width: t.Width, Scale: t.Scale, Elem: t.Elem.inner(),
		Size:   t.Size,
		Values: t.Values, CRS: t.CRS, Collation: t.Collation, State: t.State}
	for _, f := range t.Fields {
		in.Fields = append(in.Fields, types.Field{Name: f.Name, Type: f.Type.inner()})
	}
	return in
}

// partType gives the type of part i of the values of a type that is stored in parts, of which a caller sees t.
func partType(in *types.Type, t *Type, i int) *Type {
	switch in.ID {
	case types.List, types.Map, types.Array:
		return t.Elem
	case types.Struct, types.Tuple:
		return t.Fields[i].Type
	case types.Union:
		if i > 0 { // after the tag
			return t.Fields[i-1].Type
		}
	}
	return described(in.Stored[i].Type)
}
