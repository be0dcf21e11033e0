package lockfile

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gofrs/flock"
)

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if Held(path) {
		t.Error("a lock without a file is held")
	}
	l, err := Try(path)
	if err != nil || l == nil {
		t.Fatalf("got %v, %v, want the lock", l, err)
	}
	if !Held(path) {
		t.Error("it is not held")
	}
	if again, err := Try(path); err != nil || again != nil {
		t.Errorf("a second time: got %v, %v, want neither lock nor error", again, err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after Release: got %v, want no such file", err)
	}
	if err := os.WriteFile(path, []byte("left behind"), 0o644); err != nil {
		t.Fatal(err)
	}
	if Held(path) {
		t.Error("a file that was left behind is held")
	}
	if l, err = Try(path); err != nil || l == nil {
		t.Fatalf("a file that was left behind: got %v, %v, want the lock", l, err)
	}
	l.Release()
}

// TestRemovedMeanwhile: a lock of a file that its last holder removed before it was locked is held by nobody, since the
// next one makes another file.
func TestRemovedMeanwhile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open cannot be removed")
	}
	for _, c := range []struct {
		name  string
		after func(path string) error // the locking
		want  bool
	}{
		{"in its place", func(string) error { return nil }, true},
		{"removed", os.Remove, false},
		{"replaced", func(path string) error {
			if err := os.WriteFile(path+".new", nil, 0o644); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, false},
	} {
		path := filepath.Join(t.TempDir(), "lock")
		l, err := try(path, func(f *flock.Flock) (bool, error) {
			ok, err := f.TryLock()
			if err := c.after(path); err != nil {
				t.Fatal(err)
			}
			return ok, err
		})
		if err != nil || (l != nil) != c.want {
			t.Errorf("%s: got %v, %v, want a lock: %v", c.name, l, err, c.want)
		}
		if l != nil {
			if err := l.Release(); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		// Whoever comes next gets the lock: the one that was not taken is given back.
		if l, err = Try(path); err != nil || l == nil {
			t.Fatalf("%s: the next one got %v, %v, want the lock", c.name, l, err)
		}
		if !Held(path) {
			t.Errorf("%s: the lock of the next one is not held", c.name)
		}
		if err := l.Release(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestOneHolder: while holders come and go and take the file with them, there is never more than one.
func TestOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 300 {
				l, err := Try(path)
				if err != nil && runtime.GOOS == "windows" {
					continue // the file is being removed
				}
				if err != nil {
					t.Error(err)
					return
				}
				if l == nil {
					continue
				}
				taken.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("got %d holders at once", n)
				}
				holders.Add(-1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got the lock")
	}
}
