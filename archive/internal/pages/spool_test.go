package pages

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// TestSpool: rows come back in their order and at their places, of tables that are held and of such that are in the
// file.
func TestSpool(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	s := NewSpool(sqlitefile.RealSystem, path)
	random := rand.New(rand.NewPCG(1, 2))
	type row struct {
		key, place int64
		record     []byte
	}
	want := map[string][]row{}
	for i := range 600 {
		table := fmt.Sprint("t", i%3)
		size := random.IntN(30_000)
		switch {
		case i%3 == 2:
			size = i % 5 // a small table
		case i == 301:
			size = 3 * maxRest
		}
		r := row{key: int64(i-300) << (i % 40), record: bytes.Repeat([]byte{byte(i)}, size)}
		var err error
		if r.place, err = s.Add(table, r.key, r.record); err != nil {
			t.Fatal(err)
		}
		want[table] = append(want[table], r)
	}
	for table, rows := range want {
		n := 0
		err := s.Each(table, func(key int64, record []byte) error {
			if n >= len(rows) || key != rows[n].key || !bytes.Equal(record, rows[n].record) {
				t.Fatalf("%s: row %d: got key %d and %d bytes", table, n, key, len(record))
			}
			n++
			return nil
		})
		if err != nil || n != len(rows) {
			t.Errorf("%s: got %d rows, %v, want %d", table, n, err, len(rows))
		}
		for _, i := range random.Perm(len(rows)) {
			if record, err := s.At(table, rows[i].place); err != nil || !bytes.Equal(record, rows[i].record) {
				t.Fatalf("%s: at row %d: got %d bytes, %v, want %d", table, i, len(record), err, len(rows[i].record))
			}
		}
		stop := errors.New("stop")
		if err := s.Each(table, func(int64, []byte) error { return stop }); err != stop {
			t.Errorf("%s: got %v, want the error of the caller", table, err)
		}
	}
	if err := s.Each("none", func(int64, []byte) error { return errors.New("a row") }); err != nil {
		t.Error(err)
	}
	if len(s.tables["t0"].pieces) == 0 || len(s.tables["t2"].pieces) > 0 {
		t.Error("want a table in the file, and one that is held")
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
}

// TestSpoolDamaged: a file that was changed gives an error or other rows, and never more than it has.
func TestSpoolDamaged(t *testing.T) {
	rows := []byte{2, 3, 'a', 'b', 'c', 4, 0}
	for i := range rows {
		for c := range 256 {
			bad := bytes.Clone(rows)
			bad[i] = byte(c)
			for _, rows := range [][]byte{bad, bad[:i]} {
				size := 0
				_ = eachRow(rows, func(_ int64, record []byte) error { size += len(record); return nil })
				if size > len(rows) {
					t.Fatalf("%x: got %d bytes of records", rows, size)
				}
			}
		}
	}
	if err := eachRow(rows[:4], func(int64, []byte) error { return nil }); !errors.Is(err, errSpool) {
		t.Errorf("got %v, want errSpool", err)
	}
}
