package duckdb_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// rowTexts gives the rows of a batch as text.
func rowTexts(b *duckdb.Batch) (rows []string) {
	for i := range b.Len() {
		var text []byte
		for c := range b.Columns() {
			if v := b.Column(c); v.Null(i) {
				text = append(text, "\x00NULL"...)
			} else {
				text = v.AppendText(append(text, '\x00'), i)
			}
		}
		rows = append(rows, string(text))
	}
	return rows
}

// Whatever the order of the seeks, what a scanner gives behind one is what it gives there when it reads the table from
// its start: with deleted rows, logs, every codec, and with batches that do not fit.
func TestSeek(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	seeks := 0
	for i, f := range fixturesOfNewest(t) {
		if f.Refused != "" || testing.Short() && i%8 != 0 {
			continue
		}
		b := f.read(t, f.File)
		limits := []int64{0, 20_000}
		if i%4 != 0 {
			limits = limits[:1]
		}
		for _, limit := range limits {
			o := &duckdb.Options{WAL: f.read(t, f.Log), CheckpointWAL: f.read(t, f.Log2), MaxBatchBytes: limit}
			db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), o)
			if err != nil {
				continue // another test knows
			}
			for _, table := range db.Tables() {
				if n := table.RowCount(); limit > 0 && n > 3000 || n > 10_000 && f.Name != "big_groups_e12_s12" {
					continue // they take long, and one of the large ones is enough
				}
				var rows []string
				var at []int64 // the row that each batch begins at
				var from []int // and its first among rows
				s := table.Scan(t.Context())
				for s.Next() {
					at, from = append(at, s.Row()), append(from, len(rows))
					rows = append(rows, rowTexts(s.Batch())...)
				}
				if s.Err() != nil || len(at) == 0 {
					continue
				}
				s = table.Scan(t.Context())
				for range min(6, 2*len(at)) {
					seeks++
					k := rng.IntN(len(at) + 1)
					if k == len(at) {
						if s.SeekRow(at[k-1] + 1<<20); s.Next() || s.Err() != nil {
							t.Fatalf("%s: table %s: behind the end: got a batch or error %v", f.Name, table.Name(),
								s.Err())
						}
						continue
					}
					s.SeekRow(at[k])
					for n, read := 0, 0; n < 2 && from[k]+read < len(rows); n++ {
						if !s.Next() {
							t.Fatalf("%s: table %s: row %d: got the end and %v, want %d rows", f.Name, table.Name(),
								at[k], s.Err(), len(rows)-from[k]-read)
						}
						if n == 0 && (limit == 0 && s.Row() != at[k] || s.Row() < at[k]) {
							t.Fatalf("%s: table %s: got a batch at row %d, want %d", f.Name, table.Name(), s.Row(),
								at[k])
						}
						got := rowTexts(s.Batch())
						if want := rows[from[k]+read:]; len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
							t.Fatalf("%s: table %s: rows behind row %d differ from those that were read in order",
								f.Name, table.Name(), at[k])
						}
						read += len(got)
					}
				}
			}
			db.Close()
		}
	}
	if seeks < 100 {
		t.Errorf("got %d seeks, want at least 100", seeks)
	}
}

// Reading on costs nothing twice, going back no more than a row group, and a context that is done ends the scanner.
func TestSeekCost(t *testing.T) {
	f := readFixture(t, "big_groups_e12_s12")
	db, err := f.open(t)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	table := db.Tables()[0]
	s := table.Scan(t.Context())
	for s.Next() {
	}
	all := db.RowsDecoded()
	if all != table.RowCount() || s.Err() != nil {
		t.Fatalf("got %d rows decoded of %d, %v", all, table.RowCount(), s.Err())
	}
	s = table.Scan(t.Context())
	for row := int64(0); row < all; row += 5000 {
		if s.SeekRow(row); !s.Next() || s.Row() != row {
			t.Fatalf("row %d: got row %d, %v", row, s.Row(), s.Err())
		}
	}
	if cost := db.RowsDecoded() - all; cost > all {
		t.Errorf("seeking forward: got %d rows decoded, want at most the %d there are", cost, all)
	}
	before := db.RowsDecoded()
	s.SeekRow(all - 1)
	s.SeekRow(all - 2)
	const group = 122880
	if cost := db.RowsDecoded() - before; cost > 2*group {
		t.Errorf("seeking back: got %d rows decoded, want at most those of a row group", cost)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.SetContext(ctx)
	s.SeekRow(0)
	if s.Next() || !errors.Is(s.Err(), context.Canceled) {
		t.Errorf("got %v, want %v", s.Err(), context.Canceled)
	}
}
