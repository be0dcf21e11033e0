// Package recordtest makes archives for the tests of the packages that read them.
package recordtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// Record makes a sealed archive of records and gives its path.
func Record(t testing.TB, path string, records []provider.Record, opts *record.Options) string {
	t.Helper()
	w, err := record.Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := providertest.Play(t.Context(), w, records); err != nil {
		t.Fatal(err)
	}
	return path
}

// StartRecording records some of a run and leaves the writer open until the end of the test.
func StartRecording(t testing.TB, path string, records []provider.Record) *record.Writer {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, r := range records {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	return w
}

// SampleBytes gives a sealed archive of the sample run as bytes.
func SampleBytes(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(Record(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample(), nil))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Edit runs SQL on a copy of the sample archive, as somebody with a shell would, and gives its path.
func Edit(t testing.TB, statements string) string {
	t.Helper()
	path := archivetest.Write(t, SampleBytes(t))
	EditAt(t, path, statements)
	return path
}

// EditAt runs SQL on the database at path, as somebody with a shell would.
func EditAt(t testing.TB, path, statements string) {
	t.Helper()
	db := archivetest.OpenSQL(t, path, "mode=rw", "_journal_mode=DELETE")
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}
