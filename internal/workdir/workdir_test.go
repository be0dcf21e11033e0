package workdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/lockfile"
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

func makeDir(t *testing.T, parent string) *Dir {
	t.Helper()
	d, err := Make(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.simexp", "a.simexp-live-wal"} {
		if err := os.WriteFile(filepath.Join(d.Path(), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestMakeAndRemove(t *testing.T) {
	parent := t.TempDir()
	d := makeDir(t, parent)
	if err := Sweep(parent); err != nil {
		t.Error(err)
	}
	if got := names(t, d.Path()); !slices.Equal(got, []string{"a.simexp", "a.simexp-live-wal", "lock"}) {
		t.Errorf("swept while its owner lives: got %q", got)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	if got := names(t, parent); len(got) != 0 {
		t.Errorf("after Remove: got %q, want nothing", got)
	}
	if _, err := Make(filepath.Join(parent, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: got %v, want no such file", err)
	}
}

// TestSweep: each state that a kill can leave goes, and nothing that is another's.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	put := func(names ...string) {
		for _, name := range names {
			path := filepath.Join(parent, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o666)); err != nil {
				t.Fatal(err)
			}
		}
	}
	const left = ".exparchive-0123456789abcde"
	if err := os.Mkdir(filepath.Join(parent, left+"0"), 0o700); err != nil { // between making and locking
		t.Fatal(err)
	}
	// killed while it was removed
	put(left+"1/lock", left+"2/lock", left+"2/x.simexp", left+"2/x.simexp-sealing", left+"3/x.simexp")
	spared := []string{left + "4/mine.txt", left + "5/x.simexp/y", ".exparchive-mine/x.simexp", ".import-1/x.simexp",
		"x.simexp", ".exparchive-0123456789abcdeg/lock", left + "6"}
	put(spared...)
	alive := makeDir(t, parent)
	t.Cleanup(func() { alive.Remove() }) // Windows removes no open file
	if err := Sweep(parent); err != nil {
		t.Error(err)
	}
	for _, name := range spared {
		if _, err := os.Lstat(filepath.Join(parent, name)); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, filepath.Join(parent, left+"4")); len(got) != 1 {
		t.Errorf("got %q in a folder of somebody else, want what was there", got)
	}
	if got := names(t, parent); len(got) != len(spared)+1 || !slices.Contains(got, filepath.Base(alive.Path())) {
		t.Errorf("got %q, want %q and the folder whose owner lives", got, spared)
	}
	if err := Sweep(filepath.Join(parent, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such folder: got %v, want no such file", err)
	}
}

// careless removes every folder that Make made: what Sweep would be without locks.
func careless(parent string) error {
	entries, err := os.ReadDir(parent)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
	return err
}

// crowd lets many work in one folder at once while others sweep it, and gives how often somebody's work was gone.
func crowd(t *testing.T, sweep func(parent string) error) (lost int) {
	parent := t.TempDir()
	var mu sync.Mutex
	var workers, sweepers sync.WaitGroup
	done := make(chan struct{})
	var sweeps atomic.Int64 // that have ended
	for range 3 {
		sweepers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := sweep(parent); err != nil {
					t.Error(err)
				}
				sweeps.Add(1)
			}
		})
	}
	for range 4 {
		workers.Go(func() {
			for range 40 {
				d, err := Make(parent)
				if err == nil {
					path := filepath.Join(d.Path(), "x.simexp")
					err = os.WriteFile(path, nil, 0o666)
					for end := sweeps.Load() + 4; sweeps.Load() < end; { // one of which began after the folder was made
						time.Sleep(50 * time.Microsecond)
					}
					_, errThere := os.Lstat(path)
					err = errors.Join(err, errThere, d.Remove())
				}
				if err != nil {
					mu.Lock()
					lost++
					mu.Unlock()
					t.Logf("lost: %v", err)
				}
			}
		})
	}
	workers.Wait()
	close(done)
	sweepers.Wait()
	if err := Sweep(parent); err != nil {
		t.Error(err)
	}
	if got := names(t, parent); len(got) != 0 {
		t.Errorf("got %q, want nothing", got)
	}
	return lost
}

// TestCrowd: nobody's folder is swept while its owner works in it.
func TestCrowd(t *testing.T) {
	if lost := crowd(t, Sweep); lost != 0 {
		t.Errorf("%d folders were swept while their owner worked in them", lost)
	}
}

// TestCrowdControl: a sweep that does not ask for locks is noticed.
func TestCrowdControl(t *testing.T) {
	if lost := crowd(t, careless); lost == 0 {
		t.Error("folders were swept without their locks, and nobody noticed")
	}
}

// TestMakeAgain: a folder that is swept before it could be locked is none of the caller's.
func TestMakeAgain(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, newName())
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := lockfile.Try(filepath.Join(path, lockName)) // as one does that sweeps
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if late, err := lockfile.Try(filepath.Join(path, lockName)); late != nil || err != nil {
		t.Errorf("its maker: got %v, %v, want no lock", late, err)
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := remove(root, filepath.Base(path), lock); err != nil {
		t.Error(err)
	}
	if late, err := lockfile.Try(filepath.Join(path, lockName)); late != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its maker, later: got %v, %v, want no such file", late, err)
	}
}

// TestFolder: the one folder that may be in a Dir goes with all that is in it, also where it is read-only.
func TestFolder(t *testing.T) {
	parent := t.TempDir()
	for _, end := range []func(*Dir) error{(*Dir).Remove, func(d *Dir) error {
		return errors.Join(d.lock.Release(), Sweep(parent)) // as if its process had been killed
	}} {
		d := makeDir(t, parent)
		deep := filepath.Join(d.Path(), Folder, "deep")
		if err := errors.Join(os.MkdirAll(deep, 0o777), os.WriteFile(filepath.Join(deep, "a"), nil, 0o444),
			os.Chmod(deep, 0o555)); err != nil {
			t.Fatal(err)
		}
		if err := end(d); err != nil {
			t.Error(err)
		}
		if got := names(t, parent); len(got) != 0 {
			t.Errorf("got %q, want nothing", got)
		}
	}
}

// TestNoLocks: on a file system without locks folders are made and removed, and those of others spared.
func TestNoLocks(t *testing.T) {
	for _, failure := range []error{syscall.ENOSYS, syscall.ENOLCK} {
		tryLock = func(path string) (*lockfile.Lock, error) {
			return nil, errors.Join(&fs.PathError{Op: "lock", Path: path, Err: failure}, os.WriteFile(path, nil, 0o644))
		}
		defer func() { tryLock = lockfile.Try }()
		parent := t.TempDir()
		d := makeDir(t, parent)
		if err := Sweep(parent); err != nil {
			t.Error(err)
		}
		if got := names(t, d.Path()); len(got) != 3 {
			t.Errorf("got %q, want what was made", got)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
		if got := names(t, parent); len(got) != 0 {
			t.Errorf("got %q, want nothing", got)
		}
	}
}
