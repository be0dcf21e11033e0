package codec

import (
	"math/bits"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: dict_fsst.

// Modes of a dict_fsst segment.
const (
	dictPlain    = 0
	dictFSST     = 1
	dictFSSTOnly = 2 // no dictionary: row i is entry i+1
)

func openDictFSST(p *part, t *types.Type) (Decoder, error) {
	if t.Phys != types.PhysString {
		return nil, p.refuse(t)
	}
	h, err := p.header(16, "header")
	if err != nil {
		return nil, err
	}
	size, count := u32(h, 0), u32(h, 4)
	mode, lengthWidth, indexWidth := h[8], int(h[9]), int(h[10])
	tableSize := u32(h, 12)
	if mode > dictFSSTOnly {
		return nil, p.fail(8, "mode", fault.Unsupportedf("mode %d", mode))
	}
	tableAt := align8(16 + size)
	lengthsAt := align8(tableAt + tableSize)
	indexAt := align8(lengthsAt + packedSize(count, lengthWidth))
	dict, err := p.slice(16, size, "dictionary")
	if err != nil {
		return nil, err
	}
	lengths, err := newPacked(p, lengthsAt, count, lengthWidth, "lengths")
	if err != nil {
		return nil, err
	}
	// Strings without bytes cost nothing in the file, but each is one that a row has, and the first is NULL.
	if count == 0 || count > p.seg.Rows+1 || mode == dictFSSTOnly && count != p.seg.Rows+1 {
		return nil, p.corrupt(4, "dict_count", "%d strings for %d rows", count, p.seg.Rows)
	}
	if sum := lengths.sum(); sum != size {
		return nil, p.corrupt(0, "dict_size", "%d, want %d, the sum of the lengths", size, sum)
	}
	var table *fsstTable
	if mode != dictPlain {
		if table, err = readFSSTTable(p, tableAt); err != nil {
			return nil, err
		}
		if table.empty {
			return nil, p.corrupt(int(tableAt), "table", "none in mode %d", mode)
		}
	}
	if table == nil && tableSize != 0 || table != nil && tableSize != table.size {
		return nil, p.corrupt(12, "table_size", "%d in mode %d", tableSize, mode)
	}
	want := 0
	if mode != dictFSSTOnly {
		want = bits.Len64(uint64(count - 1))
	}
	if indexWidth != want {
		return nil, p.corrupt(10, "width", "%d bits for %d strings in mode %d", indexWidth, count, mode)
	}
	if mode == dictFSSTOnly {
		if n := lengths.next(1)[0]; n != 0 {
			return nil, p.corrupt(int(lengthsAt), "lengths", "NULL has %d bytes", n)
		}
		return &dictFSSTStrings{p: p, dict: dict, table: table, lengths: lengths}, nil
	}

	sel, err := newPacked(p, indexAt, p.seg.Rows, indexWidth, "selection")
	if err != nil {
		return nil, err
	}
	d := &dictionary{p: p, dict: dict, sel: sel, null: true, refs: make([]vector.Span, 0, count)}
	if mode == dictFSST {
		d.dict = nil
	}
	off := int64(0)
	for left := int(count); left > 0; {
		some := lengths.next(left)
		for _, length := range some {
			if len(d.refs) == 0 && length != 0 {
				return nil, p.corrupt(int(lengthsAt), "lengths", "NULL has %d bytes", length)
			}
			ref := vector.Span{Off: uint32(off), Len: length}
			if mode == dictFSST {
				start := len(d.dict)
				var ok bool
				if d.dict, ok = table.appendDecoded(d.dict, dict[off:off+int64(length)]); !ok {
					return nil, p.corrupt(16+int(off), "codes", "a code without a symbol")
				}
				ref = vector.Span{Off: uint32(start), Len: uint32(len(d.dict) - start)}
			}
			d.refs = append(d.refs, ref)
			off += int64(length)
		}
		left -= len(some)
	}
	return d, nil
}

// dictFSSTStrings decodes segments without a dictionary.
type dictFSSTStrings struct {
	p       *part
	dict    []byte // compressed strings of the rows that follow
	table   *fsstTable
	lengths *packedReader
}

func (d *dictFSSTStrings) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	dst.Own()
	for n > 0 {
		lengths := d.lengths.next(n)
		data, dict, refs := dst.Data, d.dict, dst.Strings[at:at+len(lengths)]
		for i, length := range lengths {
			start := len(data)
			var ok bool
			if data, ok = d.table.appendDecoded(data, dict[:length]); !ok {
				return d.p.corrupt(16, "codes", "a code without a symbol")
			}
			dict = dict[length:]
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
