package outfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fill begins a folder that will be at path, with a read-only file in it.
func fill(t *testing.T, path, text string) *Folder {
	t.Helper()
	f, err := NewFolder(path)
	if err == nil {
		err = os.WriteFile(filepath.Join(f.Temp(), "a"), []byte(text), 0o444)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFolder: a folder appears when it is complete, in the place of another only if that is wanted, and nothing else
// stays, whether or not the system can exchange two names in one step.
func TestFolder(t *testing.T) {
	unable := func(_, _ string) error { return errors.ErrUnsupported }
	for name, swap := range map[string]func(a, b string) error{"in one step": exchange, "in two steps": unable} {
		t.Run(name, func(t *testing.T) {
			system.exchange = swap
			defer func() { system.exchange = exchange }()
			parent := t.TempDir()
			path := filepath.Join(parent, "out")
			stands := func(text string) {
				t.Helper()
				got, err := os.ReadFile(filepath.Join(path, "a"))
				if string(got) != text || err != nil && text != "" {
					t.Errorf("got %q, %v, want %q", got, err, text)
				}
			}
			f := fill(t, path, "one")
			stands("")
			if err := f.Commit(false); err != nil {
				t.Error(err)
			}
			f.Abort()
			stands("one")
			if err := fill(t, path, "two").Commit(false); !errors.Is(err, ErrExists) {
				t.Errorf("got %v, want ErrExists", err)
			}
			stands("one")
			if err := fill(t, path, "two").Commit(true); err != nil {
				t.Error(err)
			}
			stands("two")
			fill(t, path, "three").Abort()
			stands("two")
			if got := names(t, parent); !slices.Equal(got, []string{"out"}) {
				t.Errorf("got %q, want out", got)
			}
		})
	}
}

// TestFolderOrder: a folder gets its name durably, and the one that it replaces is never without another.
func TestFolderOrder(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(parent, "out")
	if err := os.Mkdir(parent, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{{"rename temp out", "sync folder"}, {"exchange temp out", "sync folder"}} {
		f := fill(t, path, "x")
		calls := record(t, "", nil)
		if err := f.Commit(true); err != nil {
			t.Fatal(err)
		}
		want = slices.DeleteFunc(want, func(call string) bool { return call == "sync folder" && os.PathSeparator == '\\' })
		if !slices.Equal(*calls, want) && exchange(parent, parent) != errors.ErrUnsupported {
			t.Errorf("got calls %q, want %q", *calls, want)
		}
	}
}

// TestLeft: what killed processes were writing goes when somebody else writes there, and what others are writing stays.
func TestLeft(t *testing.T) {
	parent := t.TempDir()
	const left = ".exparchive-0123456789abcde"
	for _, name := range []string{left + "0/new.simexp", left + "1/new/deep/a", "mine/a"} {
		path := filepath.Join(parent, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o444)); err != nil {
			t.Fatal(err)
		}
	}
	f := write(t, filepath.Join(parent, "out"), false)
	if got := names(t, parent); len(got) != 2 || got[1] != "mine" {
		t.Errorf("got %q, want one folder to work in, and mine", got)
	}
	swept.Clear() // as in another process
	g := fill(t, filepath.Join(parent, "other"), "x")
	if err := errors.Join(g.Commit(false), f.Commit()); err != nil {
		t.Error(err)
	}
	if got, want := names(t, parent), []string{"mine", "other", "out"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
