package record

import (
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// recordRun makes a sealed archive of records and gives its path.
func recordRun(t testing.TB, path string, records []provider.Record, opts *Options) string {
	t.Helper()
	w, err := Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := providertest.Play(t.Context(), w, records); err != nil {
		t.Fatal(err)
	}
	return path
}

// startRecording records some of a run and leaves the writer open until the end of the test.
func startRecording(t testing.TB, path string, records []provider.Record) *Writer {
	t.Helper()
	w, err := Create(path, nil)
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
