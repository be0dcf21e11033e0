package column

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// readSplitGeometry appends n geometries that are stored as coordinates.
func (r *Reader) readSplitGeometry(dst *vector.Vector, n int, b *vector.Budget) error {
	tmp := vector.New(r.data.typ)
	// The reader of what is stored is this one, which then finds the types equal.
	if err := r.Read(tmp, int64(n), b); err != nil {
		return err
	}
	at := dst.N
	if err := dst.Grow(n, b); err != nil {
		return err
	}
	w := geometry.NewJoiner(r.data.geometry)
	var buf []byte
	for i := range n {
		if tmp.Null(i) {
			dst.Strings[at+i] = vector.Span{}
			dst.SetNull(at + i)
			continue
		}
		buf = w.Append(buf[:0], tmp, i)
		if err := dst.SetBytes(at+i, buf, b); err != nil {
			return err
		}
	}
	return nil
}

// convertSpatial converts the values from one on, which have the form of the spatial extension.
func (r *Reader) convertSpatial(dst *vector.Vector, from int, b *vector.Budget) error {
	for i := from; i < dst.N; i++ {
		if dst.Null(i) {
			continue
		}
		wkb, ok := geometry.FromSpatial(nil, dst.Bytes(i))
		if !ok {
			return r.values.corrupt("geometry", fault.Corruptf("%d bytes are no geometry", len(dst.Bytes(i))))
		}
		if err := dst.SetBytes(i, wkb, b); err != nil {
			return err
		}
	}
	return nil
}
