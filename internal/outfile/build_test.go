package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/workdir"
)

// isLink reports whether there is a link of that name: Wine says that it made one, and makes none.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func TestFree(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "file"), filepath.Join(folder, "link")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path  string
		force bool
		want  error
	}{
		{path, false, ErrExists}, {path, true, nil}, {folder, true, fileerr.ErrNotRegular},
		{filepath.Join(folder, "none"), false, nil},
		{filepath.Join(folder, "none", "none"), false, nil},
	} {
		if err := Free(test.path, test.force); !errors.Is(err, test.want) {
			t.Errorf("%s, %v: got %v, want %v", test.path, test.force, err, test.want)
		}
	}
	if os.Symlink(path, link) == nil && isLink(link) {
		if err := Free(link, true); !errors.Is(err, fileerr.ErrNotRegular) {
			t.Errorf("link: got %v, want %v", err, fileerr.ErrNotRegular)
		}
	}
}

// TestBuild: a file appears when it is complete, and nothing else stays.
func TestBuild(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	write := func(text string) func(string) error {
		return func(temp string) error {
			if old, err := os.ReadFile(path); err == nil && string(old) == text {
				t.Errorf("%s is there already", text)
			}
			if err := os.WriteFile(temp+"-journal", nil, 0o666); err != nil {
				return err
			}
			return os.WriteFile(temp, []byte(text), 0o666)
		}
	}
	stands := func(text string) {
		t.Helper()
		list := names(t, folder)
		if got, err := os.ReadFile(path); len(list) != 1 || err != nil || string(got) != text {
			t.Errorf("got %q, %v in %q, want %q and no other file", got, err, list, text)
		}
	}
	if err := Build(path, false, write("one")); err != nil {
		t.Fatal(err)
	}
	stands("one")
	if err := Build(path, false, write("two")); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want %v", err, ErrExists)
	}
	stands("one")
	fault := errors.New("fault")
	if err := Build(path, true, func(temp string) error { return errors.Join(write("two")(temp), fault) }); !errors.Is(err,
		fault) {
		t.Errorf("got %v, want %v", err, fault)
	}
	stands("one")
	if err := Build(path, true, write("two")); err != nil {
		t.Fatal(err)
	}
	stands("two")

	// What comes in between is seen.
	other := filepath.Join(folder, "b")
	err := Build(other, true, func(temp string) error { return errors.Join(write("b")(temp), os.Mkdir(other, 0o777)) })
	if !errors.Is(err, fileerr.ErrNotRegular) {
		t.Errorf("a folder meanwhile: got %v, want %v", err, fileerr.ErrNotRegular)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	stands("two")

	nowhere := filepath.Join(folder, "none", "a")
	if err := Build(nowhere, false, write("x")); !fileerr.Names(err, filepath.Dir(nowhere)) ||
		!errors.Is(err, fileerr.ErrNoFolder) {
		t.Errorf("no folder: got %v, want an error about the folder of %s", err, nowhere)
	}
}

// TestBuild_left: that the folder cannot be removed is told, and the file is in its place.
func TestBuild_left(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	var told []error
	workdir.Left = func(err error) { told = append(told, err) }
	defer func() { workdir.Left = nil }()
	var folder string
	err := Build(path, false, func(temp string) error {
		folder = filepath.Dir(temp)
		return errors.Join(os.WriteFile(temp, nil, 0o666), os.WriteFile(filepath.Join(folder, "theirs"), nil, 0o666))
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || !fileerr.Names(told[0], folder) {
		t.Errorf("got %v, want an error about %s", told, folder)
	}
}
