package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// Sizes of the headers, before the first block, and of the smallest block.
const (
	headersSize = 3 * 4096
	blockSize   = 16384
)

// blockFileOf makes a file of one block that starts with data.
func blockFileOf(tb testing.TB, data []byte) *storage.File {
	tb.Helper()
	b := make([]byte, headersSize+blockSize)
	block := b[headersSize:]
	if copy(block[8:], data) < len(data) {
		tb.Fatalf("%d bytes do not fit in a block", len(data))
	}
	binary.LittleEndian.PutUint64(block, storage.Checksum(block[8:]))
	return storage.NewFile(bytes.NewReader(b), int64(len(b)), blockSize, 1<<20)
}

// readSegment decodes rows of type t from data.
func readSegment(tb testing.TB, codec uint8, t *types.Type, rows int64, data []byte) (*vector.Vector, error) {
	tb.Helper()
	v, b := vector.New(t), vector.NewBudget(16<<20)
	if err := v.Grow(int(rows), b); err != nil {
		return v, err
	}
	d, err := Open(blockFileOf(tb, data), &Segment{Rows: rows, Codec: codec}, t)
	if err != nil {
		return v, err
	}
	return v, d.Decode(v, 0, int(rows), b)
}

func TestUnpack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for w := 0; w <= 64; w++ {
		for _, n := range []int{1, 2, 31, 32, 33, 100, 2048} {
			want := make([]uint64, n)
			src := make([]byte, packedSize(int64(n), w))
			for i := range want {
				want[i] = r.Uint64() >> (64 - w) // w = 0 gives 0
				for k := range w {
					bit := i*w + k
					src[bit/8] |= byte(want[i]>>k&1) << (bit % 8)
				}
			}
			for _, extra := range []int{0, 1, 9} { // bytes after the packed ones are never a part
				got := make([]uint64, n)
				unpack(got, append(bytes.Clone(src), bytes.Repeat([]byte{0xff}, extra)...), w, 5)
				for i := range got {
					if got[i] != want[i]+5 {
						t.Fatalf("width %d, %d values, %d more bytes: value %d: got %d, want %d", w, n, extra, i, got[i], want[i]+5)
					}
				}
			}
			wide := make([]vector.Uint128, n)
			unpack128(wide, src, w, vector.Uint128{Hi: 1, Lo: 5})
			for i := range wide {
				if want := (vector.Uint128{Lo: want[i]}).Add(vector.Uint128{Hi: 1, Lo: 5}); wide[i] != want {
					t.Fatalf("width %d: value %d: got %v, want %v", w, i, wide[i], want)
				}
			}
		}
	}
}

// le packs numbers of 1 to 8 bytes, most given as {size, value}.
func le(parts ...[2]uint64) (b []byte) {
	for _, p := range parts {
		var x [8]byte
		binary.LittleEndian.PutUint64(x[:], p[1])
		b = append(b, x[:p[0]]...)
	}
	return b
}

