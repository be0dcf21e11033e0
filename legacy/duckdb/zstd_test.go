package duckdb_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// TestZSTDParts reads strings of which 2048 rows, which are compressed together, do not fit in a batch.
func TestZSTDParts(t *testing.T) {
	for _, name := range []string{"codec_zstd_e12_s12", "codec_zstd_e13_s13", "codec_zstd_e15_s15"} {
		f := readFixture(t, name)
		b := f.read(t, f.File)
		read := func(maxBytes int64, from int64) (all []string, batches int) {
			db, err := duckdb.New(bytes.NewReader(b), int64(len(b)), &duckdb.Options{MaxBatchBytes: maxBytes})
			if err != nil {
				t.Fatal(err)
			}
			tab, err := db.Table("", "long_strings")
			if err != nil {
				t.Fatal(err)
			}
			s := tab.Scan(t.Context(), "s")
			s.SeekRow(from)
			for s.Next() {
				batches++
				for i := range s.Batch().Len() {
					all = append(all, string(s.Batch().Column(0).AppendText(nil, i)))
				}
			}
			if s.Err() != nil {
				t.Fatalf("%s: %v", name, s.Err())
			}
			return all, batches
		}
		want, _ := read(0, 0)
		longest, total := 0, 0
		for _, s := range want {
			longest, total = max(longest, len(s)), total+len(s)
		}
		const slack = 1024 // what a row takes besides its text
		if total < 2*(longest+slack) {
			t.Fatalf("%s: got %d bytes of which one string has %d, want more", name, total, longest)
		}
		got, batches := read(int64(longest+slack), 0)
		if !slices.Equal(got, want) || batches < 2 {
			t.Errorf("%s: in batches of %d bytes: got other values, or %d batches", name, longest+slack, batches)
		}
		last := len(want) - 1
		if got, _ := read(int64(longest+slack), int64(last)); !slices.Equal(got, want[last:]) {
			t.Errorf("%s: row %d: got %.60q, want %.60q", name, last, got, want[last:])
		}
	}
}
