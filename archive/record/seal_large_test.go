package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

// TestSealBeyondLockPage: a run of more than 1 GiB, whose file has the page that SQLite leaves out, is sealed, and
// SQLite reads it.
func TestSealBeyondLockPage(t *testing.T) {
	if !longtest.Enabled() {
		t.Skip("writes 3 GB")
	}
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := Create(path, &Options{Bulk: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	put := func(r provider.Record) {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	put(&provider.Start{RunID: "r", Name: "n", Type: "t"})
	put(&provider.Event{Type: "begin", Data: []byte(`{}`)})
	data := make([]byte, provider.MaxText)
	for i := range 17 {
		for at := 0; at < len(data); at += 1 << 16 {
			binary.BigEndian.PutUint64(data[at:], uint64(i)<<32|uint64(at))
		}
		put(&provider.Attachment{Name: fmt.Sprintf("data/%d", i), Data: data})
	}
	put(&provider.Event{Type: "end", Data: []byte(`{}`)})
	if err := w.Finish(t.Context(), &provider.Result{Status: provider.StatusCompleted}); err != nil {
		t.Fatal(err)
	}
	seal, _ := w.Seal()

	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const lockByte = 1 << 30
	if info.Size() <= lockByte+schema.PageSize {
		t.Fatalf("got %d bytes, want more than %d", info.Size(), lockByte+schema.PageSize)
	}
	page := make([]byte, schema.PageSize)
	if _, err := f.ReadAt(page, lockByte); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, make([]byte, schema.PageSize)) {
		t.Error("the page that holds byte 2^30 is not zero")
	}
	root, records, err := digest.Of(t.Context(), archivetest.Open(t, path))
	if err != nil || root != seal.Root || records != seal.Records {
		t.Errorf("got digest %v of %d records, %v; want %v of %d", root, records, err, seal.Root, seal.Records)
	}
	db := archivetest.OpenSQL(t, path, "mode=ro")
	var ok string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Errorf("SQLite says %q, %v", ok, err)
	}
}

// TestSealMemory: what sealing allocates in all does not grow with the number of events beyond what reading them back
// takes for each, and what it holds at a time does not grow at all.
func TestSealMemory(t *testing.T) {
	held := func(events int) (peak uint64) {
		path := filepath.Join(t.TempDir(), "run.simexp")
		w, err := Create(path, &Options{Bulk: true, system: measuring(&peak)})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
			t.Fatal(err)
		}
		for i, e := range benchEvents(1000) {
			e.Iteration = i % 10
			for range events / 1000 {
				if err := w.Event(t.Context(), &e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Finish(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	few, many := held(10_000), held(longtest.Count(100_000, 1_000_000))
	if many > few+2<<20 {
		t.Errorf("holds %d bytes with many events, %d with few", many, few)
	}
}

// measuring is the real system, which notes the most memory that is in use while a sealed file is written.
func measuring(peak *uint64) *sqlitefile.System {
	sys := *sqlitefile.RealSystem
	sys.Overwrite = func(path string, data []byte, offset int64) error {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		*peak = max(*peak, m.HeapAlloc)
		return sqlitefile.RealSystem.Overwrite(path, data, offset)
	}
	return &sys
}
