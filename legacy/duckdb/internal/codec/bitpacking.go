package codec

import (
	"bytes"
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: packed integers, bitpacking.

// packedSize is the bytes of n packed integers of w bits: whole groups of 32.
func packedSize(n int64, w int) int64 { return (n + 31) / 32 * 4 * int64(w) }

// unpack adds ref to each of the w-bit integers in src and stores them. src holds packedSize bytes at least; more after
// them make it faster. w is at most 64.
func unpack[T vector.Lane](dst []T, src []byte, w int, ref T) {
	switch w {
	case 0:
		vector.Fill(dst, ref)
		return
	case 8:
		for i, x := range src[:len(dst)] {
			dst[i] = ref + T(x)
		}
		return
	case 16:
		for i := range dst {
			dst[i] = ref + T(binary.LittleEndian.Uint16(src[2*i:]))
		}
		return
	case 32:
		for i := range dst {
			dst[i] = ref + T(binary.LittleEndian.Uint32(src[4*i:]))
		}
		return
	case 64:
		for i := range dst {
			dst[i] = ref + T(binary.LittleEndian.Uint64(src[8*i:]))
		}
		return
	}
	mask := uint64(1)<<w - 1
	dst, src = unpackEights(dst, src, w, ref)
	fast := 0 // values that 8 bytes from their first byte on, all in src, hold
	if w <= 57 && len(src) >= 8 {
		fast = min(len(dst), ((len(src)-8)*8+7)/w+1)
		for fast > 0 && (fast-1)*w>>3+8 > len(src) {
			fast--
		}
	}
	bit := 0
	for i := range dst[:fast] {
		dst[i] = ref + T(binary.LittleEndian.Uint64(src[bit>>3:])>>(bit&7)&mask)
		bit += w
	}
	for i := fast; i < len(dst); i++ {
		lo, hi := loadUpTo16(src, bit>>3)
		x := lo >> (bit & 7)
		if bit&7+w > 64 {
			x |= hi << (64 - bit&7)
		}
		dst[i] = ref + T(x&mask)
		bit += w
	}
}

// unpackEights is unpack for as many groups of eight, which begin at whole bytes, as src lets it read 8 bytes at a
// time. It gives what is left.
func unpackEights[T vector.Lane](dst []T, src []byte, w int, ref T) ([]T, []byte) {
	mask := uint64(1)<<w - 1
	switch {
	case w <= 15: // 8 bytes hold four, even when the first begins within a byte
		second := w / 2
		for shift := 4 * w & 7; len(dst) >= 8 && len(src) >= second+8; dst, src = dst[8:], src[w:] {
			d := (*[8]T)(dst)
			x := binary.LittleEndian.Uint64(src)
			d[0], d[1] = ref+T(x&mask), ref+T(x>>(w&63)&mask)
			d[2], d[3] = ref+T(x>>(2*w&63)&mask), ref+T(x>>(3*w&63)&mask)
			x = binary.LittleEndian.Uint64(src[second:]) >> shift
			d[4], d[5] = ref+T(x&mask), ref+T(x>>(w&63)&mask)
			d[6], d[7] = ref+T(x>>(2*w&63)&mask), ref+T(x>>(3*w&63)&mask)
		}
	case w <= 29: // 8 bytes hold two
		for len(dst) >= 8 && len(src) >= 6*w/8+8 {
			d := (*[8]T)(dst)
			for k := 0; k < 8; k += 2 {
				bit := k * w
				x := binary.LittleEndian.Uint64(src[bit>>3:]) >> (bit & 7)
				d[k], d[k+1] = ref+T(x&mask), ref+T(x>>(w&63)&mask)
			}
			dst, src = dst[8:], src[w:]
		}
	}
	return dst, src
}

// loadUpTo16 reads 16 bytes at off, with zeros after the end of src.
func loadUpTo16(src []byte, off int) (lo, hi uint64) {
	var b [16]byte
	copy(b[:], src[min(off, len(src)):])
	return binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
}

// unpack128 stores the w-bit integers in src plus ref; w is at most 128.
func unpack128(dst []vector.Uint128, src []byte, w int, ref vector.Uint128) {
	bit := 0
	for i := range dst {
		x := vector.Uint128{}
		for got := 0; got < w; {
			lo, _ := loadUpTo16(src, (bit+got)>>3)
			shift := (bit + got) & 7
			k := min(w-got, 64-shift)
			v := lo >> shift
			if k < 64 {
				v &= 1<<k - 1
			}
			if got < 64 {
				x.Lo |= v << got
				if got > 0 {
					x.Hi |= v >> (64 - got)
				}
			} else {
				x.Hi |= v << (got - 64)
			}
			got += k
		}
		dst[i] = x.Add(ref)
		bit += w
	}
}

// A packedReader gives packed integers of at most 32 bits in order, some at a time.
type packedReader struct {
	src  []byte
	w    int
	left int64 // not yet unpacked
	buf  []uint32
	pos  int // in buf
}

// newPacked reads n integers of w bits at byte off of the segment.
func newPacked(p *part, off, n int64, w int, field string) (*packedReader, error) {
	if w < 0 || w > 32 {
		return nil, p.corrupt(int(off), field, "integers of %d bits, want at most 32", w)
	}
	if _, err := p.slice(off, packedSize(n, w), field); err != nil {
		return nil, err
	}
	return &packedReader{src: p.b[off:], w: w, left: n}, nil
}

// sum adds up the integers, of which none has been given yet.
func (r *packedReader) sum() (total int64) {
	again := *r
	for left := again.left; left > 0; {
		some := again.next(int(min(left, storage.VectorSize)))
		for _, x := range some {
			total += int64(x)
		}
		left -= int64(len(some))
	}
	return total
}

// next gives 1 to n of the integers that follow, of which there are at least n.
func (r *packedReader) next(n int) []uint32 {
	if r.pos == len(r.buf) {
		k := int(min(r.left, storage.VectorSize))
		if cap(r.buf) < k {
			r.buf = make([]uint32, k)
		}
		r.buf, r.pos = r.buf[:k], 0
		unpack(r.buf, r.src, r.w, 0)
		r.left -= int64(k)
		r.src = r.src[min(int(packedSize(int64(k), r.w)), len(r.src)):]
	}
	k := min(n, len(r.buf)-r.pos)
	r.pos += k
	return r.buf[r.pos-k : r.pos]
}

func openBitpacking(p *part, t *types.Type) (Decoder, error) {
	h, err := p.header(8, "end")
	if err != nil {
		return nil, err
	}
	end := u64(h, 0)
	groups := (p.seg.Rows + storage.VectorSize - 1) / storage.VectorSize
	if end > uint64(len(p.b)) || uint64(groups)*4+8 > end {
		return nil, p.corrupt(0, "end", "%d for %d groups in a segment of at most %d bytes", end, groups, len(p.b))
	}
	meta := p.b[:end]
	if groups > 0 {
		if at := u32(meta, len(meta)-4) & packOffset; at != 8 {
			return nil, p.corrupt(len(meta)-4, "group", "the first starts at %d, want 8", at)
		}
	}
	switch t.Phys {
	case types.PhysInt8:
		return &bitpacking[int8]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysInt16:
		return &bitpacking[int16]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysInt32:
		return &bitpacking[int32]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysInt64:
		return &bitpacking[int64]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysUint8:
		return &bitpacking[uint8]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysUint16:
		return &bitpacking[uint16]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysUint32:
		return &bitpacking[uint32]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysUint64:
		return &bitpacking[uint64]{p: p, meta: meta, left: p.seg.Rows}, nil
	case types.PhysInt128, types.PhysUint128:
		return &bitpacking128{p: p, meta: meta, left: p.seg.Rows}, nil
	}
	return nil, p.refuse(t)
}

// Modes of a group.
const (
	packConstant      = 2
	packConstantDelta = 3
	packDeltaFOR      = 4
	packFOR           = 5
)

const packOffset = 0xffffff // the bits of an entry that tell where its group starts

// A packGroup is a group of n values with its header.
type packGroup struct {
	mode   int
	header []byte // fields of the type's width
	width  int    // bits of the packed integers
	packed []byte // the packed integers, and what follows them
}

// nextGroup finds the next group, of n values of the given width. left rows follow it, rest are their entries.
func nextGroup(p *part, meta []byte, width, n int, left int64) (g packGroup, rest []byte, err error) {
	// openBitpacking has checked that there is an entry for every group.
	entry := u32(meta, len(meta)-4)
	rest = meta[:len(meta)-4]
	g.mode = int(entry >> 24)
	at := entry & packOffset
	fields := 2
	switch g.mode {
	case packConstant:
		fields = 1
	case packConstantDelta, packFOR:
	case packDeltaFOR:
		fields = 3
	default:
		return g, nil, p.corrupt(len(meta)-4, "mode", "%d", g.mode)
	}
	if g.header, err = p.slice(at, int64(fields*width), "group"); err != nil {
		return g, nil, err
	}
	at += int64(fields * width)
	if g.mode == packFOR || g.mode == packDeltaFOR {
		bits := loadBits(g.header[width:], width)
		if bits.Hi != 0 || bits.Lo > uint64(8*width) {
			return g, nil, p.corrupt(int(at), "width", "%d bits, want at most %d", bits.Lo, 8*width)
		}
		g.width = int(bits.Lo)
		if _, err := p.slice(at, packedSize(int64(n), g.width), "packed"); err != nil {
			return g, nil, err
		}
		g.packed = p.b[at:]
		at += packedSize(int64(n), g.width)
	}
	// The next group follows, or the entries do.
	if left > 0 {
		if next := u32(rest, len(rest)-4) & packOffset; next != at {
			return g, nil, p.corrupt(len(rest)-4, "group", "one ends at %d, the next starts at %d", at, next)
		}
	} else if int64(len(rest)) != align8(at) {
		return g, nil, p.corrupt(0, "end", "entries start at %d, want %d, behind the groups", len(rest), align8(at))
	} else if p.seg.Sized && len(bytes.Trim(rest[at:], "\x00")) > 0 { // what releases before 2.0 wrote there is arbitrary
		return g, nil, p.corrupt(int(at), "gap", "%d bytes that are not 0", int64(len(rest))-at)
	}
	return g, rest, nil
}

type bitpacking[T vector.Lane] struct {
	p    *part
	meta []byte // entries of the groups that follow, the next one last
	left int64  // rows not yet decoded
	buf  []T    // a group of which only a part was asked for
	pos  int    // in buf
}

func (d *bitpacking[T]) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	out := vector.LaneOf[T](dst)[at : at+n]
	for len(out) > 0 {
		if d.pos < len(d.buf) {
			k := copy(out, d.buf[d.pos:])
			d.pos += k
			out = out[k:]
			continue
		}
		k := int(min(d.left, storage.VectorSize))
		if k <= len(out) {
			if err := d.group(out[:k]); err != nil {
				return err
			}
			out = out[k:]
			continue
		}
		if cap(d.buf) < k {
			d.buf = make([]T, k)
		}
		d.buf, d.pos = d.buf[:k], 0
		if err := d.group(d.buf); err != nil {
			d.buf = d.buf[:0]
			return err
		}
	}
	return nil
}

