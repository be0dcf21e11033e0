package codec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
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
	return cat(b8(fsstVersion)<<32, b1(0), counts[:], symbols)
}

// roaringTwo is a segment of two containers: a bitset, in the bytes of which the metadata lie, and one of the given
// type, whose bytes come last. sizes are those of the containers that are no runs, runs the number of runs of the
// second.
func roaringTwo(typ uint64, runs uint64, sizes []byte, last []byte) []byte {
	meta := packed(2, 0, typ)
	if typ&roaringRuns != 0 {
		meta = cat(meta, packed(7, runs))
	}
	meta = cat(meta, sizes)
	return cat(b8(0), meta, zeros(storage.VectorSize/8-len(meta)), last)
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
	all := []boundsCase{
		{"values", 1, integer, 2, nil, cat(b4(1), b4(2)), "1 2", nil, "uncompressed.values"},
		{"mask", 1, nil, 9, nil, cat(b2(0x102)), "010000001", nil, "uncompressed.mask"},
		{"header", 1, text, 0, nil, cat(b4(0), b4(8)), "", nil, "uncompressed.header"},
		{"dictionary", 1, text, 1, nil, cat(b4(0), b4(15), b4(3), "abc"), "abc", nil, "uncompressed.dict_end"},
		{"offsets", 1, text, 1, nil, cat(b4(0), b4(8), b4(0)), "", nil, "uncompressed.offsets"},
		{"string", 1, text, 1, nil, cat(b4(0), b4(12), b4(12)), "\x00\x00\x00\x00\x0c\x00\x00\x00\x0c\x00\x00\x00",
			cat(b4(0), b4(12), b4(13)), "uncompressed.offsets"},
		{"overflow marker", 1, text, 1, cat(b4(3), "abc"), cat(b4(0), b4(16), ^b4(4)+1, b8(0), b4(0)), "abc", nil,
			"uncompressed.offsets"},
		{"overflow offset", 1, text, 1, nil, cat(b4(0), b4(24), ^b4(12)+1, b8(0), b4(40), b4(0), b8(0)), "", nil,
			"overflow.offset"},
		{"overflow length", 1, text, 1, cat(b4(fileSize(32))), cat(b4(0), b4(16), ^b4(4)+1, b8(0), b4(0), b8(0)), "…",
			nil, "overflow.length"},
		{"overflow block", 1, text, 1, cat(b4(3), "abc"), cat(b4(0), b4(24), ^b4(12)+1, b8(0), b4(0)), "abc",
			cat(b4(0), b4(24), ^b4(12)+1, b8(1), b4(0)), "overflow.block"},

		{"header", 3, integer, 0, nil, cat(b8(8)), "", nil, "rle.counts_offset"},
		{"start of the counts", 3, integer, 0, nil, cat(b8(12), b4(7)), "", nil, "rle.counts_offset"},
		{"values before the counts", 3, integer, 0, nil, cat(b8(8)), "", cat(b8(7)), "rle.counts_offset"},
		{"counts", 3, integer, 2, nil, cat(b8(12), b4(7), b2(2)), "7 7", nil, "rle.counts"},
		{"values", 3, integer, 2, nil, cat(b8(12), b4(7), b2(2)), "7 7", cat(b8(11), zeros(3), b2(2)), "rle.counts"},

		{"header", 4, text, 0, nil, cat(b4(0), b4(0), b4(20), b4(0), b4(0)), "", nil, "dictionary.header"},
		{"dictionary", 4, text, 0, nil, cat(b4(0), b4(21), b4(20), b4(0), b4(0), "x"), "", nil, "dictionary.dict_end"},
		{"index", 4, text, 0, nil, cat(b4(0), b4(20), b4(20), b4(1), b4(0), b4(20)), "", nil, "dictionary.index"},
		{"index of a string", 4, text, 0, nil, cat(b4(0), b4(20), b4(20), b4(1), b4(0), b4(20)), "",
			cat(b4(0), b4(20), b4(20), b4(1), b4(0), b4(21)), "dictionary.index"},
		{"selection", 4, text, 1, nil, cat(b4(0), b4(0), b4(0), b4(1), b4(1), packed(1, 0)), "", nil,
			"dictionary.selection"},
		{"selected string", 4, text, 1, nil, cat(b4(0), b4(0), b4(0), b4(1), b4(1), packed(1, 0)), "",
			cat(b4(0), b4(0), b4(0), b4(1), b4(1), packed(1, 1)), "dictionary.selection"},
		{"widest selection", 4, text, 1, nil, cat(b4(0), b4(0), b4(0), b4(1), b4(32), packed(32, 0)), "",
			cat(b4(0), b4(0), b4(0), b4(1), b4(33), zeros(132)), "dictionary.selection"},
		// The length of a string is the distance to the one before in 16 bits.
		{"length of a string", 4, text, 1, nil, cat(b4(0), b4(1<<16+5), b4(24), b4(2), b4(1), packed(1, 1), b4(1<<16),
			b4(5), zeros(1<<16+5-37), "abcde"), "abcde",
			cat(b4(0), b4(1<<16+5), b4(24), b4(2), b4(1), packed(1, 1), b4(1<<16-1), b4(5), zeros(1<<16+5-37),
				"abcde"), "dictionary.index"},

		{"header", 6, integer, 0, nil, cat(b8(8)), "", nil, "bitpacking.end"},
		{"end", 6, integer, 1, nil, cat(b8(16), b4(7), b4(packConstant<<24|8)), "7", nil, "bitpacking.end"},
		{"entries", 6, integer, 0, nil, cat(b8(8)), "", cat(b8(7)), "bitpacking.end"},
		{"entries of groups", 6, integer, 1, nil, cat(b8(12), b4(packConstant<<24|12), b4(7)), "7",
			cat(b8(11), b4(packConstant<<24|12), b4(7)), "bitpacking.end"},

		{"dictionary", 7, text, 1, nil, cat(b4(0), b4(44), b4(2), b4(24), packed(2, 2), fsstOf([8]uint8{1}, "a"),
			b2(0)), "aa", nil, "fsst.dict_end"},
		{"lengths", 7, text, 1, nil, cat(b4(0), b4(0), b4(2), b4(0), packed(2, 0)), "", nil, "fsst.lengths"},
		{"table", 7, text, 1, nil, cat(b4(0), b4(0), b4(2), b4(24), packed(2, 0), fsstOf([8]uint8{}, "")), "", nil,
			"fsst.table"},
		{"symbols of one byte", 7, text, 1, nil, cat(b4(0), b4(1), b4(2), b4(24), packed(2, 1),
			fsstOf([8]uint8{2}, "ab")), "a", nil, "fsst.table"},
		{"symbols of eight bytes", 7, text, 1, nil, cat(b4(0), b4(1), b4(2), b4(24), packed(2, 1),
			fsstOf([8]uint8{7: 1}, "abcdefgh")), "abcdefgh", nil, "fsst.table"},
		{"string", 7, text, 1, nil, cat(b4(0), b4(1), b4(2), b4(24), packed(2, 1), fsstOf([8]uint8{1}, "a")), "a",
			cat(b4(0), b4(1), b4(2), b4(24), packed(2, 2), fsstOf([8]uint8{1}, "a")), "fsst.lengths"},

		{"header", 8, double, 0, nil, cat(b4(4)), "", nil, "chimp.meta"},
		{"metadata", 8, double, 1, nil, cat(b4(17), zeros(8), b1(0), b4(0)), "0.0", nil, "chimp.meta"},
		{"data", 8, double, 1, nil, cat(b4(9), zeros(8)), "0.0", nil, "chimp.data"},
		{"data of FLOAT", 8, single, 1, nil, cat(b4(9), zeros(5)), "0.0", cat(b4(9), zeros(3)), "chimp.meta"},
		{"start of the metadata", 8, double, 1, nil, cat(b4(9), zeros(8)), "0.0", cat(b4(8), zeros(8)),
			"chimp.lead_blocks"},
		{"leading zeros", 8, double, 9, nil, cat(b4(86), zeros(72), b2(0xffff), zeros(3), b1(1), b4(0)),
			strings.TrimSpace(strings.Repeat("0.0 ", 9)),
			cat(b4(83), zeros(72), b2(0xffff), b1(0), b4(0)), "chimp.leads"},

		{"header", 9, double, 0, nil, cat(b4(4)), "", nil, "patas.meta"},
		{"metadata", 9, double, 1, nil, cat(b4(18), zeros(8), b2(0), b4(4)), "0.0", nil, "patas.meta"},
		{"data", 9, double, 1, nil, cat(b4(10), b2(0), b4(10), zeros(8)), "0.0", nil, "patas.data"},
		{"data of FLOAT", 9, single, 1, nil, cat(b4(10), b2(0), b4(10), zeros(4)), "0.0", nil, "patas.data"},
		{"start of the metadata", 9, double, 1, nil, cat(b4(6), b4(0), zeros(8)), "1.897e-321",
			cat(b4(5), b4(0), zeros(8)), "patas.words"},

		{"header", 10, double, 0, nil, cat(b4(4)), "", nil, "alp.meta"},
		{"metadata", 10, double, 1, nil, cat(b4(21), b1(0), b1(0), b2(0), b8(5), b1(0), b4(4)), "5.0", nil, "alp.meta"},
		{"header of a group", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(0), b8(5), b1(0)), "5.0", nil,
			"alp.header"},
		{"raw", 10, double, 1, nil, cat(b4(8), b4(8), b1(alpRaw), zeros(8)), "0.0", nil, "alp.raw"},
		{"raw FLOAT", 10, single, 1, nil, cat(b4(8), b4(8), b1(alpRaw), zeros(4)), "0.0", nil, "alp.raw"},
		{"no group", 10, double, 1, nil, cat(b4(8), b4(8), b1(alpRaw), zeros(8)), "0.0", cat(b4(8), b4(8)),
			"alp.exponent"},
		{"packed", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(0), b8(5), b1(1), packed(1, 1)), "6.0", nil,
			"alp.packed"},
		{"widest", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(0), b8(5), b1(64), packed(64, 1)), "6.0",
			cat(b4(8), b4(8), b1(0), b1(0), b2(0), b8(5), b1(65), zeros(260)), "alp.width"},
		{"positions", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), b8(0), b2(0)), "0.0",
			nil, "alp.positions"},
		{"position", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), b8(0), b2(0)), "0.0",
			cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), b8(0), b2(1)), "alp.positions"},
		{"exceptions", 10, double, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), b8(0), b2(0)), "0.0",
			cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), zeros(7)), "alp.exceptions"},
		{"exceptions of FLOAT", 10, single, 1, nil, cat(b4(8), b4(8), b1(0), b1(0), b2(1), b8(5), b1(0), b4(0), b2(0)),
			"0.0", nil, "alp.positions"},
		{"exponent", 10, double, 1, nil, cat(b4(8), b4(8), b1(20), b1(20), b2(0), b8(0), b1(0)), "0.0",
			cat(b4(8), b4(8), b1(20), b1(21), b2(0), b8(0), b1(0)), "alp.exponent"},
		{"exponent of FLOAT", 10, single, 1, nil, cat(b4(8), b4(8), b1(10), b1(10), b2(0), b8(0), b1(0)), "0.0",
			cat(b4(8), b4(8), b1(11), b1(10), b2(0), b8(0), b1(0)), "alp.exponent"},

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
		{"metadata", 11, double, 1, nil, cat(b4(13), b1(0), b1(0), b1(0), b2(0), b4(7)), "0.0", nil, "alprd.meta"},
		{"header of a group", 11, double, 1, nil, cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(0)), "0.0", nil,
			"alprd.header"},
		{"left parts", 11, double, 1, nil, cat(b4(11), b1(0), b1(1), b1(0), b4(11), b2(0), packed(1, 0)), "0.0", nil,
			"alprd.packed"},
		{"right parts", 11, double, 1, nil, cat(b4(11), b1(1), b1(1), b1(0), b4(11), b2(0), packed(1, 0), packed(1, 0)),
			"0.0", nil, "alprd.packed"},
		{"exceptions", 11, double, 1, nil, cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(1), b2(0), b2(0)), "0.0", nil,
			"alprd.exceptions"},
		{"position", 11, double, 1, nil, cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(1), b2(0), b2(0)), "0.0",
			cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(1), b2(0), b2(1)), "alprd.positions"},
		{"raw", 11, double, 1, nil, cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(alprdRaw), zeros(8)), "0.0", nil,
			"alprd.raw"},
		{"raw FLOAT", 11, single, 1, nil, cat(b4(11), b1(0), b1(0), b1(0), b4(11), b2(alprdRaw), zeros(4)), "0.0", nil,
			"alprd.raw"},

		{"header", 12, text, 1, nil, zstdHeader(0, 0, 0, 0), "", nil, "zstd.header"},
		{"lengths", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 0, 0), b4(0)), "", nil, "zstd.lengths"},
		{"frame", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame, ^b8(1)), "abc", nil,
			"zstd.next"},
		{"start of a frame", 12, text, 1, frame, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), b8(0)), "abc",
			nil, "zstd.frame"},
		{"compressed size", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, fileSize(44+len(frame))), b4(3), frame,
			b8(0)), "abc", nil, "zstd.compressed_size"},
		{"length of the strings", 12, text, 1, nil, cat(zstdHeader(NoBlock, 32, 3, b8(len(frame))), b4(3), frame,
			b8(0)), "abc",
			cat(zstdHeader(NoBlock, 32, 4, b8(len(frame))), b4(4), frame, b8(0)), "zstd.frame"},

		{"header", 13, nil, 0, nil, cat(b8(0)), "", nil, "roaring.meta"},
		{"metadata", 13, nil, 0, nil, cat(b8(1), b1(0)), "", nil, "roaring.meta"},
		{"types", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0", cat(b8(0), zeros(7)), "roaring.types"},
		{"number of runs", 13, nil, 1, nil, cat(b8(0), packed(2, roaringRuns), packed(7, 0)), "1", nil, "roaring.runs"},
		{"sizes", 13, nil, 1, nil, cat(b8(0), packed(2, 0), b1(0)), "0", nil, "roaring.sizes"},
		{"bitset", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, 0, []byte{roaringBitset, roaringBitset},
			cat(b1(1), zeros(255))), "…1", nil, "roaring.bitset"},
		{"array", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, 0, []byte{roaringBitset, 1}, cat(b2(0))), "…1",
			nil, "roaring.array"},
		{"row of an array", 13, nil, storage.VectorSize + 1, nil, roaringTwo(0, 0, []byte{roaringBitset, 1},
			cat(b2(storage.VectorSize-1))), "…0",
			roaringTwo(0, 0, []byte{roaringBitset, 1}, cat(b2(storage.VectorSize))), "roaring.array"},
		{"long array", 13, nil, storage.VectorSize + 1, nil, roaringTwo(1, 0, []byte{roaringBitset, 8},
			cat(b8(8), "\x00\x01\x02\x03\x04\x05\x06\x07")), "…0", nil, "roaring.rows"},
		{"counts of a long array", 13, nil, storage.VectorSize + 1, nil,
			roaringTwo(1, 0, []byte{roaringBitset, 8}, cat(b8(8), "\x00\x01\x02\x03\x04\x05\x06\x07")), "…0",
			roaringTwo(1, 0, []byte{roaringBitset, 8}, zeros(7)), "roaring.counts"},
		{"run", 13, nil, storage.VectorSize + 1, nil, roaringTwo(roaringRuns, 1, []byte{roaringBitset},
			cat(b2(0), b2(0))), "…0", nil, "roaring.runs"},
		{"end of a run", 13, nil, storage.VectorSize + 1, nil, roaringTwo(roaringRuns, 1, []byte{roaringBitset},
			cat(b2(0), b2(storage.VectorSize))), "…0",
			roaringTwo(roaringRuns, 1, []byte{roaringBitset}, cat(b2(0), b2(storage.VectorSize+1))), "roaring.runs"},
		{"many runs", 13, nil, storage.VectorSize + 1, nil, roaringTwo(roaringRuns, 4, []byte{roaringBitset},
			cat(b8(8), "\x00\x01\x02\x03\x04\x05\x06\x07")), "…0", nil, "roaring.rows"},
		{"booleans", 13, types.Plain(types.Boolean), 1, nil, cat(b8(0), packed(2, 0), b1(0)), "false", nil,
			"roaring.sizes"},

		{"header", 15, text, 0, nil, zeros(16), "", nil, "dict_fsst.header"},
		{"dictionary", 15, text, 0, nil, cat(b4(8), zeros(12), zeros(8)), "", nil, "dict_fsst.dictionary"},
		{"lengths", 15, text, 0, nil, cat(b4(0), b4(1), b1(0), b1(2), b1(0), b1(0), b4(0), packed(2, 0)), "", nil,
			"dict_fsst.lengths"},
		{"selection", 15, text, 1, nil, cat(b4(0), b4(1), b1(0), b1(0), b1(2), b1(0), b4(0), packed(2, 0)), "NULL", nil,
			"dict_fsst.selection"},
		{"table", 15, text, 0, nil, cat(b4(0), b4(0), b1(dictFSST), b1(0), b1(0), b1(0), b4(0), fsstOf([8]uint8{}, "")),
			"", nil, "dict_fsst.table"},
		{"symbols", 15, text, 0, nil, cat(b4(0), b4(0), b1(dictFSST), b1(0), b1(0), b1(0), b4(0),
			fsstOf([8]uint8{1: 1}, "ab")), "", nil, "dict_fsst.table"},
		{"string", 15, text, 1, nil, cat(b4(8), b4(2), b1(0), b1(4), b1(1), b1(0), b4(0), "abcdefgh", packed(4, 0, 8),
			packed(1, 1)), "abcdefgh",
			cat(b4(8), b4(2), b1(0), b1(4), b1(1), b1(0), b4(0), "abcdefgh", packed(4, 0, 9),
				packed(1, 1)), "dict_fsst.lengths"},
		{"string without a dictionary", 15, text, 1, nil, cat(b4(8), b4(2), b1(dictFSSTOnly), b1(4), b1(0), b1(0),
			b4(24), zeros(8), fsstOf([8]uint8{1}, "a"), zeros(6), packed(4, 0, 8)),
			"aaaaaaaa", cat(b4(8), b4(2), b1(dictFSSTOnly), b1(4), b1(0), b1(0), b4(24), zeros(8),
				fsstOf([8]uint8{1}, "a"), zeros(6), packed(4, 0, 9)), "dict_fsst.lengths"},
		{"string of no row", 15, text, 1, nil, cat(b4(8), b4(2), b1(dictFSSTOnly), b1(4), b1(0), b1(0), b4(24),
			zeros(8), fsstOf([8]uint8{1}, "a"), zeros(6), packed(4, 8, 0)),
			"", cat(b4(8), b4(2), b1(dictFSSTOnly), b1(4), b1(0), b1(0), b4(24), zeros(8), fsstOf([8]uint8{1}, "a"),
				zeros(6), packed(4, 9, 0)), "dict_fsst.lengths"},
		{"strings", 15, text, 1, nil, cat(b4(8), b4(2), b1(dictFSSTOnly), b1(4), b1(0), b1(0), b4(24), zeros(8),
			fsstOf([8]uint8{1}, "a"), zeros(6), packed(4, 0, 8)), "aaaaaaaa",
			cat(b4(8), b4(1), b1(dictFSSTOnly), b1(4), b1(0), b1(0), b4(24), zeros(8), fsstOf([8]uint8{1}, "a"),
				zeros(6), packed(4, 0, 8)), "dict_fsst.dict_count"},
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
		head := func(mode b4) []byte { return cat(b8(12), mode<<24|12) }
		name := func(part string) string { return fmt.Sprint(part, " of ", typ) }
		all = append(all,
			boundsCase{name("constant"), 6, typ, 1, nil, cat(head(packConstant), number(7)), "7", nil,
				"bitpacking.group"},
			boundsCase{name("constant delta"), 6, typ, 2, nil, cat(head(packConstantDelta), number(7), number(1)),
				"7 8", nil, "bitpacking.group"},
			boundsCase{name("header"), 6, typ, 1, nil, cat(head(packFOR), number(7), number(0)), "7", nil,
				"bitpacking.group"},
			boundsCase{name("header of deltas"), 6, typ, 1, nil, cat(head(packDeltaFOR), number(1), number(0),
				number(6)), "7", nil, "bitpacking.group"},
			boundsCase{name("packed"), 6, typ, 1, nil, cat(head(packFOR), number(7), number(1), packed(1, 1)), "8", nil,
				"bitpacking.packed"},
			boundsCase{name("packed deltas"), 6, typ, 1, nil, cat(head(packDeltaFOR), number(1), number(1), number(6),
				packed(1, 1)), "8", nil, "bitpacking.packed"},
			boundsCase{name("widest"), 6, typ, 1, nil, cat(head(packFOR), number(7), number(byte(8*w)), packed(8*w, 1)),
				"8",
				cat(head(packFOR), number(7), number(byte(8*w+1)), zeros(4*(8*w+1))), "bitpacking.width"},
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
			_, err := OpenValidity(f, g)
			var fe *fault.FormatError
			if errors.As(err, &fe) && fe.Field != "segment.offset" || (err == nil) != want {
				t.Errorf("%s at %d: got %v, want an error about segment.offset: %v", name, offset, err, !want)
			}
		}
	}
}
