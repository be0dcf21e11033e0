package btree_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// TestRecord: a record is byte for byte the one that SQLite stores.
func TestRecord(t *testing.T) {
	integers := []int64{0, 1, -1, 2, math.MinInt64, math.MaxInt64, 1 << 53, 1<<53 + 1}
	for _, bits := range []int{7, 8, 15, 16, 23, 24, 31, 32, 47, 48, 62} {
		for d := int64(-2); d <= 2; d++ {
			integers = append(integers, 1<<bits+d, -1<<bits+d)
		}
	}
	reals := []float64{math.Copysign(0, -1), 0.5, -0.25, 1e300, -1e-300, math.Inf(1), math.Inf(-1), math.NaN(), math.Pi,
		1<<47 - 0.5, -1<<47 - 0.5, math.SmallestNonzeroFloat64, 1e18, 9.3e18, -9.3e18}
	for _, n := range integers {
		reals = append(reals, float64(n))
	}
	random := rand.New(rand.NewPCG(4, 4))
	var rows [][]btree.Value
	for i := range 400 {
		// In the table are an integer, a real, a text, a blob and three of any kind.
		row := []btree.Value{
			{Kind: btree.Integer, Int: integers[i%len(integers)]},
			{Kind: btree.Real, Float: reals[i%len(reals)]},
			{Kind: btree.Text, Bytes: []byte(strings.Repeat("ü", random.IntN(1+random.IntN(300))))},
			{Kind: btree.Blob, Bytes: make([]byte, []int{0, 1, 56, 57, 58, 59, 5000, 8185, 8186, 8187, 20000}[i%11])},
		}
		for j := range row {
			if random.IntN(10) == 0 {
				row[j] = btree.Value{}
			}
		}
		rows = append(rows, row)
	}
	path := filepath.Join(t.TempDir(), "x.db")
	db := openDB(t, path, "_pragma=page_size(1024)")
	exec := func(statement string, args ...any) {
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB) STRICT")
	exec("BEGIN")
	for _, row := range rows {
		args := make([]any, len(row))
		for i, v := range row {
			args[i] = argument(v)
		}
		exec("INSERT INTO t VALUES (NULL, ?, ?, ?, ?)", args...)
	}
	exec("COMMIT")
	// So many columns that the length of the header takes two bytes, and one less, and one more.
	var wide [][]btree.Value
	for n := 120; n < 132; n++ {
		columns := strings.Repeat(", c", n)
		for i := range n {
			columns = strings.Replace(columns, ", c,", fmt.Sprintf(", c%d,", i), 1)
		}
		exec(fmt.Sprintf("CREATE TABLE w%d (id INTEGER PRIMARY KEY%s)", n, columns))
		exec(fmt.Sprintf("INSERT INTO w%d (id) VALUES (1)", n))
		wide = append(wide, make([]btree.Value, n))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := btree.NewForest(btree.NewPager(bytes.NewReader(file), 1024, int64(len(file)/1024)))
	compare := func(name string, root uint32, rows [][]btree.Value) {
		at := 0
		for w := f.Walk(name, root); w.Next(); at++ {
			want := w.Payload
			got := btree.AppendRecord([]byte("x"), append([]btree.Value{{}}, rows[at]...))
			if got[0] != 'x' || !bytes.Equal(got[1:], want) {
				t.Errorf("%s, row %d: got %.60x, want %.60x", name, at, got[1:], want)
			}
			// What was read gives the same record again.
			values := make([]btree.Value, len(rows[at])+1)
			if n, plain, err := btree.DecodeRow(want, values); err != nil || !plain || n != len(values) {
				t.Fatalf("%s, row %d: %d columns, %v, %v", name, at, n, plain, err)
			}
			if again := btree.AppendRecord(nil, values); !bytes.Equal(again, want) {
				t.Errorf("%s, row %d again: got %.60x, want %.60x", name, at, again, want)
			}
		}
		if at != len(rows) {
			t.Errorf("%s: %d rows, want %d", name, at, len(rows))
		}
	}
	var schema [5]btree.Value
	next := 0
	type table struct {
		name string
		root uint32
		rows [][]btree.Value
	}
	var tables []table
	for w := f.Walk("schema", 1); w.Next(); next++ {
		if _, _, err := btree.DecodeRow(w.Payload, schema[:]); err != nil {
			t.Fatal(err)
		}
		x := table{string(schema[1].Bytes), uint32(schema[3].Int), rows}
		if next > 0 {
			x.rows = wide[next-1 : next]
		}
		tables = append(tables, x)
	}
	for _, x := range tables {
		compare(x.name, x.root, x.rows)
	}
	if len(tables) != len(wide)+1 {
		t.Errorf("got %d tables", len(tables))
	}
}

// argument gives a value as database/sql takes it.
func argument(v btree.Value) any {
	switch v.Kind {
	case btree.Integer:
		return v.Int
	case btree.Real:
		return v.Float
	case btree.Text:
		return string(v.Bytes)
	case btree.Blob:
		return v.Bytes
	}
	return nil
}
