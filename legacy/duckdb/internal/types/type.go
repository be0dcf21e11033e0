package types

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// A Type is the logical type of a column or of a part of one. It must not be changed.
type Type struct {
	ID        ID
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

	Unbound string // name, as SQL, of a type that was not yet looked up

	// What Finish derives.
	Phys   Physical
	Stored []Field // STRUCT as stored: with a UNION's tag, with a VARIANT's members
	depth  int
}

// A Field is a member of a STRUCT, TUPLE or UNION.
type Field struct {
	Name string // "" in a TUPLE
	Type *Type
}

var (
	varcharType = &Type{ID: Varchar, Phys: PhysString}
	blobType    = &Type{ID: Blob, Phys: PhysString}
	uint8Type   = &Type{ID: UTinyInt, Phys: PhysUint8}
	uint32Type  = &Type{ID: UInteger, Phys: PhysUint32}
)

// maxTypeDepth bounds how deep types nest, and with them every recursion over values.
const maxTypeDepth = 200

// Finish derives the layout of a type, its parts first, and checks what the file said about it. A type with an error
// has no layout: its Phys is PhysNone.
func (t *Type) Finish() error {
	if t.Phys != PhysNone {
		return nil
	}
	if t.Elem != nil {
		if err := t.Elem.Finish(); err != nil {
			return err
		}
	}
	for _, f := range t.Fields {
		if err := f.Type.Finish(); err != nil {
			return err
		}
	}
	return t.layOut()
}

// layOut is Finish without the parts, which are finished.
func (t *Type) layOut() error {
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
	case Boolean, UTinyInt:
		t.Phys = PhysUint8
	case TinyInt:
		t.Phys = PhysInt8
	case SmallInt:
		t.Phys = PhysInt16
	case Integer, Date, Null:
		t.Phys = PhysInt32
	case BigInt, Time, TimeNS, TimestampS, TimestampMS, Timestamp, TimestampNS, TimestampTZ, TimestampTZNS:
		t.Phys = PhysInt64
	case USmallInt:
		t.Phys = PhysUint16
	case UInteger:
		t.Phys = PhysUint32
	case UBigInt, TimeTZ:
		t.Phys = PhysUint64
	case HugeInt, UUID:
		t.Phys = PhysInt128
	case UHugeInt:
		t.Phys = PhysUint128
	case Float:
		t.Phys = PhysFloat
	case Double:
		t.Phys = PhysDouble
	case Interval:
		t.Phys = PhysInterval
	case Char, Varchar, Blob, Bit, BigNum, Geometry, Aggregate:
		t.Phys = PhysString
	case Validity:
		t.Phys = PhysValidity
	case Decimal:
		switch {
		case t.Width < 1 || t.Width > 38 || t.Scale > t.Width:
			return fault.Corruptf("DECIMAL(%d,%d)", t.Width, t.Scale)
		case t.Width <= 4:
			t.Phys = PhysInt16
		case t.Width <= 9:
			t.Phys = PhysInt32
		case t.Width <= 18:
			t.Phys = PhysInt64
		default:
			t.Phys = PhysInt128
		}
	case Enum:
		switch n := len(t.Values); {
		case n <= 255:
			t.Phys = PhysUint8
		case n <= 65535:
			t.Phys = PhysUint16
		default:
			t.Phys = PhysUint32
		}
	case Struct, Tuple:
		t.Phys, t.Stored = PhysStruct, t.Fields
	case Union:
		t.Phys = PhysStruct
		t.Stored = append([]Field{{Type: uint8Type}}, t.Fields...)
	case Variant:
		t.Phys, t.Stored, t.depth = PhysStruct, variantFields, 2
	case List, Map:
		if t.Elem == nil {
			return fault.Corruptf("%s without an element type", t.ID)
		}
		if t.ID == Map && (t.Elem.ID != Struct || len(t.Elem.Fields) != 2) {
			return fault.Corruptf("MAP whose entries are %s, want a STRUCT of key and value", t.Elem)
		}
		t.Phys = PhysList
	case Array:
		if t.Elem == nil || t.Size < 1 {
			return fault.Corruptf("ARRAY of %d elements", t.Size)
		}
		t.Phys = PhysArray
	default:
		return fault.Unsupportedf("logical type %d", uint8(t.ID))
	}
	return nil
}

