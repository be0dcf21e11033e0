package duckdb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// A TypeID is the number of a logical type, as stored in the file.
type TypeID uint8

// The logical types that a column can have.
const (
	TypeNull          TypeID = 1
	TypeBoolean       TypeID = 10
	TypeTinyInt       TypeID = 11
	TypeSmallInt      TypeID = 12
	TypeInteger       TypeID = 13
	TypeBigInt        TypeID = 14
	TypeDate          TypeID = 15
	TypeTime          TypeID = 16
	TypeTimestampS    TypeID = 17
	TypeTimestampMS   TypeID = 18
	TypeTimestamp     TypeID = 19
	TypeTimestampNS   TypeID = 20
	TypeDecimal       TypeID = 21
	TypeFloat         TypeID = 22
	TypeDouble        TypeID = 23
	TypeChar          TypeID = 24
	TypeVarchar       TypeID = 25
	TypeBlob          TypeID = 26
	TypeInterval      TypeID = 27
	TypeUTinyInt      TypeID = 28
	TypeUSmallInt     TypeID = 29
	TypeUInteger      TypeID = 30
	TypeUBigInt       TypeID = 31
	TypeTimestampTZ   TypeID = 32
	TypeTimestampTZNS TypeID = 33
	TypeTimeTZ        TypeID = 34
	TypeTimeNS        TypeID = 35
	TypeBit           TypeID = 36
	TypeBigNum        TypeID = 39
	TypeUHugeInt      TypeID = 49
	TypeHugeInt       TypeID = 50
	typeValidity      TypeID = 53
	TypeUUID          TypeID = 54
	TypeGeometry      TypeID = 60
	TypeStruct        TypeID = 100
	TypeList          TypeID = 101
	TypeMap           TypeID = 102
	TypeEnum          TypeID = 104
	typeAggregate     TypeID = 105
	TypeUnion         TypeID = 107
	TypeArray         TypeID = 108
	TypeVariant       TypeID = 109
	TypeTuple         TypeID = 110
)

var typeNames = map[TypeID]string{
	TypeNull: `"NULL"`, TypeBoolean: "BOOLEAN", TypeTinyInt: "TINYINT", TypeSmallInt: "SMALLINT", TypeInteger: "INTEGER",
	TypeBigInt: "BIGINT", TypeDate: "DATE", TypeTime: "TIME", TypeTimestampS: "TIMESTAMP_S", TypeTimestampMS: "TIMESTAMP_MS",
	TypeTimestamp: "TIMESTAMP", TypeTimestampNS: "TIMESTAMP_NS", TypeFloat: "FLOAT", TypeDouble: "DOUBLE", TypeChar: "CHAR",
	TypeVarchar: "VARCHAR", TypeBlob: "BLOB", TypeInterval: "INTERVAL", TypeUTinyInt: "UTINYINT", TypeUSmallInt: "USMALLINT",
	TypeUInteger: "UINTEGER", TypeUBigInt: "UBIGINT", TypeTimestampTZ: "TIMESTAMP WITH TIME ZONE",
	TypeTimestampTZNS: "TIMESTAMP_NS WITH TIME ZONE", TypeTimeTZ: "TIME WITH TIME ZONE", TypeTimeNS: "TIME_NS", TypeBit: "BIT",
	TypeBigNum: "BIGNUM", TypeUHugeInt: "UHUGEINT", TypeHugeInt: "HUGEINT", TypeUUID: "UUID", TypeGeometry: "GEOMETRY",
	TypeVariant: "VARIANT", typeValidity: "VALIDITY", typeAggregate: "AGGREGATE_STATE", TypeDecimal: "DECIMAL",
	TypeStruct: "STRUCT", TypeList: "LIST", TypeMap: "MAP", TypeEnum: "ENUM", TypeUnion: "UNION", TypeArray: "ARRAY", TypeTuple: "TUPLE",
}

func (id TypeID) String() string {
	if s, ok := typeNames[id]; ok {
		return s
	}
	return "type " + strconv.Itoa(int(id))
}

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

	phys   physical
	stored []Field // STRUCT as stored: with a UNION's tag, with a VARIANT's members
	depth  int

	unbound string // name of a type in an expression that was not yet looked up
}

// A Field is a member of a STRUCT, TUPLE or UNION.
type Field struct {
	Name string // "" in a TUPLE
	Type *Type
}

// physical is how the values of a type are laid out.
type physical uint8

