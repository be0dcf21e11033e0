package parquet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const maker = "exparchive version 1.0.0 (build test)"

// every has a column of each type, with nulls and without.
var every = []Column{
	{Name: "constant", Type: String}, {Name: "text", Type: String, Optional: true},
	{Name: "json", Type: String, Optional: true, Distinct: true}, {Name: "id", Type: Int64, Distinct: true},
	{Name: "big", Type: Int64, Optional: true}, {Name: "small", Type: Int32}, {Name: "gap", Type: Int32, Optional: true},
	{Name: "flag", Type: Boolean, Optional: true}, {Name: "sure", Type: Boolean},
	{Name: "real", Type: Double, Optional: true}, {Name: "nothing", Type: String, Optional: true},
}

// fill writes rows of every column, with runs, gaps and extremes.
func fill(t testing.TB, w *Writer, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		w.Text("exp1")
		if i%3 == 0 {
			w.Null()
		} else {
			w.Text(fmt.Sprint("v", i*7919%5003))
		}
		if i%50 < 2 {
			w.Null()
		} else {
			w.Bytes(fmt.Appendf(nil, `{"x": %d}`, i*31))
		}
		w.Int(int64(i) + 1<<53)
		switch i % 5 {
		case 0:
			w.Null()
		case 1:
			w.Int(math.MaxInt64)
		case 2:
			w.Int(math.MinInt64)
		default:
			w.Int(int64(i) * -1e12)
		}
		w.Int(int64(i / 1000))
		if i/100%2 == 0 {
			w.Null()
		} else {
			w.Int(math.MinInt32 + int64(i%2)*math.MaxUint32)
		}
		if i%4 == 1 {
			w.Null()
		} else {
			w.Bool(i%3 == 0)
		}
		w.Bool(i%7 < 3)
		if i%4 == 2 {
			w.Null()
		} else {
			w.Double(float64(i) / 8)
		}
		w.Null()
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
}

