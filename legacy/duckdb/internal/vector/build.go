package vector

import (
	"math"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// valueSize is what one value costs in a vector, in bytes, without strings and children.
func valueSize(p types.Physical) int {
	if p == types.PhysString {
		return 8
	}
	return max(p.Width(), 1)
}

// Reset empties the vector and keeps its memory.
func (v *Vector) Reset() {
	v.N = 0
	v.nulls = false
	v.valid = v.valid[:0]
	v.I8, v.I16, v.I32, v.I64 = v.I8[:0], v.I16[:0], v.I32[:0], v.I64[:0]
	v.U8, v.U16, v.U32, v.U64 = v.U8[:0], v.U16[:0], v.U32[:0], v.U64[:0]
	v.F32, v.F64, v.Wide = v.F32[:0], v.F64[:0], v.Wide[:0]
	v.Strings, v.Lists = v.Strings[:0], v.Lists[:0]
	if v.shared {
		v.Data, v.shared = nil, false
	}
	v.Data = v.Data[:0]
	for _, c := range v.Children {
		c.Reset()
	}
}

// extend lengthens a slice by n elements, whose contents are arbitrary.
func extend[T any](s []T, n int) []T {
	s = slices.Grow(s, n)
	return s[:len(s)+n]
}

// Grow adds n values that are not NULL and otherwise arbitrary, without touching children.
func (v *Vector) Grow(n int, b *Budget) error {
	if err := b.Take(int64(n), valueSize(v.Type.Phys)); err != nil {
		return err
	}
	for len(v.valid)*64 < v.N+n {
		v.valid = append(v.valid, math.MaxUint64)
	}
	v.N += n
	switch v.Type.Phys {
	case types.PhysInt8:
		v.I8 = extend(v.I8, n)
	case types.PhysInt16:
		v.I16 = extend(v.I16, n)
	case types.PhysInt32:
		v.I32 = extend(v.I32, n)
	case types.PhysInt64:
		v.I64 = extend(v.I64, n)
	case types.PhysUint8:
		v.U8 = extend(v.U8, n)
	case types.PhysUint16:
		v.U16 = extend(v.U16, n)
	case types.PhysUint32:
		v.U32 = extend(v.U32, n)
	case types.PhysUint64:
		v.U64 = extend(v.U64, n)
	case types.PhysFloat:
		v.F32 = extend(v.F32, n)
	case types.PhysDouble:
		v.F64 = extend(v.F64, n)
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		v.Wide = extend(v.Wide, n)
	case types.PhysString:
		v.Strings = extend(v.Strings, n)
	case types.PhysList:
		v.Lists = extend(v.Lists, n)
	}
	return nil
}

// SetNull makes value i NULL.
func (v *Vector) SetNull(i int) {
	v.valid[i>>6] &^= 1 << (i & 63)
	v.nulls = true
}

// SetValid makes value i other than NULL.
func (v *Vector) SetValid(i int) { v.valid[i>>6] |= 1 << (i & 63) }

// SetNulls makes n values from at NULL.
func (v *Vector) SetNulls(at, n int) {
	for ; n > 0 && at&63 != 0; at, n = at+1, n-1 {
		v.SetNull(at)
	}
	for ; n >= 64; at, n = at+64, n-64 {
		v.valid[at>>6] = 0
		v.nulls = true
	}
	for ; n > 0; at, n = at+1, n-1 {
		v.SetNull(at)
	}
}

// Mask makes NULL those of the n values from at whose bit in src, from bit pos on, is 0.
func (v *Vector) Mask(at, n int, src []uint64, pos int) {
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

// Adopt makes bytes that the vector does not own available to Strings, and returns where they start in Data. It costs
// nothing for the first in an empty vector, and a copy otherwise.
func (v *Vector) Adopt(data []byte, b *Budget) (base uint32, err error) {
	if err := b.Take(int64(len(data)), 1); err != nil {
		return 0, err
	}
	if len(v.Data) == 0 {
		v.Data, v.shared = data[:len(data):len(data)], true
		return 0, nil
	}
	v.Own()
	base = uint32(len(v.Data))
	v.Data = append(v.Data, data...)
	return base, nil
}

// Own makes sure that Data can be appended to.
func (v *Vector) Own() {
	if v.shared {
		v.Data, v.shared = slices.Clone(v.Data), false
	}
}

// Shared reports whether the bytes of strings lie in a block or a dictionary.
func (v *Vector) Shared() bool { return v.shared }

// TakeData gives the bytes that Strings refer to, which are the caller's from then on: values cannot be had from the
// vector any more until its Reset.
func (v *Vector) TakeData() []byte {
	if v.shared {
		return slices.Clone(v.Data)
	}
	data := v.Data
	// The next batch is about as large: letting its memory grow would copy it several times.
	v.Data = make([]byte, 0, len(data)+len(data)/8)
	return data
}

// SetBytes stores a copy of b as value i of a string vector.
func (v *Vector) SetBytes(i int, b []byte, bud *Budget) error {
	if err := bud.Take(int64(len(b)), 1); err != nil {
		return err
	}
	v.Own()
	v.Strings[i] = Span{uint32(len(v.Data)), uint32(len(b))}
	v.Data = append(v.Data, b...)
	return nil
}

// Compact lets go of bytes that no value of a string vector needs, when those are more than half.
func (v *Vector) Compact() {
	used := 0
	for _, r := range v.Strings[:v.N] {
		used += int(r.Len)
	}
	if used >= len(v.Data)/2 {
		return
	}
	data := make([]byte, 0, used)
	for i, r := range v.Strings[:v.N] {
		at := len(data)
		data = append(data, v.Data[r.Off:r.Off+r.Len]...)
		v.Strings[i].Off = uint32(at)
	}
	v.Data, v.shared = data, false
}

// Fill makes all elements of dst equal x.
func Fill[T any](dst []T, x T) {
	for i := range dst {
		dst[i] = x
	}
}

// Fill makes n values from at equal x, whose low bits are those of the value; strings and lists become empty.
func (v *Vector) Fill(at, n int, x Uint128) {
	switch v.Type.Phys {
	case types.PhysInt8:
		Fill(v.I8[at:at+n], int8(x.Lo))
	case types.PhysInt16:
		Fill(v.I16[at:at+n], int16(x.Lo))
	case types.PhysInt32:
		Fill(v.I32[at:at+n], int32(x.Lo))
	case types.PhysInt64:
		Fill(v.I64[at:at+n], int64(x.Lo))
	case types.PhysUint8:
		Fill(v.U8[at:at+n], uint8(x.Lo))
	case types.PhysUint16:
		Fill(v.U16[at:at+n], uint16(x.Lo))
	case types.PhysUint32:
		Fill(v.U32[at:at+n], uint32(x.Lo))
	case types.PhysUint64:
		Fill(v.U64[at:at+n], x.Lo)
	case types.PhysFloat:
		Fill(v.F32[at:at+n], math.Float32frombits(uint32(x.Lo)))
	case types.PhysDouble:
		Fill(v.F64[at:at+n], math.Float64frombits(x.Lo))
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		Fill(v.Wide[at:at+n], x)
	case types.PhysString:
		Fill(v.Strings[at:at+n], Span{})
	case types.PhysList:
		Fill(v.Lists[at:at+n], Span{})
	}
}

// Check checks the values from one on that must be an index into something, and makes those that are not 0 if they are
// NULL.
func (v *Vector) Check(from int) error {
	switch v.Type.ID {
	case types.Enum:
		n := uint64(len(v.Type.Values))
		for i := from; i < v.N; i++ {
			x, _ := v.Int64(i)
			if uint64(x) < n {
				continue
			}
			if !v.Null(i) {
				return fault.Corruptf("value %d of an ENUM of %d", x, n)
			}
			v.Fill(i, 1, Uint128{})
		}
	case types.Union:
		n := len(v.Type.Fields)
		tags := v.Children[0].U8
		for i := from; i < v.N; i++ {
			if int(tags[i]) < n {
				continue
			}
			if !v.Null(i) {
				return fault.Corruptf("member %d of a UNION of %d", tags[i], n)
			}
			tags[i] = 0
		}
	case types.Null:
		v.SetNulls(from, v.N-from)
	}
	return nil
}
