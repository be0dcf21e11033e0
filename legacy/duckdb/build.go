package duckdb

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// errBudget means that a batch does not fit; the scanner then tries fewer rows.
var errBudget = errors.New("batch over budget")

// A budget bounds what one batch may allocate.
type budget struct{ left int64 }

func newBudget(n int64) *budget { return &budget{n} }

// take reserves n items of the given size.
func (b *budget) take(n int64, size int) error {
	if n > b.left/int64(size) {
		return errBudget
	}
	b.left -= n * int64(size)
	return nil
}

// valueSize is what one value costs in a vector, in bytes, without strings and children.
func valueSize(p types.Physical) int {
	if p == types.PhysString {
		return 8
	}
	return max(p.Width(), 1)
}

// reset empties a vector and keeps its memory.
func (v *vector) reset() {
	v.n = 0
	v.nulls = false
	v.valid = v.valid[:0]
	v.i8, v.i16, v.i32, v.i64 = v.i8[:0], v.i16[:0], v.i32[:0], v.i64[:0]
	v.u8, v.u16, v.u32, v.u64 = v.u8[:0], v.u16[:0], v.u32[:0], v.u64[:0]
	v.f32, v.f64, v.w = v.f32[:0], v.f64[:0], v.w[:0]
	v.refs, v.lists = v.refs[:0], v.lists[:0]
	if v.shared {
		v.data, v.shared = nil, false
	}
	v.data = v.data[:0]
	for _, c := range v.children {
		c.reset()
	}
}

// extend lengthens a slice by n elements, whose contents are arbitrary.
func extend[T any](s []T, n int) []T {
	s = slices.Grow(s, n)
	return s[:len(s)+n]
}

// grow adds n values that are not NULL and otherwise arbitrary, without touching children.
func (v *vector) grow(n int, b *budget) error {
	if err := b.take(int64(n), valueSize(v.typ.Phys)); err != nil {
		return err
	}
	for len(v.valid)*64 < v.n+n {
		v.valid = append(v.valid, math.MaxUint64)
	}
	v.n += n
	switch v.typ.Phys {
	case types.PhysInt8:
		v.i8 = extend(v.i8, n)
	case types.PhysInt16:
		v.i16 = extend(v.i16, n)
	case types.PhysInt32:
		v.i32 = extend(v.i32, n)
	case types.PhysInt64:
		v.i64 = extend(v.i64, n)
	case types.PhysUint8:
		v.u8 = extend(v.u8, n)
	case types.PhysUint16:
		v.u16 = extend(v.u16, n)
	case types.PhysUint32:
		v.u32 = extend(v.u32, n)
	case types.PhysUint64:
		v.u64 = extend(v.u64, n)
	case types.PhysFloat:
		v.f32 = extend(v.f32, n)
	case types.PhysDouble:
		v.f64 = extend(v.f64, n)
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.w = extend(v.w, n)
	case types.PhysString:
		v.refs = extend(v.refs, n)
	case types.PhysList:
		v.lists = extend(v.lists, n)
	}
	return nil
}

func (v *vector) setNull(i int) {
	v.valid[i>>6] &^= 1 << (i & 63)
	v.nulls = true
}

func (v *vector) setValid(i int) { v.valid[i>>6] |= 1 << (i & 63) }

// setNulls makes n values from at NULL.
func (v *vector) setNulls(at, n int) {
	for ; n > 0 && at&63 != 0; at, n = at+1, n-1 {
		v.setNull(at)
	}
	for ; n >= 64; at, n = at+64, n-64 {
		v.valid[at>>6] = 0
		v.nulls = true
	}
	for ; n > 0; at, n = at+1, n-1 {
		v.setNull(at)
	}
}

// and makes NULL those of the n values from at whose bit in src, from bit pos on, is 0.
func (v *vector) and(at, n int, src []uint64, pos int) {
	for n > 0 {
		w := src[pos>>6] >> (pos & 63)
		if pos&63 != 0 && pos>>6+1 < len(src) {
			w |= src[pos>>6+1] << (64 - pos&63)
		}
		k := min(n, 64-at&63)
		mask := ^uint64(0) >> (64 - k)
		if w&mask != mask {
			v.valid[at>>6] &= w&mask<<(at&63) | ^(mask << (at & 63))
			v.nulls = true
		}
		at, pos, n = at+k, pos+k, n-k
	}
}

// adopt makes bytes that the vector does not own available to refs, and returns where they start. It costs nothing for the
// first in an empty vector, and a copy otherwise.
func (v *vector) adopt(data []byte, b *budget) (base uint32, err error) {
	if err := b.take(int64(len(data)), 1); err != nil {
		return 0, err
	}
	if len(v.data) == 0 {
		v.data, v.shared = data[:len(data):len(data)], true
		return 0, nil
	}
	v.own()
	base = uint32(len(v.data))
	v.data = append(v.data, data...)
	return base, nil
}

