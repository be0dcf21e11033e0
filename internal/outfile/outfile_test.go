package outfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/internal/fileerr"
)

func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestCommitAndAbort(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	f, err := Create(path, false)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("gone")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before Commit: got %v, want no such file", err)
	}
	f.Abort()
	f.Abort()
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("after Abort: got %q, want nothing", got)
	}

	if f, err = Create(path, false); err != nil {
		t.Fatal(err)
	}
	f.WriteString("first")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("got %q, %v, want first", got, err)
	}
	if _, err := Create(path, false); !errors.Is(err, ErrExists) {
		t.Errorf("a second time: got %v, want ErrExists", err)
	}
	if f, err = Create(path, true); err != nil {
		t.Fatal(err)
	}
	f.WriteString("second")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "second" {
		t.Errorf("with force: got %q, want second", got)
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("got %q, want one file", got)
	}
}

// A file that appears meanwhile is not overwritten.
func TestCommitDoesNotOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := Create(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("theirs"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "theirs" {
		t.Errorf("got %q, want theirs", got)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("got %q, want one file", got)
	}
}

func TestRefusals(t *testing.T) {
	folder := t.TempDir()
	if _, err := Create(folder, true); err == nil {
		t.Error("a folder: got no error")
	}
	link := filepath.Join(folder, "link")
	if os.Symlink("elsewhere", link) == nil && isLink(link) {
		if _, err := Create(link, true); !errors.Is(err, fileerr.ErrNotRegular) {
			t.Errorf("a link: got %v, want %v", err, fileerr.ErrNotRegular)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder string
		want   error
	}{{"none", fileerr.ErrNoFolder}, {"none/none", fileerr.ErrNoFolder}, {"file", fileerr.ErrNoDirectory}} {
		within := filepath.Join(folder, c.folder)
		path := filepath.Join(within, "out")
		_, created := Create(path, false)
		_, made := NewFolder(path)
		for call, err := range map[string]error{
			"InFolder": InFolder(path), "Create": created, "NewFolder": made,
			"Build": Build(path, true, func(string) error { return nil }),
		} {
			if !errors.Is(err, c.want) || !fileerr.Names(err, within) || fileerr.Names(err, path) {
				t.Errorf("%s in %s: got %v, want %v", call, c.folder, err, c.want)
			}
			if named := fileerr.In(path, err); named.Error() != err.Error() {
				t.Errorf("%s in %s: got %v, want it as it was", call, c.folder, named)
			}
		}
	}
	if err := InFolder(filepath.Join(folder, "out")); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestPlace(t *testing.T) {
	folder := t.TempDir()
	temp, path := filepath.Join(folder, "temp"), filepath.Join(folder, "out")
	for _, c := range []struct {
		text  string
		force bool
		want  error
		there string // afterwards
	}{{"first", false, nil, "first"}, {"second", false, ErrExists, "first"}, {"third", true, nil, "third"}} {
		if err := os.WriteFile(temp, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Place(temp, path, c.force); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.text, err, c.want)
		}
		if got, _ := os.ReadFile(path); string(got) != c.there {
			t.Errorf("%s: got %q, want %q", c.text, got, c.there)
		}
		if _, err := os.Lstat(temp); (err == nil) != (c.want != nil) {
			t.Errorf("%s: the temporary file: got %v", c.text, err)
		}
	}
}

// TestPlaceFirst: of many that want one name at once, one gets it, and the others learn of it.
func TestPlaceFirst(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	var placed atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			temp := filepath.Join(folder, fmt.Sprint("temp", i))
			if err := os.WriteFile(temp, []byte(temp), 0o666); err != nil {
				t.Error(err)
			}
			switch err := Place(temp, path, false); {
			case err == nil:
				placed.Add(1)
			case !errors.Is(err, ErrExists):
				t.Errorf("got %v, want %v", err, ErrExists)
			}
		})
	}
	wg.Wait()
	if placed.Load() != 1 {
		t.Errorf("got %d that have the name, want 1", placed.Load())
	}
}
