package vector

import (
	"encoding/binary"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Vector holds values of one type, and in its children those of the type's parts. Which of its slices are in use
// follows from the type. What is under a NULL is arbitrary. That a member of a STRUCT is not NULL says nothing when the
// STRUCT is.
type Vector struct {
	Type  *types.Type
	N     int      // values
	valid []uint64 // bit = 1: not NULL
	nulls bool     // whether any bit is 0

	// The values of a type of fixed width, in the slice of its physical type.
	I8   []int8
	I16  []int16
	I32  []int32
	I64  []int64
	U8   []uint8
	U16  []uint16
	U32  []uint32
	U64  []uint64
	F32  []float32
	F64  []float64
	Wide []Uint128 // bits of a 128-bit integer; of an INTERVAL Lo = days<<32 | months, Hi = microseconds

	Strings []Span // of strings, in Data
	Data    []byte
	shared  bool // Data belongs to a block or dictionary: copy before appending

	Lists    []Span    // of lists, in the child
	Children []*Vector // members as the type stores them, or the one vector of elements
}

// A Span is the place of a string in Data, or of a list in the child.
type Span struct{ Off, Len uint32 }

// New makes an empty vector of the type, with children.
func New(t *types.Type) *Vector {
	v := &Vector{Type: t}
	switch t.Phys {
	case types.PhysList, types.PhysArray:
		v.Children = []*Vector{New(t.Elem)}
	case types.PhysStruct:
		v.Children = make([]*Vector, len(t.Stored))
		for i, f := range t.Stored {
			v.Children[i] = New(f.Type)
		}
	}
	return v
}

// Size is about how much memory the vector takes, in bytes.
func (v *Vector) Size() int64 {
	n := int64(cap(v.I8)+cap(v.U8)+cap(v.Data)) +
		2*int64(cap(v.I16)+cap(v.U16)) +
		4*int64(cap(v.I32)+cap(v.U32)+cap(v.F32)) +
		8*int64(cap(v.I64)+cap(v.U64)+cap(v.F64)+cap(v.valid)+cap(v.Strings)+cap(v.Lists)) +
		16*int64(cap(v.Wide))
	for _, c := range v.Children {
		n += c.Size()
	}
	return n
}

// Null reports whether value i is NULL.
func (v *Vector) Null(i int) bool { return v.nulls && v.valid[i>>6]>>(i&63)&1 == 0 }

// HasNulls reports whether any value may be NULL.
func (v *Vector) HasNulls() bool { return v.nulls }

// Int64 gives value i of any type stored in at most 64 bits as an integer; ok is false for other types and for values
// past int64.
func (v *Vector) Int64(i int) (x int64, ok bool) {
	switch v.Type.Phys {
	case types.PhysInt8:
		return int64(v.I8[i]), true
	case types.PhysInt16:
		return int64(v.I16[i]), true
	case types.PhysInt32:
		return int64(v.I32[i]), true
	case types.PhysInt64:
		return v.I64[i], true
	case types.PhysUint8:
		return int64(v.U8[i]), true
	case types.PhysUint16:
		return int64(v.U16[i]), true
	case types.PhysUint32:
		return int64(v.U32[i]), true
	case types.PhysUint64:
		return int64(v.U64[i]), v.U64[i] < 1<<63
	}
	return 0, false
}

// Int128 gives value i of a HUGEINT or of a DECIMAL of any width.
func (v *Vector) Int128(i int) Int128 {
	if v.Type.Phys == types.PhysInt128 {
		return Int128{int64(v.Wide[i].Hi), v.Wide[i].Lo}
	}
	x, _ := v.Int64(i)
	return Int128{x >> 63, uint64(x)}
}

// Interval gives value i of an INTERVAL.
func (v *Vector) Interval(i int) (months, days int32, micros int64) {
	x := v.Wide[i]
	return int32(uint32(x.Lo)), int32(uint32(x.Lo >> 32)), int64(x.Hi)
}

// PackInterval gives the bits of an INTERVAL.
func PackInterval(months, days int32, micros int64) Uint128 {
	return Uint128{uint64(micros), uint64(uint32(days))<<32 | uint64(uint32(months))}
}

// Bits gives value i of a fixed-width type as bits, signed integers of at most 64 bits extended to 64.
func (v *Vector) Bits(i int) Uint128 {
	switch v.Type.Phys {
	case types.PhysFloat:
		return Uint128{0, uint64(math.Float32bits(v.F32[i]))}
	case types.PhysDouble:
		return Uint128{0, math.Float64bits(v.F64[i])}
	case types.PhysUint64:
		return Uint128{0, v.U64[i]}
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		return v.Wide[i]
	}
	x, _ := v.Int64(i)
	return Uint128{0, uint64(x)}
}

// UUID gives value i of a UUID in the usual order of bytes.
func (v *Vector) UUID(i int) (u [16]byte) {
	x := v.Wide[i]
	binary.BigEndian.PutUint64(u[:8], x.Hi^1<<63)
	binary.BigEndian.PutUint64(u[8:], x.Lo)
	return u
}

// Bytes gives the stored bytes of value i of a VARCHAR, BLOB, BIT, BIGNUM or GEOMETRY, as a view into Data.
func (v *Vector) Bytes(i int) []byte {
	r := v.Strings[i]
	end := r.Off + r.Len
	return v.Data[r.Off:end:end]
}

// EnumValue gives the text of value i of an ENUM.
func (v *Vector) EnumValue(i int) string {
	x, _ := v.Int64(i)
	return v.Type.Values[x]
}

// List gives the place of value i of a LIST, MAP or ARRAY within Child(0): elements from ≤ e < to.
func (v *Vector) List(i int) (from, to int) {
	if v.Type.Phys == types.PhysArray {
		return i * v.Type.Size, (i + 1) * v.Type.Size
	}
	r := v.Lists[i]
	return int(r.Off), int(r.Off + r.Len)
}

// Child gives part i as a caller counts them: the elements of a LIST, ARRAY or MAP, or a member of a STRUCT or UNION,
// whose tag is not counted.
func (v *Vector) Child(i int) *Vector {
	if v.Type.ID == types.Union {
		i++
	}
	return v.Children[i]
}

// Tag gives the member that holds value i of a UNION.
func (v *Vector) Tag(i int) int { return int(v.Children[0].U8[i]) }
