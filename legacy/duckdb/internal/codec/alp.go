package codec

import (
	"encoding/binary"
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// FORMAT.md: alp, alprd.

// Powers of ten as the nearest numbers of each type, and their inverses as decimal literals rather than quotients.
var (
	pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
		1e17, 1e18, 1e19, 1e20}
	inv10 = [...]float64{1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14,
		1e-15, 1e-16, 1e-17, 1e-18, 1e-19, 1e-20}
	pow10f32 = [...]float32{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10}
	inv10f32 = [...]float32{1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10}
)

// alpGroups finds the groups of an alp or alprd segment.
type alpGroups struct {
	p      *part
	end    int64 // of the entries
	meta   int64 // entries are read downward from here
	at     int64 // where the next group starts
	rows   int64 // in it and those that follow
	single bool
	width  int // 4 or 8
}

// newALPGroups prepares to find groups of which the first starts at byte at.
func newALPGroups(p *part, t *types.Type, at int64) (*alpGroups, error) {
	h, err := p.header(4, "meta")
	if err != nil {
		return nil, err
	}
	g := &alpGroups{p: p, end: u32(h, 0), at: at, rows: p.seg.Rows, single: t.Phys == types.PhysFloat,
		width: t.Phys.Width()}
	if g.end > int64(len(p.b)) {
		return nil, p.corrupt(0, "meta", "%d in a segment of at most %d bytes", g.end, len(p.b))
	}
	g.meta = g.end
	return g, nil
}

// next gives the offset of the next group, in which there are n values.
func (g *alpGroups) next(n int) (int64, error) {
	g.meta -= 4
	e, err := g.p.slice(g.meta, 4, "entry")
	if err != nil {
		return 0, err
	}
	if at := u32(e, 0); at != g.at {
		return 0, g.p.corrupt(int(g.meta), "entry", "a group starts at %d, want %d", at, g.at)
	}
	g.rows -= int64(n)
	return g.at, nil
}

// ended says that a group ends at byte at: the next one follows, or the entries do.
func (g *alpGroups) ended(at int64) error {
	g.at = at
	if g.rows > 0 {
		e, err := g.p.slice(g.meta-4, 4, "entry")
		if err != nil {
			return err
		}
		if next := u32(e, 0); next != at {
			return g.p.corrupt(int(g.meta-4), "entry", "a group ends at %d, the next starts at %d", at, next)
		}
		return nil
	}
	if !g.p.ends(g.end, align8(at)+g.end-g.meta) {
		return g.p.corrupt(0, "meta", "entries from %d to %d, behind groups up to %d", g.meta, g.end, at)
	}
	return nil
}

// rawLevel is the first level with groups of raw values.
const rawLevel = 7

// raw loads values that are stored as they are.
func (g *alpGroups) raw(out []uint64, at int64) error {
	if l := g.p.file.Level; l > 0 && l < rawLevel {
		return g.p.corrupt(int(at), "raw", "raw values in a file of level %d, want at least %d", l, rawLevel)
	}
	b, err := g.p.slice(at, int64(len(out)*g.width), "raw")
	if err != nil {
		return err
	}
	for i := range out {
		out[i] = loadBits(b[i*g.width:], g.width).Lo
	}
	return g.ended(at + int64(len(b)))
}

func openALP(p *part, t *types.Type) (Decoder, error) {
	g, err := newALPGroups(p, t, 4)
	if err != nil {
		return nil, err
	}
	return newFloatDecoder(p, t, (&alp{*g}).group)
}

type alp struct{ alpGroups }

// alpRaw in place of the exponent means that the values follow as they are.
const alpRaw = 255

