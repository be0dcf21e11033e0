package crate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/internal/lockfile"
)

// TestStage: what a killed process left is removed, also where it is read-only, and what somebody works in, or nobody
// of this program made, stays.
func TestStage(t *testing.T) {
	parent := t.TempDir()
	output := filepath.Join(parent, "out")
	make := func(name string, locked bool) {
		folder := filepath.Join(parent, name, "bag")
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a"), nil, 0o444); err != nil {
			t.Fatal(err)
		}
		if locked {
			if err := os.WriteFile(filepath.Join(parent, name, lockName), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	make(".out.0123456789ab.tmp", true)
	stay := []string{".out.aaaaaaaaaaaa.tmp", ".out.bbbbbbbbbbbb.tmp", ".other.0123456789ab.tmp", ".out.x.tmp",
		"out.0123456789ab.tmp"}
	for i, name := range stay {
		make(name, i > 0) // the first has no lock
	}
	lock, err := lockfile.Try(filepath.Join(parent, stay[1], lockName))
	if err != nil || lock == nil {
		t.Fatal(err)
	}
	defer lock.Release()
	s, err := NewStage(output)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Bag()); err != nil {
		t.Error(err)
	}
	other, err := NewStage(output)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Bag()); err != nil {
		t.Errorf("the stage of a process that lives: %v", err)
	}
	for _, s := range []*Stage{s, other} {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != len(stay) {
		t.Errorf("got %v, %v, want %q", entries, err, stay)
	}
	for _, name := range stay {
		if _, err := os.Stat(filepath.Join(parent, name, "bag", "a")); err != nil {
			t.Error(err)
		}
	}
}
