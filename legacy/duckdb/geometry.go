package duckdb

import (
	"encoding/binary"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: geometry.

// Numbers of these kinds in well-known binary.
const (
	wkbPoint      = 1
	wkbLine       = 2
	wkbPolygon    = 3
	wkbMultiPoint = 4
	wkbCollection = 7

	maxGeometryDepth = 64 // of collections
)

// spatialToWKB converts the form of the spatial extension, which files below level 7 hold, to well-known binary; ok is false when b
// is something else.
func spatialToWKB(dst, b []byte) (_ []byte, ok bool) {
	const (
		hasZ   = 1
		hasM   = 2
		hasBox = 4
		header = 8
	)
	if len(b) < header+8 {
		return dst, false
	}
	flags := b[1]
	r := &spatialReader{b: b[header:], width: 2}
	if flags&hasZ != 0 {
		r.width++
		r.dims++
	}
	if flags&hasM != 0 {
		r.width++
		r.dims += 2
	}
	if flags&hasBox != 0 {
		r.skip(2 * 4 * r.width) // of single floats
	}
	dst = r.geometry(dst, 0)
	return dst, !r.bad && len(r.b) == 0
}

type spatialReader struct {
	b     []byte
	width int    // coordinates of a vertex
	dims  uint32 // 1: Z, 2: M, 3: both
	bad   bool
}

func (r *spatialReader) skip(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *spatialReader) uint32() uint32 {
	if s := r.skip(4); s != nil {
		return binary.LittleEndian.Uint32(s)
	}
	return 0
}

// geometry converts one geometry: kind, number of parts, parts.
func (r *spatialReader) geometry(dst []byte, depth int) []byte {
	kind, n := r.uint32()+1, r.uint32()
	if r.bad || kind < wkbPoint || kind > wkbCollection || depth > maxGeometryDepth || int64(n)*4 > int64(len(r.b)) {
		r.bad = true
		return dst
	}
	dst = append(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, kind+1000*r.dims)
	switch kind {
	case wkbPoint:
		if n == 0 {
			for range r.width {
				dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(math.NaN()))
			}
			return dst
		}
		return append(dst, r.skip(8*r.width)...)
	case wkbLine:
		dst = binary.LittleEndian.AppendUint32(dst, n)
		return append(dst, r.skip(int(n)*8*r.width)...)
	case wkbPolygon:
		dst = binary.LittleEndian.AppendUint32(dst, n)
		sizes := r.skip(4 * int(n+n&1)) // padded to 8 bytes
		for i := 0; i < int(n) && !r.bad; i++ {
			k := u32(sizes, 4*i)
			if k*8*int64(r.width) > int64(len(r.b)) {
				r.bad = true
				return dst
			}
			dst = binary.LittleEndian.AppendUint32(dst, uint32(k))
			dst = append(dst, r.skip(int(k)*8*r.width)...)
		}
		return dst
	}
	dst = binary.LittleEndian.AppendUint32(dst, n)
	for i := 0; i < int(n) && !r.bad; i++ {
		dst = r.geometry(dst, depth+1)
	}
	return dst
}

// Layouts of a GEOMETRY column.
const (
	geometrySpatial = 0 // in the form of the spatial extension
	geometryWKB     = 1
)

// splitGeometry is the type of a column whose geometries, all of one kind, are stored as coordinates; nil when there is no
// such layout.
func splitGeometry(layout uint64) *types.Type {
	names := map[uint64]string{1: "xy", 2: "xyz", 4: "xym", 6: "xyzm"}[layout>>4]
	kind := layout & 15
	if names == "" || kind < wkbPoint || kind > wkbCollection-1 {
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

// readSplitGeometry appends n geometries that are stored as coordinates.
func (r *columnReader) readSplitGeometry(dst *vector.Vector, n int, b *vector.Budget) error {
	tmp := vector.New(r.data.typ)
	// The reader of what is stored is this one, which then finds the types equal.
	if err := r.read(tmp, int64(n), b); err != nil {
		return err
	}
	at := dst.N
	if err := dst.Grow(n, b); err != nil {
		return err
	}
	w := wkbWriter{kind: uint32(r.data.geometry & 15), dims: map[uint64]uint32{1: 0, 2: 1, 4: 2, 6: 3}[r.data.geometry>>4]}
	var buf []byte
	for i := range n {
		if tmp.Null(i) {
			dst.Strings[at+i] = vector.Span{}
			dst.SetNull(at + i)
			continue
		}
		buf = w.geometry(buf[:0], w.kind, tmp, i)
		if err := dst.SetBytes(at+i, buf, b); err != nil {
			return err
		}
	}
	return nil
}

// wkbWriter puts split geometries together.
type wkbWriter struct {
	kind, dims uint32
}

func (w *wkbWriter) geometry(dst []byte, kind uint32, v *vector.Vector, i int) []byte {
	dst = append(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, kind+1000*w.dims)
	if kind == wkbPoint {
		return w.vertex(dst, v, i)
	}
	from, to := v.List(i)
	parts := v.Children[0]
	dst = binary.LittleEndian.AppendUint32(dst, uint32(to-from))
	for e := from; e < to; e++ {
		switch {
		case kind == wkbLine:
			dst = w.vertex(dst, parts, e)
		case kind == wkbPolygon:
			a, z := parts.List(e)
			dst = binary.LittleEndian.AppendUint32(dst, uint32(z-a))
			for k := a; k < z; k++ {
				dst = w.vertex(dst, parts.Children[0], k)
			}
		default: // a MULTI form of the kind three before it
			dst = w.geometry(dst, kind-wkbMultiPoint+wkbPoint, parts, e)
		}
	}
	return dst
}

func (w *wkbWriter) vertex(dst []byte, v *vector.Vector, i int) []byte {
	for _, c := range v.Children {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.F64[i]))
	}
	return dst
}

// convertSpatial converts the values from one on, which have the form of the spatial extension.
func (r *columnReader) convertSpatial(dst *vector.Vector, from int, b *vector.Budget) error {
	for i := from; i < dst.N; i++ {
		if dst.Null(i) {
			continue
		}
		wkb, ok := spatialToWKB(nil, dst.Bytes(i))
		if !ok {
			return r.values.corrupt("geometry", fault.Corruptf("%d bytes are no geometry", len(dst.Bytes(i))))
		}
		if err := dst.SetBytes(i, wkb, b); err != nil {
			return err
		}
	}
	return nil
}
