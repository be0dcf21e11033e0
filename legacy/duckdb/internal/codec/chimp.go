package codec

import (
	"math"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: chimp.

const (
	floatGroup  = 1024 // values in a group of chimp, patas, alp and alprd
	chimpRing   = 128
	chimpBlocks = 8 // leading-zero codes packed in 3 bytes
)

var chimpLead = [8]uint{0, 8, 12, 16, 18, 20, 22, 24}

// A floatDecoder gives values in groups, as bits.
type floatDecoder struct {
	single bool // FLOAT
	left   int64
	group  func(out []uint64) error // decodes the next group
	buf    []uint64
	pos    int
}

func newFloatDecoder(p *part, t *types.Type, group func(out []uint64) error) (*floatDecoder, error) {
	if t.Phys != types.PhysFloat && t.Phys != types.PhysDouble {
		return nil, p.refuse(t)
	}
	return &floatDecoder{single: t.Phys == types.PhysFloat, left: p.seg.Rows, group: group}, nil
}

func (d *floatDecoder) Decode(dst *vector.Vector, at, n int, _ *vector.Budget) error {
	for n > 0 {
		if d.pos == len(d.buf) {
			k := int(min(d.left, floatGroup))
			if cap(d.buf) < k {
				d.buf = make([]uint64, k)
			}
			d.buf, d.pos = d.buf[:k], 0
			if err := d.group(d.buf); err != nil {
				d.buf = d.buf[:0]
				return err
			}
			d.left -= int64(k)
		}
		src := d.buf[d.pos:]
		src = src[:min(n, len(src))]
		if d.single {
			out := dst.F32[at : at+len(src)]
			for i, x := range src {
				out[i] = math.Float32frombits(uint32(x))
			}
		} else {
			out := dst.F64[at : at+len(src)]
			for i, x := range src {
				out[i] = math.Float64frombits(x)
			}
		}
		d.pos += len(src)
		at, n = at+len(src), n-len(src)
	}
	return nil
}

func openChimp(p *part, t *types.Type) (Decoder, error) {
	h, err := p.header(4, "meta")
	if err != nil {
		return nil, err
	}
	d := &chimp{p: p, meta: u32(h, 0), bit: 32, rows: p.seg.Rows, width: 8 * uint(t.Phys.Width())}
	if d.meta > int64(len(p.b)) {
		return nil, p.corrupt(0, "meta", "%d in a segment of at most %d bytes", d.meta, len(p.b))
	}
	return newFloatDecoder(p, t, d.group)
}

type chimp struct {
	p     *part
	meta  int64 // metadata are read downward from here
	bit   int64 // next bit of the data
	rows  int64 // in the next group and those that follow
	width uint  // 32 or 64
}

// take moves meta down and gives the bytes there.
func (d *chimp) take(n int64, field string) ([]byte, error) {
	d.meta -= n
	if d.meta < 4 {
		return nil, d.p.corrupt(0, field, "metadata run below the start of the segment")
	}
	return d.p.slice(d.meta, n, field)
}

// bits reads n bits, most significant first.
func (d *chimp) bits(n uint) (x uint64, err error) {
	if d.bit+int64(n) > 8*int64(len(d.p.b)) {
		return 0, d.p.corrupt(int(d.bit>>3), "data", "the bits end before the rows do")
	}
	for n > 0 {
		b := d.p.b[d.bit>>3]
		have := 8 - uint(d.bit&7)
		k := min(n, have)
		x = x<<k | uint64(b>>(have-k))&(1<<k-1)
		d.bit += int64(k)
		n -= k
	}
	return x, nil
}

func (d *chimp) group(out []uint64) error {
	if _, err := d.take(4, "offset"); err != nil {
		return err
	}
	blocks, err := d.take(1, "lead_blocks")
	if err != nil {
		return err
	}
	leads, err := d.take(3*int64(blocks[0]), "leads")
	if err != nil {
		return err
	}
	flags, err := d.take(int64(len(out)-1+3)/4, "flags")
	if err != nil {
		return err
	}
	flag := func(i int) byte { return flags[i/4] >> (6 - 2*(i%4)) & 3 }
	words, codes := 0, 0
	for i := range len(out) - 1 {
		switch flag(i) {
		case 1:
			words++
		case 3:
			codes++
		}
	}
	if n := (codes + chimpBlocks - 1) / chimpBlocks; n != int(blocks[0]) {
		return d.p.corrupt(int(d.meta), "lead_blocks", "%d for %d codes, want %d", blocks[0], codes, n)
	}
	if _, err = d.take(2*int64(words), "words"); err != nil {
		return err
	}
	if (int64(d.p.seg.Offset)+d.meta)&1 != 0 {
		d.meta--
	}
	packed, err := d.p.slice(d.meta, 2*int64(words), "words")
	if err != nil {
		return err
	}

	var ring [chimpRing]uint64
	var lead uint
	nextLead := 0
	for i := range out {
		var x uint64
		var err error
		f := byte(255)
		if i > 0 {
			f = flag(i - 1)
		}
		switch f {
		case 255:
			x, err = d.bits(d.width)
		case 0:
			if x, err = d.bits(7); err == nil {
				x = ring[x]
			}
		case 1:
			w := u16(packed, 0)
			packed = packed[2:]
			lead = chimpLead[w>>6&7]
			sig := uint(w & 63)
			if d.width == 32 {
				sig = uint(w & 31)
			}
			if sig == 0 {
				sig = 64
			}
			if lead+sig > d.width {
				return d.p.corrupt(int(d.meta), "words", "%d leading zeros and %d bits in %d", lead, sig, d.width)
			}
			if x, err = d.bits(sig); err == nil {
				x = x<<(d.width-sig-lead) ^ ring[w>>9&127]
			}
		default:
			if f == 3 {
				b := leads[3*(nextLead/chimpBlocks):]
				word := uint(b[0]) | uint(b[1])<<8 | uint(b[2])<<16
				lead = chimpLead[word>>(3*(nextLead%chimpBlocks))&7]
				nextLead++
			}
			if x, err = d.bits(d.width - lead); err == nil {
				x ^= out[i-1]
			}
		}
		if err != nil {
			return err
		}
		out[i] = x
		ring[i%chimpRing] = x
	}
	if d.rows -= int64(len(out)); d.rows == 0 && d.meta != align8((d.bit+7)/8) {
		return d.p.corrupt(0, "meta", "metadata down to %d, behind data up to %d", d.meta, (d.bit+7)/8)
	}
	return nil
}
