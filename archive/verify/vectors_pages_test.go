package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/schema"
)

// A fileVector is the rows of a file, and what pages they take.
type fileVector struct {
	Name   string        `json:"name"`
	Tables []tableVector `json:"tables,omitempty"`
	Pages  int           `json:"pages"`
	Sums   []string      `json:"sha256_of_pages,omitempty"`
	Sum    string        `json:"sha256_of_file"`
}

type tableVector struct {
	Table string      `json:"table"`
	Rows  []rowVector `json:"rows"`
}

// A rowVector is the rows from rowid First to Last, of the same values. Those behind the primary key are integers,
// objects for reals and blobs, texts, and pieces, for a text that repeats.
type rowVector struct {
	First  int64 `json:"first_rowid"`
	Last   int64 `json:"last_rowid"`
	Values []any `json:"values"`
}

type (
	realVector struct {
		Real string `json:"real_hex"` // IEEE 754 binary64, big-endian
	}
	blobVector struct {
		Blob string `json:"blob_hex"`
	}
)

func pageVectors(t *testing.T) any {
	one := func(rowid int64, values ...any) rowVector { return rowVector{rowid, rowid, values} }
	real := func(f float64) realVector { return realVector{fmt.Sprintf("%016x", math.Float64bits(f))} }
	blob := func(n int) blobVector { return blobVector{strings.Repeat("ab", n)} }
	long := func(n int) piece { return piece{"x", n} }
	null := any(nil)
	sections := func(from, to int) (rows []rowVector) {
		for n := from; n <= to; n++ {
			rows = append(rows, one(int64(len(rows)+1), long(n)))
		}
		return rows
	}
	var integers []rowVector
	for i, n := range []int64{0, 1, -1, 2, 127, 128, -128, -129, 32767, -32769, 8388607, 8388608, 1 << 31, -1<<31 - 1,
		1<<47 - 1, 1 << 47, -1 << 47,
		-1<<47 - 1, math.MaxInt64, math.MinInt64} {
		integers = append(integers, one(int64(i+1), n, 1, null, null))
	}
	var reals []rowVector
	for i, f := range []float64{0, 1, 8, 8.25, 0.1, 1 << 46, 1<<47 - 1, 1 << 47, 1e300, 5e-324} {
		reals = append(reals, one(int64(i+1), 0, null, null, null, null, real(f), null, null, null, null, null, null,
			null))
	}
	mixed := []rowVector{{1, 40, []any{long(1000)}}}
	for i := range 20 {
		mixed = append(mixed, one(int64(41+3*i), long(9000+i)), rowVector{int64(42 + 3*i), int64(43 + 3*i),
			[]any{long(1900)}})
	}
	files := []fileVector{
		{Name: "no rows"},
		{Name: "integers of every width", Tables: []tableVector{{"z_event", integers}}},
		{Name: "reals, whole ones among them", Tables: []tableVector{{"z_llm_interaction", reals}}},
		{Name: "rowids of every width", Tables: []tableVector{{"z_redaction", []rowVector{
			one(5, "config", null, blob(32)), one(127, "a", null, null), one(128, "a", null, null), one(16384, "a",
				null, null), one(1<<28, "a", null, null),
			one(1<<35, "a", null, null), one(1<<49, "a", null, null), one(1<<56-1, "a", null, null),
			one(math.MaxInt64, "a", null, null),
		}}}},
		{Name: "records about as long as a page has room for", Tables: []tableVector{{"z_section", sections(4050,
			4066)}}},
		{Name: "records about as long as a page and an overflow page", Tables: []tableVector{{"z_section",
			sections(4570, 4590)}}},
		{Name: "records about as long as two pages", Tables: []tableVector{{"z_section", sections(8140, 8160)}}},
		{Name: "texts and blobs of no bytes", Tables: []tableVector{{"z_attachment", []rowVector{one(1, "", null,
			blob(0)), one(2, "a", "", blob(5))}}}},
		{Name: "leaves between overflow pages", Tables: []tableVector{{"z_section", mixed}}},
		{Name: "many short rows", Tables: []tableVector{{"z_event_type", []rowVector{{1, 20000, []any{"n"}}}}}},
		{Name: "three levels, in two tables", Tables: []tableVector{
			{"z_section", []rowVector{{1, 1500, []any{long(2000)}}}},
			{"z_note", []rowVector{{100, 1200, []any{"k", null, long(2000)}}}},
		}},
	}
	for i := range files {
		fillIn(t, &files[i])
	}
	return files
}

