package btree

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

const pageSize = 1024

// makeDB has SQLite make a database with a table of several levels and rows on overflow pages, and gives its bytes.
func makeDB(t testing.TB, rows int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	exec := func(q string, args ...any) {
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(fmt.Sprintf("PRAGMA page_size = %d", pageSize))
	exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n, x)")
	exec("BEGIN")
	random := rand.New(rand.NewPCG(1, 1))
	for i := range rows {
		key := int64(i * 3)
		if i%50 == 0 {
			key = -key
		}
		n := []any{
			nil, int64(0), int64(1), int64(-1), int64(127), int64(128), int64(-129), int64(1 << 40), int64(math.MinInt64),
			1.5, int64(1<<23 - 1), int64(1 << 31),
		}[random.IntN(12)]
		x := strings.Repeat(string(rune('a'+i%26)), random.IntN(60)*random.IntN(60))
		exec("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", key, n, x)
	}
	exec("DELETE FROM t WHERE id % 7 = 0")
	exec("COMMIT")
	out := path + "2"
	exec("VACUUM INTO ?", out)
	db.Close()
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// walkAll walks the schema and every tree, and gives rows and faults as text.
func walkAll(b []byte) (rows, faults []string) {
	f := NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	f.Report = func(x Fault) {
		faults = append(faults, fmt.Sprintf("%d %s page %d: %s", x.Kind, x.Tree, x.Page, x.Text))
	}
	var values [5]Value
	roots := map[string]uint32{}
	for w := f.Walk("schema", 1); w.Next(); {
		n, _, err := DecodeRow(w.Payload, values[:])
		if err != nil || n != 5 || values[3].Int <= 0 || values[3].Int > math.MaxUint32 {
			faults = append(faults, "schema row")
			continue
		}
		roots[string(values[1].Bytes)] = uint32(values[3].Int)
	}
	for _, name := range slices.Sorted(maps.Keys(roots)) {
		for w := f.Walk(name, roots[name]); w.Next(); {
			n, plain, err := DecodeRow(w.Payload, values[:])
			row := fmt.Sprintf("%s %d %v %v", name, w.Key, plain, err)
			for _, v := range values[:n] {
				row += fmt.Sprintf(" %v:%d:%g:%s", v.Kind, v.Int, v.Float, v.Bytes)
			}
			rows = append(rows, row)
			if found := f.Find(roots[name], w.Key); !bytes.Equal(found, w.Payload) {
				faults = append(faults, fmt.Sprintf("row %d: found %d bytes, walked over %d", w.Key, len(found), len(w.Payload)))
			}
		}
	}
	return rows, faults
}

// TestWalk reads what SQLite wrote, and compares it with what SQLite reads.
func TestWalk(t *testing.T) {
	b := makeDB(t, 3000)
	rows, faults := walkAll(b)
	if len(faults) > 0 {
		t.Errorf("got faults %q", faults)
	}
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var want []string
	r, err := db.Query("SELECT id, n, x FROM t ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var id int64
		var n any
		var x string
		if err := r.Scan(&id, &n, &x); err != nil {
			t.Fatal(err)
		}
		number := "NULL:0:0:"
		switch n := n.(type) {
		case int64:
			number = fmt.Sprintf("INTEGER:%d:0:", n)
		case float64:
			number = fmt.Sprintf("REAL:0:%g:", n)
		}
		want = append(want, fmt.Sprintf("t %d true <nil> NULL:0:0: %s TEXT:0:0:%s", id, number, x))
	}
	if len(rows) != len(want) {
		t.Fatalf("got %d rows, want %d", len(rows), len(want))
	}
	for i := range rows {
		if rows[i] != want[i] {
			t.Fatalf("row %d: got %.200q, want %.200q", i, rows[i], want[i])
		}
	}
}

func FuzzWalk(f *testing.F) {
	b := makeDB(f, 40)
	f.Add(b)
	f.Add(b[:2*pageSize])
	cut := bytes.Clone(b)
	binary.BigEndian.PutUint16(cut[HeaderSize+3:], 60000)
	f.Add(cut)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64*pageSize {
			return
		}
		rows, faults := walkAll(b)
		if len(rows) > len(b) || len(faults) > 10*len(b)+10 {
			t.Errorf("%d bytes give %d rows and %d faults", len(b), len(rows), len(faults))
		}
	})
}

func FuzzDecodeRow(f *testing.F) {
	f.Add([]byte{4, 0, 1, 15, 7, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var values [8]Value
		n, plain, err := DecodeRow(b, values[:])
		if err != nil || !plain {
			return
		}
		size := 0
		for _, v := range values[:n] {
			size += len(v.Bytes)
		}
		if size > len(b) {
			t.Errorf("%d bytes of values in %d", size, len(b))
		}
	})
}