const (
	physNone physical = iota
	physInt8
	physInt16
	physInt32
	physInt64
	physUint8 // BOOLEAN too
	physUint16
	physUint32
	physUint64
	physFloat
	physDouble
	physInt128
	physUint128
	physInterval
	physString
	physStruct
	physList
	physArray
	physValidity
)

// width is the size of one stored value in bytes; 0 for strings, nested types and validity.
func (p physical) width() int {
	switch p {
	case physInt8, physUint8:
		return 1
	case physInt16, physUint16:
		return 2
	case physInt32, physUint32, physFloat:
		return 4
	case physInt64, physUint64, physDouble, physList:
		return 8
	case physInt128, physUint128, physInterval:
		return 16
	}
	return 0
}

var (
	varcharType  = &Type{ID: TypeVarchar, phys: physString}
	blobType     = &Type{ID: TypeBlob, phys: physString}
	bigintType   = &Type{ID: TypeBigInt, phys: physInt64}
	uint8Type    = &Type{ID: TypeUTinyInt, phys: physUint8}
	uint32Type   = &Type{ID: TypeUInteger, phys: physUint32}
	doubleType   = &Type{ID: TypeDouble, phys: physDouble}
	booleanType  = &Type{ID: TypeBoolean, phys: physUint8}
	validityType = &Type{ID: typeValidity, phys: physValidity}
)

// maxTypeDepth bounds how deep types nest, and with them every recursion over values.
const maxTypeDepth = 200

// finish derives the physical layout, and checks what the file said about the type.
func (t *Type) finish() error {
	for _, f := range t.Fields {
		t.depth = max(t.depth, f.Type.depth+1)
	}
	if t.Elem != nil {
		t.depth = max(t.depth, t.Elem.depth+1)
	}
	if t.depth > maxTypeDepth {
		return fault.Unsupportedf("a type nested %d deep, more than %d", t.depth, maxTypeDepth)
	}
	switch t.ID {
	case TypeBoolean, TypeUTinyInt:
		t.phys = physUint8
	case TypeTinyInt:
		t.phys = physInt8
	case TypeSmallInt:
		t.phys = physInt16
	case TypeInteger, TypeDate, TypeNull:
		t.phys = physInt32
	case TypeBigInt, TypeTime, TypeTimeNS, TypeTimestampS, TypeTimestampMS, TypeTimestamp, TypeTimestampNS, TypeTimestampTZ, TypeTimestampTZNS:
		t.phys = physInt64
	case TypeUSmallInt:
		t.phys = physUint16
	case TypeUInteger:
		t.phys = physUint32
	case TypeUBigInt, TypeTimeTZ:
		t.phys = physUint64
	case TypeHugeInt, TypeUUID:
		t.phys = physInt128
	case TypeUHugeInt:
		t.phys = physUint128
	case TypeFloat:
		t.phys = physFloat
	case TypeDouble:
		t.phys = physDouble
	case TypeInterval:
		t.phys = physInterval
	case TypeChar, TypeVarchar, TypeBlob, TypeBit, TypeBigNum, TypeGeometry, typeAggregate:
		t.phys = physString
	case typeValidity:
		t.phys = physValidity
	case TypeDecimal:
		switch {
		case t.Width < 1 || t.Width > 38 || t.Scale > t.Width:
			return fault.Corruptf("DECIMAL(%d,%d)", t.Width, t.Scale)
		case t.Width <= 4:
			t.phys = physInt16
		case t.Width <= 9:
			t.phys = physInt32
		case t.Width <= 18:
			t.phys = physInt64
		default:
			t.phys = physInt128
		}
	case TypeEnum:
		switch n := len(t.Values); {
		case n <= 255:
			t.phys = physUint8
		case n <= 65535:
			t.phys = physUint16
		default:
			t.phys = physUint32
		}
	case TypeStruct, TypeTuple:
		t.phys, t.stored = physStruct, t.Fields
	case TypeUnion:
		t.phys = physStruct
		t.stored = append([]Field{{Type: uint8Type}}, t.Fields...)
	case TypeVariant:
		t.phys, t.stored, t.depth = physStruct, variantFields, 2
	case TypeList, TypeMap:
		if t.Elem == nil {
			return fault.Corruptf("%s without an element type", t.ID)
		}
		if t.ID == TypeMap && (t.Elem.ID != TypeStruct || len(t.Elem.Fields) != 2) {
			return fault.Corruptf("MAP whose entries are %s, want a STRUCT of key and value", t.Elem)
		}
		t.phys = physList
	case TypeArray:
		if t.Elem == nil || t.Size < 1 {
			return fault.Corruptf("ARRAY of %d elements", t.Size)
		}
		t.phys = physArray
	default:
		return fault.Unsupportedf("logical type %d", uint8(t.ID))
	}
	return nil
}

