package codec

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A part is the bytes from which one segment is decoded.
type part struct {
	file  *storage.File
	seg   *Segment
	block *storage.Block // lent to who opened the segment
	b     []byte         // from the segment's start to the end of its block
	name  string         // of the codec
	at    int64          // file offset of b[0]
}

// fail makes an error about byte off of the segment.
func (p *part) fail(off int, field string, err error) error {
	return &fault.FormatError{Offset: p.at + int64(off), Field: p.name + "." + field, Err: err}
}

// corrupt makes an error about damage at byte off of the segment.
func (p *part) corrupt(off int, field, format string, args ...any) error {
	return p.fail(off, field, fault.Corruptf(format, args...))
}

// slice gives n bytes from byte off on.
func (p *part) slice(off, n int64, field string) ([]byte, error) {
	if off < 0 || n < 0 || off > int64(len(p.b)) || n > int64(len(p.b))-off {
		return nil, p.corrupt(int(max(min(off, int64(len(p.b))), 0)), field,
			"%d bytes at %d of a segment of at most %d bytes", n, off, len(p.b))
	}
	return p.b[off : off+n : off+n], nil
}

// header gives n bytes at the segment's start.
func (p *part) header(n int64, field string) ([]byte, error) { return p.slice(0, n, field) }

// ends reports whether the last part of the segment may end at byte end. That is right behind the parts before it,
// which makes tight bytes; but when these fill four fifths of a block, the segment has the block for itself and the
// last part ends with it.
func (p *part) ends(end, tight int64) bool {
	fifths := int64(p.file.Payload()) / 5 * 4
	const rounded = 8 // codecs differ in how they round the limit
	switch {
	case end == tight:
		return tight < fifths+rounded || end == int64(len(p.b))
	case end == int64(len(p.b)):
		return tight >= fifths && tight < end && p.seg.Offset == 0
	}
	return false
}

// segmentAlign divides the offsets of segments in their blocks.
const segmentAlign = 8

func newPart(f *storage.File, g *Segment) (*part, error) {
	p := &part{file: f, seg: g, at: g.DataOffset(f)}
	if int(g.Codec) >= len(codecs) || codecs[g.Codec].name == "" {
		return nil, &fault.FormatError{Offset: g.At, Field: "segment.compression",
			Err: fault.Unsupportedf("compression method %d", g.Codec)}
	}
	p.name = codecs[g.Codec].name
	if g.Block == NoBlock {
		return p, nil
	}
	var err error
	if p.block, err = f.Borrow(g.Block, "segment.block"); err != nil {
		return nil, err
	}
	payload := p.block.Payload
	if int64(g.Offset) > int64(len(payload)) {
		return nil, &fault.FormatError{Offset: g.At, Field: "segment.offset",
			Err: fault.Corruptf("%d in a block of %d bytes", g.Offset, len(payload))}
	}
	if g.Offset%segmentAlign != 0 {
		return nil, &fault.FormatError{Offset: g.At, Field: "segment.offset",
			Err: fault.Corruptf("%d, want a multiple of %d", g.Offset, segmentAlign)}
	}
	p.b = payload[g.Offset:]
	if g.Sized {
		if g.Bytes > uint64(len(p.b)) {
			return nil, &fault.FormatError{Offset: g.At, Field: "segment.byte_size",
				Err: fault.Corruptf("%d at %d of a block of %d bytes", g.Bytes, g.Offset, len(payload))}
		}
		p.b = p.b[:g.Bytes:g.Bytes]
	}
	return p, nil
}

// noBlock checks that a segment that needs no data has none: otherwise it is one of another compression.
func (p *part) noBlock() error {
	if p.seg.Block == NoBlock {
		return nil
	}
	return &fault.FormatError{Offset: p.seg.At, Field: "segment.compression",
		Err: fault.Corruptf("%s with data in block %d", p.name, p.seg.Block)}
}

// refuse says that a codec does not go with a type.
func (p *part) refuse(t *types.Type) error {
	return p.fail(0, "type", fault.Unsupportedf("%s compressed as %s", t, p.name))
}

func align8(x int64) int64 { return (x + 7) &^ 7 }

func u16(b []byte, at int) int    { return int(binary.LittleEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int64  { return int64(binary.LittleEndian.Uint32(b[at:])) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