// A pageSink takes the pages of a small file.
type pageSink map[uint32][]byte

func (s pageSink) Put(page uint32, data []byte) error {
	s[page] = bytes.Clone(data)
	return nil
}

// fillIn fills in the pages of a file.
func fillIn(t *testing.T, v *fileVector) {
	t.Helper()
	all, err := schema.Objects(1)
	if err != nil {
		t.Fatal(err)
	}
	var objects []btree.Object
	for _, o := range all {
		objects = append(objects, btree.Object{Type: o.Type, Name: o.Name, Table: o.Table, SQL: o.SQL.String})
	}
	sink := pageSink{}
	w, err := btree.NewWriter(sink, 4096, objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range v.Tables {
		if err := w.Table(table.Table); err != nil {
			t.Fatal(err)
		}
		for _, r := range table.Rows {
			values := []btree.Value{{}}
			for _, x := range r.Values {
				values = append(values, valueOf(t, x))
			}
			if want := len(tables.Columns[table.Table]); len(values) != want {
				t.Fatalf("%s: %s: %d columns, want %d", v.Name, table.Table, len(values), want)
			}
			record := btree.AppendRecord(nil, values)
			for rowid := r.First; ; rowid++ {
				if err := w.Row(rowid, record); err != nil {
					t.Fatal(err)
				}
				if rowid == r.Last {
					break
				}
			}
		}
	}
	pages, err := w.Finish(func(pages uint32) []byte { return sqlitefile.CanonicalHeader(pages, 1) })
	if err != nil {
		t.Fatal(err)
	}
	v.Pages = int(pages)
	sum := sha256.New()
	for n := uint32(1); n <= pages; n++ {
		sum.Write(sink[n])
		if pages <= 60 && (n == 1 || n > 3) { // pages 2 and 3 are always the same
			one := sha256.Sum256(sink[n])
			v.Sums = append(v.Sums, fmt.Sprintf("%d %x", n, one))
		}
	}
	v.Sum = hex.EncodeToString(sum.Sum(nil))
	checkWithSQLite(t, v, sink)
}

func valueOf(t *testing.T, x any) btree.Value {
	t.Helper()
	switch x := x.(type) {
	case nil:
		return btree.Value{}
	case int:
		return btree.Value{Kind: btree.Integer, Int: int64(x)}
	case int64:
		return btree.Value{Kind: btree.Integer, Int: x}
	case string:
		return btree.Value{Kind: btree.Text, Bytes: []byte(x)}
	case piece:
		return btree.Value{Kind: btree.Text, Bytes: []byte(strings.Repeat(x.Text, x.Times))}
	case realVector:
		var bits uint64
		if _, err := fmt.Sscanf(x.Real, "%x", &bits); err != nil {
			t.Fatal(err)
		}
		return btree.Value{Kind: btree.Real, Float: math.Float64frombits(bits)}
	case blobVector:
		b, err := hex.DecodeString(x.Blob)
		if err != nil {
			t.Fatal(err)
		}
		return btree.Value{Kind: btree.Blob, Bytes: b}
	}
	t.Fatalf("a value of type %T", x)
	return btree.Value{}
}

// checkWithSQLite: SQLite finds nothing wrong with the pages, and as many rows.
func checkWithSQLite(t *testing.T, v *fileVector, sink pageSink) {
	t.Helper()
	var b []byte
	for n := 1; n <= v.Pages; n++ {
		b = append(b, sink[uint32(n)]...)
	}
	db := archivetest.OpenSQL(t, archivetest.Write(t, b), "mode=ro")
	defer db.Close()
	var answer string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		t.Errorf("%s: SQLite says %q, %v", v.Name, answer, err)
	}
	for _, table := range v.Tables {
		want := int64(0)
		for _, r := range table.Rows {
			want += r.Last - r.First + 1
		}
		var got int64
		if err := db.QueryRow("SELECT count(*) FROM " + table.Table).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s: got %d rows, %v, want %d", v.Name, table.Table, got, err, want)
		}
	}
}
