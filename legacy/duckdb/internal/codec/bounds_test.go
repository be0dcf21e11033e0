package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A boundsCase is a segment of which one part ends exactly where the block does, or where another part allows it to.
type boundsCase struct {
	name  string
	codec uint8
	typ   *types.Type // nil: the validity
	rows  int64
	pad   []byte // what stands before the segment
	data  []byte
	want  string
	short []byte // the same but for one byte too few, or a bound one too far; nil: data without the last byte
	field string // of the error about short
}

// fsstOf is a symbol table with so many symbols of each length.
func fsstOf(counts [8]uint8, symbols string) []byte {
	n := uint64(0)
	for _, c := range counts {
		n += uint64(c)
	}
	return cat(b8(fsstVersion)<<32|n<<8|fsstLittleEndian, b1(0), counts[:], symbols)
}

// fsstSegment is a segment of one string, the length of which is stored in width bits.
func fsstSegment(width int, length uint64, table []byte, codes string) []byte {
	at := 16 + 4*width
	return cat(b4(len(codes)), b4(at+len(table)+len(codes)), b4(width), b4(at), packed(width, length), table, codes)
}

// dictionaryOf is a segment of one row, which has the string of that number; ends are the distances of the strings from
// the end. They consist of x.
func dictionaryOf(row uint64, ends ...int) []byte {
	width, size := bits.Len(uint(len(ends)-1)), ends[len(ends)-1]
	at := 20 + 4*width
	b := cat(b4(size), b4(at+4*len(ends)+size), b4(at), b4(len(ends)), b4(width), packed(width, row))
	for _, end := range ends {
		b = cat(b, b4(end))
	}
	return cat(b, strings.Repeat("x", size))
}

// packOf is a segment of one group.
func packOf(mode b4, parts ...any) []byte {
	group := cat(parts...)
	group = append(group, zeros(-len(group)&7)...)
	return cat(b8(12+len(group)), group, mode<<24|8)
}

