package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/internal/workdir"
)

// record notes the calls to the file system, which are made nevertheless but for one that fails.
func record(t *testing.T, failing string, failure error) *[]string {
	t.Helper()
	before := system
	t.Cleanup(func() { system = before })
	var calls []string
	call := func(what string, do func() error) error {
		calls = append(calls, what)
		if failing != "" && strings.HasPrefix(what, failing) {
			return failure
		}
		return do()
	}
	name := func(path string) string {
		if base := filepath.Base(path); base != temporary && base != workdir.Folder {
			return base
		}
		return "temp"
	}
	system.sync = func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		what := "sync " + name(f.Name())
		if !info.IsDir() {
			what += fmt.Sprintf(" of %d bytes", info.Size())
		}
		return call(what, func() error { return before.sync(f) })
	}
	system.link = func(from, to string) error {
		return call("link "+name(from)+" "+name(to), func() error { return before.link(from, to) })
	}
	system.exchange = func(a, b string) error {
		return call("exchange "+name(a)+" "+name(b), func() error { return before.exchange(a, b) })
	}
	system.rename = func(from, to string) error {
		return call("rename "+name(from)+" "+name(to), func() error { return before.rename(from, to) })
	}
	system.remove = func(path string) error {
		return call("remove "+name(path), func() error { return before.remove(path) })
	}
	return &calls
}

func write(t *testing.T, path string, force bool) *File {
	t.Helper()
	f, err := Create(path, force)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestOrder: a file is on disk before it has its name, and the name before the caller hears of it.
func TestOrder(t *testing.T) {
	denied := &os.LinkError{Op: "link", Err: syscall.EPERM} // as on file systems without hard links
	for _, c := range []struct {
		name           string
		force, replace bool
		failing        string
		failure        error
		commit, place  []string // calls
		err            error
		there          string // what is at the path afterwards, "" for nothing
	}{
		{name: "new",
			commit: []string{"sync temp of 4 bytes", "link temp out", "remove temp", "sync folder"},
			place:  []string{"link temp out", "remove temp", "sync folder"}, there: "text"},
		{name: "forced, new", force: true,
			commit: []string{"sync temp of 4 bytes", "rename temp out", "sync folder"},
			place:  []string{"rename temp out", "sync folder"}, there: "text"},
		{name: "forced, in place of another", force: true, replace: true,
			commit: []string{"sync temp of 4 bytes", "rename temp out", "sync folder"},
			place:  []string{"rename temp out", "sync folder"}, there: "text"},
		{name: "no hard links", failing: "link", failure: denied,
			commit: []string{"sync temp of 4 bytes", "link temp out", "rename temp out", "sync folder"},
			place:  []string{"link temp out", "rename temp out", "sync folder"}, there: "text"},
		{name: "not on disk", failing: "sync temp", failure: syscall.EIO,
			commit: []string{"sync temp of 4 bytes"}, err: syscall.EIO},
		{name: "no place", force: true, failing: "rename", failure: syscall.EIO,
			commit: []string{"sync temp of 4 bytes", "rename temp out"},
			place:  []string{"rename temp out"}, err: syscall.EIO},
		{name: "no place, another there", force: true, replace: true, failing: "rename", failure: syscall.EIO,
			commit: []string{"sync temp of 4 bytes", "rename temp out"},
			place:  []string{"rename temp out"}, err: syscall.EIO, there: "old"},
		{name: "name not on disk", force: true, failing: "sync folder", failure: syscall.EIO,
			commit: []string{"sync temp of 4 bytes", "rename temp out", "sync folder"},
			place:  []string{"rename temp out", "sync folder"}, err: syscall.EIO, there: "text"},
	} {
		for _, kind := range []string{"Commit", "Place"} {
			want := c.commit
			if kind == "Place" {
				want = c.place
			}
			if want == nil {
				continue
			}
			if runtime.GOOS == "windows" { // no handle of a folder can be flushed
				if c.failing == "sync folder" {
					continue
				}
				want = slices.DeleteFunc(slices.Clone(want), func(call string) bool { return call == "sync folder" })
			}
			t.Run(kind+" "+c.name, func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "folder")
				if err := os.Mkdir(folder, 0o777); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(folder, "out")
				if c.replace {
					if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				var f *File
				temp := filepath.Join(folder, temporary)
				if kind == "Commit" {
					f = write(t, path, c.force)
				} else if err := os.WriteFile(temp, []byte("text"), 0o666); err != nil {
					t.Fatal(err)
				}
				calls := record(t, c.failing, c.failure)
				var err error
				if kind == "Commit" {
					err = f.Commit()
				} else {
					err = Place(temp, path, c.force)
				}
				if !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				if !slices.Equal(*calls, want) {
					t.Errorf("got calls %q, want %q", *calls, want)
				}
				got, err := os.ReadFile(path)
				if string(got) != c.there || err != nil && !(c.there == "" && errors.Is(err, fs.ErrNotExist)) {
					t.Errorf("got %q, %v, want %q", got, err, c.there)
				}
				if kind == "Commit" {
					if got, want := len(names(t, folder)), min(len(c.there), 1); got != want {
						t.Errorf("got %d files in the folder, want %d", got, want)
					}
				}
			})
		}
	}
}