// group decodes the next group, which has as many rows as out.
func (d *bitpacking[T]) group(out []T) error {
	width := widthOf[T]()
	d.left -= int64(len(out))
	g, rest, err := nextGroup(d.p, d.meta, width, len(out), d.left)
	if err != nil {
		return err
	}
	d.meta = rest
	a := T(loadBits(g.header, width).Lo)
	switch g.mode {
	case packConstant:
		vector.Fill(out, a)
	case packConstantDelta:
		delta := T(loadBits(g.header[width:], width).Lo)
		for i := range out {
			out[i] = a
			a += delta
		}
	case packFOR:
		unpack(out, g.packed, g.width, a)
	case packDeltaFOR:
		x := T(loadBits(g.header[2*width:], width).Lo)
		unpack(out, g.packed, g.width, a)
		for i, delta := range out {
			x += delta
			out[i] = x
		}
	}
	return nil
}

// widthOf is the size of T in bytes.
func widthOf[T vector.Lane]() int {
	switch any(T(0)).(type) {
	case int8, uint8:
		return 1
	case int16, uint16:
		return 2
	case int32, uint32:
		return 4
	}
	return 8
}

// bitpacking128 is bitpacking for values of 16 bytes.
type bitpacking128 struct {
	p    *part
	meta []byte
	left int64
	buf  []vector.Uint128
	pos  int
}