// made gives a file of so many rows.
func made(t testing.TB, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, every)
	fill(t, w, 0, rows)
	if err := w.Close(maker, []KeyValue{{"one", "1"}, {"two", ""}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSameBytes: the sum is that of every platform, whatever was compressed before. The file has two row groups, and
// columns that leave their dictionary at once, later, and never.
func TestSameBytes(t *testing.T) {
	const want = "8eefff4b7c9a2c919b6a253a6b2b2b867f3cb594cc668c9f85d6bc6ae533d785"
	for range 2 {
		if got := fmt.Sprintf("%x", sha256.Sum256(made(t, groupRows+5000))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestReadAbout reads what was written, and refuses it cut at every length.
func TestReadAbout(t *testing.T) {
	for _, rows := range []int{0, 1, 1000} {
		b := made(t, rows)
		about, err := ReadAbout(bytes.NewReader(b), int64(len(b)))
		if err != nil || about.Rows != int64(rows) || len(about.Values) != 2 || about.Values["one"] != "1" {
			t.Errorf("%d rows: got %+v, %v", rows, about, err)
		}
		for n := range b {
			if _, err := ReadAbout(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, ErrFormat) {
				t.Fatalf("%d rows, first %d of %d bytes: got %v, want ErrFormat", rows, n, len(b), err)
			}
		}
	}
}

// TestReadAbout_deep: structs in structs in structs are refused, as are lists that cannot be as long as they say.
func TestReadAbout_deep(t *testing.T) {
	for name, footer := range map[string]string{
		"deep":        strings.Repeat("\x1c", 1000) + strings.Repeat("\x00", 1001),
		"long list":   "\x59\xfc\xff\xff\xff\xff\x0f",
		"long text":   "\x68\xff\xff\xff\xff\x0f",
		"no struct":   "\x15",
		"a map":       "\x1b\x00\x00",
		"many bools":  "\x19\xf1\xff\xff\xff\x7f" + "\x01",
		"other pairs": "\x59\x15\x02\x00",
	} {
		b := magic + footer
		b += string(binary.LittleEndian.AppendUint32(nil, uint32(len(footer)))) + magic
		if about, err := ReadAbout(strings.NewReader(b), int64(len(b))); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %+v, %v, want ErrFormat", name, about, err)
		}
	}
}

func FuzzReadAbout(f *testing.F) {
	f.Add(made(f, 0))
	f.Add(made(f, 3))
	f.Add([]byte("PAR1\x15\x00\x00\x00\x00\x01\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		about, err := ReadAbout(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			return
		}
		if !errors.Is(err, ErrFormat) || about != nil {
			t.Errorf("got %v, %v, want ErrFormat and nothing", about, err)
		}
	})
}

// TestHybrid: what is written is read by a reader that follows the grammar of the specification.
func TestHybrid(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{1, 2, 3, 7, 8, 9, 16, 17, 31, 32} {
		most := uint64(1) << width
		for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 1000} {
			for _, run := range []int{1, 2, 7, 8, 9, 15, 16, 100} {
				var values []uint32
				for len(values) < n {
					v := uint32(rng.Uint64N(most))
					for range 1 + rng.IntN(run) {
						values = append(values, v)
					}
				}
				values = values[:n]
				got, rest := readHybrid(appendHybrid(nil, values, width), n, width)
				if !slices.Equal(got, values) || len(rest) > 0 {
					t.Fatalf("width %d, %d values in runs up to %d: got %v and %d bytes more, want %v", width, n, run, got,
						len(rest), values)
				}
			}
		}
	}
	if b := appendHybrid(nil, make([]uint32, 1e6), 1); len(b) > 8 {
		t.Errorf("a million equal values: got %d bytes", len(b))
	}
}

// readHybrid reads n values: rle-run is (count << 1) and the value, bit-packed-run is (groups << 1 | 1) and the groups.
func readHybrid(b []byte, n, width int) (values []uint32, rest []byte) {
	for len(values) < n {
		head, size := binary.Uvarint(b)
		b = b[size:]
		if head&1 == 0 {
			var v uint32
			for i := range (width + 7) / 8 {
				v |= uint32(b[i]) << (8 * i)
			}
			b = b[(width+7)/8:]
			for range head >> 1 {
				values = append(values, v)
			}
			continue
		}
		for i := range int(head>>1) * 8 {
			var v uint32
			for bit := range width {
				at := i*width + bit
				v |= uint32(b[at/8]>>(at%8)&1) << bit
			}
			values = append(values, v)
		}
		b = b[int(head>>1)*width:]
	}
	return values[:n], b
}

// TestMisuse: values that fit no column are errors, and so is all that follows.
func TestMisuse(t *testing.T) {
	columns := []Column{{Name: "n", Type: Int32}, {Name: "s", Type: String, Optional: true}, {Name: "d", Type: Double}}
	for name, row := range map[string]func(*Writer){
		"too short":   func(w *Writer) { w.Int(1) },
		"too long":    func(w *Writer) { w.Int(1); w.Null(); w.Double(1); w.Int(1) },
		"null":        func(w *Writer) { w.Null(); w.Null(); w.Double(1) },
		"a null more": func(w *Writer) { w.Int(1); w.Null(); w.Double(1); w.Null() },
		"33 bits":     func(w *Writer) { w.Int(1 << 31); w.Null(); w.Double(1) },
		"text":        func(w *Writer) { w.Text("1"); w.Null(); w.Double(1) },
		"bytes":       func(w *Writer) { w.Bytes([]byte("1")); w.Null(); w.Double(1) },
		"int":         func(w *Writer) { w.Int(1); w.Null(); w.Int(1) },
		"bool":        func(w *Writer) { w.Bool(true); w.Null(); w.Double(1) },
		"minus":       func(w *Writer) { w.Int(1); w.Null(); w.Double(-1) },
		"minus zero":  func(w *Writer) { w.Int(1); w.Null(); w.Double(math.Copysign(0, -1)) },
		"NaN":         func(w *Writer) { w.Int(1); w.Null(); w.Double(math.NaN()) },
	} {
		w := NewWriter(io.Discard, columns)
		row(w)
		for range 2 {
			if err := w.EndRow(); !errors.Is(err, ErrValue) {
				t.Errorf("%s: got %v, want ErrValue", name, err)
			}
		}
		if err := w.Close(maker, nil); !errors.Is(err, ErrValue) {
			t.Errorf("%s, closed: got %v, want ErrValue", name, err)
		}
	}
	w := NewWriter(io.Discard, columns)
	w.Int(1)
	if err := w.Close(maker, nil); !errors.Is(err, ErrValue) {
		t.Errorf("closed in a row: got %v, want ErrValue", err)
	}
	w = NewWriter(io.Discard, columns)
	if err := errors.Join(w.Close(maker, nil)); err != nil {
		t.Error(err)
	}
	if w.Null(); w.EndRow() == nil || w.Close(maker, nil) == nil {
		t.Error("a file takes rows after Close")
	}
}

// full takes so many bytes and no more.
type full int

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if *f -= full(len(b)); *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFull: a writer that fails anywhere makes the file fail.
func TestFull(t *testing.T) {
	whole := len(made(t, 1000))
	for _, room := range []int{0, 3, 4, 100, whole / 2, whole - 1} {
		w := NewWriter(new(full(room)), every)
		fill(t, w, 0, 1000)
		if err := w.Close(maker, []KeyValue{{"one", "1"}, {"two", ""}}); !errors.Is(err, errFull) {
			t.Errorf("room for %d of %d bytes: got %v, want %v", room, whole, err, errFull)
		}
	}
}

// TestMemory: what a writer holds does not grow with the rows.
func TestMemory(t *testing.T) {
	w := NewWriter(io.Discard, every)
	held := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	fill(t, w, 0, 2*groupRows+1)
	before := held()
	fill(t, w, 2*groupRows+1, 8*groupRows+1)
	if after := held(); after-before > 1<<20 {
		t.Errorf("after two row groups %d bytes, after eight %d", before, after)
	}
	runtime.KeepAlive(w)
}

func BenchmarkWriter(b *testing.B) {
	for b.Loop() {
		w := NewWriter(io.Discard, every)
		fill(b, w, 0, groupRows)
		if err := w.Close(maker, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/groupRows, "ns/row")
}