// TestCodecRefusals gives each codec bytes that say something impossible.
func TestCodecRefusals(t *testing.T) {
	integer, text, double := types.Plain(types.Integer), types.Plain(types.Varchar), types.Plain(types.Double)
	for _, c := range []struct {
		name  string
		codec uint8
		typ   *types.Type
		rows  int64
		data  []byte
		field string
	}{
		{"more rows than bytes", 1, integer, 5000, nil, "uncompressed.values"},
		{"dictionary past the block", 1, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 1 << 20}), "uncompressed.dict_end"},
		{"string past the dictionary", 1, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 12}, [2]uint64{4, 13}), "uncompressed.offsets"},
		{"offsets that fall", 1, text, 2, le([2]uint64{4, 0}, [2]uint64{4, 40}, [2]uint64{4, 20}, [2]uint64{4, 10}), "uncompressed.offsets"},
		{"overflow marker before the dictionary", 1, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 24}, [2]uint64{4, 1<<32 - 25}, [2]uint64{8, 0}, [2]uint64{4, 0}), "uncompressed.offsets"},
		{"overflow in no block", 1, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 24}, [2]uint64{4, 1<<32 - 12}, [2]uint64{8, 77}, [2]uint64{4, 0}), "overflow.block"},
		{"overflow that is its own next block", 1, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 24}, [2]uint64{4, 1<<32 - 12}, [2]uint64{8, 0}, [2]uint64{4, 40}, [2]uint64{8, 0}, [2]uint64{8, 0}, [2]uint64{4, 0xffffff}), "overflow.length"},
		{"run of no rows", 3, integer, 1, le([2]uint64{8, 12}, [2]uint64{4, 1}, [2]uint64{2, 0}), "rle.counts"},
		{"counts past the block", 3, integer, 1, le([2]uint64{8, 1 << 40}), "rle.counts_offset"},
		{"runs too few", 3, integer, 1 << 20, le([2]uint64{8, 12}, [2]uint64{4, 1}, [2]uint64{2, 3}), "rle.counts"},
		{"selection past the dictionary", 4, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 100}, [2]uint64{4, 40}, [2]uint64{4, 2}, [2]uint64{4, 8}, [2]uint64{4, 9}), "dictionary.selection"},
		{"selection too wide", 4, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 0}, [2]uint64{4, 0}, [2]uint64{4, 0}, [2]uint64{4, 33}), "dictionary.selection"},
		{"unknown mode", 6, integer, 1, le([2]uint64{8, 12}, [2]uint64{4, 7 << 24}), "bitpacking.mode"},
		{"group past the block", 6, integer, 1, le([2]uint64{8, 12}, [2]uint64{4, 2<<24 | 0xffff}), "bitpacking.group"},
		{"width past the type", 6, integer, 1, le([2]uint64{8, 12}, [2]uint64{4, 5<<24 | 12}, [2]uint64{4, 0}, [2]uint64{4, 33}), "bitpacking.width"},
		{"groups without entries", 6, integer, 5000, le([2]uint64{8, 12}), "bitpacking.end"},
		{"code without a symbol", 7, text, 1, le([2]uint64{4, 0}, [2]uint64{4, 60}, [2]uint64{4, 8}, [2]uint64{4, 64}, [2]uint64{4, 3}, [2]uint64{8, 0},
			[2]uint64{8, 0}, [2]uint64{8, 0}, [2]uint64{8, 0}, [2]uint64{8, 0}, [2]uint64{4, 0}, [2]uint64{8, fsstVersion << 32}), "fsst.codes"},
		{"metadata below the start", 8, double, 1, le([2]uint64{4, 6}), "chimp.offset"},
		{"metadata past the block", 9, double, 1, le([2]uint64{4, 1 << 30}), "patas.meta"},
		{"reference before the first", 9, double, 1, le([2]uint64{4, 12}, [2]uint64{2, 0}, [2]uint64{2, 1 << 9}, [2]uint64{4, 0}), "patas.words"},
		{"exponent past the table", 10, double, 1, le([2]uint64{4, 8}, [2]uint64{4, 8}, [2]uint64{1, 40}), "alp.exponent"},
		{"alp width", 10, double, 1, le([2]uint64{4, 8}, [2]uint64{4, 8}, [2]uint64{1, 1}, [2]uint64{1, 1}, [2]uint64{2, 0}, [2]uint64{8, 0}, [2]uint64{1, 65}), "alp.width"},
		{"exception past the group", 10, double, 1, le([2]uint64{4, 8}, [2]uint64{4, 8}, [2]uint64{1, 1}, [2]uint64{1, 1}, [2]uint64{2, 1}, [2]uint64{8, 0}, [2]uint64{1, 0}, [2]uint64{8, 0}, [2]uint64{2, 9}), "alp.positions"},
		{"alprd parts", 11, double, 1, le([2]uint64{4, 8}, [2]uint64{1, 65}, [2]uint64{1, 0}, [2]uint64{1, 0}), "alprd.header"},
		{"lengths that differ from the frame", 12, text, 1, append(le([2]uint64{8, NoBlock}, [2]uint64{4, 64}, [2]uint64{4, 0}, [2]uint64{8, 5}, [2]uint64{8, 3}), make([]byte, 64)...), "zstd.lengths"},
		{"strings past the dictionary", 15, text, 1, le([2]uint64{4, 8}, [2]uint64{4, 1}, [2]uint64{1, 0}, [2]uint64{1, 8}, [2]uint64{1, 1}, [2]uint64{1, 0}, [2]uint64{4, 0}, [2]uint64{8, 0}, [2]uint64{8, 99}), "dict_fsst.lengths"},
		{"unknown form", 15, text, 1, le([2]uint64{8, 0}, [2]uint64{1, 3}, [2]uint64{7, 0}), "dict_fsst.mode"},
		{"unknown method", 5, integer, 1, nil, "segment.compression"},
		{"method past the table", 99, integer, 1, nil, "segment.compression"},
		{"integers as text", 7, integer, 1, nil, "fsst.type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readSegment(t, c.codec, c.typ, c.rows, c.data)
			var fe *fault.FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("got %v, want a FormatError", err)
			}
			if fe.Field != c.field {
				t.Errorf("got %v, want field %s", err, c.field)
			}
		})
	}
}

// FuzzCodec decodes any bytes by any codec as any plain type.
func FuzzCodec(f *testing.F) {
	plain := []*types.Type{types.Plain(types.Boolean), types.Plain(types.TinyInt), types.Plain(types.Integer), types.Plain(types.BigInt), types.Plain(types.USmallInt),
		types.Plain(types.UBigInt), types.Plain(types.HugeInt), types.Plain(types.Float), types.Plain(types.Double), types.Plain(types.Interval), types.Plain(types.Varchar)}
	for codec := range codecs {
		for typ := range plain {
			f.Add(uint8(codec), uint8(typ), uint16(100), le([2]uint64{8, 64}, [2]uint64{8, 32}, [2]uint64{8, 0x0102030405060708}))
		}
	}
	f.Fuzz(func(t *testing.T, codec, typ uint8, rows uint16, data []byte) {
		if len(data) > blockSize-8 {
			return
		}
		kind := plain[int(typ)%len(plain)]
		v, err := readSegment(t, codec, kind, int64(rows), data)
		if err != nil {
			if !errors.As(err, new(*fault.FormatError)) && !errors.Is(err, vector.ErrBudget) {
				t.Errorf("got %v, want a FormatError", err)
			}
			return
		}
		if v.N != int(rows) {
			t.Errorf("got %d values, want %d", v.N, rows)
		}
		var buf []byte
		for i := range v.N {
			buf = text.Append(buf[:0], v, i)
		}
		// The validity form of the same bytes.
		g := Segment{Rows: int64(rows), Codec: codec}
		if bits, err := OpenValidity(blockFileOf(t, data), &g); err == nil {
			w := vector.New(types.Plain(types.Boolean))
			if err := w.Grow(int(rows), vector.NewBudget(1<<20)); err != nil {
				t.Fatal(err)
			}
			if err := bits.Validity(w, 0, int(rows)); err != nil && !errors.As(err, new(*fault.FormatError)) {
				t.Errorf("validity: got %v, want a FormatError", err)
			}
		}
	})
}
