package btree

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/simexp/exparchive/internal/longtest"
)

const pageSize = 1024

// makeDB makes a database with a table and an index, both of several levels and with rows on overflow pages, and gives its bytes.
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
	exec("CREATE INDEX i ON t (x)")
	exec("BEGIN")
	random := rand.New(rand.NewPCG(1, 1))
	for i := range rows {
		key := int64(i * 3)
		if i%50 == 0 {
			key = -key
		}
		n := []any{nil, int64(0), int64(1), int64(-1), int64(127), int64(128), int64(-129), int64(1 << 40), int64(math.MinInt64), 1.5, int64(1<<23 - 1), int64(1 << 31)}[random.IntN(12)]
		exec("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", key, n, strings.Repeat(string(rune('a'+i%26)), random.IntN(60)*random.IntN(60)))
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
func walkAll(b []byte, canonical bool, each func(number uint32, data, canonical []byte)) (rows, faults []string) {
	f := NewForest(NewPager(bytes.NewReader(b), pageSize, int64(len(b)/pageSize)))
	f.Canonical, f.Each = canonical, each
	f.Report = func(x Fault) {
		faults = append(faults, fmt.Sprintf("%d %s page %d: %s", x.Kind, x.Tree, x.Page, x.Text))
	}
	var values [5]Value
	type tree struct {
		name  string
		root  uint32
		index bool
	}
	var trees []tree
	for w := f.Walk("schema", 1, false); w.Next(); {
		n, _, err := DecodeRow(w.Payload, values[:])
		if err != nil || n != 5 || values[3].Int <= 0 || values[3].Int > math.MaxUint32 {
			faults = append(faults, "schema row")
			continue
		}
		trees = append(trees, tree{string(values[1].Bytes), uint32(values[3].Int), string(values[0].Bytes) == "index"})
	}
	for _, x := range trees {
		for w := f.Walk(x.name, x.root, x.index); w.Next(); {
			n, plain, err := DecodeRow(w.Payload, values[:])
			row := fmt.Sprintf("%s %d %v %v", x.name, w.Key, plain, err)
			for _, v := range values[:n] {
				row += fmt.Sprintf(" %v:%d:%g:%s", v.Kind, v.Int, v.Float, v.Bytes)
			}
			rows = append(rows, row)
			if !x.index {
				if found := f.Find(x.root, w.Key); !bytes.Equal(found, w.Payload) {
					faults = append(faults, fmt.Sprintf("row %d: found %d bytes, walked over %d", w.Key, len(found), len(w.Payload)))
				}
			}
		}
	}
	f.Rest()
	return rows, faults
}

// TestWalk reads what SQLite wrote, and compares it with what SQLite reads.
func TestWalk(t *testing.T) {
	b := makeDB(t, 3000)
	rows, faults := walkAll(b, false, nil)
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
	read := func(q, name string, withKey bool) {
		r, err := db.Query(q)
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
			if withKey {
				want = append(want, fmt.Sprintf("%s %d true <nil> NULL:0:0: %s TEXT:0:0:%s", name, id, number, x))
			} else {
				want = append(want, fmt.Sprintf("%s 0 true <nil> TEXT:0:0:%s INTEGER:%d:0:", name, x, id))
			}
		}
	}
	read("SELECT id, n, x FROM t ORDER BY id", "t", true)
	read("SELECT id, n, x FROM t ORDER BY x, id", "i", false)
	if len(rows) != len(want) {
		t.Fatalf("got %d rows and entries, want %d", len(rows), len(want))
	}
	for i := range rows {
		if rows[i] != want[i] {
			t.Fatalf("row %d: got %.200q, want %.200q", i, rows[i], want[i])
		}
	}
}

// TestCanonical: the canonical form of a file holds the same, is sound for SQLite, and has itself as canonical form.
func TestCanonical(t *testing.T) {
	b := makeDB(t, 3000)
	made := bytes.Clone(b)
	seen := map[uint32]bool{}
	before, _ := walkAll(b, false, func(number uint32, data, canonical []byte) {
		if seen[number] {
			t.Errorf("page %d twice", number)
		}
		seen[number] = true
		copy(made[int(number-1)*pageSize:], canonical)
	})
	if len(seen) != len(b)/pageSize {
		t.Errorf("got %d pages, want %d", len(seen), len(b)/pageSize)
	}
	after, faults := walkAll(made, true, func(number uint32, data, canonical []byte) {
		if !bytes.Equal(data, canonical) {
			t.Errorf("page %d changes again", number)
		}
	})
	if len(faults) > 0 || fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("got %d rows, want %d; faults %q", len(after), len(before), faults)
	}
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, made, 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var ok string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Errorf("SQLite says %q, %v", ok, err)
	}
}

// TestFlips: whatever byte of a canonical file is changed, it is a fault or another row.
func TestFlips(t *testing.T) {
	b := makeDB(t, 40)
	made := bytes.Clone(b)
	walkAll(b, false, func(number uint32, _, canonical []byte) { copy(made[int(number-1)*pageSize:], canonical) })
	want, _ := walkAll(made, true, nil)
	for at := HeaderSize; at < len(made); at += 1 + at%longtest.Count(149, 29) {
		bit := byte(1) << (at % 8)
		made[at] ^= bit
		rows, faults := walkAll(made, true, nil)
		if len(faults) == 0 && fmt.Sprint(rows) == fmt.Sprint(want) && !inSchema(at) {
			t.Errorf("byte %d of page %d: nothing is seen of bit %#x", at%pageSize, at/pageSize+1, bit)
		}
		made[at] ^= bit
	}
}

// inSchema reports whether a byte is of the schema, whose rows these tests do not compare.
func inSchema(at int) bool { return at < pageSize }

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
		rows, faults := walkAll(b, true, nil)
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
