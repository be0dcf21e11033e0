package duckdb

import (
	"fmt"
	"math/big"

	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Batch is some consecutive rows of a table, column by column. It belongs to its Scanner, and all that it
// gives, Bytes too, is valid until the Scanner's next Next or SeekRow: its memory is used again then.
type Batch struct {
	cols []*Vector
	n    int
}

// Len is the number of rows, 1 to 2048.
func (b *Batch) Len() int { return b.n }

// Size is about how much memory the batch takes, in bytes.
func (b *Batch) Size() int64 {
	var n int64
	for _, v := range b.cols {
		n += v.v.Size()
	}
	return n
}

// Columns is the number of columns.
func (b *Batch) Columns() int { return len(b.cols) }

// Column gives column i, in the order of the columns asked for.
func (b *Batch) Column(i int) *Vector { return b.cols[i] }

// A Vector holds values of one type: a column of a Batch, or the elements or members of one. Which accessor applies
// follows from its Type; any other gives nil or panics as an index out of range does. Slices and bytes that
// accessors return belong to the Batch.
//
// The value under a NULL is arbitrary. That a member of a STRUCT is not NULL says nothing when the STRUCT itself is.
type Vector struct {
	v        *vector.Vector
	typ      *Type
	as       text.Release // which writes its texts
	children []*Vector
}

// readable gives a vector, of whose type callers see typ, and its children to those who read.
func readable(v *vector.Vector, typ *Type, as text.Release) *Vector {
	r := &Vector{v: v, typ: typ, as: as}
	for i, c := range v.Children {
		r.children = append(r.children, readable(c, partType(v.Type, typ, i), as))
	}
	return r
}

// Type is the type of the values.
func (v *Vector) Type() *Type { return v.typ }

// Len is the number of values.
func (v *Vector) Len() int { return v.v.N }

// Null reports whether value i is NULL.
func (v *Vector) Null(i int) bool { return v.v.Null(i) }

// HasNulls reports whether any value may be NULL.
func (v *Vector) HasNulls() bool { return v.v.HasNulls() }

// Int8s, and the like, give all values of a type stored that way, and nil for another type: DATE is int32, TIME and
// TIMESTAMP are int64, TIME WITH TIME ZONE is uint64, BOOLEAN is uint8 (0 or 1), DECIMAL is int16, int32 or int64 when
// its width is at most 4, 9 or 18, ENUM is uint8, uint16 or uint32 when it has at most 255, 65535 or more values.
func (v *Vector) Int8s() []int8 { return v.v.I8 }

// Int16s gives all values of a type stored as int16.
func (v *Vector) Int16s() []int16 { return v.v.I16 }

// Int32s gives all values of a type stored as int32.
func (v *Vector) Int32s() []int32 { return v.v.I32 }

// Int64s gives all values of a type stored as int64.
func (v *Vector) Int64s() []int64 { return v.v.I64 }

// Uint8s gives all values of a type stored as uint8.
func (v *Vector) Uint8s() []uint8 { return v.v.U8 }

// Uint16s gives all values of a type stored as uint16.
func (v *Vector) Uint16s() []uint16 { return v.v.U16 }

// Uint32s gives all values of a type stored as uint32.
func (v *Vector) Uint32s() []uint32 { return v.v.U32 }

// Uint64s gives all values of a type stored as uint64.
func (v *Vector) Uint64s() []uint64 { return v.v.U64 }

// Float32s gives all values of a FLOAT.
func (v *Vector) Float32s() []float32 { return v.v.F32 }

// Float64s gives all values of a DOUBLE.
func (v *Vector) Float64s() []float64 { return v.v.F64 }

// Bool gives value i of a BOOLEAN.
func (v *Vector) Bool(i int) bool { return v.v.U8[i] != 0 }

// Int64 gives value i of any type stored in at most 64 bits as an integer; ok is false for other types and for values
// past int64.
func (v *Vector) Int64(i int) (x int64, ok bool) { return v.v.Int64(i) }

// Int128 gives value i of a HUGEINT or of a DECIMAL of any width.
func (v *Vector) Int128(i int) Int128 { return Int128(v.v.Int128(i)) }

// Uint128 gives value i of a UHUGEINT.
func (v *Vector) Uint128(i int) Uint128 { return Uint128(v.v.Wide[i]) }

// Decimal gives value i of a DECIMAL.
func (v *Vector) Decimal(i int) Decimal { return decimalAt(v.v, i) }

// Interval gives value i of an INTERVAL.
func (v *Vector) Interval(i int) Interval { return intervalAt(v.v, i) }

// UUID gives value i of a UUID.
func (v *Vector) UUID(i int) UUID { return v.v.UUID(i) }

// Bytes gives the stored bytes of value i of a VARCHAR, BLOB, BIT, BIGNUM or GEOMETRY, as a view into the batch. Text
// is meant to be UTF-8, but a damaged file may hold anything.
func (v *Vector) Bytes(i int) []byte { return v.v.Bytes(i) }

// EnumValue gives the text of value i of an ENUM.
func (v *Vector) EnumValue(i int) string { return v.v.EnumValue(i) }

// BigNum gives value i of a BIGNUM.
func (v *Vector) BigNum(i int) *big.Int { return text.BigNum(v.v.Bytes(i)) }

// List gives the place of value i of a LIST, MAP or ARRAY within Child(0): elements from ≤ e < to.
func (v *Vector) List(i int) (from, to int) { return v.v.List(i) }

// Child gives part i: the elements of a LIST, ARRAY or MAP (whose elements are STRUCTs of key and value) are Child(0),
// the members of a STRUCT are Child(0), Child(1), …, the members of a UNION as well, and Tag says which of them holds
// the value.
func (v *Vector) Child(i int) *Vector {
	if v.v.Type.ID == types.Union {
		i++
	}
	return v.children[i]
}

// Tag gives the member that holds value i of a UNION.
func (v *Vector) Tag(i int) int { return v.v.Tag(i) }

// AppendText appends value i as the engine's CAST(x AS VARCHAR) gives it, times with zone in UTC, and nothing for NULL.
// Of a file of level 69 that is what DuckDB 2.0 gives, of others what 1.5 gives; the releases differ in the quotes
// within nested values and in times with a zone.
func (v *Vector) AppendText(dst []byte, i int) []byte { return v.as.Append(dst, v.v, i) }

// AppendJSON appends value i as JSON: null, booleans, integers of any width and finite floats as they are, nested
// values as objects and arrays, everything else, JSON columns too, as a string of the text of AppendText. A MAP is an
// object whose keys are that text; a UNION is an object of its one member; a TUPLE is an array. Bytes that are not
// UTF-8 become U+FFFD.
func (v *Vector) AppendJSON(dst []byte, i int) []byte { return v.as.AppendJSON(dst, v.v, i) }

// AppendJSONString appends text as a JSON string, as AppendJSON does.
func AppendJSONString(dst []byte, s string) []byte { return text.AppendJSONString(dst, []byte(s)) }

func (v *Vector) String() string { return fmt.Sprintf("%d values of %s", v.v.N, v.v.Type) }