// groupOf is an alp or alprd segment of one group; header is what stands between the end of the entries and it.
func groupOf(header, group []byte) []byte {
	b := cat(b4(0), header, group)
	b = append(b, zeros(-len(b)&7)...)
	b = cat(b, b4(4+len(header)))
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// alpHeader is the header of a group.
func alpHeader(e, f b1, exceptions b2, ref b8, width b1) []byte {
	return cat(e, f, exceptions, ref, width)
}

// dictFSSTHeader is the header of a segment.
func dictFSSTHeader(size, count b4, mode, lengthWidth, indexWidth b1, table b4) []byte {
	return cat(size, count, mode, lengthWidth, indexWidth, b1(0), table)
}

// dictFSSTSegment is a segment of one row, which has a string of one code.
func dictFSSTSegment(mode, indexWidth b1, tableSize b4, table, index []byte) []byte {
	return cat(dictFSSTHeader(1, 2, mode, 1, indexWidth, tableSize), zeros(8), table, zeros(-len(table)&7),
		packed(1, 0, 1),
		zeros(4), index)
}

// roaringTwo is a segment of two containers: a bitset of NULLs, and one of the given type and number of runs or values,
// whose bytes are last.
func roaringTwo(typ uint64, n uint8, last []byte) []byte {
	data := cat(zeros(storage.VectorSize/8), last)
	data = append(data, zeros(-len(data)&7)...)
	b := cat(b8(len(data)), data, packed(2, 0, typ))
	if typ&roaringRuns != 0 {
		return cat(b, packed(7, uint64(n)), b1(roaringBitset))
	}
	return cat(b, b1(roaringBitset), n)
}

// packTwo is a segment of two groups of one constant, the second of which starts at byte at by its entry.
func packTwo(width int, constant []byte, at int) []byte {
	groups := cat(constant, constant)
	groups = append(groups, zeros(-len(groups)&7)...)
	return cat(b8(16+len(groups)), groups, b4(packConstant<<24|at), b4(packConstant<<24|8))
}

func boundsCases(t *testing.T) []boundsCase {
	text, integer := types.Plain(types.Varchar), types.Plain(types.Integer)
	double, single := types.Plain(types.Double), types.Plain(types.Float)
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	frame := encoder.EncodeAll([]byte("abc"), nil)
	if len(frame) > boundsOffset {
		t.Fatalf("got a frame of %d bytes, want at most %d", len(frame), boundsOffset)
	}
	// fileSize is the size of the file for a segment of n bytes.
	fileSize := func(n int) uint64 { return uint64(headersSize + 8 + boundsOffset + n) }
	zstdHeader := func(page uint64, offset uint32, size, packed uint64) []byte {
		return cat(page, offset, zeros(4), size, packed)
	}
	one := cat(b1(0), b1(1), b1(1), b2(0)) // of alprd: parts of 0 and 1 bits, a dictionary of 0
	valid := func(n int) string { return "…" + strings.Repeat("1", n) }
	all := []boundsCase{
		{"values", 1, integer, 2, nil, cat(b4(1), b4(2)), "1 2", nil, "uncompressed.values"},
		{"mask", 1, nil, 9, nil, cat(b2(0x102)), "010000001", nil, "uncompressed.mask"},
		{"header", 1, text, 0, nil, cat(b4(0), b4(8)), "", nil, "uncompressed.header"},
		{"dictionary", 1, text, 1, nil, cat(b4(3), b4(15), b4(3), "abc"), "abc", nil, "uncompressed.dict_end"},
		{"offsets", 1, text, 1, nil, cat(b4(0), b4(12), b4(0)), "", cat(b4(0), b4(8), zeros(3)), "uncompressed.offsets"},
		{"start of the dictionary", 1, text, 1, nil, cat(b4(3), b4(15), b4(3), "abc"), "abc",
			cat(b4(4), b4(15), b4(4), "abc"), "uncompressed.dict_end"},
		{"size of the dictionary", 1, text, 1, nil, cat(b4(3), b4(15), b4(3), "abc"), "abc",
			cat(b4(3), b4(15), b4(2), "abc"), "uncompressed.dict_size"},
		{"string", 1, text, 2, nil, cat(b4(3), b4(19), b4(3), b4(3), "abc"), "abc ",
			cat(b4(3), b4(19), b4(4), b4(3), "abc"), "uncompressed.offsets"},
		{"overflow marker", 1, text, 1, cat(b4(3), "abc"), cat(b4(12), b4(24), ^b4(12)+1, b8(0), b4(0)), "abc",
			cat(b4(11), b4(23), ^b4(11)+1, b8(0), "abc"), "uncompressed.offsets"},
		{"overflow offset", 1, text, 1, nil, cat(b4(12), b4(24), ^b4(12)+1, b8(0), b4(40), b4(0), b8(0)), "", nil,
			"overflow.offset"},
		{"overflow length", 1, text, 1, cat(b4(fileSize(32))), cat(b4(12), b4(24), ^b4(12)+1, b8(0), b4(0), b8(0)), "…",
			nil, "overflow.length"},
		{"overflow block", 1, text, 1, cat(b4(3), "abc"), cat(b4(12), b4(24), ^b4(12)+1, b8(0), b4(0)), "abc",
			cat(b4(12), b4(24), ^b4(12)+1, b8(1), b4(0)), "overflow.block"},

		{"header", 3, integer, 0, nil, cat(b8(8)), "", nil, "rle.counts_offset"},
		{"values before the counts", 3, integer, 0, nil, cat(b8(8)), "", cat(b8(7)), "rle.counts_offset"},
		{"counts", 3, integer, 2, nil, cat(b8(16), b4(7), zeros(4), b2(2)), "7 7", nil, "rle.counts"},
		{"rows", 3, integer, 2, nil, cat(b8(16), b4(7), zeros(4), b2(2)), "7 7",
			cat(b8(16), b4(7), zeros(4), b2(3)), "rle.counts"},
		{"place of the counts", 3, integer, 2, nil, cat(b8(16), b4(7), b4(8), b2(1), b2(1)), "7 8",
			cat(b8(24), b4(7), b4(8), zeros(8), b2(1), b2(1)), "rle.counts_offset"},

		{"header", 4, text, 0, nil, cat(b4(0), b4(24), b4(20), b4(1), b4(0), b4(0)), "", zeros(19), "dictionary.header"},
		{"dictionary", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x", nil, "dictionary.dict_end"},
		{"index", 4, text, 0, nil, cat(b4(0), b4(24), b4(20), b4(1), b4(0), b4(0)), "",
			cat(b4(0), b4(24), b4(20), b4(2), b4(1), b4(0)), "dictionary.index"},
		{"place of the index", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x",
			cat(b4(1), b4(33), b4(25), b4(2), b4(1), packed(1, 1), b4(0), b4(1), "x"), "dictionary.index_offset"},
		{"size of the dictionary", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x",
			cat(b4(1), b4(33), b4(24), b4(2), b4(1), packed(1, 1), b4(0), b4(0), "x"), "dictionary.dict_size"},
		{"start of the dictionary", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x",
			cat(b4(2), b4(33), b4(24), b4(2), b4(1), packed(1, 1), b4(0), b4(2), "x"), "dictionary.dict_end"},
		{"strings that fall", 4, text, 1, nil, dictionaryOf(1, 0, 1, 1), "x", dictionaryOf(1, 0, 2, 1), "dictionary.index"},
		{"string of NULL", 4, text, 1, nil, dictionaryOf(1, 0, 1, 1), "x", dictionaryOf(1, 1, 1, 1), "dictionary.index"},
		{"selection", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x", cat(b4(0), b4(20), b4(24), b4(2), b4(1), zeros(3)),
			"dictionary.selection"},
		{"selected string", 4, text, 1, nil, dictionaryOf(2, 0, 1, 1), "", dictionaryOf(3, 0, 1, 1), "dictionary.selection"},
		{"width", 4, text, 1, nil, dictionaryOf(1, 0, 1), "x",
			cat(b4(1), b4(37), b4(28), b4(2), b4(2), packed(2, 1), b4(0), b4(1), "x"), "dictionary.width"},
		{"length of a string", 4, text, 1, nil, dictionaryOf(1, 0, 1<<16-1), "…x", dictionaryOf(1, 0, 1<<16),
			"dictionary.index"},

		{"header", 6, integer, 0, nil, cat(b8(8)), "", nil, "bitpacking.end"},
		{"entries", 6, integer, 0, nil, cat(b8(8)), "", cat(b8(7)), "bitpacking.end"},
		{"entries of groups", 6, integer, 1, nil, packOf(packConstant, b4(7)), "7",
			cat(b8(11), b4(packConstant<<24|8), b4(7)), "bitpacking.end"},
		{"first group", 6, integer, 1, nil, packOf(packConstant, b4(7)), "7",
			cat(b8(20), b4(7), zeros(4), b4(packConstant<<24|9)), "bitpacking.group"},

		{"dictionary", 7, text, 1, nil, fsstSegment(1, 1, fsstOf([8]uint8{1}, "a"), "\x00"), "a", nil, "fsst.dict_end"},
		{"lengths", 7, text, 1, nil, fsstSegment(1, 1, fsstOf([8]uint8{1}, "a"), "\x00"), "a",
			cat(b4(0), b4(16), b4(1), b4(20), zeros(3)), "fsst.lengths"},
		{"table", 7, text, 1, nil, fsstSegment(1, 0, fsstOf([8]uint8{}, ""), ""), "",
			cat(b4(0), b4(20), b4(1), b4(20), packed(1, 0), fsstOf([8]uint8{}, "")[:16]), "fsst.table"},
		{"place of the table", 7, text, 1, nil, fsstSegment(1, 0, fsstOf([8]uint8{}, ""), ""), "",
			cat(b4(0), b4(37), b4(1), b4(19), packed(1, 0), fsstOf([8]uint8{}, "")), "fsst.table_offset"},
		{"gap before the table", 7, text, 1, nil, fsstSegment(1, 0, fsstOf([8]uint8{}, ""), ""), "",
			cat(b4(0), b4(41), b4(1), b4(24), packed(1, 0), zeros(4), fsstOf([8]uint8{}, "")), "fsst.table_offset"},
		{"no table", 7, text, 1, nil, fsstSegment(1, 0, zeros(17), ""), "", fsstSegment(1, 1, zeros(17), "\x00"),
			"fsst.table"},
		{"symbols of one byte", 7, text, 1, nil, fsstSegment(1, 1, fsstOf([8]uint8{2}, "ab"), "\x00"), "a",
			cat(b4(0), b4(20), b4(1), b4(20), packed(1, 0), fsstOf([8]uint8{2}, "a")), "fsst.table"},
		{"symbols of eight bytes", 7, text, 1, nil, fsstSegment(1, 1, fsstOf([8]uint8{7: 1}, "abcdefgh"), "\x00"),
			"abcdefgh", cat(b4(0), b4(20), b4(1), b4(20), packed(1, 0), fsstOf([8]uint8{7: 1}, "abcdefg")), "fsst.table"},
		{"sum of the lengths", 7, text, 1, nil, fsstSegment(2, 1, fsstOf([8]uint8{1}, "a"), "\x00"), "a",
			cat(b4(2), b4(43), b4(2), b4(24), packed(2, 1), fsstOf([8]uint8{1}, "a"), b1(0)), "fsst.dict_size"},
		{"strings in the table", 7, text, 1, nil, fsstSegment(2, 1, fsstOf([8]uint8{1}, "a"), "\x00"), "a",
			cat(b4(2), b4(43), b4(2), b4(24), packed(2, 2), fsstOf([8]uint8{1}, "a"), b1(0)), "fsst.dict_end"},
		{"code", 7, text, 1, nil, fsstSegment(1, 1, fsstOf([8]uint8{1}, "a"), "\x00"), "a",
			fsstSegment(1, 1, fsstOf([8]uint8{1}, "a"), "\x01"), "fsst.codes"},

		{"header", 8, double, 0, nil, cat(b4(4)), "", nil, "chimp.meta"},
		{"metadata", 8, double, 1, nil, cat(b4(21), zeros(12), b1(0), b4(4)), "0.0", nil, "chimp.meta"},
		{"gap", 8, double, 1, nil, cat(b4(21), zeros(12), b1(0), b4(4)), "0.0", cat(b4(29), zeros(20), b1(0), b4(4)),
			"chimp.meta"},
		{"codes of no use", 8, double, 1, nil, cat(b4(21), zeros(12), b1(0), b4(4)), "0.0",
			cat(b4(24), zeros(15), b1(1), b4(4)), "chimp.lead_blocks"},
		{"data", 8, double, 1, nil, cat(b4(21), zeros(12), b1(0), b4(4)), "0.0", cat(b4(9), zeros(5)), "chimp.data"},
		{"data of FLOAT", 8, single, 1, nil, cat(b4(13), zeros(4), b1(0), b4(4)), "0.0", cat(b4(9), zeros(3)),
			"chimp.meta"},
		{"start of the metadata", 8, double, 1, nil, cat(b4(21), zeros(12), b1(0), b4(4)), "0.0", cat(b4(8), zeros(8)),
			"chimp.lead_blocks"},
		{"leading zeros", 8, double, 9, nil, cat(b4(90), zeros(76), b2(0xffff), zeros(3), b1(1), b4(0)),
			strings.TrimSpace(strings.Repeat("0.0 ", 9)), cat(b4(87), zeros(76), b2(0xffff), b1(0), b4(0)),
			"chimp.lead_blocks"},

		{"header", 9, double, 0, nil, cat(b4(4)), "", nil, "patas.meta"},
		{"metadata", 9, double, 1, nil, cat(b4(22), zeros(12), b2(0), b4(4)), "0.0", nil, "patas.meta"},
		{"gap", 9, double, 1, nil, cat(b4(22), zeros(12), b2(0), b4(4)), "0.0", cat(b4(30), zeros(20), b2(0), b4(4)),
			"patas.meta"},
		{"data", 9, double, 1, nil, cat(b4(22), zeros(12), b2(0), b4(4)), "0.0", cat(b4(10), b2(0), b4(4)), "patas.data"},
		{"start of the data", 9, single, 1, nil, cat(b4(14), zeros(4), b2(0), b4(4)), "0.0",
			cat(b4(14), zeros(4), b2(0), b4(5)), "patas.offset"},
		{"start of the metadata", 9, double, 1, nil, cat(b4(22), zeros(12), b2(0), b4(4)), "0.0", cat(b4(4)),
			"patas.words"},

		{"header", 10, double, 0, nil, cat(b4(4)), "", nil, "alp.meta"},
		{"metadata", 10, double, 1, nil, groupOf(nil, alpHeader(0, 0, 0, 5, 0)), "5.0", nil, "alp.meta"},
		{"gap", 10, double, 1, nil, groupOf(nil, alpHeader(0, 0, 0, 5, 0)), "5.0",
			groupOf(nil, cat(alpHeader(0, 0, 0, 5, 0), zeros(8))), "alp.meta"},
		{"start of a group", 10, double, 1, nil, groupOf(nil, alpHeader(0, 0, 0, 5, 0)), "5.0",
			cat(b4(28), alpHeader(0, 0, 0, 5, 0), zeros(7), b4(5)), "alp.entry"},
		{"header of a group", 10, double, 1, nil, groupOf(nil, alpHeader(0, 0, 0, 5, 0)), "5.0", cat(b4(8), b4(4)),
			"alp.header"},
		{"raw", 10, double, 1, nil, groupOf(nil, cat(b1(alpRaw), zeros(8))), "0.0", cat(b4(12), b1(alpRaw), zeros(3), b4(4)),
			"alp.raw"},
		{"raw FLOAT", 10, single, 1, nil, groupOf(nil, cat(b1(alpRaw), zeros(4))), "0.0", nil, "alp.meta"},
		{"no group", 10, double, 1, nil, groupOf(nil, cat(b1(alpRaw), zeros(8))), "0.0", cat(b4(4)), "alp.exponent"},
		{"packed", 10, double, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 0, 5, 1), packed(1, 1))), "6.0",
			groupOf(nil, cat(alpHeader(0, 0, 0, 5, 64), packed(1, 1))), "alp.packed"},
		{"widest", 10, double, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 0, 5, 64), packed(64, 1))), "6.0",
			groupOf(nil, cat(alpHeader(0, 0, 0, 5, 65), packed(65, 1))), "alp.width"},
		{"positions", 10, double, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 1, 5, 0), b8(0), b2(0))), "0.0",
			cat(b4(26), alpHeader(0, 0, 1, 5, 0), zeros(5), b4(4)), "alp.positions"},
		{"position", 10, double, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 1, 5, 0), b8(0), b2(0))), "0.0",
			groupOf(nil, cat(alpHeader(0, 0, 1, 5, 0), b8(0), b2(1))), "alp.positions"},
		{"positions that fall", 10, double, 2, nil, groupOf(nil, cat(alpHeader(0, 0, 2, 5, 0), b8(0), b8(0), b2(0), b2(1))),
			"0.0 0.0", groupOf(nil, cat(alpHeader(0, 0, 2, 5, 0), b8(0), b8(0), b2(1), b2(0))), "alp.positions"},
		{"exceptions", 10, double, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 1, 5, 0), b8(0), b2(0))), "0.0",
			groupOf(nil, cat(alpHeader(0, 0, 9000, 5, 0), b8(0), b2(0))), "alp.exceptions"},
		{"exceptions of FLOAT", 10, single, 1, nil, groupOf(nil, cat(alpHeader(0, 0, 1, 5, 0), b4(0), b2(0))), "0.0",
			groupOf(nil, cat(alpHeader(0, 0, 2, 5, 0), b4(0), b2(0))), "alp.positions"},
		{"exponent", 10, double, 1, nil, groupOf(nil, alpHeader(20, 20, 0, 0, 0)), "0.0",
			groupOf(nil, alpHeader(20, 21, 0, 0, 0)), "alp.exponent"},
		{"exponent of FLOAT", 10, single, 1, nil, groupOf(nil, alpHeader(10, 10, 0, 0, 0)), "0.0",
			groupOf(nil, alpHeader(11, 10, 0, 0, 0)), "alp.exponent"},

		{"header", 11, double, 0, nil, cat(b4(4), b1(0), b1(0), b1(0)), "", nil, "alprd.header"},
		{"dictionary", 11, double, 0, nil, cat(b4(4), b1(0), b1(0), b1(1), b2(0)), "", nil, "alprd.dictionary"},
		{"largest dictionary", 11, double, 0, nil, cat(b4(4), b1(0), b1(0), b1(8), zeros(16)), "",
			cat(b4(4), b1(0), b1(0), b1(9), zeros(18)), "alprd.header"},
		{"widest left part", 11, double, 0, nil, cat(b4(4), b1(0), b1(16), b1(0)), "", cat(b4(4), b1(0), b1(17), b1(0)),
			"alprd.header"},
		{"widest right part", 11, double, 0, nil, cat(b4(4), b1(64), b1(0), b1(0)), "",
			cat(b4(4), b1(65), b1(0), b1(0)), "alprd.header"},
		{"widest right part of FLOAT", 11, single, 0, nil, cat(b4(4), b1(32), b1(0), b1(0)), "",
			cat(b4(4), b1(33), b1(0), b1(0)), "alprd.header"},
		{"metadata", 11, double, 1, nil, groupOf(one, cat(b2(0), packed(1, 0))), "0.0", nil, "alprd.meta"},
		{"left parts", 11, double, 1, nil, groupOf(one, cat(b2(0), packed(1, 0))), "0.0",
			cat(b4(13), one, b4(9)), "alprd.packed"},
		{"right parts", 11, double, 1, nil, groupOf(cat(b1(1), one[1:]), cat(b2(0), packed(1, 0), packed(1, 0))), "0.0",
			groupOf(cat(b1(64), one[1:]), cat(b2(0), packed(1, 0), packed(1, 0))), "alprd.packed"},
		{"exceptions", 11, double, 1, nil, groupOf(one, cat(b2(1), packed(1, 1), b2(0), b2(0))), "0.0",
			groupOf(one, cat(b2(9000), packed(1, 1), b2(0), b2(0))), "alprd.exceptions"},
		{"position", 11, double, 1, nil, groupOf(one, cat(b2(1), packed(1, 1), b2(0), b2(0))), "0.0",
			groupOf(one, cat(b2(1), packed(1, 1), b2(0), b2(1))), "alprd.positions"},
		{"raw", 11, double, 1, nil, groupOf(one, cat(b2(alprdRaw), zeros(8))), "0.0",
			cat(b4(17), one, b2(alprdRaw), b2(0), b4(9)), "alprd.raw"},
		{"raw FLOAT", 11, single, 1, nil, groupOf(one, cat(b2(alprdRaw), zeros(4))), "0.0", nil, "alprd.meta"},

		{"header", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 0, 0), b4(0)), "", zstdHeader(NoBlock, 32, 0, 0)[:31],
			"zstd.header"},
		{"lengths", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 0, 0), b4(0)), "", nil, "zstd.lengths"},
		{"place of the lengths", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 0, 0), b8(0)), "",
			cat(zstdHeader(NoBlock, 36, 0, 0), b8(0)), "zstd.offset"},
		{"frame", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame, ^b8(1)), "abc", nil,
			"zstd.next"},
		{"end of a frame", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame, b1(1), b8(0)),
			"abc", cat(zstdHeader(NoBlock, 32, 3, b8(len(frame)+1)), b4(3), frame, b1(1), b8(0)), "zstd.frame"},
		{"start of a frame", 12, text, 1, frame, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), b8(0)), "abc",
			nil, "zstd.frame"},
		{"compressed size", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame, b8(0)), "abc",
			cat(zstdHeader(NoBlock, 32, 3, fileSize(44+len(frame))+1), b4(3), frame, b8(0)), "zstd.compressed_size"},
		{"length of the strings", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame,
			b8(0)), "abc",
			cat(zstdHeader(NoBlock, 32, 4, b8(len(frame))), b4(4), frame, b8(0)), "zstd.frame"},

		{"header", 13, nil, 0, nil, cat(b8(0)), "", nil, "roaring.meta"},
		{"metadata", 13, nil, 0, nil, cat(b8(0)), "", cat(b8(1)), "roaring.meta"},
		{"place of the metadata", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0",
			cat(b8(8), zeros(8), packed(2, 0), b1(0)), "roaring.meta"},
		{"types", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0", cat(b8(0), zeros(7)), "roaring.types"},
		{"runs that are valid", 13, nil, 1, nil, cat(b8(0), packed(2, 3), packed(7, 0)), "1",
			cat(b8(0), packed(2, roaringRuns), packed(7, 0)), "roaring.types"},
		{"number of runs", 13, nil, 1, nil, cat(b8(0), packed(2, 3), packed(7, 0)), "1", nil, "roaring.runs"},
		{"most runs", 13, nil, 1, nil, cat(b8(0), packed(2, 3), packed(7, 0)), "1",
			cat(b8(0), packed(2, 3), packed(7, 124)), "roaring.runs"},
		{"sizes", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0", nil, "roaring.sizes"},
		{"most values", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0", cat(b8(0), packed(2, 0), b1(248)),
			"roaring.sizes"},
		{"bitset", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, roaringBitset, cat(b1(1), zeros(255))), "…01", nil,
			"roaring.sizes"},
		{"short bitset", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, roaringBitset, cat(b8(1))), "…01",
			roaringTwo(0, roaringBitset, zeros(16)), "roaring.meta"},
		{"inverted bitset", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, roaringBitset, cat(b8(1))), "…01",
			roaringTwo(1, roaringBitset, cat(b8(1))), "roaring.sizes"},
		{"array", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, 1, cat(b2(0))), "…01",
			roaringTwo(0, 1, cat(b2(1))), "roaring.array"},
		{"row of an array", 13, nil, 2 * storage.VectorSize, nil, roaringTwo(1, 1, cat(b2(storage.VectorSize-1))), "…10",
			roaringTwo(1, 1, cat(b2(storage.VectorSize))), "roaring.array"},
		{"rows of an array", 13, nil, 2 * storage.VectorSize, nil, roaringTwo(1, 2, cat(b2(2), b2(storage.VectorSize-1))),
			"…10", roaringTwo(1, 2, cat(b2(storage.VectorSize-1), b2(2))), "roaring.array"},
		{"long array", 13, nil, 2 * storage.VectorSize, nil,
			roaringTwo(1, 8, cat(b8(8), "\x00\x01\x02\x03\x04\x05\x06\x07")), valid(2040),
			roaringTwo(1, 8, cat(b8(7), "\x00\x01\x02\x03\x04\x05\x06\x07")), "roaring.counts"},
		{"run", 13, nil, storage.VectorSize + 1, nil, roaringTwo(3, 1, cat(b2(0), b2(0))), "…0",
			roaringTwo(3, 1, cat(b2(1), b2(0))), "roaring.runs"},
		{"end of a run", 13, nil, 2 * storage.VectorSize, nil, roaringTwo(3, 1, cat(b2(1), b2(storage.VectorSize-1))),
			"…1" + strings.Repeat("0", storage.VectorSize-1),
			roaringTwo(3, 1, cat(b2(1), b2(storage.VectorSize))), "roaring.runs"},
		{"many runs", 13, nil, 2 * storage.VectorSize, nil,
			roaringTwo(3, 4, cat(b8(8), "\x00\x01\x02\x03\x04\x05\x06\x07")), valid(2041),
			roaringTwo(3, 4, cat(b8(8), "\x00\x01\x02\x03\x04\x05\x05\x07")), "roaring.runs"},
		{"run to the end", 13, nil, 2 * storage.VectorSize, nil,
			roaringTwo(3, 4, cat(b8(6|1<<56), "\x00\x01\x02\x03\x04\x05\xff\x00")), "…10",
			roaringTwo(3, 4, cat(b8(5|1<<56), "\x00\x01\x02\x03\x04\x05\xff\x00")), "roaring.counts"},
		{"booleans", 13, types.Plain(types.Boolean), 1, nil, cat(b8(0), packed(2, 0), b1(0)), "false", nil,
			"roaring.sizes"},

		{"header", 15, text, 0, nil, dictFSSTHeader(0, 1, dictPlain, 0, 0, 0), "", nil, "dict_fsst.header"},
		{"dictionary", 15, text, 0, nil, dictFSSTHeader(0, 1, dictPlain, 0, 0, 0), "",
			cat(dictFSSTHeader(8, 1, dictPlain, 0, 0, 0), zeros(7)), "dict_fsst.dictionary"},
		{"lengths", 15, text, 0, nil, cat(dictFSSTHeader(0, 1, dictPlain, 2, 0, 0), packed(2, 0)), "", nil,
			"dict_fsst.lengths"},
		{"selection", 15, text, 1, nil, cat(dictFSSTHeader(8, 2, dictPlain, 4, 1, 0), "abcdefgh", packed(4, 0, 8),
			packed(1, 1)), "abcdefgh", nil, "dict_fsst.selection"},
		{"selection of NULL", 15, text, 1, nil, dictFSSTHeader(0, 1, dictPlain, 0, 0, 0), "NULL",
			cat(dictFSSTHeader(0, 1, dictPlain, 0, 1, 0), packed(1, 0)), "dict_fsst.width"},
		{"no strings", 15, text, 1, nil, dictFSSTHeader(0, 1, dictPlain, 0, 0, 0), "NULL",
			dictFSSTHeader(0, 0, dictPlain, 0, 0, 0), "dict_fsst.dict_count"},
		{"strings that no row has", 15, text, 1, nil, cat(dictFSSTHeader(0, 2, dictPlain, 0, 1, 0), packed(1, 0)), "NULL",
			cat(dictFSSTHeader(0, 3, dictPlain, 0, 2, 0), packed(2, 0)), "dict_fsst.dict_count"},
		{"sum of the lengths", 15, text, 1, nil, cat(dictFSSTHeader(8, 2, dictPlain, 4, 1, 0), "abcdefgh", packed(4, 0, 8),
			packed(1, 1)), "abcdefgh",
			cat(dictFSSTHeader(8, 2, dictPlain, 4, 1, 0), "abcdefgh", packed(4, 0, 9), packed(1, 1)), "dict_fsst.dict_size"},
		{"string of NULL", 15, text, 1, nil, cat(dictFSSTHeader(8, 2, dictPlain, 4, 1, 0), "abcdefgh", packed(4, 0, 8),
			packed(1, 1)), "abcdefgh",
			cat(dictFSSTHeader(8, 2, dictPlain, 4, 1, 0), "abcdefgh", packed(4, 1, 7), packed(1, 1)), "dict_fsst.lengths"},
		{"table", 15, text, 1, nil, dictFSSTSegment(dictFSST, 1, 18, fsstOf([8]uint8{1}, "a"), packed(1, 1)), "a",
			dictFSSTSegment(dictFSST, 1, 18, zeros(18), packed(1, 1)), "dict_fsst.table"},
		{"size of the table", 15, text, 1, nil, dictFSSTSegment(dictFSST, 1, 18, fsstOf([8]uint8{1}, "a"), packed(1, 1)),
			"a", dictFSSTSegment(dictFSST, 1, 19, fsstOf([8]uint8{1}, "a"), packed(1, 1)), "dict_fsst.table_size"},
		{"table of no use", 15, text, 1, nil, dictFSSTSegment(dictFSST, 1, 18, fsstOf([8]uint8{1}, "a"), packed(1, 1)), "a",
			dictFSSTSegment(dictPlain, 1, 18, fsstOf([8]uint8{1}, "a"), packed(1, 1)), "dict_fsst.table_size"},
		{"without a dictionary", 15, text, 1, nil, dictFSSTSegment(dictFSSTOnly, 0, 18, fsstOf([8]uint8{1}, "a"), nil), "a",
			dictFSSTSegment(dictFSSTOnly, 1, 18, fsstOf([8]uint8{1}, "a"), packed(1, 1)), "dict_fsst.width"},
		{"no table without a dictionary", 15, text, 1, nil, dictFSSTSegment(dictFSSTOnly, 0, 18, fsstOf([8]uint8{1}, "a"),
			nil), "a", dictFSSTSegment(dictFSSTOnly, 0, 18, zeros(18), nil), "dict_fsst.table"},
		{"rows without a dictionary", 15, text, 1, nil, dictFSSTSegment(dictFSSTOnly, 0, 18, fsstOf([8]uint8{1}, "a"), nil),
			"a", cat(dictFSSTHeader(0, 1, dictFSSTOnly, 0, 0, 18), fsstOf([8]uint8{1}, "a"), zeros(6)), "dict_fsst.dict_count"},
	}
	// Bitpacking has the same parts at every width.
	for _, c := range []struct {
		id    types.ID
		width int
	}{
		{types.TinyInt, 1}, {types.UTinyInt, 1}, {types.SmallInt, 2}, {types.USmallInt, 2}, {types.Integer,
			4}, {types.UInteger, 4}, {types.BigInt, 8}, {types.UBigInt, 8},
		{types.HugeInt, 16}, {types.UHugeInt, 16},
	} {
		typ, w := types.Plain(c.id), c.width
		number := func(x byte) []byte { return cat(x, zeros(w-1)) }
		name := func(part string) string { return fmt.Sprint(part, " of ", typ) }
		constant := packOf(packConstant, number(7))
		tooShort, field := cat(b8(12), b4(packDeltaFOR<<24|8)), "bitpacking.group"
		if w == 1 {
			field = "bitpacking.end" // three bytes are there, and the entries are not behind them
		}
		all = append(all,
			boundsCase{name("constant"), 6, typ, 1, nil, constant, "7", nil, "bitpacking.end"},
			boundsCase{name("header"), 6, typ, 1, nil, constant, "7", tooShort, field},
			boundsCase{name("gap"), 6, typ, 1, nil, constant, "7", packOf(packConstant, number(7), zeros(16)),
				"bitpacking.end"},
			boundsCase{name("constant delta"), 6, typ, 2, nil, packOf(packConstantDelta, number(7), number(1)), "7 8", nil,
				"bitpacking.end"},
			boundsCase{name("two groups"), 6, typ, storage.VectorSize + 1, nil, packTwo(w, number(7), 8+w), "…7 7",
				packTwo(w, number(7), 9+w), "bitpacking.group"},
			boundsCase{name("packed"), 6, typ, 1, nil, packOf(packFOR, number(7), number(1), packed(1, 1)), "8",
				packOf(packFOR, number(7), number(byte(8*w)), packed(1, 1)), "bitpacking.packed"},
			boundsCase{name("packed deltas"), 6, typ, 1, nil, packOf(packDeltaFOR, number(1), number(1), number(6),
				packed(1, 1)), "8", packOf(packDeltaFOR, number(1), number(byte(8*w)), number(6), packed(1, 1)),
				"bitpacking.packed"},
			boundsCase{name("widest"), 6, typ, 1, nil, packOf(packFOR, number(7), number(byte(8*w)), packed(8*w, 1)), "8",
				packOf(packFOR, number(7), number(byte(8*w+1)), packed(8*w+1, 1)), "bitpacking.width"},
		)
	}
	return all
}

