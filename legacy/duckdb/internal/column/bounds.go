package column

import (
	"cmp"

	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A span is values of a segment, in the vector to which they were decoded.
type span struct {
	seg   *codec.Segment
	at, n int
}

// bounds are the smallest and the largest of a segment's values that are not NULL, as far as it has been read.
type bounds struct {
	seg       *codec.Segment
	rows      int64
	any       bool
	low, high vector.Uint128
}

// checkBounds compares the values that have been read into v with the statistics of their segments. No value is past
// the smallest or the largest that these give, and both occur.
func (r *segmentReader) checkBounds(v *vector.Vector) error {
	for _, s := range r.spans {
		b := &r.bounds
		if b.seg != s.seg {
			*b = bounds{seg: s.seg}
		}
		b.rows += int64(s.n)
		low, high, ok := extremes(v, s.at, s.n)
		if !ok {
			continue
		}
		if !b.any || compare(v.Type, low, b.low) < 0 {
			b.low = low
		}
		if !b.any || compare(v.Type, high, b.high) > 0 {
			b.high = high
		}
		b.any = true
		st := &s.seg.Stats
		below, above := compare(v.Type, b.low, st.Min), compare(v.Type, b.high, st.Max)
		if below < 0 || above > 0 || b.rows == s.seg.Rows && (below != 0 || above != 0) {
			return fault.Corruptf("values are not those of which the statistics give the smallest and the largest")
		}
	}
	r.spans = r.spans[:0]
	return nil
}

// compare compares the bits of two values of an integer type, or of one that is stored as integers.
func compare(t *types.Type, a, b vector.Uint128) int {
	switch t.Phys {
	case types.PhysInt8, types.PhysInt16, types.PhysInt32, types.PhysInt64:
		return cmp.Compare(int64(a.Lo), int64(b.Lo))
	case types.PhysInt128:
		if c := cmp.Compare(int64(a.Hi), int64(b.Hi)); c != 0 {
			return c
		}
		return cmp.Compare(a.Lo, b.Lo)
	}
	return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
}

// extremes gives the smallest and the largest of n values from at; ok is false when all are NULL.
func extremes(v *vector.Vector, at, n int) (low, high vector.Uint128, ok bool) {
	switch v.Type.Phys {
	case types.PhysInt8:
		return lane[int8](v, at, n)
	case types.PhysInt16:
		return lane[int16](v, at, n)
	case types.PhysInt32:
		return lane[int32](v, at, n)
	case types.PhysInt64:
		return lane[int64](v, at, n)
	case types.PhysUint8:
		return lane[uint8](v, at, n)
	case types.PhysUint16:
		return lane[uint16](v, at, n)
	case types.PhysUint32:
		return lane[uint32](v, at, n)
	case types.PhysUint64:
		return lane[uint64](v, at, n)
	case types.PhysInt128, types.PhysUint128:
		for i := at; i < at+n; i++ {
			x := v.Wide[i]
			if v.Null(i) {
				continue
			}
			if !ok || compare(v.Type, x, low) < 0 {
				low = x
			}
			if !ok || compare(v.Type, x, high) > 0 {
				high = x
			}
			ok = true
		}
	}
	return low, high, ok
}

func lane[T vector.Lane](v *vector.Vector, at, n int) (_, _ vector.Uint128, ok bool) {
	var low, high T
	all := vector.LaneOf[T](v)[at : at+n]
	if !v.HasNulls() && n > 0 {
		low, high, ok = all[0], all[0], true
		for _, x := range all {
			low, high = min(low, x), max(high, x)
		}
	} else {
		for i, x := range all {
			if v.Null(at + i) {
				continue
			}
			if !ok {
				low, high, ok = x, x, true
			}
			low, high = min(low, x), max(high, x)
		}
	}
	return vector.Uint128{Lo: uint64(low)}, vector.Uint128{Lo: uint64(high)}, ok
}
