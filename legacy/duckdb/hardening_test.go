package duckdb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// Limits under which damaged files are read.
const (
	testBatchBytes = 8 << 20
	testLogBytes   = 8 << 20
	maxTestBatches = 60 // of a table: a few bytes may stand for many equal rows
)

// exhaust reads everything that the file and its logs hold, as text and JSON, and gives the first error.
func exhaust(t testing.TB, db, wal, wal2 []byte) error {
	t.Helper()
	d, err := duckdb.New(bytes.NewReader(db), int64(len(db)), &duckdb.Options{WAL: wal, CheckpointWAL: wal2,
		MaxBatchBytes: testBatchBytes, MaxLogBytes: testLogBytes, CacheBytes: 1 << 20})
	if err != nil {
		return err
	}
	var first error
	var buf []byte
	for _, tab := range d.Tables() {
		_ = tab.SQL()
		if tab.Err() != nil && first == nil {
			first = tab.Err()
		}
		s := tab.Scan(t.Context())
		for n := 0; n < maxTestBatches && s.Next(); n++ {
			b := s.Batch()
			for k := range b.Columns() {
				v := b.Column(k)
				for i := range b.Len() {
					buf = v.AppendText(buf[:0], i)
					buf = v.AppendJSON(buf[:0], i)
				}
			}
		}
		if s.Err() != nil && first == nil {
			first = s.Err()
		}
	}
	return first
}

// acceptable reports whether err is one that a damaged file may give.
func acceptable(err error) bool {
	if err == nil || errors.As(err, new(*duckdb.FormatError)) {
		return true
	}
	for _, class := range []error{duckdb.ErrNotDuckDB, duckdb.ErrLFSPointer, duckdb.ErrUnsupported, duckdb.ErrLimit,
		duckdb.ErrCorrupt} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// hardened are small fixtures that between them hold every codec, type and kind of log entry.
var hardened = []string{
	"types_e14_s14", "types_e15_s15", "codec_auto_e12_s12", "codec_auto_e15_s15", "codec_chimp_e09", "codec_patas_e09",
	"codec_fsst_e14", "codec_dictionary_e14", "codec_zstd_e15_s15", "codec_roaring_e15_s15", "codec_alp_e15_s15",
	"codec_alprd_e15_s15", "codec_rle_e14", "codec_bitpacking_e14", "codec_dict_fsst_e15_s15", "deletes_e15_s15",
	"catalog_e15_s15", "geometry_split_e15_s15", "variant_e15_s15", "variant_shredded_e15_s15", "updates_e15_s15",
	"log_only_e15_s15", "log_variant_e15",
}

// TestCut reads fixtures that end too early: at every length of the headers, at sampled ones after them.
func TestCut(t *testing.T) {
	for _, name := range hardened {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			whole := f.read(t, f.File)
			r := rand.New(rand.NewPCG(1, uint64(len(whole))))
			for n := 0; n < len(whole); {
				err := exhaust(t, whole[:n], nil, nil)
				if err == nil && n < 3*4096 {
					t.Fatalf("first %d of %d bytes: got no error", n, len(whole))
				}
				if !acceptable(err) {
					t.Fatalf("first %d of %d bytes: got %v, want a FormatError", n, len(whole), err)
				}
				switch {
				case n < 200:
					n++
				case n < 3*4096:
					n += 1 + r.IntN(700)
				default:
					n += 1 + r.IntN(max(len(whole)/longtest.Count(10, 100), 1))
				}
			}
		})
	}
}

// TestCutLog reads logs that end too early; a torn log is no error.
func TestCutLog(t *testing.T) {
	for _, name := range []string{"log_only_e15_s15", "log_variant_e15", "log_key", "log_changes_e20"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			db, wal := f.read(t, f.File), f.read(t, f.Log)
			if len(wal) == 0 {
				t.Fatal("the fixture has no log")
			}
			step := max(len(wal)/longtest.Count(50, 1000), 1)
			const header = 64 // more than there are bytes in it
			for n := 0; n < len(wal); {
				if err := exhaust(t, db, wal[:n], nil); err != nil {
					t.Fatalf("first %d of %d bytes of the log: got %v, want no error", n, len(wal), err)
				}
				if n < header {
					n += longtest.Count(3, 1)
				} else {
					n += step
				}
			}
		})
	}
}

// sum is FORMAT.md's checksum of whole words.
func sum(b []byte) uint64 {
	r := uint64(5381)
	for ; len(b) >= 8; b = b[8:] {
		r ^= binary.LittleEndian.Uint64(b) * 0xbf58476d1ce4e5b9
	}
	if len(b) == 0 {
		return r
	}
	const m = 0xc6a4a7935bd1e995
	h := 0xe17a1465 ^ uint64(len(b))*m
	var tail [8]byte
	copy(tail[:], b)
	h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	h = (h ^ h>>47) * m
	return r ^ h ^ h>>47
}

// repair makes the checksum of the header or block around byte at right.
func repair(db []byte, at int) {
	from, size := at/4096*4096, 4096
	if at >= 3*4096 {
		size = 262144
		for _, h := range []int{4096, 8192} {
			if a := binary.LittleEndian.Uint64(db[h+40:]); a >= 1<<14 && a <= 1<<18 {
				size = int(a)
			}
		}
		from = 3*4096 + (at-3*4096)/size*size
	}
	if from+size <= len(db) {
		binary.LittleEndian.PutUint64(db[from:], sum(db[from+8:from+size]))
	}
}