// own makes sure that data can be appended to.
func (v *vector) own() {
	if v.shared {
		v.data, v.shared = slices.Clone(v.data), false
	}
}

// setBytes stores a copy of b as value i of a string vector.
func (v *vector) setBytes(i int, b []byte, bud *budget) error {
	if err := bud.take(int64(len(b)), 1); err != nil {
		return err
	}
	v.own()
	v.refs[i] = stringRef{uint32(len(v.data)), uint32(len(b))}
	v.data = append(v.data, b...)
	return nil
}

// compact lets go of bytes that no value of a string vector needs, when those are more than half.
func (v *vector) compact() {
	used := 0
	for _, r := range v.refs[:v.n] {
		used += int(r.len)
	}
	if used >= len(v.data)/2 {
		return
	}
	data := make([]byte, 0, used)
	for i, r := range v.refs[:v.n] {
		at := len(data)
		data = append(data, v.data[r.off:r.off+r.len]...)
		v.refs[i].off = uint32(at)
	}
	v.data, v.shared = data, false
}

// lane is the element of a slice in a Vector that decoders work on.
type lane interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// laneOf gives the vector's slice of T.
func laneOf[T lane](v *vector) []T {
	var p any
	switch any(T(0)).(type) {
	case int8:
		p = v.i8
	case int16:
		p = v.i16
	case int32:
		p = v.i32
	case int64:
		p = v.i64
	case uint8:
		p = v.u8
	case uint16:
		p = v.u16
	case uint32:
		p = v.u32
	case uint64:
		p = v.u64
	}
	s, _ := p.([]T)
	return s
}

// load stores n fixed-width values from b, which holds at least as many.
func (v *vector) load(at, n int, b []byte) {
	b = b[:n*v.typ.Phys.Width()]
	switch v.typ.Phys {
	case types.PhysInt8:
		for i, x := range b {
			v.i8[at+i] = int8(x)
		}
	case types.PhysUint8:
		copy(v.u8[at:], b)
	case types.PhysInt16:
		loadWide(v.i16[at:at+n], b, 2)
	case types.PhysInt32:
		loadWide(v.i32[at:at+n], b, 4)
	case types.PhysInt64:
		loadWide(v.i64[at:at+n], b, 8)
	case types.PhysUint16:
		loadWide(v.u16[at:at+n], b, 2)
	case types.PhysUint32:
		loadWide(v.u32[at:at+n], b, 4)
	case types.PhysUint64:
		loadWide(v.u64[at:at+n], b, 8)
	case types.PhysFloat:
		dst := v.f32[at : at+n]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case types.PhysDouble:
		dst := v.f64[at : at+n]
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		dst := v.w[at : at+n]
		for i := range dst {
			dst[i] = uint128{binary.LittleEndian.Uint64(b[16*i+8:]), binary.LittleEndian.Uint64(b[16*i:])}
		}
	}
}

func loadWide[T lane](dst []T, b []byte, width int) {
	switch width {
	case 2:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case 4:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case 8:
		for i := range dst {
			dst[i] = T(binary.LittleEndian.Uint64(b[8*i:]))
		}
	}
}

func fill[T any](dst []T, x T) {
	for i := range dst {
		dst[i] = x
	}
}

// fill stores the same n times.
func (v *vector) fill(at, n int, x uint128) {
	switch v.typ.Phys {
	case types.PhysInt8:
		fill(v.i8[at:at+n], int8(x.Lo))
	case types.PhysInt16:
		fill(v.i16[at:at+n], int16(x.Lo))
	case types.PhysInt32:
		fill(v.i32[at:at+n], int32(x.Lo))
	case types.PhysInt64:
		fill(v.i64[at:at+n], int64(x.Lo))
	case types.PhysUint8:
		fill(v.u8[at:at+n], uint8(x.Lo))
	case types.PhysUint16:
		fill(v.u16[at:at+n], uint16(x.Lo))
	case types.PhysUint32:
		fill(v.u32[at:at+n], uint32(x.Lo))
	case types.PhysUint64:
		fill(v.u64[at:at+n], x.Lo)
	case types.PhysFloat:
		fill(v.f32[at:at+n], math.Float32frombits(uint32(x.Lo)))
	case types.PhysDouble:
		fill(v.f64[at:at+n], math.Float64frombits(x.Lo))
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		fill(v.w[at:at+n], x)
	case types.PhysString:
		fill(v.refs[at:at+n], stringRef{})
	case types.PhysList:
		fill(v.lists[at:at+n], listRef{})
	}
}

