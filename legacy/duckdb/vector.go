package duckdb

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A vector holds values of one type, and in its children those of the type's parts. Which of its slices are in use follows from the
// type. What is under a NULL is arbitrary. That a member of a STRUCT is not NULL says nothing when the STRUCT itself is.
type vector struct {
	typ   *types.Type
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
	w   []uint128 // bits of a 128-bit integer; of an INTERVAL Lo = days<<32 | months, Hi = microseconds

	refs   []stringRef
	data   []byte
	shared bool // data belongs to a block or dictionary: copy before appending

	lists    []listRef
	children []*vector
}

// size is about how much memory the vector takes, in bytes.
func (v *vector) size() int64 {
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

// Null reports whether value i is NULL.
func (v *vector) Null(i int) bool { return v.nulls && v.valid[i>>6]>>(i&63)&1 == 0 }

// Int64 gives value i of any type stored in at most 64 bits as an integer; ok is false for other types and for values
// past int64.
func (v *vector) Int64(i int) (x int64, ok bool) {
	switch v.typ.Phys {
	case types.PhysInt8:
		return int64(v.i8[i]), true
	case types.PhysInt16:
		return int64(v.i16[i]), true
	case types.PhysInt32:
		return int64(v.i32[i]), true
	case types.PhysInt64:
		return v.i64[i], true
	case types.PhysUint8:
		return int64(v.u8[i]), true
	case types.PhysUint16:
		return int64(v.u16[i]), true
	case types.PhysUint32:
		return int64(v.u32[i]), true
	case types.PhysUint64:
		return int64(v.u64[i]), v.u64[i] < 1<<63
	}
	return 0, false
}

// int128At gives value i of a HUGEINT or of a DECIMAL of any width.
func (v *vector) int128At(i int) int128 {
	if v.typ.Phys == types.PhysInt128 {
		return int128{int64(v.w[i].Hi), v.w[i].Lo}
	}
	x, _ := v.Int64(i)
	return int128{x >> 63, uint64(x)}
}

// interval gives value i of an INTERVAL.
func (v *vector) interval(i int) (months, days int32, micros int64) {
	x := v.w[i]
	return int32(uint32(x.Lo)), int32(uint32(x.Lo >> 32)), int64(x.Hi)
}

// UUID gives value i of a UUID in the usual order of bytes.
func (v *vector) UUID(i int) (u [16]byte) {
	x := v.w[i]
	binary.BigEndian.PutUint64(u[:8], x.Hi^1<<63)
	binary.BigEndian.PutUint64(u[8:], x.Lo)
	return u
}

// Bytes gives the stored bytes of value i of a VARCHAR, BLOB, BIT, BIGNUM or GEOMETRY, as a view into the batch. Text is meant to be
// UTF-8, but a damaged file may hold anything.
func (v *vector) Bytes(i int) []byte {
	r := v.refs[i]
	end := r.off + r.len
	return v.data[r.off:end:end]
}

// EnumValue gives the text of value i of an ENUM.
func (v *vector) EnumValue(i int) string {
	x, _ := v.Int64(i)
	return v.typ.Values[x]
}

// List gives the place of value i of a LIST, MAP or ARRAY within Child(0): elements from ≤ e < to.
func (v *vector) List(i int) (from, to int) {
	if v.typ.Phys == types.PhysArray {
		return i * v.typ.Size, (i + 1) * v.typ.Size
	}
	r := v.lists[i]
	return int(r.off), int(r.off + r.len)
}

// Child gives part i: the elements of a LIST, ARRAY or MAP (whose elements are STRUCTs of key and value) are Child(0), the members of a
// STRUCT are Child(0), Child(1), …, the members of a UNION as well, and Tag says which of them holds the value.
func (v *vector) Child(i int) *vector {
	if v.typ.ID == types.Union {
		i++
	}
	return v.children[i]
}

// Tag gives the member that holds value i of a UNION.
func (v *vector) Tag(i int) int { return int(v.children[0].u8[i]) }

// newVector makes an empty vector of the type, with children.
func newVector(t *types.Type) *vector {
	v := &vector{typ: t}
	switch t.Phys {
	case types.PhysList, types.PhysArray:
		v.children = []*vector{newVector(t.Elem)}
	case types.PhysStruct:
		v.children = make([]*vector, len(t.Stored))
		for i, f := range t.Stored {
			v.children[i] = newVector(f.Type)
		}
	}
	return v
}