// Plain is the type of that number, which has no parameters and no parts.
func Plain(id ID) *Type {
	t := &Type{ID: id}
	if err := t.Finish(); err != nil {
		panic(err)
	}
	return t
}

// ListOf is the type of lists of elem.
func ListOf(elem *Type) *Type {
	return &Type{ID: List, Elem: elem, Phys: PhysList, depth: elem.depth + 1}
}

// StructOf is the type of structs with those members.
func StructOf(fields ...Field) *Type {
	t := &Type{ID: Struct, Fields: fields, Stored: fields, Phys: PhysStruct}
	for _, f := range fields {
		t.depth = max(t.depth, f.Type.depth+1)
	}
	return t
}

// variantFields are the members of a VARIANT as stored.
var variantFields = []Field{
	{"keys", ListOf(varcharType)},
	{"children", ListOf(StructOf(Field{"keys_index", uint32Type}, Field{"values_index", uint32Type}))},
	{"values", ListOf(StructOf(Field{"type_id", uint8Type}, Field{"byte_offset", uint32Type}))},
	{"data", blobType},
}

// VariantStruct is the STRUCT that a VARIANT is stored as.
var VariantStruct = StructOf(variantFields...)

// String is the type in SQL, as the engine writes it.
func (t *Type) String() string {
	if t.Unbound != "" {
		return t.Unbound
	}
	if t.Alias != "" {
		if t.Alias == "JSON" || t.Alias == "AGGREGATE_STATE" {
			return t.Alias
		}
		return quote.Identifier(t.Alias)
	}
	switch t.ID {
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Width, t.Scale)
	case List:
		return t.Elem.String() + "[]"
	case Array:
		return t.Elem.String() + "[" + strconv.Itoa(t.Size) + "]"
	case Map:
		return "MAP(" + t.Elem.Fields[0].Type.String() + ", " + t.Elem.Fields[1].Type.String() + ")"
	case Struct, Union, Tuple:
		var b strings.Builder
		b.WriteString(t.ID.String())
		if len(t.Fields) == 0 {
			return b.String()
		}
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
	case Enum:
		q := make([]string, len(t.Values))
		for i, s := range t.Values {
			q[i] = quote.Literal(s)
		}
		return "ENUM(" + strings.Join(q, ", ") + ")"
	case Aggregate:
		if t.State != "" {
			return t.ID.String() + "<" + t.State + ">"
		}
	case Geometry:
		if t.CRS != "" {
			return "GEOMETRY(" + quote.Literal(t.CRS) + ")"
		}
	}
	return t.ID.String()
}

// Walk calls f for t and for every type that it has parts of. t may be nil.
func (t *Type) Walk(f func(*Type)) {
	if t == nil {
		return
	}
	f(t)
	t.Elem.Walk(f)
	for _, m := range t.Fields {
		m.Type.Walk(f)
	}
}

// Unnameable reports whether no declaration can name the type, which only a query gives.
func (t *Type) Unnameable() (yes bool) {
	t.Walk(func(t *Type) { yes = yes || t.Alias == "AGGREGATE_STATE" || t.ID == Aggregate })
	return yes
}

// Nested reports whether values have parts.
func (t *Type) Nested() bool {
	switch t.ID {
	case Struct, Tuple, Union, Variant, List, Map, Array:
		return true
	}
	return false
}

// Unnamed reports whether the members of a struct have no names.
func (t *Type) Unnamed() bool { return t.ID == Tuple || len(t.Fields) > 0 && t.Fields[0].Name == "" }

// SameLayout reports whether values of two types are stored the same.
func SameLayout(a, b *Type) bool {
	if a == b {
		return true
	}
	if a.ID != b.ID || a.Phys != b.Phys || a.Scale != b.Scale || a.Size != b.Size || len(a.Values) != len(b.Values) ||
		(a.Elem == nil) != (b.Elem == nil) || a.Elem != nil && !SameLayout(a.Elem, b.Elem) {
		return false
	}
	return slices.EqualFunc(a.Fields, b.Fields, func(x, y Field) bool { return SameLayout(x.Type, y.Type) })
}
