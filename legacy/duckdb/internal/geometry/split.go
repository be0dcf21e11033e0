package geometry

import (
	"encoding/binary"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// SplitType is the type of a column whose geometries, all of one kind, are stored as coordinates; nil when there is no
// such layout.
func SplitType(layout uint64) *types.Type {
	names := map[uint64]string{1: "xy", 2: "xyz", 4: "xym", 6: "xyzm"}[layout>>4]
	kind := layout & 15
	if names == "" || kind < Point || kind > Collection-1 {
		return nil
	}
	var fields []types.Field
	double := types.Plain(types.Double)
	for _, c := range names {
		fields = append(fields, types.Field{Name: string(c), Type: double})
	}
	t := types.StructOf(fields...)
	for range splitDepth(kind) {
		t = types.ListOf(t)
	}
	return t
}

// splitDepth is how many lists a kind of geometry is stored in.
func splitDepth(kind uint64) int { return [...]int{1: 0, 2: 1, 3: 2, 4: 1, 5: 2, 6: 3}[kind] }

// A Joiner puts geometries together that are stored as coordinates.
type Joiner struct {
	kind, dims uint32
}

// NewJoiner is for a layout that has a [SplitType].
func NewJoiner(layout uint64) *Joiner {
	return &Joiner{kind: uint32(layout & 15), dims: map[uint64]uint32{1: 0, 2: 1, 4: 2, 6: 3}[layout>>4]}
}

// Append appends value i of v in well-known binary.
func (w *Joiner) Append(dst []byte, v *vector.Vector, i int) []byte {
	return w.geometry(dst, w.kind, v, i)
}

func (w *Joiner) geometry(dst []byte, kind uint32, v *vector.Vector, i int) []byte {
	dst = append(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, kind+1000*w.dims)
	if kind == Point {
		return w.vertex(dst, v, i)
	}
	from, to := v.List(i)
	parts := v.Children[0]
	dst = binary.LittleEndian.AppendUint32(dst, uint32(to-from))
	for e := from; e < to; e++ {
		switch {
		case kind == Line:
			dst = w.vertex(dst, parts, e)
		case kind == Polygon:
			a, z := parts.List(e)
			dst = binary.LittleEndian.AppendUint32(dst, uint32(z-a))
			for k := a; k < z; k++ {
				dst = w.vertex(dst, parts.Children[0], k)
			}
		default: // a MULTI form of the kind three before it
			dst = w.geometry(dst, kind-MultiPoint+Point, parts, e)
		}
	}
	return dst
}

func (w *Joiner) vertex(dst []byte, v *vector.Vector, i int) []byte {
	for _, c := range v.Children {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.F64[i]))
	}
	return dst
}