// TestCodecBounds reads segments whose last part ends with the last byte of their block, and the same with one byte
// less, or with a bound that is one too far.
func TestCodecBounds(t *testing.T) {
	var values, validity [len(codecs)]bool
	for _, c := range boundsCases(t) {
		typ := c.typ
		if typ == nil {
			typ = types.Plain(types.Boolean)
			validity[c.codec] = true
		} else {
			values[c.codec] = true
		}
		t.Run(codecs[c.codec].name+" "+c.name, func(t *testing.T) {
			got, err := readExact(c.codec, typ, c.typ == nil, c.rows, c.pad, c.data)
			if err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if end, cut := strings.CutPrefix(c.want, "…"); cut {
				if !strings.HasSuffix(got, end) {
					t.Errorf("got %q, want it to end with %q", got, end)
				}
			} else if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			short := c.short
			if short == nil {
				short = c.data[:len(c.data)-1]
			}
			got, err = readExact(c.codec, typ, c.typ == nil, c.rows, c.pad, short)
			var fe *fault.FormatError
			if !errors.As(err, &fe) || !errors.Is(err, fault.ErrCorrupt) {
				t.Fatalf("one too far: got %q, %v, want a FormatError for damage", got, err)
			}
			if fe.Field != c.field {
				t.Errorf("one too far: got %v, want field %s", err, c.field)
			}
		})
	}
	for i, c := range codecs {
		if !readsNothing[c.name] && (c.open != nil && !values[i] || c.validity != nil && !validity[i]) {
			t.Errorf("codec %s has no case", c.name)
		}
	}
}

