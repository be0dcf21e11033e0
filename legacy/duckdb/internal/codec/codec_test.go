package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

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
						t.Fatalf("width %d, %d values, %d more bytes: value %d: got %d, want %d", w, n, extra, i,
							got[i], want[i]+5)
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
		{"dictionary past the block", 1, text, 1, cat(b4(0), b4(1<<20)), "uncompressed.dict_end"},
		{"string past the dictionary", 1, text, 1, cat(b4(13), b4(12), b4(13)), "uncompressed.dict_end"},
		{"offsets that fall", 1, text, 2, cat(b4(10), b4(26), b4(20), b4(10)), "uncompressed.offsets"},
		{"overflow marker before the dictionary", 1, text, 1, cat(b4(25), b4(24), b4(1<<32-25), b8(0), b4(0)),
			"uncompressed.dict_end"},
		{"overflow in no block", 1, text, 1, cat(b4(12), b4(24), b4(1<<32-12), b8(77), b4(0)), "overflow.block"},
		{"overflow that is its own next block", 1, text, 1, cat(b4(12), b4(24), b4(1<<32-12), b8(0), b4(40), b8(0),
			b8(0), b4(0xffffff)), "overflow.length"},
		{"run of no rows", 3, integer, 1, cat(b8(12), b4(1), b2(0)), "rle.counts"},
		{"counts past the block", 3, integer, 1, cat(b8(1 << 40)), "rle.counts_offset"},
		{"runs too few", 3, integer, 1 << 20, cat(b8(12), b4(1), b2(3)), "rle.counts"},
		{"selection past the dictionary", 4, text, 1, dictionaryOf(3, 0, 1, 1), "dictionary.selection"},
		{"selection too wide", 4, text, 1, cat(b4(0), b4(0), b4(0), b4(0), b4(33)), "dictionary.width"},
		{"unknown mode", 6, integer, 1, packOf(7, b4(0)), "bitpacking.mode"},
		{"group past the block", 6, integer, 1, cat(b8(12), b4(2<<24|0xffff)), "bitpacking.group"},
		{"width past the type", 6, integer, 1, packOf(packFOR, b4(0), b4(33)), "bitpacking.width"},
		{"groups without entries", 6, integer, 5000, cat(b8(12)), "bitpacking.end"},
		{"code without a symbol", 7, text, 1, fsstSegment(1, 1, fsstOf([8]uint8{1}, "a"), "\x01"), "fsst.codes"},
		{"metadata below the start", 8, double, 1, cat(b4(6)), "chimp.offset"},
		{"metadata past the block", 9, double, 1, cat(b4(1 << 30)), "patas.meta"},
		{"reference before the first", 9, double, 1, cat(b4(14), zeros(4), b2(1<<9), b4(4)), "patas.words"},
		{"exponent past the table", 10, double, 1, groupOf(nil, alpHeader(40, 1, 0, 0, 0)), "alp.exponent"},
		{"alp width", 10, double, 1, groupOf(nil, alpHeader(1, 1, 0, 0, 65)), "alp.width"},
		{"exception past the group", 10, double, 1, groupOf(nil, cat(alpHeader(1, 1, 1, 0, 0), b8(0), b2(9))),
			"alp.positions"},
		{"alprd parts", 11, double, 1, cat(b4(8), b1(65), b1(0), b1(0)), "alprd.header"},
		{"lengths that differ from the frame", 12, text, 1, cat(b8(NoBlock), b4(32), b4(0), b8(5), b8(3), zeros(64)),
			"zstd.lengths"},
		{"strings past the dictionary", 15, text, 1, cat(b4(8), b4(1), b1(0), b1(8), b1(1), b1(0), b4(0), b8(0),
			b8(99)), "dict_fsst.dict_size"},
		{"unknown form", 15, text, 1, cat(b8(0), b1(3), zeros(7)), "dict_fsst.mode"},
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
	plain := []types.ID{types.Boolean, types.TinyInt, types.Integer, types.BigInt, types.USmallInt, types.UBigInt,
		types.HugeInt, types.Float, types.Double, types.Interval, types.Varchar}
	for codec := range codecs {
		for typ := range plain {
			f.Add(uint8(codec), uint8(typ), uint16(100), cat(b8(64), b8(32), b8(0x0102030405060708)))
		}
	}
	f.Fuzz(func(t *testing.T, codec, typ uint8, rows uint16, data []byte) {
		if len(data) > blockSize-8 {
			return
		}
		kind := types.Plain(plain[int(typ)%len(plain)])
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
			buf = text.Release15.Append(buf[:0], v, i)
		}
		// The validity form of the same bytes.
		g := Segment{Rows: int64(rows), Codec: codec}
		if bits, _, err := OpenValidity(blockFileOf(t, data), &g); err == nil {
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
