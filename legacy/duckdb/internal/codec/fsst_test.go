package codec

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// plainFSST decodes as FORMAT.md says, a code at a time.
func plainFSST(t *fsstTable, src []byte) (dst []byte, ok bool) {
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case t.lengths[c] != fsstNone:
			dst = append(dst, binary.LittleEndian.AppendUint64(nil, t.symbols[c])[:t.lengths[c]]...)
		case c == fsstEscape && i+1 < len(src):
			i++
			dst = append(dst, src[i])
		default:
			return dst, false
		}
	}
	return dst, true
}

// randomFSST makes a table of n symbols.
func randomFSST(r *rand.Rand, n int) *fsstTable {
	t := &fsstTable{}
	for c := range t.lengths {
		t.lengths[c] = fsstNone
		if c < n {
			length := 1 + r.IntN(8)
			t.lengths[c] = uint8(length)
			t.symbols[c] = r.Uint64() >> (64 - 8*length)
		}
	}
	return t
}

// checkFSST compares the decoder with plainFSST on src, with and without bytes after it.
func checkFSST(tb testing.TB, t *fsstTable, src []byte) {
	tb.Helper()
	want, wantOK := plainFSST(t, src)
	for _, more := range []int{0, 1, 7, 8, 20} {
		in := append(slices.Clone(src), bytes.Repeat([]byte{3}, more)...)[: len(src) : len(src)+more]
		out := make([]byte, 8*len(src)+fsstSlack)
		n, ok := t.decode(out, in)
		if ok != wantOK || ok && !bytes.Equal(out[:n], want) {
			tb.Fatalf("%x with %d bytes after it: got %x, %v, want %x, %v", src, more, out[:n], ok, want, wantOK)
		}
		got, ok := t.appendDecoded([]byte("before"), in)
		if ok != wantOK || ok && string(got) != "before"+string(want) {
			tb.Fatalf("%x appended: got %x, %v, want it to end with %x, %v", src, got, ok, want, wantOK)
		}
	}
}

func TestFSST(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	decoded := 0
	for _, symbols := range []int{0, 1, 5, 100, fsstEscape} {
		for range 20 {
			table := randomFSST(r, symbols)
			for n := range 50 {
				src := make([]byte, n)
				for i := range src {
					switch r.IntN(20) {
					case 0:
						src[i] = fsstEscape
					case 1:
						src[i] = uint8(r.IntN(256)) // perhaps without a symbol
					default:
						src[i] = uint8(r.IntN(max(symbols, 1)))
					}
				}
				checkFSST(t, table, src)
				if _, ok := plainFSST(table, src); ok && n > 16 {
					decoded++
				}
			}
		}
	}
	if decoded < 100 {
		t.Errorf("got %d sound strings of more than 16 codes, want at least 100", decoded)
	}
}

// FuzzFSST reads any bytes as a symbol table, and any as a string.
func FuzzFSST(f *testing.F) {
	f.Add(fsstOf([8]uint8{1, 2, 6: 1}, "abcdefghijkl"), []byte{1, 2, 3, fsstEscape, 9, 0, 0, 1, 1, 2})
	f.Add(fsstOf([8]uint8{}, ""), []byte{0})
	f.Fuzz(func(t *testing.T, table, src []byte) {
		p := &part{seg: &Segment{}, b: table, name: "fsst"}
		s, err := readFSSTTable(p, 0)
		if err != nil || s.empty {
			return
		}
		checkFSST(t, s, src)
	})
}

func BenchmarkFSST(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	table := randomFSST(r, 200)
	for _, c := range []struct {
		name    string
		escapes int // in a hundred codes
	}{{"symbols", 0}, {"escapes", 20}} {
		b.Run(c.name, func(b *testing.B) {
			var strs [][]byte
			size := 0
			for range 1000 {
				s := make([]byte, 20+r.IntN(20), 64)
				for i := range s {
					if s[i] = uint8(r.IntN(200)); r.IntN(100) < c.escapes && i < len(s)-1 {
						s[i] = fsstEscape
					}
				}
				d, ok := plainFSST(table, s)
				if !ok {
					b.Fatalf("%x: got a code without a symbol", s)
				}
				strs, size = append(strs, s), size+len(d)
			}
			b.SetBytes(int64(size))
			var dst []byte
			for b.Loop() {
				dst = dst[:0]
				for _, s := range strs {
					dst, _ = table.appendDecoded(dst, s)
				}
			}
		})
	}
}