// keep drops all values but those listed, which ascend.
func (v *vector) keep(rows []int32) {
	pick := func(i int) int { return int(rows[i]) }
	if v.nulls {
		for i := range rows {
			if v.Null(pick(i)) {
				v.valid[i>>6] &^= 1 << (i & 63)
			} else {
				v.valid[i>>6] |= 1 << (i & 63)
			}
		}
	}
	v.n = len(rows)
	switch v.typ.Phys {
	case types.PhysInt8:
		v.i8 = keep(v.i8, rows)
	case types.PhysInt16:
		v.i16 = keep(v.i16, rows)
	case types.PhysInt32:
		v.i32 = keep(v.i32, rows)
	case types.PhysInt64:
		v.i64 = keep(v.i64, rows)
	case types.PhysUint8:
		v.u8 = keep(v.u8, rows)
	case types.PhysUint16:
		v.u16 = keep(v.u16, rows)
	case types.PhysUint32:
		v.u32 = keep(v.u32, rows)
	case types.PhysUint64:
		v.u64 = keep(v.u64, rows)
	case types.PhysFloat:
		v.f32 = keep(v.f32, rows)
	case types.PhysDouble:
		v.f64 = keep(v.f64, rows)
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.w = keep(v.w, rows)
	case types.PhysString:
		v.refs = keep(v.refs, rows)
	case types.PhysList:
		v.lists = keep(v.lists, rows)
	case types.PhysStruct:
		for _, c := range v.children {
			c.keep(rows)
		}
	case types.PhysArray:
		size := int32(v.typ.Size)
		elems := make([]int32, 0, len(rows)*v.typ.Size)
		for _, r := range rows {
			for k := range size {
				elems = append(elems, r*size+k)
			}
		}
		v.children[0].keep(elems)
	}
}

func keep[T any](s []T, rows []int32) []T {
	for i, r := range rows {
		s[i] = s[r]
	}
	return s[:len(rows)]
}

// appendFrom appends n values of src, which has the same type, from value at on; with repeat it appends value at n times.
func (v *vector) appendFrom(src *vector, at, n int, repeat bool, b *budget) error {
	base := v.n
	if err := v.grow(n, b); err != nil {
		return err
	}
	for i := range n {
		j := at
		if !repeat {
			j += i
		}
		if err := v.set(base+i, src, j, b); err != nil {
			return err
		}
	}
	if v.typ.Phys == types.PhysStruct {
		for k, c := range v.children {
			if err := c.appendFrom(src.children[k], at, n, repeat, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// set copies value j of src to value i. The elements of lists are appended to the child; those of an array
// must come in order; the members of a struct are not copied.
func (v *vector) set(i int, src *vector, j int, b *budget) error {
	if src.Null(j) {
		v.setNull(i)
	} else {
		v.setValid(i)
	}
	switch v.typ.Phys {
	case types.PhysInt8:
		v.i8[i] = src.i8[j]
	case types.PhysInt16:
		v.i16[i] = src.i16[j]
	case types.PhysInt32:
		v.i32[i] = src.i32[j]
	case types.PhysInt64:
		v.i64[i] = src.i64[j]
	case types.PhysUint8:
		v.u8[i] = src.u8[j]
	case types.PhysUint16:
		v.u16[i] = src.u16[j]
	case types.PhysUint32:
		v.u32[i] = src.u32[j]
	case types.PhysUint64:
		v.u64[i] = src.u64[j]
	case types.PhysFloat:
		v.f32[i] = src.f32[j]
	case types.PhysDouble:
		v.f64[i] = src.f64[j]
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.w[i] = src.w[j]
	case types.PhysString:
		return v.setBytes(i, src.Bytes(j), b)
	case types.PhysList:
		r := src.lists[j]
		c := v.children[0]
		v.lists[i] = listRef{uint32(c.n), r.len}
		return c.appendFrom(src.children[0], int(r.off), int(r.len), false, b)
	case types.PhysArray:
		size := v.typ.Size
		return v.children[0].appendFrom(src.children[0], j*size, size, false, b)
	}
	return nil
}

// bits gives value i of a fixed-width type as bits, signed integers of at most 64 bits extended to 64.
func (v *vector) bits(i int) uint128 {
	switch v.typ.Phys {
	case types.PhysFloat:
		return uint128{0, uint64(math.Float32bits(v.f32[i]))}
	case types.PhysDouble:
		return uint128{0, math.Float64bits(v.f64[i])}
	case types.PhysUint64:
		return uint128{0, v.u64[i]}
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		return v.w[i]
	}
	x, _ := v.Int64(i)
	return uint128{0, uint64(x)}
}