// readsNothing are the codecs whose segments have no bytes.
var readsNothing = map[string]bool{"constant": true, "empty": true}

// TestSegmentOffset reads a segment without bytes that starts where its block ends, and one that starts a byte later.
func TestSegmentOffset(t *testing.T) {
	f := exactBlock(zeros(boundsOffset))
	for offset, want := range map[uint32]bool{boundsOffset: true, boundsOffset + 1: false} {
		for name := range readsNothing {
			codec := uint8(slices.IndexFunc(codecs[:], func(c struct {
				name     string
				open     func(p *part, t *types.Type) (Decoder, error)
				validity func(p *part) (ValidityDecoder, error)
			}) bool {
				return c.name == name
			}))
			g := &Segment{Rows: 1, Codec: codec, Offset: offset}
			_, _, err := OpenValidity(f, g)
			if name == "constant" { // has no block at all
				if !errors.Is(err, fault.ErrCorrupt) {
					t.Errorf("constant at %d of a block: got %v, want %v", offset, err, fault.ErrCorrupt)
				}
				continue
			}
			var fe *fault.FormatError
			if errors.As(err, &fe) && fe.Field != "segment.offset" || (err == nil) != want {
				t.Errorf("%s at %d: got %v, want an error about segment.offset: %v", name, offset, err, !want)
			}
		}
	}
}

