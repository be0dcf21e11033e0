package geometry

import (
	"encoding/binary"
	"math"
)

// FromSpatial converts the form of the spatial extension, which files below level 7 hold, to well-known binary; ok is
// false when b is something else.
func FromSpatial(dst, b []byte) (_ []byte, ok bool) {
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
	if r.bad || kind < Point || kind > Collection || depth > MaxDepth || int64(n)*4 > int64(len(r.b)) {
		r.bad = true
		return dst
	}
	dst = append(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, kind+1000*r.dims)
	switch kind {
	case Point:
		if n == 0 {
			for range r.width {
				dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(math.NaN()))
			}
			return dst
		}
		return append(dst, r.skip(8*r.width)...)
	case Line:
		dst = binary.LittleEndian.AppendUint32(dst, n)
		return append(dst, r.skip(int(n)*8*r.width)...)
	case Polygon:
		dst = binary.LittleEndian.AppendUint32(dst, n)
		sizes := r.skip(4 * int(n+n&1)) // padded to 8 bytes
		for i := 0; i < int(n) && !r.bad; i++ {
			k := int64(binary.LittleEndian.Uint32(sizes[4*i:]))
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