func (d *bitpacking128) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	out := dst.Wide[at : at+n]
	for len(out) > 0 {
		if d.pos == len(d.buf) {
			k := int(min(d.left, storage.VectorSize))
			if cap(d.buf) < k {
				d.buf = make([]vector.Uint128, k)
			}
			d.buf, d.pos = d.buf[:k], 0
			if err := d.group(d.buf); err != nil {
				d.buf = d.buf[:0]
				return err
			}
		}
		k := copy(out, d.buf[d.pos:])
		d.pos += k
		out = out[k:]
	}
	return nil
}

func (d *bitpacking128) group(out []vector.Uint128) error {
	const width = 16
	d.left -= int64(len(out))
	g, rest, err := nextGroup(d.p, d.meta, width, len(out), d.left)
	if err != nil {
		return err
	}
	d.meta = rest
	a := loadBits(g.header, width)
	switch g.mode {
	case packConstant:
		vector.Fill(out, a)
	case packConstantDelta:
		delta := loadBits(g.header[width:], width)
		for i := range out {
			out[i] = a
			a = a.Add(delta)
		}
	case packFOR:
		unpack128(out, g.packed, g.width, a)
	case packDeltaFOR:
		unpack128(out, g.packed, g.width, a)
		x := loadBits(g.header[2*width:], width)
		for i, delta := range out {
			x = x.Add(delta)
			out[i] = x
		}
	}
	return nil
}