// TestNextGroup reads the first of two groups of alp, of which the second does not start where the first ends: it is
// not given either.
func TestNextGroup(t *testing.T) {
	group := cat(alpHeader(0, 0, 0, 5, 0))
	two := cat(b4(40), group, group, zeros(2), b4(17), b4(4))
	for at, want := range map[byte]bool{17: true, 18: false} {
		two[32] = at
		v := vector.New(types.Plain(types.Double))
		b := vector.NewBudget(1 << 20)
		if err := v.Grow(floatGroup, b); err != nil {
			t.Fatal(err)
		}
		d, _, err := Open(exactBlock(two), &Segment{Rows: floatGroup + 1, Codec: 10}, v.Type)
		if err == nil {
			err = d.Decode(v, 0, floatGroup, b)
		}
		if (err == nil) != want {
			t.Errorf("a group at %d: got %v, want no error: %v", at, err, want)
		}
	}
}

// TestBitpackingGap reads a group of a, a, a, … that was one of a, a + d, a + 2d, …: its d is in the gap behind it, which
// has zeros in segments of 2.0, and anything in older ones.
func TestBitpackingGap(t *testing.T) {
	data := packOf(packConstant, b4(7), b4(3))
	for _, sized := range []bool{false, true} {
		v := vector.New(types.Plain(types.Integer))
		b := vector.NewBudget(1 << 20)
		if err := v.Grow(2, b); err != nil {
			t.Fatal(err)
		}
		d, _, err := Open(exactBlock(data), &Segment{Rows: 2, Codec: 6, Sized: sized, Bytes: uint64(len(data))}, v.Type)
		if err == nil {
			err = d.Decode(v, 0, 2, b)
		}
		var fe *fault.FormatError
		if (err != nil) != sized || sized && (!errors.As(err, &fe) || fe.Field != "bitpacking.gap") {
			t.Errorf("with a size %v: got %v", sized, err)
		}
	}
}
