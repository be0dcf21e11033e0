package duckdb_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// A headerSegment is a line of testdata/segments.txt.
type headerSegment struct {
	codec, fixture, table, column string
	offset, rows, width           int
	modes                         []int // of bitpacked groups
}

// A headerField is a number in a segment's header.
type headerField struct {
	name     string
	at, size int // offset in the segment, bytes
}

// headerFields gives the offsets, widths, sizes, counts and modes in the header of a segment that starts with b.
func headerFields(s *headerSegment, b []byte) (all []headerField) {
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
	fields := func(at, size int, names ...string) {
		for i, name := range names {
			all = append(all, headerField{name, at + i*size, size})
		}
	}
	table := func(at int) {
		fields(at+1, 1, "symbols")
		fields(at+4, 4, "version")
		fields(at+8, 1, "zero terminated", "1", "2", "3", "4", "5", "6", "7", "8")
	}
	// entries are those of groups of n rows, below the byte that the field at 0 names.
	entries := func(end, n int) (groups []int) {
		for k := 0; k*n < s.rows; k++ {
			at := end - 4*(k+1)
			fields(at, 4, fmt.Sprint("entry ", k))
			groups = append(groups, u32(at))
		}
		return groups
	}
	switch s.codec {
	case "uncompressed":
		fields(0, 4, "size", "end")
	case "rle":
		fields(0, 8, "counts offset")
	case "dictionary":
		fields(0, 4, "size", "end", "index offset", "count", "width")
	case "fsst":
		fields(0, 4, "size", "end", "width", "table offset")
		table(u32(12))
	case "dict_fsst":
		fields(0, 4, "size", "count")
		fields(8, 1, "mode", "length width", "index width", "zero")
		fields(12, 4, "table size")
		if b[8] != 0 {
			table((16 + u32(0) + 7) &^ 7)
		}
	case "bitpacking":
		fields(0, 8, "end")
		for k, entry := range entries(u32(0), 2048) {
			mode := entry >> 24
			s.modes = append(s.modes, mode)
			if mode > 3 {
				fields(entry&0xffffff+s.width, min(s.width, 8), fmt.Sprint("width ", k))
			}
		}
	case "alp":
		fields(0, 4, "meta")
		for k, at := range entries(u32(0), 1024) {
			if b[at] == 0xff {
				continue
			}
			fields(at+2, 2, fmt.Sprint("exceptions ", k))
			fields(at+12, 1, fmt.Sprint("width ", k))
		}
	case "alprd":
		fields(0, 4, "meta")
		fields(4, 1, "right width", "left width", "dictionary")
		for k, at := range entries(u32(0), 1024) {
			fields(at, 2, fmt.Sprint("exceptions ", k))
		}
	case "chimp":
		fields(0, 4, "meta")
		fields(u32(0)-4, 4, "offset")
		fields(u32(0)-5, 1, "leading zeros")
	case "patas":
		fields(0, 4, "meta")
		for k, at := 0, u32(0); k*1024 < s.rows; k++ {
			fields(at-4, 4, fmt.Sprint("offset ", k))
			at -= 4 + 2*1024
		}
	case "zstd":
		v := (s.rows + 2047) / 2048
		fields(0, 8, "page")
		fields(8*v, 4, "offset")
		sizes := (12*v + 7) &^ 7
		fields(sizes, 8, "size")
		fields(sizes+8*v, 8, "compressed size")
	case "roaring":
		fields(0, 8, "meta")
		at, runs, k := 8+u32(0), 0, (s.rows+2047)/2048
		for i := range k {
			runs += int(b[at+i/4] >> (2*(i%4) + 1) & 1)
		}
		at += (k + 31) / 32 * 8
		for i := range (7*runs + 7) / 8 {
			fields(at+i, 1, fmt.Sprint("runs ", i))
		}
		at += (runs + 31) / 32 * 28
		for i := range k - runs {
			fields(at+i, 1, fmt.Sprint("size ", i))
		}
	}
	return all
}

// harmless are fields that a reader has no use for: mutations of them change no value.
var harmless = map[string]bool{"chimp offset": true, "dict_fsst zero": true}

// untold reports a last group of bitpacked values a, a + d, a + 2d, … that is said to be a, a, a, …: what is then one
// number too many may be a gap, whose bytes are arbitrary in sound files before 2.0. Of a segment's only group the statistics
// tell, since they give the largest value as well as the smallest; where these are in other groups nothing does. A gap of
// 2.0 holds zeros, which tell always.
func untold(s *headerSegment, field headerField, x, was uint64) bool {
	const steps, constant = 3, 2
	last := (s.rows+2047)/2048 - 1
	return s.codec == "bitpacking" && !strings.HasSuffix(s.fixture, "_e20") && last > 0 && field.name == fmt.Sprint("entry ", last) && was>>24 == steps &&
		x>>24 == constant &&
		x&0xffffff == was&0xffffff
}

