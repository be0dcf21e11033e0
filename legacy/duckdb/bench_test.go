package duckdb_test

import (
	"bytes"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// benchmarked are fixtures that are mostly of one codec.
var benchmarked = []string{"codec_uncompressed_e14", "codec_rle_e14", "codec_bitpacking_e14", "codec_dictionary_e14",
	"codec_fsst_e14", "codec_dict_fsst_e15_s15", "codec_zstd_e15_s15", "codec_alp_e15_s15", "codec_alprd_e15_s15",
	"codec_chimp_e09", "codec_roaring_e15_s15"}

func benchmarkTables(b *testing.B, read func(t *duckdb.Table) (rows int)) {
	for _, name := range benchmarked {
		b.Run(name, func(b *testing.B) {
			f := readFixture(b, name)
			data := f.read(b, f.File)
			rows := 0
			for b.Loop() {
				rows = 0
				db, err := duckdb.New(bytes.NewReader(data), int64(len(data)), nil)
				if err != nil {
					b.Fatal(err)
				}
				for _, t := range db.Tables() {
					rows += read(t)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkScan decodes all columns into batches.
func BenchmarkScan(b *testing.B) {
	benchmarkTables(b, func(t *duckdb.Table) (rows int) {
		s := t.Scan(b.Context())
		for s.Next() {
			rows += s.Batch().Len()
		}
		if s.Err() != nil {
			b.Fatal(s.Err())
		}
		return rows
	})
}

// BenchmarkRows makes Go values of all columns.
func BenchmarkRows(b *testing.B) {
	benchmarkTables(b, func(t *duckdb.Table) (rows int) {
		for _, err := range t.Rows(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		return rows
	})
}

// BenchmarkOpen reads headers and catalog.
func BenchmarkOpen(b *testing.B) {
	f := readFixture(b, "catalog_e15_s15")
	data := f.read(b, f.File)
	for b.Loop() {
		if _, err := duckdb.New(bytes.NewReader(data), int64(len(data)), nil); err != nil {
			b.Fatal(err)
		}
	}
}
