package duckdb

import (
	"fmt"
	"math/big"
)

// vectorSize is how many rows the engine treats as a unit, and the most a Batch holds.
const vectorSize = 2048

// A Batch is some consecutive rows of a table, column by column. It belongs to its Scanner and is valid until the
// Scanner's next Next.
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
		n += v.size()
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
	typ   *Type
	n     int
	valid []uint64 // bit = 1: not NULL
	nulls bool     // whether any bit is 0

	i8  []int8
	i16 []int16
	i32 []int32
	i64 []int64
	u8  []uint8
	u16 []uint16
	u32 []uint32
	u64 []uint64
	f32 []float32
	f64 []float64
	w   []Uint128 // bits of a 128-bit integer; of an INTERVAL Lo = days<<32 | months, Hi = microseconds

	refs   []stringRef
	data   []byte
	shared bool // data belongs to a block or dictionary: copy before appending

	lists    []listRef
	children []*Vector
}

// size is about how much memory the vector takes, in bytes.
func (v *Vector) size() int64 {
	n := int64(cap(v.i8)+cap(v.u8)+cap(v.data)) + 2*int64(cap(v.i16)+cap(v.u16)) + 4*int64(cap(v.i32)+cap(v.u32)+cap(v.f32)) +
		8*int64(cap(v.i64)+cap(v.u64)+cap(v.f64)+cap(v.valid)+cap(v.refs)+cap(v.lists)) + 16*int64(cap(v.w))
	for _, c := range v.children {
		n += c.size()
	}
	return n
}

// stringRef is a string's place in Vector.data.
type stringRef struct{ off, len uint32 }

// listRef is a list's place in the child Vector.
type listRef struct{ off, len uint32 }

// Type is the type of the values.
func (v *Vector) Type() *Type { return v.typ }

// Len is the number of values.
func (v *Vector) Len() int { return v.n }

// Null reports whether value i is NULL.
func (v *Vector) Null(i int) bool { return v.nulls && v.valid[i>>6]>>(i&63)&1 == 0 }

// HasNulls reports whether any value may be NULL.
func (v *Vector) HasNulls() bool { return v.nulls }

// Int8s, and the like, give all values of a type stored that way, and nil for another type: DATE is int32, TIME and
// TIMESTAMP are int64, TIME WITH TIME ZONE is uint64, BOOLEAN is uint8 (0 or 1), DECIMAL is int16, int32 or int64 when its width is
// at most 4, 9 or 18, ENUM is uint8, uint16 or uint32 when it has at most 255, 65535 or more values.
func (v *Vector) Int8s() []int8 { return v.i8 }

// Int16s gives all values of a type stored as int16.
func (v *Vector) Int16s() []int16 { return v.i16 }

// Int32s gives all values of a type stored as int32.
func (v *Vector) Int32s() []int32 { return v.i32 }

// Int64s gives all values of a type stored as int64.
func (v *Vector) Int64s() []int64 { return v.i64 }

// Uint8s gives all values of a type stored as uint8.
func (v *Vector) Uint8s() []uint8 { return v.u8 }

// Uint16s gives all values of a type stored as uint16.
func (v *Vector) Uint16s() []uint16 { return v.u16 }

// Uint32s gives all values of a type stored as uint32.
func (v *Vector) Uint32s() []uint32 { return v.u32 }

// Uint64s gives all values of a type stored as uint64.
func (v *Vector) Uint64s() []uint64 { return v.u64 }

// Float32s gives all values of a FLOAT.
func (v *Vector) Float32s() []float32 { return v.f32 }

// Float64s gives all values of a DOUBLE.
func (v *Vector) Float64s() []float64 { return v.f64 }

// Bool gives value i of a BOOLEAN.
func (v *Vector) Bool(i int) bool { return v.u8[i] != 0 }

