package duckdb

import (
	"encoding/binary"
	"slices"
)

// FORMAT.md: fsst.

// fsstTable maps codes to symbols of 1 to 8 bytes.
type fsstTable struct {
	codes [256]fsstSymbol
	empty bool // no table: all strings are empty
}

// fsstSymbol stands for 1 to 8 bytes.
type fsstSymbol struct {
	bytes uint64 // little-endian, zero padded
	n     uint64 // 0: no such symbol
}

const (
	fsstVersion = 20190218
	fsstEscape  = 255 // the next byte stands for itself
)

// readFSSTTable reads the symbol table at byte off of the segment.
func readFSSTTable(p *part, off int64) (*fsstTable, error) {
	h, err := p.slice(off, 17, "table")
	if err != nil {
		return nil, err
	}
	t := &fsstTable{}
	if u64(h, 0)>>32 != fsstVersion {
		t.empty = true
		return t, nil
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
			t.codes[code] = fsstSymbol{binary.LittleEndian.Uint64(b[:]), uint64(length)}
			rest = rest[length:]
			code++
		}
		return nil
	}
	ones := int(counts[0])
	if h[8]&1 != 0 { // zero-terminated: code 0 is the byte 0, which is not stored
		t.codes[0].n = 1
		code = 1
		ones = max(ones-1, 0)
	}
	for k := 1; k < 8; k++ {
		if err := add(int(counts[k]), k+1); err != nil {
			return nil, err
		}
	}
	return t, add(ones, 1)
}

// appendDecoded appends the string that src encodes; ok is false when a code has no symbol.
func (t *fsstTable) appendDecoded(dst, src []byte) (_ []byte, ok bool) {
	if t.empty {
		return dst, true
	}
	dst = slices.Grow(dst, 8*len(src)+8)
	out := dst[len(dst):cap(dst)]
	at := uint64(0)
	for i := 0; i < len(src); i++ {
		s := &t.codes[src[i]]
		if s.n == 0 {
			if i++; src[i-1] != fsstEscape || i == len(src) {
				return dst, false
			}
			out[at] = src[i]
			at++
			continue
		}
		// Eight bytes are always there: those after the symbol are overwritten by the next.
		binary.LittleEndian.PutUint64(out[at:at+8:len(out)], s.bytes)
		at += s.n
	}
	return dst[:len(dst)+int(at)], true
}

func openFSST(p *part, t *Type) (decoder, error) {
	if t.phys != physString {
		return nil, p.refuse(t)
	}
	h, err := p.header(16, "header")
	if err != nil {
		return nil, err
	}
	end := u32(h, 4)
	if end > int64(len(p.b)) {
		return nil, p.corrupt(4, "dict_end", "%d in a segment of at most %d bytes", end, len(p.b))
	}
	lengths, err := newPacked(p, 16, p.seg.rows, int(min(u32(h, 8), 64)), "lengths")
	if err != nil {
		return nil, err
	}
	table, err := readFSSTTable(p, u32(h, 12))
	if err != nil {
		return nil, err
	}
	return &fsst{p: p, dict: p.b[:end], lengths: lengths, table: table}, nil
}

type fsst struct {
	p       *part
	dict    []byte // compressed strings of the rows that follow, growing down from its end
	lengths *packedReader
	table   *fsstTable
}

func (d *fsst) decode(dst *Vector, at, n int, b *budget) error {
	dst.own()
	for n > 0 {
		lengths := d.lengths.next(n)
		before := len(dst.data)
		for i, length := range lengths {
			if int64(length) > int64(len(d.dict)) {
				return d.p.corrupt(16, "lengths", "a string of %d bytes in %d", length, len(d.dict))
			}
			from := len(d.dict) - int(length)
			start := len(dst.data)
			var ok bool
			if dst.data, ok = d.table.appendDecoded(dst.data, d.dict[from:]); !ok {
				return d.p.corrupt(from, "codes", "a code without a symbol")
			}
			d.dict = d.dict[:from]
			dst.refs[at+i] = stringRef{uint32(start), uint32(len(dst.data) - start)}
		}
		if err := b.take(int64(len(dst.data)-before), 1); err != nil {
			return err
		}
		at, n = at+len(lengths), n-len(lengths)
	}
	return nil
}
