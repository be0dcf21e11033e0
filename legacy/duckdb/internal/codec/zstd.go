package codec

import (
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
	return &zstdStrings{p: p, left: p.seg.Rows, block: p.seg.Block, at: int64(p.seg.Offset) + int64(len(h)),
		pages: h[:8*v], offsets: h[8*v : 12*v], sizes: h[sizes : sizes+8*v],
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

	lengths []uint32 // of the strings of a vector that are not yet given out
	frame   *zstdFrame
	text    *zstd.Decoder // of the frame; nil for one of no bytes
	size    uint64        // of all strings in the frame, for errors
	started int64         // where the vector starts in the file, for errors
}

func (d *zstdStrings) Decode(dst *vector.Vector, at, n int, b *vector.Budget) error {
	dst.Own()
	for n > 0 {
		if len(d.lengths) == 0 {
			if err := d.next(); err != nil {
				return err
			}
		}
		// A vector may be larger than a batch: no more of it is decompressed than is wanted.
		k := min(n, len(d.lengths))
		total := int64(0)
		for _, length := range d.lengths[:k] {
			total += int64(length)
		}
		if err := b.Take(total, 1); err != nil {
			return err
		}
		off := len(dst.Data)
		dst.Data = slices.Grow(dst.Data, int(total))[:off+int(total)]
		if total > 0 {
			if _, err := io.ReadFull(d.text, dst.Data[off:]); err != nil {
				return d.broken(err)
			}
		}
		for i, length := range d.lengths[:k] {
			dst.Strings[at+i] = vector.Span{Off: uint32(off), Len: length}
			off += int(length)
		}
		if d.lengths = d.lengths[k:]; len(d.lengths) == 0 {
			if err := d.end(); err != nil {
				return err
			}
		}
		at, n = at+k, n-k
	}
	return nil
}

// fail makes an error about the vector that is being read.
func (d *zstdStrings) fail(field string, err error) error {
	return &fault.FormatError{Offset: d.started, Field: "zstd." + field, Err: err}
}

// broken says why the frame cannot be read on.
func (d *zstdStrings) broken(err error) error {
	if d.frame.err != nil {
		return d.frame.err
	}
	return d.fail("frame", fmt.Errorf("%w: %w", fault.ErrCorrupt, err))
}

// next begins the next vector.
func (d *zstdStrings) next() error {
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
	d.started, d.size = f.Offset(block)+off, size
	if (block != d.block || off != align4(d.at)) && (page == NoBlock || block == d.block || off != 0) {
		return d.fail("offset", fault.Corruptf("a vector starts at %d of block %d, the one before it ends at %d of block %d",
			off, int64(block), d.at, int64(d.block)))
	}
	if off+4*int64(rows) > int64(f.Payload()) {
		return d.fail("lengths", fault.Corruptf("%d rows at %d of a block of %d bytes", rows, off, f.Payload()))
	}
	lengths := make([]uint32, rows)
	var sum uint64
	for i := range lengths {
		n := u32(payload, int(off)+4*i)
		lengths[i] = uint32(n)
		sum += uint64(n)
	}
	off += 4 * int64(rows)
	switch {
	case sum != size:
		return d.fail("lengths", fault.Corruptf("strings of %d bytes in a frame of %d", sum, size))
	case packed > uint64(f.Size()):
		return d.fail("compressed_size", fault.Corruptf("%d in a file of %d bytes", packed, f.Size()))
	case packed > 0 && off > limit:
		return d.fail("frame", fault.Corruptf("starts at %d of a block of %d bytes", off, f.Payload()))
	}
	d.frame = &zstdFrame{file: f, payload: payload, block: block, off: off, limit: limit, left: int64(packed)}
	if size > 0 {
		d.text = zstdReaders.Get().(*zstd.Decoder)
		if err := d.text.Reset(d.frame); err != nil {
			return d.broken(err)
		}
	}
	d.lengths = lengths
	d.vector++
	d.left -= int64(rows)
	return nil
}

// end checks that the frame ends with its strings.
func (d *zstdStrings) end() error {
	if d.text != nil {
		if n, err := d.text.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			if n == 0 && err != nil {
				return d.broken(err)
			}
			return d.fail("frame", fault.Corruptf("does not end after %d bytes", d.size))
		}
		zstdReaders.Put(d.text)
		d.text = nil
	}
	if _, err := io.Copy(io.Discard, d.frame); err != nil {
		return err
	}
	d.block, d.at = d.frame.block, d.frame.off
	return nil
}

// A zstdFrame reads a frame, which goes on in other blocks.
type zstdFrame struct {
	file    *storage.File
	payload []byte // of the block in which off is
	block   uint64
	off     int64
	limit   int64 // of the bytes of a frame in a block
	left    int64 // bytes of the frame
	err     error // of a block
}

func (r *zstdFrame) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if r.off == r.limit {
		r.block, r.off = u64(r.payload, int(r.limit)), 0
		if r.payload, r.err = r.file.Block(r.block, "zstd.next"); r.err != nil {
			r.left = 0
			return 0, r.err
		}
	}
	n := copy(p, r.payload[r.off:r.off+min(r.left, r.limit-r.off)])
	r.off += int64(n)
	r.left -= int64(n)
	return n, nil
}

func align4(x int64) int64 { return (x + 3) &^ 3 }
