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

// bounds are the smallest and the largest of a segment's values, as far as it has been read.
type bounds struct {
	seg  *codec.Segment
	rows int64
	set  extent // of the values that are not NULL
	all  extent // of what lies below NULLs too
}

// An extent is from the smallest value to the largest; any is false when there is none.
type extent struct {
	low, high vector.Uint128
	any       bool
}

func (e *extent) take(t *types.Type, other extent) {
	if !other.any {
		return
	}
	if !e.any || compare(t, other.low, e.low) < 0 {
		e.low = other.low
	}
	if !e.any || compare(t, other.high, e.high) > 0 {
		e.high = other.high
	}
	e.any = true
}

// checkBounds compares the values that have been read into v with the statistics of their segments. No value is past
// the smallest or the largest that these give, and both occur, be it below a NULL: an UPDATE to NULL leaves the values,
// and the checkpoint that follows counts them.
func (r *segmentReader) checkBounds(v *vector.Vector) error {
	for _, s := range r.spans {
		b := &r.bounds
		if b.seg != s.seg {
			*b = bounds{seg: s.seg}
		}
		b.rows += int64(s.n)
		set, all := extremes(v, s.at, s.n)
		b.set.take(v.Type, set)
		b.all.take(v.Type, all)
		if !b.set.any {
			continue
		}
		st := &s.seg.Stats
		if compare(v.Type, b.set.low, st.Min) < 0 || compare(v.Type, b.set.high, st.Max) > 0 ||
			b.rows == s.seg.Rows && (compare(v.Type, b.all.low, st.Min) > 0 || compare(v.Type, b.all.high, st.Max) < 0) {
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

// extremes gives the extent of n values from at: of those that are not NULL, and of all.
func extremes(v *vector.Vector, at, n int) (set, all extent) {
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
			one := extent{v.Wide[i], v.Wide[i], true}
			all.take(v.Type, one)
			if !v.Null(i) {
				set.take(v.Type, one)
			}
		}
	}
	return set, all
}

func lane[T vector.Lane](v *vector.Vector, at, n int) (set, all extent) {
	values := vector.LaneOf[T](v)[at : at+n]
	if n == 0 {
		return set, all
	}
	of := func(low, high T, any bool) extent {
		return extent{vector.Uint128{Lo: uint64(low)}, vector.Uint128{Lo: uint64(high)}, any}
	}
	low, high := values[0], values[0]
	for _, x := range values {
		low, high = min(low, x), max(high, x)
	}
	all = of(low, high, true)
	if !v.HasNulls() {
		return all, all
	}
	any := false
	for i, x := range values {
		switch {
		case v.Null(at + i):
		case !any:
			low, high, any = x, x, true
		default:
			low, high = min(low, x), max(high, x)
		}
	}
	return of(low, high, any), all
}
