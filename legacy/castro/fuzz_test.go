package castro

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// blockSum is the checksum of headers and blocks; see FORMAT.md of package duckdb.
func blockSum(b []byte) uint64 {
	r := uint64(5381)
	for ; len(b) >= 8; b = b[8:] {
		r ^= binary.LittleEndian.Uint64(b) * 0xbf58476d1ce4e5b9
	}
	return r
}

// repairSums makes the checksums of a database with blocks of 16 KiB right, so that changes get past them.
func repairSums(db []byte) {
	for at, size := 0, 4096; at+size <= len(db); at += size {
		if at == 3*4096 {
			size = 16384
		}
		if at+size <= len(db) {
			binary.LittleEndian.PutUint64(db[at:], blockSum(db[at+8:at+size]))
		}
	}
}

// FuzzDatabase reads any bytes as a database, with a log: every run of it, strictly and not. Whatever comes out of it
// must be a run that a sink takes.
func FuzzDatabase(f *testing.F) {
	for _, name := range []string{"c", "g", "k0", "k1", "s1", "u", "w", "bad/values", "hostile/texts", "hostile/ids"} {
		f.Add(readGzip(f, filepath.Join("testdata", filepath.FromSlash(name)+".db.gz")), []byte(nil))
	}
	f.Add(readGzip(f, filepath.Join("testdata", "killed.db.gz")),
		readGzip(f, filepath.Join("testdata", "killed.db.wal.gz")))
	f.Fuzz(func(t *testing.T, db, log []byte) {
		folder := t.TempDir()
		path := filepath.Join(folder, "fuzz.db")
		for _, repaired := range []bool{false, true} {
			if repaired {
				db = bytes.Clone(db)
				repairSums(db)
			}
			if err := os.WriteFile(path, db, 0o666); err != nil {
				t.Fatal(err)
			}
			if len(log) > 0 {
				if err := os.WriteFile(path+".wal", log, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			for _, lenient := range []bool{false, true} {
				readAll(t, path, &Options{Lenient: lenient, MaxRows: 4 << 20,
					DuckDB: duckdb.Options{MaxBatchBytes: 8 << 20, MaxLogBytes: 8 << 20}})
			}
		}
	})
}

func readAll(t *testing.T, path string, opts *Options) {
	d, err := Open(path, opts)
	if err != nil {
		return
	}
	defer d.Close()
	_, _ = d.Describe(t.Context())
	runs, err := d.Runs(t.Context())
	if err != nil {
		return
	}
	for i, info := range runs {
		if i == 20 {
			break
		}
		run, err := d.Run(t.Context(), info.ID)
		if err != nil {
			continue // the id may stand twice
		}
		var root digest.Sink
		if err := provider.Copy(t.Context(), &root, run); err != nil {
			if _, loaded := run.Experiment(t.Context()); loaded == nil {
				t.Fatalf("run %q can be read, but not copied: %v", info.ID, err)
			}
			continue
		}
		if n, err := run.RecordCount(t.Context()); err != nil || n != root.Count() {
			t.Fatalf("run %q: got %d records, %v, want %d", info.ID, n, err, root.Count())
		}
	}
}
