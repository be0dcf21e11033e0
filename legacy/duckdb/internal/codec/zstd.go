package codec

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// FORMAT.md: zstd.

// zstdReaders are decoders between uses. One is limited to little memory: a window past a frame's own size is never
// needed.
var zstdReaders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}}

func openZSTD(p *part, t *types.Type) (Decoder, error) {
	if t.Phys != types.PhysString {
		return nil, p.refuse(t)
	}
	v := (p.seg.Rows + storage.VectorSize - 1) / storage.VectorSize
	sizes := (12*v + 7) &^ 7
	h, err := p.header(sizes+16*v, "header")
	if err != nil {
		return nil, err
	}
	return &zstdStrings{p: p, left: p.seg.Rows, block: p.seg.Block, at: int64(p.seg.Offset) + int64(len(h)), pages: h[:8*v], offsets: h[8*v : 12*v], sizes: h[sizes : sizes+8*v],
		packed: h[sizes+8*v:]}, nil
}

type zstdStrings struct {
	p              *part
	left           int64 // rows not yet decompressed
	vector         int   // number of the next
	pages, offsets []byte
	sizes, packed  []byte

	block uint64 // in which the next vector starts, unless it starts a block
	at    int64  // and where

	lengths []uint32 // of the strings decompressed, not yet given out
	strs    []byte
}

func (d *zstdStrings) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	dst.Own()
	for n > 0 {
		if len(d.lengths) == 0 {
			if err := d.next(b); err != nil {
				return err
			}
		}
		k := min(n, len(d.lengths))
		total := 0
		for _, length := range d.lengths[:k] {
			total += int(length)
		}
		if err := b.Take(int64(total), 1); err != nil {
			return err
		}
		off := len(dst.Data)
		dst.Data = append(dst.Data, d.strs[:total]...)
		for i, length := range d.lengths[:k] {
			dst.Strings[at+i] = vector.Span{Off: uint32(off), Len: length}
			off += int(length)
		}
		d.lengths, d.strs = d.lengths[k:], d.strs[total:]
		at, n = at+k, n-k
	}
	return nil
}

// next decompresses the next vector.
func (d *zstdStrings) next(b *vector.Budget) error {
	f := d.p.file
	k := d.vector
	rows := int(min(d.left, storage.VectorSize))
	page, off := u64(d.pages, 8*k), u32(d.offsets, 4*k)
	size, packed := u64(d.sizes, 8*k), u64(d.packed, 8*k)
	block, payload := d.p.seg.Block, []byte(nil)
	if page == NoBlock {
		off += int64(d.p.seg.Offset)
	} else {
		block = page
	}
	payload, err := f.Block(block, "zstd.page")
	if err != nil {
		return err
	}
	off = align4(off)
	limit := int64(f.Payload() - 8) // the next block's id follows
	at := f.Offset(block) + off
	fail := func(field string, err error) error {
		return &fault.FormatError{Offset: at, Field: "zstd." + field, Err: err}
	}
	if (block != d.block || off != align4(d.at)) && (page == NoBlock || block == d.block || off != 0) {
		return fail("offset", fault.Corruptf("a vector starts at %d of block %d, the one before it ends at %d of block %d",
			off, int64(block), d.at, int64(d.block)))
	}
	if off+4*int64(rows) > int64(f.Payload()) {
		return fail("lengths", fault.Corruptf("%d rows at %d of a block of %d bytes", rows, off, f.Payload()))
	}
	d.lengths = make([]uint32, rows)
	var sum uint64
	for i := range d.lengths {
		n := u32(payload, int(off)+4*i)
		d.lengths[i] = uint32(n)
		sum += uint64(n)
	}
	off += 4 * int64(rows)
	switch {
	case sum != size:
		return fail("lengths", fault.Corruptf("strings of %d bytes in a frame of %d", sum, size))
	case packed > uint64(f.Size()):
		return fail("compressed_size", fault.Corruptf("%d in a file of %d bytes", packed, f.Size()))
	case size > uint64(max(b.Left, 0)):
		d.lengths = nil
		return vector.ErrBudget
	}

	var frame []byte
	for left := int64(packed); left > 0; {
		k := min(left, limit-off)
		if k < 0 {
			return fail("frame", fault.Corruptf("starts at %d of a block of %d bytes", off, f.Payload()))
		}
		if k == left && frame == nil {
			frame = payload[off : off+k]
			off += k
			break
		}
		frame = append(frame, payload[off:off+k]...)
		off += k
		if left -= k; left == 0 {
			break
		}
		block, off = u64(payload, int(limit)), 0
		if payload, err = f.Block(block, "zstd.next"); err != nil {
			return err
		}
	}
	if size > 0 {
		z := zstdReaders.Get().(*zstd.Decoder)
		defer zstdReaders.Put(z)
		if err := z.Reset(bytes.NewReader(frame)); err != nil {
			return fail("frame", fault.Corruptf("%v", err))
		}
		d.strs = slices.Grow(d.strs[:0:0], int(size))[:size]
		if _, err := io.ReadFull(z, d.strs); err != nil {
			return fail("frame", fmt.Errorf("%w: %w", fault.ErrCorrupt, err))
		}
		if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			return fail("frame", fault.Corruptf("does not end after %d bytes", size))
		}
	}
	d.block, d.at = block, off
	d.vector++
	d.left -= int64(rows)
	return nil
}

func align4(x int64) int64 { return (x + 3) &^ 3 }
