package rewrite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestChangedRunIsRefused: neither an annotation nor a new version makes a sound archive of a run that was changed
// after it was sealed. The file stays as it is, and nothing is left beside it.
func TestChangedRunIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	if err := os.WriteFile(path, recordtest.SampleBytes(t), 0o644); err != nil {
		t.Fatal(err)
	}
	recordtest.EditAt(t, path, "UPDATE z_experiment SET run_id = 'another'")
	before := archivetest.ReadFile(t, path)
	useFormats(t, nextVersion(t))
	for name, rewrite := range map[string]func() error{
		"annotate": func() error { return Annotate(t.Context(), path, []archive.Annotation{doi}) },
		"upgrade":  func() error { _, err := Upgrade(t.Context(), path, Options{}); return err },
		"dry run":  func() error { _, err := Upgrade(t.Context(), path, Options{DryRun: true}); return err },
	} {
		err := rewrite()
		root := archivetest.RootOf(t, providertest.Sample())
		if e := (*archive.SealError)(nil); !errors.As(err, &e) || e.Want.Root != root || e.Got.Root == root {
			t.Errorf("%s: got %v, want a SealError about the digest", name, err)
		}
		if !bytes.Equal(archivetest.ReadFile(t, path), before) {
			t.Fatalf("%s: the file changed", name)
		}
		archivetest.WantFiles(t, filepath.Dir(path), filepath.Base(path))
	}
}

// TestResumeOlderVersion: a recording that an older release left behind is not written to by this one.
func TestResumeOlderVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	w := recordtest.StartRecording(t, path, providertest.Sample()[:3])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	before := archivetest.ReadFile(t, w.LivePath())
	useFormats(t, nextVersion(t))
	for what, try := range map[string]func() error{
		"resume": func() error { _, err := record.Resume(t.Context(), w.LivePath(), nil); return err },
		"seal":   func() error { _, err := record.Seal(t.Context(), w.LivePath(), nil); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "schema version 1") {
			t.Errorf("%s: got %v, want that it is of version 1", what, err)
		}
	}
	if !bytes.Equal(archivetest.ReadFile(t, w.LivePath()), before) {
		t.Error("the file was changed")
	}
}

// TestTouchedOlderVersion: a file of an older version is compared with what was sealed then, not with the migrated copy
// that is read.
func TestTouchedOlderVersion(t *testing.T) {
	path := archivetest.Write(t, recordtest.SampleBytes(t))
	useFormats(t, nextVersion(t))
	if a := archivetest.Open(t, path); a.SchemaVersion() != 1 || a.Touched() {
		t.Errorf("as it was sealed: got version %d, touched %v, want 1 and false", a.SchemaVersion(), a.Touched())
	}
	recordtest.EditAt(t, path, "UPDATE z_experiment SET id = id")
	if !archivetest.Open(t, path).Touched() {
		t.Error("after an update: not touched")
	}
}
