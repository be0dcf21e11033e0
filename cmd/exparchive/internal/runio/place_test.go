package runio

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// TestWriteChecked_sidecars: what stood beside the archive that is replaced would be mixed with the new one.
func TestWriteChecked_sidecars(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		if err := os.WriteFile(name, []byte("of another archive"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := WriteChecked(path, true, nil, func(w *record.Writer) error {
		return errors.Join(w.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}),
			w.Finish(t.Context(), nil))
	}, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
}

// TestWriteChecked: an archive that is not the run that it was to be does not appear.
func TestWriteChecked(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "run.simexp")
	var live provider.Live
	var got digest.Sink
	both := provider.Tee(&live, &got)
	if err := errors.Join(both.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}),
		both.Finish(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	write := func(want digest.Hash) error {
		return WriteChecked(path, false, nil,
			func(w *record.Writer) error { return provider.Copy(t.Context(), w, &live) },
			func(path string) error { return CompareArchive(t.Context(), path, want) })
	}
	if err := write(digest.Hash{1}); err == nil {
		t.Error("another digest: got no error")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v in the folder, want nothing", left, err)
	}
	if err := write(got.Root()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 || left[0].Name() != "run.simexp" {
		t.Errorf("got %v, %v in the folder, want the archive", left, err)
	}
}
