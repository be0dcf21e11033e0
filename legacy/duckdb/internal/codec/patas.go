package codec

import "github.com/simexp/exparchive/legacy/duckdb/internal/types"

// FORMAT.md: patas.

func openPatas(p *part, t *types.Type) (Decoder, error) {
	h, err := p.header(4, "meta")
	if err != nil {
		return nil, err
	}
	d := &patas{p: p, meta: u32(h, 0), at: 4, rows: p.seg.Rows, width: t.Phys.Width()}
	d.end = d.meta
	if d.meta > int64(len(p.b)) {
		return nil, p.corrupt(0, "meta", "%d in a segment of at most %d bytes", d.meta, len(p.b))
	}
	return newFloatDecoder(p, t, d.group)
}

type patas struct {
	p     *part
	end   int64 // of the metadata
	meta  int64 // metadata are read downward from here
	at    int64 // where the next group's data start
	rows  int64 // in it and those that follow
	width int   // 4 or 8
}

func (d *patas) group(out []uint64) error {
	d.meta -= 4
	h, err := d.p.slice(d.meta, 4, "offset")
	if err != nil {
		return err
	}
	at := u32(h, 0)
	if at != d.at {
		return d.p.corrupt(int(d.meta), "offset", "a group starts at %d, want %d", at, d.at)
	}
	d.meta -= 2 * int64(len(out))
	words, err := d.p.slice(d.meta, 2*int64(len(out)), "words")
	if err != nil {
		return err
	}
	shift := 63
	if d.width == 4 {
		shift = 31
	}
	for i := range out {
		w := u16(words, 2*i)
		dist, n, zeros := w>>9&127, int64(w>>6&7), uint(w&shift)
		if n == 0 && zeros < 8 {
			n = int64(d.width)
		}
		if dist > i {
			return d.p.corrupt(int(d.meta)+2*i, "words", "value %d refers %d values back", i, dist)
		}
		b, err := d.p.slice(at, n, "data")
		if err != nil {
			return err
		}
		at += n
		var x uint64
		for k, c := range b {
			x |= uint64(c) << (8 * k)
		}
		x <<= zeros
		if dist > 0 {
			x ^= out[i-dist]
		}
		if d.width == 4 {
			x &= 1<<32 - 1
		}
		out[i] = x
	}
	d.at = at
	if d.rows -= int64(len(out)); d.rows == 0 && d.meta != align8(at) {
		return d.p.corrupt(0, "meta", "metadata from %d to %d, behind data up to %d", d.meta, d.end, at)
	}
	return nil
}