func newListType(elem *Type) *Type {
	return &Type{ID: TypeList, Elem: elem, phys: physList, depth: elem.depth + 1}
}

func newStructType(fields ...Field) *Type {
	t := &Type{ID: TypeStruct, Fields: fields, stored: fields, phys: physStruct}
	for _, f := range fields {
		t.depth = max(t.depth, f.Type.depth+1)
	}
	return t
}

// variantFields are the members of a VARIANT as stored.
var variantFields = []Field{
	{"keys", newListType(varcharType)},
	{"children", newListType(newStructType(Field{"keys_index", uint32Type}, Field{"values_index", uint32Type}))},
	{"values", newListType(newStructType(Field{"type_id", uint8Type}, Field{"byte_offset", uint32Type}))},
	{"data", blobType},
}

// String is the type in SQL, as the engine writes it.
func (t *Type) String() string {
	if t.Alias != "" {
		if t.Alias == "JSON" || t.Alias == "GEOMETRY" {
			return t.Alias
		}
		return quote.Identifier(t.Alias)
	}
	switch t.ID {
	case TypeDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Width, t.Scale)
	case TypeList:
		return t.Elem.String() + "[]"
	case TypeArray:
		return t.Elem.String() + "[" + strconv.Itoa(t.Size) + "]"
	case TypeMap:
		return "MAP(" + t.Elem.Fields[0].Type.String() + ", " + t.Elem.Fields[1].Type.String() + ")"
	case TypeStruct, TypeUnion, TypeTuple:
		var b strings.Builder
		b.WriteString(t.ID.String())
		b.WriteByte('(')
		for i, f := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			if f.Name != "" {
				b.WriteString(quote.Identifier(f.Name))
				b.WriteByte(' ')
			}
			b.WriteString(f.Type.String())
		}
		b.WriteByte(')')
		return b.String()
	case TypeEnum:
		q := make([]string, len(t.Values))
		for i, s := range t.Values {
			q[i] = quote.Literal(s)
		}
		return "ENUM(" + strings.Join(q, ", ") + ")"
	case TypeGeometry:
		if t.CRS != "" {
			return "GEOMETRY(" + quote.Literal(t.CRS) + ")"
		}
	}
	return t.ID.String()
}

// QuoteIdentifier is a name as an SQL identifier, in quotes where the engine would put them.
func QuoteIdentifier(name string) string { return quote.Identifier(name) }

// declared is the type as written in a declaration, where it may be a name not yet bound.
func (t *Type) declared() string {
	if t.unbound != "" {
		return t.unbound
	}
	return t.String()
}

// typeNameSQL writes the name of a type in an expression; those that every engine knows need no quotes.
func typeNameSQL(name string) string {
	for _, known := range typeNames {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return quote.Identifier(name)
}

// unnamed reports whether the members of a struct have no names.
func (t *Type) unnamed() bool { return len(t.Fields) > 0 && t.Fields[0].Name == "" }

// finishAll derives the layout of a type, its parts first.
func finishAll(t *Type) error {
	if t.phys != physNone {
		return nil
	}
	if t.Elem != nil {
		if err := finishAll(t.Elem); err != nil {
			return err
		}
	}
	for _, f := range t.Fields {
		if err := finishAll(f.Type); err != nil {
			return err
		}
	}
	return t.finish()
}

// sameLayout reports whether values of two types are stored the same.
func sameLayout(a, b *Type) bool {
	if a == b {
		return true
	}
	if a.ID != b.ID || a.phys != b.phys || a.Scale != b.Scale || a.Size != b.Size || len(a.Values) != len(b.Values) ||
		(a.Elem == nil) != (b.Elem == nil) || a.Elem != nil && !sameLayout(a.Elem, b.Elem) {
		return false
	}
	return slices.EqualFunc(a.Fields, b.Fields, func(x, y Field) bool { return sameLayout(x.Type, y.Type) })
}

// variantType is the STRUCT that a VARIANT is stored as.
var variantType = newStructType(variantFields...)