// TestFlip changes bytes of fixtures at random places, and repairs the checksums, so that decoders see the damage.
func TestFlip(t *testing.T) {
	rounds := longtest.Count(5, 50)
	total := 0
	for _, name := range hardened {
		t.Run(name, func(t *testing.T) {
			f := readFixture(t, name)
			whole, wal := f.read(t, f.File), f.read(t, f.Log)
			r := rand.New(rand.NewPCG(7, uint64(len(whole))))
			used := usedBytes(whole)
			var before, after runtime.MemStats
			refused := 0
			for range rounds {
				b := bytes.Clone(whole)
				for range 1 + r.IntN(4) {
					at := used[r.IntN(len(used))]
					b[at] = byte(r.Uint32())
					if r.IntN(3) > 0 {
						b[at] = [...]byte{0, 1, 0x7f, 0x80, 0xff, whole[at] + 1, whole[at] - 1,
							whole[at] ^ 1<<r.IntN(8)}[r.IntN(8)]
					}
					repair(b, at)
				}
				runtime.ReadMemStats(&before)
				err := exhaust(t, b, wal, nil)
				runtime.ReadMemStats(&after)
				if !acceptable(err) {
					t.Fatalf("got %v, want a FormatError", err)
				}
				if err != nil {
					refused++
				}
				// All that is allocated, freed or not: a generous multiple of what an undamaged file needs.
				if n := after.TotalAlloc - before.TotalAlloc; n > 2<<30 {
					t.Errorf("got %d bytes allocated, want at most 2 GiB; error: %v", n, err)
				}
			}
			total += refused
		})
	}
	if total == 0 {
		t.Error("no damage was found in any round")
	}
}

// usedBytes are the places of bytes that are not zero, or next to one that is not.
func usedBytes(b []byte) (at []int) {
	for i := range b {
		if b[i] != 0 || i > 0 && b[i-1] != 0 {
			at = append(at, i)
		}
	}
	return at
}

// TestFlipLog changes bytes of logs, and repairs the checksums of their entries.
func TestFlipLog(t *testing.T) {
	rounds := longtest.Count(25, 300)
	for _, name := range []string{"log_only_e15_s15", "log_variant_e15", "log_key", "log_only_e11"} {
		t.Run(name, func(t *testing.T) {
			f := readFixture(t, name)
			db, wal := f.read(t, f.File), f.read(t, f.Log)
			r := rand.New(rand.NewPCG(9, uint64(len(wal))))
			for range rounds {
				b := bytes.Clone(wal)
				for range 1 + r.IntN(3) {
					b[r.IntN(len(b))] = [...]byte{0, 1, 2, 0x7f, 0x80, 0xff, byte(r.Uint32())}[r.IntN(7)]
				}
				repairLog(b, wal)
				if err := exhaust(t, db, b, nil); !acceptable(err) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("got %v, want a FormatError", err)
				}
			}
		})
	}
}

// repairLog makes the frames of a log right that has the layout of whole.
func repairLog(b, whole []byte) {
	// The header has no frame: the first place from which frames lead to the end is where they start.
	for start := range min(len(whole), 100) {
		var frames [][2]int
		at := start
		for len(whole)-at >= 16 {
			n := binary.LittleEndian.Uint64(whole[at:])
			if n > uint64(len(whole)-at-16) ||
				sum(whole[at+16:at+16+int(n)]) != binary.LittleEndian.Uint64(whole[at+8:]) {
				break
			}
			frames = append(frames, [2]int{at, int(n)})
			at += 16 + int(n)
		}
		if len(frames) > 1 {
			for _, f := range frames {
				binary.LittleEndian.PutUint64(b[f[0]:], uint64(f[1]))
				binary.LittleEndian.PutUint64(b[f[0]+8:], sum(b[f[0]+16:f[0]+16+f[1]]))
			}
			return
		}
	}
}

// repairAll makes every checksum of a file right.
func repairAll(db []byte) {
	if len(db) < 3*4096 {
		return
	}
	for at := 0; at < len(db); {
		repair(db, at)
		switch {
		case at < 3*4096:
			at += 4096
		default:
			at += 1 << 14 // the smallest block; larger ones are repaired more than once
		}
	}
}

// maxSeed keeps mutations quick.
const maxSeed = 400 << 10

// FuzzOpen reads any bytes as a database, as they are and with its checksums repaired.
func FuzzOpen(f *testing.F) {
	for _, name := range hardened {
		x := readFixture(f, name)
		if b := x.read(f, x.File); len(b) < maxSeed {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := exhaust(t, b, nil, nil); !acceptable(err) {
			t.Errorf("got %v, want a FormatError", err)
		}
		b = bytes.Clone(b)
		repairAll(b)
		if err := exhaust(t, b, nil, nil); !acceptable(err) {
			t.Errorf("repaired: got %v, want a FormatError", err)
		}
	})
}

// FuzzWAL reads any bytes as the log of a database.
func FuzzWAL(f *testing.F) {
	x := readFixture(f, "log_key")
	db := x.read(f, x.File)
	for _, name := range []string{"log_key", "log_variant_e15", "log_torn_30"} {
		x := readFixture(f, name)
		f.Add(x.read(f, x.Log))
	}
	f.Fuzz(func(t *testing.T, wal []byte) {
		if err := exhaust(t, db, wal, nil); !acceptable(err) {
			t.Errorf("got %v, want a FormatError", err)
		}
		fixed := bytes.Clone(wal)
		repairLog(fixed, wal)
		if err := exhaust(t, db, fixed, nil); !acceptable(err) {
			t.Errorf("repaired: got %v, want a FormatError", err)
		}
	})
}
