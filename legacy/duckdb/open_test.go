package duckdb_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compress/gzip"

	"github.com/simexp/exparchive/internal/duckdbdump"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// writeFixture puts a fixture and its log in a folder.
func writeFixture(t *testing.T, name, path string) {
	t.Helper()
	f := readFixture(t, name)
	for suffix, b := range map[string][]byte{"": f.read(t, f.File), ".wal": f.read(t, f.Log)} {
		if b == nil {
			continue
		}
		if err := os.WriteFile(path+suffix, b, 0o444); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpen opens files by names that other formats of names would take apart, and leaves the folder as it is.
func TestOpen(t *testing.T) {
	for _, name := range []string{"plain.db", "a b.db", "50%25#x.db", "ünï.db"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		writeFixture(t, "log_key", path)
		db, err := duckdb.Open(path, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if i := db.Info(); !i.LogApplied || i.Transactions == 0 {
			t.Errorf("%s: got %+v, want an applied log", name, i)
		}
		n := 0
		tab, err := db.Table("", "t")
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range tab.Rows(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 500 {
			t.Errorf("%s: got %d rows, want 500", name, n)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 2 {
			t.Errorf("%s: got %v, %v in the folder, want two files", name, files, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	f := readFixture(t, "types_e14")
	whole := f.read(t, f.File)
	damage := func(at int, b ...byte) []byte {
		d := bytes.Clone(whole)
		copy(d[at:], b)
		return d
	}
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, duckdb.ErrNotDuckDB},
		{"text", []byte(strings.Repeat("not a database ", 1000)), duckdb.ErrNotDuckDB},
		{"sqlite", []byte("SQLite format 3\x00" + strings.Repeat("\x00", 100)), duckdb.ErrNotDuckDB},
		{"lfs", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), duckdb.ErrLFSPointer},
		{"cut", whole[:5000], io.ErrUnexpectedEOF},
		{"too old", damage(12, 51), duckdb.ErrTooOld},
		{"too new", damage(12, 70), duckdb.ErrTooNew},
		{"after 2.0", damage(12, 0xe8, 3), duckdb.ErrTooNew},
		{"encrypted", damage(20, 1), duckdb.ErrEncrypted},
		{"unknown flag", damage(20, 2), duckdb.ErrUnsupported},
		{"main header", damage(60, 'x'), duckdb.ErrChecksum},
		{"both headers", append(damage(4096+20, 9)[:8192], damage(8192+20, 9)[8192:]...), duckdb.ErrChecksum},
	} {
		if c.name == "both headers" {
			c.data[4096+20] ^= 0xff
			c.data[8192+20] ^= 0xff
		}
		_, err := duckdb.New(bytes.NewReader(c.data), int64(len(c.data)), nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}

	// One damaged header is not needed, and is told of.
	for _, at := range []int{4096 + 24, 8192 + 24} {
		d := bytes.Clone(whole)
		d[at] ^= 0xff
		db, err := duckdb.New(bytes.NewReader(d), int64(len(d)), nil)
		if err == nil && len(db.Info().Notes) != 1 {
			t.Errorf("header at %d: got notes %q, want one", at, db.Info().Notes)
		}
		if err != nil {
			t.Errorf("header at %d: %v", at, err)
		}
	}
}

func TestNames(t *testing.T) {
	f := readFixture(t, "catalog_e14")
	db, err := f.open(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Table("", "absent"); !errors.Is(err, duckdb.ErrNoTable) {
		t.Errorf("got %v, want %v", err, duckdb.ErrNoTable)
	}
	tab, err := db.Table("MAIN", "Plain")
	if err != nil {
		t.Fatal(err)
	}
	s := tab.Scan(t.Context(), "id", "absent")
	if s.Next() || !errors.Is(s.Err(), duckdb.ErrNoColumn) {
		t.Errorf("got %v, want %v", s.Err(), duckdb.ErrNoColumn)
	}
	if got, want := fmt.Sprint(tab.PrimaryKey()), "[id]"; got != want {
		t.Errorf("primary key: got %s, want %s", got, want)
	}
	gen, err := db.Table("", "generated")
	if err != nil {
		t.Fatal(err)
	}
	if s := gen.Scan(t.Context(), "gen_b"); s.Next() || !errors.Is(s.Err(), duckdb.ErrUnsupported) {
		t.Errorf("generated column: got %v, want %v", s.Err(), duckdb.ErrUnsupported)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s := tab.Scan(ctx); s.Next() || !errors.Is(s.Err(), context.Canceled) {
		t.Errorf("got %v, want %v", s.Err(), context.Canceled)
	}
}

// TestSmallBatches reads with so little memory that batches shrink, and gets the same.
func TestSmallBatches(t *testing.T) {
	f := readFixture(t, "types_e15_s15")
	b := f.read(t, f.File)
	want := map[string]string{}
	for _, limit := range []int64{0, 2 << 20, 300 << 10, 100 << 10, 37 << 10} {
		db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), &duckdb.Options{MaxBatchBytes: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range db.Tables() {
			var out bytes.Buffer
			if err := duckdbdump.CSV(t.Context(), &out, tab, duckdbdump.Options{Limit: -1}); err != nil {
				if errors.Is(err, duckdb.ErrLimit) && limit > 0 {
					continue
				}
				t.Fatal(err)
			}
			if limit == 0 {
				want[tab.Name()] = out.String()
			} else if out.String() != want[tab.Name()] {
				t.Errorf("limit %d: table %s differs from what no limit gives", limit, tab.Name())
			}
		}
	}
	db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), &duckdb.Options{MaxBatchBytes: 16})
	if err != nil {
		t.Fatal(err)
	}
	s := db.Tables()[0].Scan(t.Context())
	if s.Next() || !errors.Is(s.Err(), duckdb.ErrLimit) {
		t.Errorf("got %v, want %v", s.Err(), duckdb.ErrLimit)
	}
}

// TestRealData reads databases of the original project, and gets what the engine gave for them.
func TestRealData(t *testing.T) {
	dir := os.Getenv("EXPARCHIVE_REALDATA")
	if dir == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	for name, want := range map[string]string{
		"castro_exp1_debug.db.gz": "d7644329590c700158feff82fcf7787e81919fa54e9494903771f301e3f8d825",
		"core_exp1.db.gz":         "80203ae9c3e5a78c5f12c243a9f513313ecc5db7bc2456d0b51e5b15a3975e46",
	} {
		r, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for _, tab := range db.Tables() {
			fmt.Fprintln(h, duckdbdump.Name(db, tab), tab.RowCount())
			if err := duckdbdump.CSV(t.Context(), h, tab, duckdbdump.Options{Limit: -1}); err != nil {
				t.Error(err)
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestZeroTable uses a Table that belongs to no database.
func TestZeroTable(t *testing.T) {
	tab := &duckdb.Table{}
	if tab.Name() != "" || tab.Schema() != "" || len(tab.Columns()) != 0 || len(tab.PrimaryKey()) != 0 ||
		tab.RowCount() != 0 {
		t.Errorf("got %q.%q with %d rows, want nothing", tab.Schema(), tab.Name(), tab.RowCount())
	}
	s := tab.Scan(t.Context())
	if s.SeekRow(1); s.Next() || s.Err() != nil || tab.Err() != nil {
		t.Errorf("got %v, %v, want no rows", s.Err(), tab.Err())
	}
}

// TestFreeTail reads databases without the free blocks that the engine cut off, and the same with a block in use cut
// off or a list that names one free block less.
func TestFreeTail(t *testing.T) {
	const block = 16384
	notes := func(t *testing.T, b []byte) string {
		t.Helper()
		db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(db.Info().Notes, "; ")
	}
	for _, name := range []string{"free_tail_e11", "free_tail_e14_s14", "free_tail_e15_s15", "free_tail_e20"} {
		t.Run(name, func(t *testing.T) {
			f := readFixture(t, name)
			b := f.read(t, f.File)
			header := b[4096:]
			if binary.LittleEndian.Uint64(b[8192+8:]) > binary.LittleEndian.Uint64(header[8:]) {
				header = b[8192:]
			}
			there, counted := uint64(len(b)-3*4096)/block, binary.LittleEndian.Uint64(header[32:])
			if there >= counted {
				t.Fatalf("got a file of %d blocks and a count of %d, want fewer blocks", there, counted)
			}
			if got := notes(t, b); got != "" {
				t.Errorf("got %q, want no notes", got)
			}
			want := func(n uint64) string {
				return fmt.Sprintf("the file is cut off: %d of %d blocks are there", n, counted)
			}
			if got := notes(t, b[:len(b)-block]); got != want(there-1) {
				t.Errorf("one block less: got %q, want %q", got, want(there-1))
			}
			// The list is a count and block ids, after the pointer to what follows it.
			pointer := binary.LittleEndian.Uint64(header[24:])
			at := 3*4096 + int(pointer&(1<<56-1))*block + 8 + int(pointer>>56)*((block-8)/64&^7) + 8
			free := binary.LittleEndian.Uint64(b[at:])
			for what, x := range map[string]struct {
				at int
				x  uint64
			}{
				"one fewer":   {at, free - 1},
				"none":        {at, 0},
				"more":        {at, 1 << 40},
				"the first":   {at + 8*int(free), 0},
				"one twice":   {at + 8*int(free), binary.LittleEndian.Uint64(b[at+8*int(free)-8:])},
				"in the file": {at + 8, there - 1},
				"past all":    {at + 8*int(free), counted},
			} {
				c := bytes.Clone(b)
				binary.LittleEndian.PutUint64(c[x.at:], x.x)
				repair(c, x.at)
				got := notes(t, c)
				if what == "more" {
					if got != "" { // all blocks that are missing are named before it stops
						t.Errorf("%s: got %q, want no notes", what, got)
					}
				} else if got != want(there) {
					t.Errorf("%s: got %q, want %q", what, got, want(there))
				}
			}
		})
	}
}
