package btree_test

import (
	"runtime"
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
)

// nowhere is a Sink that keeps nothing.
type nowhere struct{}

func (nowhere) Put(uint32, []byte) error { return nil }

// writeRows writes so many rows of 250 bytes, on pages of 4096.
func writeRows(t testing.TB, count int) (pages uint32) {
	record := btree.AppendRecord(nil, []btree.Value{{}, {Kind: btree.Blob, Bytes: make([]byte, 246)}})
	if len(record) != 250 {
		t.Fatalf("a record of %d bytes", len(record))
	}
	w, err := btree.NewWriter(nowhere{}, 4096, []btree.Object{
		{Type: "table", Name: "t", Table: "t", SQL: "CREATE TABLE t (id INTEGER PRIMARY KEY, x)"},
	})
	if err == nil {
		err = w.Table("t")
	}
	for i := 0; i < count && err == nil; i++ {
		err = w.Row(int64(i), record)
	}
	if err == nil {
		pages, err = w.Finish(func(pages uint32) []byte { return btreetest.Header(4096, pages) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// BenchmarkWriter writes a million rows; its allocations are those of the whole file.
func BenchmarkWriter(b *testing.B) {
	b.ReportAllocs()
	pages := 0
	for b.Loop() {
		n := int(writeRows(b, 1_000_000))
		b.SetBytes(int64(n) * 4096)
		pages += n
	}
	b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
}

// TestWriterMemory: ten times as many rows take no more memory but for a page of a level more.
func TestWriterMemory(t *testing.T) {
	allocated := func(rows int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		writeRows(t, rows)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated(1000) // what is made once
	less, more := allocated(100_000), allocated(1_000_000)
	if more > less+2*4096 {
		t.Errorf("10^6 rows take %d bytes, 10^5 take %d", more, less)
	}
	if less > 20*4096 {
		t.Errorf("10^5 rows take %d bytes", less)
	}
}

// TestRowAllocations: a row is copied to its place and nowhere else.
func TestRowAllocations(t *testing.T) {
	w, err := btree.NewWriter(nowhere{}, 512, []btree.Object{{Type: "table", Name: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Table("t"); err != nil {
		t.Fatal(err)
	}
	record := make([]byte, 700) // on an overflow page too
	id := int64(0)
	rows := func() {
		for range 1000 {
			id++
			if err := w.Row(id, record); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 40 { // until all levels are there
		rows()
	}
	if n := testing.AllocsPerRun(10, rows); n > 0 {
		t.Errorf("%v allocations for 1000 rows", n)
	}
}
