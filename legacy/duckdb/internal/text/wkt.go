package text

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/simexp/exparchive/legacy/duckdb/internal/geometry"
)

var geometryNames = [...]string{1: "POINT", 2: "LINESTRING", 3: "POLYGON", 4: "MULTIPOINT", 5: "MULTILINESTRING",
	6: "MULTIPOLYGON", 7: "GEOMETRYCOLLECTION"}

// A wkbReader turns well-known binary into text.
type wkbReader struct {
	b   []byte
	bad bool
}

func (r *wkbReader) uint32() uint32 {
	if len(r.b) < 4 {
		r.bad, r.b = true, nil
		return 0
	}
	x := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return x
}

// count reads a number of parts that each take some bytes.
func (r *wkbReader) count(size int) int {
	n := r.uint32()
	if int64(n)*int64(size) > int64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

// appendWKT appends a geometry in well-known binary as text, and bytes that are none as a BLOB.
func appendWKT(dst, b []byte) []byte {
	r := &wkbReader{b: b}
	at := len(dst)
	dst = r.geometry(dst, false, 0)
	if r.bad || len(r.b) > 0 {
		return appendBlob(dst[:at], b)
	}
	return dst
}

// geometry appends one geometry; bare leaves out its name, as within a MULTI form.
func (r *wkbReader) geometry(dst []byte, bare bool, depth int) []byte {
	if len(r.b) < 5 || r.b[0] != 1 || depth > geometry.MaxDepth {
		r.bad, r.b = true, nil
		return dst
	}
	r.b = r.b[1:]
	kind := r.uint32()
	dims, kind := kind/1000, kind%1000
	if dims > 3 || kind < 1 || kind > geometry.Collection {
		r.bad = true
		return dst
	}
	if !bare {
		dst = append(append(dst, geometryNames[kind]...), [...]string{"", " Z", " M", " ZM"}[dims]...)
		dst = append(dst, ' ')
	}
	width := [...]int{2, 3, 3, 4}[dims]
	if kind == geometry.Point {
		return r.point(dst, width, bare)
	}
	n := r.count(map[uint32]int{geometry.Line: 8 * width, geometry.Polygon: 4}[kind])
	if n == 0 || r.bad {
		return append(dst, "EMPTY"...)
	}
	dst = append(dst, '(')
	for i := 0; i < n && !r.bad; i++ {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		switch kind {
		case geometry.Line:
			dst = r.vertex(dst, width)
		case geometry.Polygon:
			dst = r.ring(dst, width)
		default:
			dst = r.geometry(dst, kind != geometry.Collection, depth+1)
		}
	}
	return append(dst, ')')
}

// point appends a POINT; all coordinates NaN mean an empty one.
func (r *wkbReader) point(dst []byte, width int, bare bool) []byte {
	if len(r.b) < 8*width {
		r.bad, r.b = true, nil
		return dst
	}
	empty := true
	for i := range width {
		empty = empty && math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(r.b[8*i:])))
	}
	if empty {
		r.b = r.b[8*width:]
		return append(dst, "EMPTY"...)
	}
	if bare {
		return r.vertex(dst, width)
	}
	return append(r.vertex(append(dst, '('), width), ')')
}

func (r *wkbReader) ring(dst []byte, width int) []byte {
	n := r.count(8 * width)
	if n == 0 {
		return append(dst, "EMPTY"...)
	}
	dst = append(dst, '(')
	for i := range n {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = r.vertex(dst, width)
	}
	return append(dst, ')')
}

func (r *wkbReader) vertex(dst []byte, width int) []byte {
	if len(r.b) < 8*width {
		r.bad, r.b = true, nil
		return dst
	}
	for i := range width {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendCoordinate(dst, math.Float64frombits(binary.LittleEndian.Uint64(r.b[8*i:])))
	}
	r.b = r.b[8*width:]
	return dst
}

// appendCoordinate appends a number as appendFloat does, without a fraction of zero.
func appendCoordinate(dst []byte, x float64) []byte {
	if a := math.Abs(x); x == math.Trunc(x) && a < 1e16 {
		return strconv.AppendFloat(dst, x, 'f', -1, 64)
	}
	return appendFloat(dst, x, 64)
}
