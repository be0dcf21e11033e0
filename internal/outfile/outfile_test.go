package outfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
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
	missing := filepath.Join(folder, "none", "out")
	if _, err := Create(missing, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: got %v, want no such file", err)
	} else if pathErr := (*os.PathError)(nil); !errors.As(err, &pathErr) || pathErr.Path != missing {
		t.Errorf("no such folder: got %v, want the name %s in it", err, missing)
	}
	if _, err := Folder(missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: got %v, want no such file", err)
	}
}