// TestSyncError names the file that was asked for and not the temporary one.
func TestSyncError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f := write(t, path, false)
	record(t, "sync temp", &fs.PathError{Op: "sync", Path: f.Name(), Err: syscall.EIO})
	var pathErr *fs.PathError
	if err := f.Commit(); !errors.As(err, &pathErr) || pathErr.Path != path {
		t.Errorf("got %v, want an error about %s", err, path)
	}
}

// TestSystem: what stands in for nothing is the system's own.
func TestSystem(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := system.sync(f); err != nil {
		t.Error(err)
	}
	f.Close()
	if err := system.sync(f); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed file: got %v, want %v", err, os.ErrClosed)
	}
	if err := SyncDir(f.Name() + ".missing"); runtime.GOOS != "windows" && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: got %v, want %v", err, fs.ErrNotExist)
	}
}

// TestReadOnly: a read-only file is replaced by a rename that at first is refused, as on Windows, and is as it was if
// that fails; a file keeps its permissions when removing one of its names made it writable, as there.
func TestReadOnly(t *testing.T) {
	folder := t.TempDir()
	from, to := filepath.Join(folder, "from"), filepath.Join(folder, "to")
	put := func(path, text string, mode fs.FileMode) {
		t.Helper()
		os.Remove(path)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o644), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	mode := func(path string) fs.FileMode {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm() & 0o200
	}
	before := system
	t.Cleanup(func() { system = before })
	tries := 0
	system.rename = func(from, to string) error {
		tries++
		if info, err := os.Lstat(to); err == nil && info.Mode().Perm()&0o200 == 0 {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrPermission}
		}
		return before.rename(from, to)
	}
	put(from, "new", 0o444)
	put(to, "old", 0o444)
	if err := Rename(from, to); err != nil || tries != 2 {
		t.Errorf("got %v after %d tries, want the second to do it", err, tries)
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != "new" || mode(to) != 0 {
		t.Errorf("got %q, %v, mode %o, want the new file, read-only", text, err, mode(to))
	}
	system.rename = func(from, to string) error {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrPermission}
	}
	put(from, "new", 0o644)
	if err := Rename(from, to); !errors.Is(err, fs.ErrPermission) || mode(to) != 0 {
		t.Errorf("got %v, mode %o, want %v and a file that is read-only still", err, mode(to), fs.ErrPermission)
	}
	if err := Rename(from, filepath.Join(folder, "other")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("no file there: got %v, want %v", err, fs.ErrPermission)
	}
	system = before
	system.remove = func(path string) error { return errors.Join(os.Chmod(path, 0o644), before.remove(path)) }
	os.Remove(to)
	put(from, "new", 0o444)
	if err := Place(from, to, false); err != nil || mode(to) != 0 {
		t.Errorf("placed: got %v, mode %o, want a read-only file", err, mode(to))
	}
}
