package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

func fillDir(t *testing.T) (*archive.Dir, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := archive.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range [][]provider.Record{
		archivetest.SmallRun("exp1-a", "exp1", "castro", provider.StatusCompleted),
		archivetest.SmallRun("exp1-b", "exp1", "castro", provider.StatusUnfinished),
		archivetest.SmallRun("exp2-a", "exp2", "castro", provider.StatusFailed),
		archivetest.SmallRun("other/../..\\x", "exp1", "core", provider.StatusCompleted),
	} {
		w, err := record.Create(filepath.Join(dir, archive.FileName(run[0].(*provider.Start).RunID)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := providertest.Play(t.Context(), w, run); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	return d, dir
}

func TestDirList(t *testing.T) {
	d, dir := fillDir(t)
	for _, c := range []struct {
		filter archive.Filter
		want   string
	}{
		{archive.Filter{}, `exp1-a exp1-b exp2-a other/../..\x`},
		{archive.Filter{Type: "core"}, `other/../..\x`},
		{archive.Filter{Name: "exp1", Type: "castro"}, "exp1-a exp1-b"},
		{archive.Filter{Status: provider.StatusUnfinished}, "exp1-b"},
		{archive.Filter{Status: provider.StatusFailed, Name: "exp1"}, ""},
	} {
		var ids []string
		for e, err := range d.List(t.Context(), c.filter) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.Experiment.RunID)
			if e.State != archive.Sealed || e.Summary.Iterations != 1 || e.Summary.LastCosts["A"] != 5000 {
				t.Errorf("%s: got %+v", e.Path, e)
			}
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.filter, got, c.want)
		}
	}
	// A file that is none is told of and does not hide the others.
	if err := os.WriteFile(filepath.Join(dir, "bad.simexp"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	runs, bad := 0, 0
	for e, err := range d.List(t.Context(), archive.Filter{}) {
		if err == nil {
			runs++
		} else if bad++; filepath.Base(e.Path) != "bad.simexp" || !errors.Is(err, archive.ErrNotArchive) {
			t.Errorf("got %v of %s", err, e.Path)
		}
	}
	if runs != 4 || bad != 1 {
		t.Errorf("got %d runs and %d errors, want 4 and 1", runs, bad)
	}
}

func TestDirOpen(t *testing.T) {
	d, dir := fillDir(t)
	for id, want := range map[string]string{"exp1-a": "exp1-a", "exp2": "exp2-a", `other/../..\x`: `other/../..\x`,
		"o": `other/../..\x`} {
		a, err := d.Open(t.Context(), id)
		if err != nil {
			t.Errorf("%q: %v", id, err)
			continue
		}
		if e, err := a.Experiment(t.Context()); err != nil || e.RunID != want {
			t.Errorf("%q: got run %q, %v, want %q", id, e.RunID, err, want)
		}
		a.Close()
	}
	if _, err := d.Open(t.Context(), "nothing"); !errors.Is(err, provider.ErrNoRun) ||
		!strings.Contains(err.Error(), `"exp1-a"`) {
		t.Errorf("got %v, want %v and the ids there are", err, provider.ErrNoRun)
	}
	for _, id := range []string{"exp1", ""} {
		if _, err := d.Open(t.Context(), id); err == nil || !strings.Contains(err.Error(), `"exp1-b"`) {
			t.Errorf("%q, which several runs begin with: got %v", id, err)
		}
	}
	if _, err := archive.OpenDir(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}

// A run in two files is refused by name, whichever of them has the name of the run; a live file beside its archive is
// no second one.
func TestDirOpenTwice(t *testing.T) {
	d, dir := fillDir(t)
	path := filepath.Join(dir, archive.FileName("exp2-a"))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+archive.LiveSuffix, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"exp2-a", "exp2"} {
		found, whole, err := d.Find(t.Context(), id)
		if found != path || whole != "exp2-a" || err != nil {
			t.Errorf("%s: got %s with run %q, %v, want %s", id, found, whole, err, path)
		}
	}
	other := filepath.Join(dir, "copy.simexp")
	if err := os.WriteFile(other, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"exp2-a", "exp2"} {
		a, err := d.Open(t.Context(), id)
		if !errors.Is(err, archive.ErrManyFiles) || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), other) {
			t.Errorf("%s: got %v, want %v and both files", id, err, archive.ErrManyFiles)
		}
		if err == nil {
			a.Close()
		}
	}
	if a, err := d.Open(t.Context(), "exp1-a"); err != nil {
		t.Errorf("another run of the folder: %v", err)
	} else {
		a.Close()
	}
}
