package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestSealRead: that somebody reads the live file is no failure of sealing. It stays behind, which is told, and goes
// when it is sealed once more.
func TestSealRead(t *testing.T) {
	var told []string
	workdir.Left = func(err error) { told = append(told, err.Error()) }
	defer func() { workdir.Left = nil }()
	path := filepath.Join(t.TempDir(), "run.simexp")
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	records := providertest.Sample()
	var reader *archive.Archive
	for i, r := range records {
		if i == len(records)-1 {
			if reader, err = archive.Open(path + archive.LiveSuffix); err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			if _, err := reader.RecordCount(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], path+archive.LiveSuffix+": ") {
		t.Errorf("told %q, want that the live file stays", told)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Seal(t.Context(), path+archive.LiveSuffix, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path + archive.LiveSuffix); !os.IsNotExist(err) {
		t.Errorf("sealed once more: got %v, want no live file", err)
	}
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if n, err := a.RecordCount(t.Context()); err != nil || n != int64(len(records)) {
		t.Errorf("got %d records, %v, want %d", n, err, len(records))
	}
}
