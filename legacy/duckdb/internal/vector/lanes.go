package vector

import (
	"encoding/binary"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Lane is the element of a slice in a [Vector] that decoders work on.
type Lane interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// LaneOf gives the vector's slice of T.
func LaneOf[T Lane](v *Vector) []T {
	var p any
	switch any(T(0)).(type) {
	case int8:
		p = v.I8
	case int16:
		p = v.I16
	case int32:
		p = v.I32
	case int64:
		p = v.I64
	case uint8:
		p = v.U8
	case uint16:
		p = v.U16
	case uint32:
		p = v.U32
	case uint64:
		p = v.U64
	}
	s, _ := p.([]T)
	return s
}

func loadWide[T Lane](dst []T, b []byte, width int) {
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

// Load stores n fixed-width values from b, which holds at least as many.
func (v *Vector) Load(at, n int, b []byte) {
	b = b[:n*v.Type.Phys.Width()]
	switch v.Type.Phys {
	case types.PhysInt8:
		for i, x := range b {
			v.I8[at+i] = int8(x)
		}
	case types.PhysUint8:
		copy(v.U8[at:], b)
	case types.PhysInt16:
		loadWide(v.I16[at:at+n], b, 2)
	case types.PhysInt32:
		loadWide(v.I32[at:at+n], b, 4)
	case types.PhysInt64:
		loadWide(v.I64[at:at+n], b, 8)
	case types.PhysUint16:
		loadWide(v.U16[at:at+n], b, 2)
	case types.PhysUint32:
		loadWide(v.U32[at:at+n], b, 4)
	case types.PhysUint64:
		loadWide(v.U64[at:at+n], b, 8)
	case types.PhysFloat:
		dst := v.F32[at : at+n]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case types.PhysDouble:
		dst := v.F64[at : at+n]
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case types.PhysInt128, types.PhysUint128, types.PhysInterval:
		dst := v.Wide[at : at+n]
		for i := range dst {
			dst[i] = Uint128{binary.LittleEndian.Uint64(b[16*i+8:]), binary.LittleEndian.Uint64(b[16*i:])}
		}
	}
}
