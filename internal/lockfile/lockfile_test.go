package lockfile

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
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
