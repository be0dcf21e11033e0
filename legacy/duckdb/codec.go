package duckdb

import (
	"encoding/binary"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// codecs is indexed by the number on disk. A new codec is one line here and one file.
var codecs = [...]struct {
	name     string
	open     func(p *part, t *types.Type) (decoder, error) // for values
	validity func(p *part) (validityDecoder, error)        // for NULLs
}{
	1:  {"uncompressed", openUncompressed, openBitmask},
	2:  {"constant", openConstant, openConstantValidity},
	3:  {"rle", openRLE, nil},
	4:  {"dictionary", openDictionary, nil},
	6:  {"bitpacking", openBitpacking, nil},
	7:  {"fsst", openFSST, nil},
	8:  {"chimp", openChimp, nil},
	9:  {"patas", openPatas, nil},
	10: {"alp", openALP, nil},
	11: {"alprd", openALPRD, nil},
	12: {"zstd", openZSTD, nil},
	13: {"roaring", openRoaringBooleans, openRoaring},
	14: {"empty", nil, openEmptyValidity},
	15: {"dict_fsst", openDictFSST, nil},
}

// A part is the bytes from which one segment is decoded.
type part struct {
	file *storage.File
	seg  *segment
	b    []byte // from the segment's start to the end of its block
	name string // of the codec
	at   int64  // file offset of b[0]
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
		return nil, p.corrupt(int(max(min(off, int64(len(p.b))), 0)), field, "%d bytes at %d of a segment of at most %d bytes", n, off, len(p.b))
	}
	return p.b[off : off+n : off+n], nil
}

// header gives n bytes at the segment's start.
func (p *part) header(n int64, field string) ([]byte, error) { return p.slice(0, n, field) }

func newPart(f *storage.File, g *segment) (*part, error) {
	p := &part{file: f, seg: g, at: g.dataOffset(f)}
	if int(g.codec) >= len(codecs) || codecs[g.codec].name == "" {
		return nil, &fault.FormatError{Offset: g.at, Field: "segment.compression", Err: fault.Unsupportedf("compression method %d", g.codec)}
	}
	p.name = codecs[g.codec].name
	if g.block == invalidBlock {
		return p, nil
	}
	payload, err := f.Block(g.block, "segment.block")
	if err != nil {
		return nil, err
	}
	if int64(g.offset) > int64(len(payload)) {
		return nil, &fault.FormatError{Offset: g.at, Field: "segment.offset", Err: fault.Corruptf("%d in a block of %d bytes", g.offset, len(payload))}
	}
	p.b = payload[g.offset:]
	return p, nil
}

// openSegment prepares to decode the values of a segment of type t.
func openSegment(f *storage.File, g *segment, t *types.Type) (decoder, error) {
	p, err := newPart(f, g)
	if err != nil {
		return nil, err
	}
	open := codecs[g.codec].open
	if open == nil {
		return nil, p.fail(0, "values", fault.Unsupportedf("%s values", t))
	}
	return open(p, t)
}

// openValidity prepares to decode the NULLs of a segment.
func openValidity(f *storage.File, g *segment) (validityDecoder, error) {
	p, err := newPart(f, g)
	if err != nil {
		return nil, err
	}
	open := codecs[g.codec].validity
	if open == nil {
		return nil, p.fail(0, "validity", fault.Unsupportedf("validity"))
	}
	return open(p)
}

// refuse says that a codec does not go with a type.
func (p *part) refuse(t *types.Type) error {
	return p.fail(0, "type", fault.Unsupportedf("%s compressed as %s", t, p.name))
}

func u16(b []byte, at int) int    { return int(binary.LittleEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int64  { return int64(binary.LittleEndian.Uint32(b[at:])) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
