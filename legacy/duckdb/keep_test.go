package duckdb_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestRowsKeep: a row is the caller's, so it stays as it was when later ones are read, and it is what the batch holds.
func TestRowsKeep(t *testing.T) {
	for _, name := range []string{"codec_fsst_e14", "codec_dictionary_e14", "codec_uncompressed_e14",
		"codec_dict_fsst_e15_s15", "groups_2048_e14", "codec_alp_e15_s15"} {
		t.Run(name, func(t *testing.T) {
			f := readFixture(t, name)
			data := f.read(t, f.File)
			// With the least cache, so that blocks are read into memory that held others.
			db, err := duckdb.New(bytes.NewReader(data), int64(len(data)), &duckdb.Options{CacheBytes: 1})
			if err != nil {
				t.Fatal(err)
			}
			batches := 0
			for _, table := range db.Tables() {
				var rows []duckdb.Row
				var then, texts []string
				for row, err := range table.Rows(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					rows, then = append(rows, row), append(then, fmt.Sprint(row...))
				}
				for s := table.Scan(t.Context()); s.Next(); batches++ {
					for i := range s.Batch().Len() {
						texts = append(texts, stringsOf(s.Batch(), i))
					}
				}
				for i, row := range rows {
					if got := fmt.Sprint(row...); got != then[i] {
						t.Fatalf("%s, row %d: it was %.100q and became %.100q", table.Name(), i, then[i], got)
					}
					if got := stringsOfRow(row); got != texts[i] {
						t.Fatalf("%s, row %d: got %.100q, want %.100q", table.Name(), i, got, texts[i])
					}
				}
			}
			if batches < 2 {
				t.Errorf("%d batches, want several", batches)
			}
		})
	}
}

// stringsOf joins the values of type VARCHAR of row i of a batch.
func stringsOf(b *duckdb.Batch, i int) (s string) {
	for k := range b.Columns() {
		if v := b.Column(k); v.Type().ID == duckdb.TypeVarchar && !v.Null(i) {
			s += fmt.Sprintf("%d: %s\n", k, v.Bytes(i))
		}
	}
	return s
}

// stringsOfRow joins the strings of a row.
func stringsOfRow(row duckdb.Row) (s string) {
	for k, x := range row {
		if x, ok := x.(string); ok {
			s += fmt.Sprintf("%d: %s\n", k, x)
		}
	}
	return s
}
