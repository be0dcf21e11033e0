package codec

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: fsst.

// fsstTable maps codes to symbols of 1 to 8 bytes.
type fsstTable struct {
	symbols [256]uint64 // little-endian, zero padded
	lengths [256]uint8  // 1 to 8, or fsstNone
	empty   bool        // no table: all strings are empty
	size    int64       // bytes in the segment
}

const (
	fsstVersion      = 20190218
	fsstEscape       = 255               // the next byte stands for itself
	fsstLittleEndian = 1                 // first byte of a table
	fsstNone         = 128               // length of codes without a symbol, among them fsstEscape
	fsstSlack        = 8 * math.MaxUint8 // bytes past the decoded ones that decode may write over, and some
)

// readFSSTTable reads the symbol table at byte off of the segment.
func readFSSTTable(p *part, off int64) (*fsstTable, error) {
	h, err := p.slice(off, 17, "table")
	if err != nil {
		return nil, err
	}
	t := &fsstTable{size: int64(len(h))}
	if u64(h, 0)>>32 != fsstVersion {
		t.empty = true
		return t, nil
	}
	for i := range t.lengths {
		t.lengths[i] = fsstNone
	}
	if h[0] != fsstLittleEndian || h[8] != 0 {
		return nil, p.corrupt(int(off), "table", "byte order %d, terminated %d, want 1 and 0", h[0], h[8])
	}
	counts := h[9:17]
	code := 0
	rest := p.b[off+17:]
	add := func(n, length int) error {
		for ; n > 0; n-- {
			if code >= fsstEscape || len(rest) < length {
				return p.corrupt(len(p.b)-len(rest), "table", "symbol %d of %d bytes in %d", code, length, len(rest))
			}
			var b [8]byte
			copy(b[:], rest[:length])
			t.symbols[code], t.lengths[code] = binary.LittleEndian.Uint64(b[:]), uint8(length)
			rest = rest[length:]
			code++
		}
		return nil
	}
	for k := 1; k < 8; k++ {
		if err := add(int(counts[k]), k+1); err != nil {
			return nil, err
		}
	}
	if err := add(int(counts[0]), 1); err != nil {
		return nil, err
	}
	if symbols := int(h[1]); symbols != code {
		return nil, p.corrupt(int(off), "table", "%d symbols by length, want %d", code, symbols)
	}
	t.size = int64(len(p.b)-len(rest)) - off
	return t, nil
}

// appendDecoded appends the string that src encodes; ok is false when a code has no symbol.
func (t *fsstTable) appendDecoded(dst, src []byte) (_ []byte, ok bool) {
	if t.empty {
		return dst, true
	}
	if need := 8*len(src) + fsstSlack; cap(dst)-len(dst) < need {
		dst = slices.Grow(dst, need)
	}
	n, ok := t.decode(dst[len(dst):cap(dst)], src)
	return dst[:len(dst)+n], ok
}

// decode stores the string that src encodes in out, which holds 8*len(src) + fsstSlack bytes, and gives its length.
// Bytes of out after it are overwritten.
func (t *fsstTable) decode(out, src []byte) (n int, ok bool) {
	for len(src) > 0 {
		// Eight codes at a time, after the last one filled up with codes without a symbol. They come out of a register:
		// the processor has enough to load.
		k, codes := 8, uint64(0)
		if len(src) >= 8 {
			codes = binary.LittleEndian.Uint64(src)
		} else {
			k = len(src)
			if cap(src) >= 8 {
				codes = binary.LittleEndian.Uint64(src[:8])
			} else {
				for i, c := range src {
					codes |= uint64(c) << (8 * i)
				}
			}
			codes |= math.MaxUint64 << (8 * k)
		}
		// The bytes after a symbol are overwritten by the next one. No position is past eight times the largest length,
		// so no bounds are checked.
		w := (*[fsstSlack]byte)(out[n:])
		c := uint8(codes)
		binary.LittleEndian.PutUint64(w[:8], t.symbols[c])
		end := uint(t.lengths[c])
		c = uint8(codes >> 8)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 16)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 24)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 32)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 40)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 48)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		c = uint8(codes >> 56)
		binary.LittleEndian.PutUint64(w[end:end+8], t.symbols[c])
		end += uint(t.lengths[c])
		if end -= fsstNone * uint(8-k); end <= 64 {
			n, src = n+int(end), src[k:]
			continue
		}
		// A code without a symbol is among them.
		for rest := len(src) - k; len(src) > rest; {
			c := src[0]
			switch length := t.lengths[c]; {
			case length != fsstNone:
				binary.LittleEndian.PutUint64(out[n:], t.symbols[c])
				n, src = n+int(length), src[1:]
			case c == fsstEscape && len(src) > 1:
				out[n] = src[1]
				n, src = n+1, src[2:]
			default:
				return n, false
			}
		}
	}
	return n, true
}

func openFSST(p *part, t *types.Type) (Decoder, error) {
	if t.Phys != types.PhysString {
		return nil, p.refuse(t)
	}
	h, err := p.header(16, "header")
	if err != nil {
		return nil, err
	}
	size, end, width, tableAt := u32(h, 0), u32(h, 4), int(min(u32(h, 8), 64)), u32(h, 12)
	if end > int64(len(p.b)) {
		return nil, p.corrupt(4, "dict_end", "%d in a segment of at most %d bytes", end, len(p.b))
	}
	lengths, err := newPacked(p, 16, p.seg.Rows, width, "lengths")
	if err != nil {
		return nil, err
	}
	if at := 16 + packedSize(p.seg.Rows, width); tableAt != at {
		return nil, p.corrupt(12, "table_offset", "%d, want %d, behind the lengths", tableAt, at)
	}
	table, err := readFSSTTable(p, tableAt)
	if err != nil {
		return nil, err
	}
	sum, behind := lengths.sum(), tableAt+table.size
	switch {
	case table.empty && sum > 0:
		return nil, p.corrupt(int(tableAt), "table", "none for %d bytes of strings", sum)
	case end-sum < behind, !table.empty && !p.ends(end, behind+sum):
		return nil, p.corrupt(4, "dict_end", "%d for %d bytes of strings behind byte %d", end, sum, behind)
	// The engine leaves the size out when it leaves the strings at the end of the block.
	case size != sum && (size > 0 || end < int64(len(p.b))):
		return nil, p.corrupt(0, "dict_size", "%d, want %d, the sum of the lengths", size, sum)
	}
	return &fsst{p: p, dict: p.b[end-sum : end], lengths: lengths, table: table}, nil
}

type fsst struct {
	p       *part
	dict    []byte // compressed strings of the rows that follow, growing down from its end
	lengths *packedReader
	table   *fsstTable
}

func (d *fsst) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	dst.Own()
	for n > 0 {
		lengths := d.lengths.next(n)
		data, dict, refs := dst.Data, d.dict, dst.Strings[at:at+len(lengths)]
		for i, length := range lengths {
			from, start := len(dict)-int(length), len(data)
			var ok bool
			if data, ok = d.table.appendDecoded(data, dict[from:]); !ok {
				return d.p.corrupt(16, "codes", "a code without a symbol")
			}
			dict = dict[:from]
			refs[i] = vector.Span{Off: uint32(start), Len: uint32(len(data) - start)}
		}
		before := len(dst.Data)
		dst.Data, d.dict = data, dict
		if err := b.Take(int64(len(data)-before), 1); err != nil {
			return err
		}
		at, n = at+len(lengths), n-len(lengths)
	}
	return nil
}