// Int64 gives value i of any type stored in at most 64 bits as an integer; ok is false for other types and for values
// past int64.
func (v *Vector) Int64(i int) (x int64, ok bool) {
	switch v.typ.phys {
	case physInt8:
		return int64(v.i8[i]), true
	case physInt16:
		return int64(v.i16[i]), true
	case physInt32:
		return int64(v.i32[i]), true
	case physInt64:
		return v.i64[i], true
	case physUint8:
		return int64(v.u8[i]), true
	case physUint16:
		return int64(v.u16[i]), true
	case physUint32:
		return int64(v.u32[i]), true
	case physUint64:
		return int64(v.u64[i]), v.u64[i] < 1<<63
	}
	return 0, false
}

// Int128 gives value i of a HUGEINT or of a DECIMAL of any width.
func (v *Vector) Int128(i int) Int128 {
	if v.typ.phys == physInt128 {
		return Int128{int64(v.w[i].Hi), v.w[i].Lo}
	}
	x, _ := v.Int64(i)
	return Int128{x >> 63, uint64(x)}
}

// Uint128 gives value i of a UHUGEINT.
func (v *Vector) Uint128(i int) Uint128 { return v.w[i] }

// Decimal gives value i of a DECIMAL.
func (v *Vector) Decimal(i int) Decimal {
	return Decimal{v.Int128(i), v.typ.Width, v.typ.Scale}
}

// Interval gives value i of an INTERVAL.
func (v *Vector) Interval(i int) Interval {
	x := v.w[i]
	return Interval{int32(uint32(x.Lo)), int32(uint32(x.Lo >> 32)), int64(x.Hi)}
}

// UUID gives value i of a UUID.
func (v *Vector) UUID(i int) (u UUID) {
	x := v.w[i]
	putBigEndian(u[:8], x.Hi^1<<63)
	putBigEndian(u[8:], x.Lo)
	return u
}

// Bytes gives the stored bytes of value i of a VARCHAR, BLOB, BIT, BIGNUM or GEOMETRY, as a view into the batch. Text is meant to be
// UTF-8, but a damaged file may hold anything.
func (v *Vector) Bytes(i int) []byte {
	r := v.refs[i]
	end := r.off + r.len
	return v.data[r.off:end:end]
}

// EnumValue gives the text of value i of an ENUM.
func (v *Vector) EnumValue(i int) string {
	x, _ := v.Int64(i)
	return v.typ.Values[x]
}

// BigNum gives value i of a BIGNUM.
func (v *Vector) BigNum(i int) *big.Int { return bigNum(v.Bytes(i)) }

// List gives the place of value i of a LIST, MAP or ARRAY within Child(0): elements from ≤ e < to.
func (v *Vector) List(i int) (from, to int) {
	if v.typ.phys == physArray {
		return i * v.typ.Size, (i + 1) * v.typ.Size
	}
	r := v.lists[i]
	return int(r.off), int(r.off + r.len)
}

// Child gives part i: the elements of a LIST, ARRAY or MAP (whose elements are STRUCTs of key and value) are Child(0), the members of a
// STRUCT are Child(0), Child(1), …, the members of a UNION as well, and Tag says which of them holds the value.
func (v *Vector) Child(i int) *Vector {
	if v.typ.ID == TypeUnion {
		i++
	}
	return v.children[i]
}

// Tag gives the member that holds value i of a UNION.
func (v *Vector) Tag(i int) int { return int(v.children[0].u8[i]) }

func putBigEndian(b []byte, x uint64) {
	for i := range 8 {
		b[i] = byte(x >> (56 - 8*i))
	}
}

// newVector makes an empty vector of the type, with children.
func newVector(t *Type) *Vector {
	v := &Vector{typ: t}
	switch t.phys {
	case physList, physArray:
		v.children = []*Vector{newVector(t.Elem)}
	case physStruct:
		v.children = make([]*Vector, len(t.stored))
		for i, f := range t.stored {
			v.children[i] = newVector(f.Type)
		}
	}
	return v
}

func (v *Vector) String() string { return fmt.Sprintf("%d values of %s", v.n, v.typ) }