// TestHeaderFields changes one field of a segment's header at a time, makes the block's checksum right again, and reads
// the column: it is refused, or gives what it gave before.
func TestHeaderFields(t *testing.T) {
	b, err := os.ReadFile("testdata/segments.txt")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	for line := range strings.Lines(string(b)) {
		if line[0] == '#' {
			continue
		}
		s := &headerSegment{}
		if _, err := fmt.Sscan(line, &s.codec, &s.fixture, &s.table, &s.column, &s.offset, &s.rows, &s.width); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		tried[s.codec]++
		if s.codec == "dict_fsst" {
			f := readFixture(t, s.fixture)
			tried[fmt.Sprint("dict_fsst in mode ", f.read(t, f.File)[s.offset+8])]++
		}
		if s.codec == "bitpacking" {
			f := readFixture(t, s.fixture)
			headerFields(s, f.read(t, f.File)[s.offset:])
			for _, mode := range s.modes {
				tried[fmt.Sprint("bitpacking in mode ", mode)]++
			}
			if groups := len(s.modes); groups > 1 && s.modes[groups-1] == 3 && strings.HasSuffix(s.fixture, "_e20") {
				tried["bitpacking in steps by 2.0"]++
			}
		}
		t.Run(fmt.Sprintf("%s %s %s %d", s.codec, s.fixture, s.column, s.offset), func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, s.fixture)
			db := f.read(t, f.File)
			want, err := readColumn(t, db, s)
			if err != nil {
				t.Fatal(err)
			}
			segment := db[s.offset:]
			for _, field := range headerFields(s, bytes.Clone(segment)) {
				where := segment[field.at : field.at+field.size]
				was := bytes.Clone(where)
				refused := 0
				for _, x := range mutations(number(was), 8*field.size) {
					putNumber(where, x)
					repair(db, s.offset+field.at)
					got, err := readColumn(t, db, s)
					switch {
					case err == nil && got != want && untold(s, field, x, number(was)):
					case err == nil && got != want:
						t.Errorf("%s of %d instead of %d: got other values, want them refused", field.name, x, number(was))
					case !acceptable(err):
						t.Errorf("%s of %d instead of %d: got %v, want a FormatError", field.name, x, number(was), err)
					case err != nil:
						refused++
					}
				}
				copy(where, was)
				repair(db, s.offset+field.at)
				if refused == 0 && !harmless[s.codec+" "+field.name] {
					t.Errorf("%s: no mutation was refused", field.name)
				}
			}
		})
	}
	for _, codec := range []string{"bitpacking in steps by 2.0", "uncompressed", "rle", "dictionary", "bitpacking in mode 2", "bitpacking in mode 3",
		"bitpacking in mode 4", "bitpacking in mode 5", "fsst", "chimp", "patas", "alp", "alprd", "zstd", "roaring", "dict_fsst in mode 0", "dict_fsst in mode 1", "dict_fsst in mode 2"} {
		if tried[codec] == 0 {
			t.Errorf("no segment of %s", codec)
		}
	}
}

// readColumn gives the values of a column as text.
func readColumn(t *testing.T, file []byte, s *headerSegment) (string, error) {
	db, err := duckdb.New(bytes.NewReader(file), int64(len(file)), &duckdb.Options{CacheBytes: 1 << 20,
		MaxBatchBytes: testBatchBytes})
	if err != nil {
		return "", err
	}
	tab, err := db.Table("", s.table)
	if err != nil {
		return "", err
	}
	var text []byte
	scan := tab.Scan(t.Context(), s.column)
	for scan.Next() {
		v := scan.Batch().Column(0)
		for i := range scan.Batch().Len() {
			text = fmt.Appendf(text, "%v ", v.Null(i))
			text = append(v.AppendText(text, i), '\n')
		}
	}
	return string(text), scan.Err()
}

func number(b []byte) uint64 {
	var x [8]byte
	copy(x[:], b)
	return binary.LittleEndian.Uint64(x[:])
}

func putNumber(b []byte, x uint64) {
	copy(b, binary.LittleEndian.AppendUint64(nil, x))
}

// mutations gives numbers of so many bits that are not x.
func mutations(x uint64, size int) (all []uint64) {
	mask := uint64(1)<<size - 1
	if size == 64 {
		mask = ^uint64(0)
	}
	candidates := []uint64{x + 1, x - 1, 0, mask, x + 4, x - 4, x + 8, x - 8, 2 * x, x / 2}
	// Beyond the bits of the largest offsets, and those of modes above offsets, one is as good as another, and of two
	// neighbours either, unless there is time.
	for k := range size {
		if k < 20 && k%2 == 0 || k >= 24 && k < 27 || k == size-1 || longtest.Enabled() {
			candidates = append(candidates, x^1<<k)
		}
	}
	seen := map[uint64]bool{x: true}
	for _, c := range candidates {
		if c &= mask; !seen[c] {
			seen[c] = true
			all = append(all, c)
		}
	}
	return all
}
