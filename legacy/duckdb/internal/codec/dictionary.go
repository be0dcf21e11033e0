package codec

import (
	"math"
	"math/bits"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: dictionary.

func openDictionary(p *part, t *types.Type) (Decoder, error) {
	if t.Phys != types.PhysString {
		return nil, p.refuse(t)
	}
	h, err := p.header(20, "header")
	if err != nil {
		return nil, err
	}
	size, end, indexOff, count, width := u32(h, 0), u32(h, 4), u32(h, 8), u32(h, 12), u32(h, 16)
	if end > int64(len(p.b)) {
		return nil, p.corrupt(4, "dict_end", "%d in a segment of at most %d bytes", end, len(p.b))
	}
	if count == 0 || width != int64(bits.Len64(uint64(count-1))) {
		return nil, p.corrupt(16, "width", "%d bits for %d strings", width, count)
	}
	sel, err := newPacked(p, 20, p.seg.Rows, int(width), "selection")
	if err != nil {
		return nil, err
	}
	if at := 20 + packedSize(p.seg.Rows, int(width)); indexOff != at {
		return nil, p.corrupt(8, "index_offset", "%d, want %d, behind the selection", indexOff, at)
	}
	index, err := p.slice(indexOff, 4*count, "index")
	if err != nil {
		return nil, err
	}
	if !p.ends(end, indexOff+4*count+size) {
		return nil, p.corrupt(4, "dict_end", "%d for %d bytes of strings behind byte %d", end, size, indexOff+4*count)
	}
	if last := u32(index, int(4*count-4)); last != size {
		return nil, p.corrupt(0, "dict_size", "%d, want that of the last string, %d", size, last)
	}
	d := &dictionary{p: p, dict: p.b[:end], sel: sel, refs: make([]vector.Span, count)}
	prev := int64(0)
	for k := range d.refs {
		dist := u32(index, 4*k)
		if dist < prev || dist-prev > math.MaxUint16 || dist > size || k == 0 && dist > 0 {
			return nil, p.corrupt(int(indexOff)+4*k, "index",
				"string %d starts %d before the end of %d bytes, the one before it %d", k, dist, size, prev)
		}
		d.refs[k] = vector.Span{Off: uint32(end - dist), Len: uint32(dist - prev)}
		prev = dist
	}
	return d, nil
}

// dictionary looks strings up by index. Entry 0 stands for NULL and the empty string.
type dictionary struct {
	p    *part
	dict []byte
	refs []vector.Span // into dict
	sel  *packedReader
	null bool // whether entry 0 means NULL
}

func (d *dictionary) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	base, err := dst.Adopt(d.dict, b)
	if err != nil {
		return err
	}
	refs, strs := dst.Strings[at:at+n], d.refs
	for len(refs) > 0 {
		sel := d.sel.next(len(refs))
		for i, k := range sel {
			if int(k) >= len(strs) {
				return d.p.corrupt(0, "selection", "string %d of %d", k, len(strs))
			}
			refs[i] = vector.Span{Off: base + strs[k].Off, Len: strs[k].Len}
		}
		if d.null {
			for i, k := range sel {
				if k == 0 {
					dst.SetNull(at + i)
				}
			}
		}
		refs, at = refs[len(sel):], at+len(sel)
	}
	return nil
}
