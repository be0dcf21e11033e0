package archive_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/internal/othertools"
)

// TestMagic asks file(1) what an archive is.
func TestMagic(t *testing.T) {
	othertools.Find(t, "file")
	magic, err := filepath.Abs("simexp.magic")
	if err != nil {
		t.Fatal(err)
	}
	sealed := archivetest.Write(t, recordtest.SampleBytes(t))
	live := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"),
		archivetest.ExampleRun(nil)[:3]).LivePath()
	ended := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), archivetest.ExampleRun(nil)[:3])
	if err := ended.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	b := recordtest.SampleBytes(t)
	copy(b[68:], "\x00\x00\x00\x00")
	if err := os.WriteFile(other, b, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, option, want string }{
		{sealed, "-b", "archive of an experiment run (.simexp), format version 1, 16 pages"},
		{sealed, "--mime-type", archive.MediaType},
		{live, "-b", "recording of an experiment run (.simexp-live), format version 1"},
		{ended.LivePath(), "-b", "recording of an experiment run (.simexp-live), format version 1"},
	} {
		out, err := exec.CommandContext(t.Context(), "file", "-m", magic, c.option, c.path).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("file %s: got %q, %v, want %q", c.option, out, err, c.want)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "file", "-m", magic, "-b", other).CombinedOutput(); err != nil ||
		strings.Contains(string(out), "experiment") {
		t.Errorf("another database: got %q, %v", out, err)
	}
	if !strings.Contains(archive.Magic, archive.MediaType) {
		t.Error("the entry does not name the media type")
	}
}