func (d *alp) group(out []uint64) error {
	at, err := d.next(len(out))
	if err != nil {
		return err
	}
	first, err := d.p.slice(at, 1, "exponent")
	if err != nil {
		return err
	}
	if first[0] == alpRaw {
		return d.raw(out, at+1)
	}
	h, err := d.p.slice(at, 13, "header")
	if err != nil {
		return err
	}
	e, f, exceptions, ref, w := int(h[0]), int(h[1]), int64(u16(h, 2)), u64(h, 4), int(h[12])
	most := len(inv10) - 1
	if d.single {
		most = len(inv10f32) - 1
	}
	if e > most || f > e {
		return d.p.corrupt(int(at), "exponent", "%d and factor %d, want at most %d and no more", e, f, most)
	}
	if w > 64 {
		return d.p.corrupt(int(at)+12, "width", "%d bits, want at most 64", w)
	}
	at += 13
	size := packedSize(int64(len(out)), w)
	if _, err := d.p.slice(at, size, "packed"); err != nil {
		return err
	}
	unpack(out, d.p.b[at:], w, ref)
	if d.single {
		a, b := pow10f32[f], inv10f32[e]
		for i, x := range out {
			y := float32(float32(int64(x)) * a)
			out[i] = uint64(math.Float32bits(float32(y * b)))
		}
	} else {
		a, b := pow10[f], inv10[e]
		for i, x := range out {
			y := float64(float64(int64(x)) * a)
			out[i] = math.Float64bits(float64(y * b))
		}
	}
	at += size
	values, err := d.p.slice(at, exceptions*int64(d.width), "exceptions")
	if err != nil {
		return err
	}
	at += exceptions * int64(d.width)
	positions, err := d.p.slice(at, 2*exceptions, "positions")
	if err != nil {
		return err
	}
	if err := d.ended(at + 2*exceptions); err != nil {
		return err
	}
	next := 0
	for k := range int(exceptions) {
		i := u16(positions, 2*k)
		if i < next || i >= len(out) {
			return d.p.corrupt(int(at)+2*k, "positions", "row %d of %d after row %d", i, len(out), next-1)
		}
		next = i + 1
		out[i] = loadBits(values[k*d.width:], d.width).Lo
	}
	return nil
}

func openALPRD(p *part, t *types.Type) (Decoder, error) {
	h, err := p.header(7, "header")
	if err != nil {
		return nil, err
	}
	n := int64(h[6])
	g, err := newALPGroups(p, t, 7+2*n)
	if err != nil {
		return nil, err
	}
	d := &alprd{alpGroups: *g, right: int(h[4]), left: int(h[5])}
	if d.left > 16 || d.right > 8*d.width || n > 8 {
		return nil, p.corrupt(4, "header", "parts of %d and %d bits, %d dictionary entries", d.left, d.right, n)
	}
	dict, err := p.slice(7, 2*n, "dictionary")
	if err != nil {
		return nil, err
	}
	for i := range int(n) {
		d.dict[i] = binary.LittleEndian.Uint16(dict[2*i:])
	}
	d.known = int(n)
	return newFloatDecoder(p, t, d.group)
}

type alprd struct {
	alpGroups
	right, left int // bits of the two parts
	dict        [8]uint16
	known       int // entries of dict
	lefts       [floatGroup]uint32
}

// alprdRaw in place of the number of exceptions means that the values follow as they are.
const alprdRaw = 0xffff

func (d *alprd) group(out []uint64) error {
	at, err := d.next(len(out))
	if err != nil {
		return err
	}
	h, err := d.p.slice(at, 2, "header")
	if err != nil {
		return err
	}
	exceptions := int64(u16(h, 0))
	at += 2
	if exceptions == alprdRaw {
		return d.raw(out, at)
	}
	n := int64(len(out))
	lefts := d.lefts[:n]
	if _, err := d.p.slice(at, packedSize(n, d.left)+packedSize(n, d.right), "packed"); err != nil {
		return err
	}
	unpack(lefts, d.p.b[at:], d.left, 0)
	at += packedSize(n, d.left)
	unpack(out, d.p.b[at:], d.right, 0)
	at += packedSize(n, d.right)
	parts, err := d.p.slice(at, 4*exceptions, "exceptions")
	if err != nil {
		return err
	}
	if err := d.ended(at + 4*exceptions); err != nil {
		return err
	}
	for i, k := range lefts {
		lefts[i] = 0 // an exception's index may be anything
		if int(k) < d.known {
			lefts[i] = uint32(d.dict[k])
		}
	}
	next := 0
	for k := range int(exceptions) {
		i := u16(parts, 2*(int(exceptions)+k))
		if i < next || i >= len(out) {
			return d.p.corrupt(int(at), "positions", "row %d of %d after row %d", i, len(out), next-1)
		}
		next = i + 1
		lefts[i] = uint32(u16(parts, 2*k))
	}
	for i := range out {
		out[i] |= uint64(lefts[i]) << d.right
	}
	return nil
}
