package record

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestLinks reads and records through symbolic links: the log and the lock stand beside the target.
func TestLinks(t *testing.T) {
	sample := providertest.Sample()
	folder := t.TempDir()
	real := filepath.Join(folder, "real")
	if err := os.Mkdir(real, 0o777); err != nil {
		t.Fatal(err)
	}
	link := func(to, name string) string {
		path := filepath.Join(folder, name)
		if err := os.Symlink(to, path); err != nil {
			t.Skip(err)
		}
		return path
	}
	w := startRecording(t, filepath.Join(real, "run.simexp"), sample[:10])
	live := link(filepath.Join("real", "run.simexp-live"), "other.simexp-live")
	through := filepath.Join(link("real", "folder"), "run.simexp-live")
	for _, path := range []string{live, through, link("other.simexp-live", "twice")} {
		a := archivetest.Open(t, path)
		if n, err := a.RecordCount(t.Context()); a.State() != archive.Recording || n != 10 || err != nil {
			t.Errorf("%s: got state %q and %d records, %v, want %q and 10", path, a.State(), n, err, archive.Recording)
		}
		if strings.HasSuffix(path, archive.LiveSuffix) {
			if again, err := Resume(t.Context(), path, nil); !errors.Is(err, archive.ErrBusy) {
				t.Errorf("%s: resuming: got %v, want %v", path, err, archive.ErrBusy)
				again.Close()
			}
			if _, err := Seal(t.Context(), path, nil); !errors.Is(err, archive.ErrBusy) {
				t.Errorf("%s: sealing: got %v, want %v", path, err, archive.ErrBusy)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), live, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := Resume(t.Context(), w.LivePath(), nil); !errors.Is(err, archive.ErrBusy) {
		t.Errorf("resuming the target of a link that is recorded through: got %v, want %v", err, archive.ErrBusy)
	}
	for _, r := range sample[10:] {
		if err := provider.Put(t.Context(), again, r); err != nil {
			t.Fatal(err)
		}
	}
	archivetest.WantFiles(t, real, "run.simexp") // the archive is where the recording was
	sealed := link(filepath.Join("real", "run.simexp"), "sealed.simexp")
	providertest.Test(t, archivetest.Open(t, sealed), sample)
	if _, err := Create(sealed, nil); !errors.Is(err, archive.ErrExists) {
		t.Errorf("creating over a link: got %v, want %v", err, archive.ErrExists)
	}
	// What leads nowhere is no archive, and nothing is made of it.
	for _, path := range []string{link("nowhere", "dangling.simexp"), link("loop.simexp", "loop.simexp"), live} {
		if a, err := archive.Open(path); err == nil {
			a.Close()
			t.Errorf("%s: opened", path)
		}
		if w, err := Create(path, nil); err == nil {
			w.Close()
			t.Errorf("%s: created", path)
		}
		if strings.HasSuffix(path, archive.LiveSuffix) {
			if w, err := Resume(t.Context(), path, nil); err == nil {
				w.Close()
				t.Errorf("%s: resumed", path)
			}
		}
	}
	if _, err := os.Lstat(filepath.Join(folder, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the target of a dangling link: got %v, want %v", err, os.ErrNotExist)
	}
}

// TestLongNames: a name that fits, but not those of the files beside it, is refused before anything is made.
func TestLongNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows counts the whole path")
	}
	folder := t.TempDir()
	const most = 255 // bytes, on all common file systems
	for extra, fits := range map[int]bool{-len(longestSuffix): true, -len(longestSuffix) + 1: false, 0: false, 1: false} {
		path := filepath.Join(folder, strings.Repeat("x", most+extra))
		w, err := Create(path, nil)
		if fits {
			if err != nil {
				t.Errorf("%d bytes: got %v, want that they fit", most+extra, err)
				continue
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.Is(err, syscall.ENAMETOOLONG) || err != nil && !strings.Contains(err.Error(), "too long") {
			t.Errorf("%d bytes: got %v, want that the name is too long", most+extra, err)
			if err == nil {
				w.Close()
			}
		}
	}
	archivetest.WantFiles(t, folder)

	// A recording that has a name so long that it can be sealed, but not annotated, is finished all the same.
	w := startRecording(t, filepath.Join(folder, strings.Repeat("y", most-len(longestSuffix))), providertest.Sample()[:10])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(folder, strings.Repeat("z", most-len(longestLive)))
	if err := os.Rename(w.LivePath(), long+archive.LiveSuffix); err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(t.Context(), long+archive.LiveSuffix, nil); err != nil {
		t.Errorf("sealing a recording of a long name: %v", err)
	}
}
