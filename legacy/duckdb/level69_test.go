package duckdb_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
)

// openNested opens the database of testdata/nested_schemas, which DuckDB 2.0.0 wrote: schemas within schemas, of which
// some are in its log only.
func openNested(t *testing.T) *duckdb.DB {
	t.Helper()
	read := func(name string) []byte {
		f, err := os.Open("testdata/nested_schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := read("db.gz")
	db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), &duckdb.Options{WAL: read("db.wal.gz")})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestNestedSchemas(t *testing.T) {
	db := openNested(t)
	defer db.Close()
	var schemas, rows []string
	for _, s := range db.Schemas() {
		schemas = append(schemas, fmt.Sprint(s.Name, " ", s.Nested))
	}
	slices.Sort(schemas)
	want := []string{`a false`, `a."q.r" true`, `a.b false`, `a.b true`, `a.b.c true`, `main false`, `z false`, `z.y true`}
	if !slices.Equal(schemas, want) {
		t.Errorf("got schemas %q, want %q", schemas, want)
	}
	for _, table := range db.Tables() {
		for row, err := range table.Rows(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, fmt.Sprint(table.SQL(), " ", row))
		}
	}
	slices.Sort(rows)
	want = []string{
		`CREATE TABLE "a.b".t(s VARCHAR); ["a.b"]`,
		`CREATE TABLE a."q.r".t(s VARCHAR); [a."q.r"]`,
		`CREATE TABLE a.b.c.t(s VARCHAR); [a.b.c]`,
		`CREATE TABLE a.b.c.t(s VARCHAR); [logged]`,
		`CREATE TABLE a.b.t(s VARCHAR, k INTEGER DEFAULT(7)); [a.b 7]`,
		`CREATE TABLE a.t(s VARCHAR); [a]`,
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	if table, err := db.Table("a.b.c", "t"); err != nil || table.RowCount() != 2 {
		t.Errorf("a.b.c.t: got %v, want a table of 2 rows", err)
	}
}

// Of the versions and levels that the headers can name, what later releases write is too new, and what none writes is
// damage.
func TestLevels(t *testing.T) {
	f := readFixture(t, "new_types_e20")
	whole := f.read(t, f.File)
	for _, c := range []struct {
		version, level uint64
		want           error
		say            int
	}{
		{999, 69, nil, 69}, {68, 69, nil, 69}, {65, 69, nil, 69},
		{999, 70, duckdb.ErrTooNew, 0}, {68, 70, duckdb.ErrTooNew, 0}, {69, 69, duckdb.ErrTooNew, 0},
		{1000, 69, duckdb.ErrTooNew, 0}, {999, 7, duckdb.ErrCorrupt, 0}, {999, 0, duckdb.ErrCorrupt, 0},
		{68, 66, duckdb.ErrCorrupt, 0}, {68, 8, duckdb.ErrTooNew, 0},
	} {
		b := bytes.Clone(whole)
		binary.LittleEndian.PutUint64(b[12:], c.version)
		for _, at := range []int{4096, 8192} {
			binary.LittleEndian.PutUint64(b[at+56:], c.level)
		}
		for _, at := range []int{0, 4096, 8192} {
			binary.LittleEndian.PutUint64(b[at:], storage.Checksum(b[at+8:at+4096]))
		}
		db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), nil)
		if !errors.Is(err, c.want) {
			t.Errorf("version %d, level %d: got %v, want %v", c.version, c.level, err, c.want)
		}
		if err == nil {
			if got := db.Info().Level; got != c.say {
				t.Errorf("version %d, level %d: got level %d, want %d", c.version, c.level, got, c.say)
			}
			db.Close()
		}
	}
}
