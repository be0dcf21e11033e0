//go:build unix

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/dataset"
	"github.com/simexp/exparchive/internal/longtest"
)

// partsIn gives the SHA-256 of the files of a dataset, by their paths in it, and how many temporary ones there are.
func partsIn(t *testing.T, root string) (parts map[string]string, temporary int) {
	t.Helper()
	parts = map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if hidden(path) {
			temporary++
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		sum := hashOf(t, path)
		parts[rel] = string(sum[:])
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return parts, temporary
}

// TestKillExport kills exports to a dataset, each when so many of its files are there: each part is absent or complete,
// and the next export, which reads again only what it has to, makes the dataset that one which is not killed makes.
// EXPARCHIVE_KILLS sets how often.
func TestKillExport(t *testing.T) {
	kills := longtest.Count(6, 40)
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_KILLS")); err == nil {
		kills = n
	}
	program, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, out := filepath.Join(dir, "runs"), filepath.Join(dir, "out")
	if err := os.Mkdir(source, 0o777); err != nil {
		t.Fatal(err)
	}
	count := len(manyRuns(t, source, 30))
	whole := filepath.Join(dir, "whole")
	runQuietly(t, "export", source, "--format", "parquet", "-o", whole)
	want, _ := partsIn(t, whole)
	if len(want) != count*len(dataset.Tables())+1 {
		t.Fatalf("got %d files of %d runs", len(want), count)
	}
	args := []string{"export", source, "--format", "parquet", "-o", out, "--newer"}
	leftovers, partly, ended := 0, 0, false
	for killed, tried := 0, 0; killed < kills; tried++ {
		if tried == 20*kills {
			t.Fatalf("of %d exports only %d could be killed before they ended", tried, killed)
		}
		// The two that follow go on where it was killed. Where one ended by itself nothing is left to do for the next.
		if killed%3 == 0 || ended {
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
		p, err := startProcess(exec.Command(program, args...))
		if err != nil {
			t.Fatal(err)
		}
		before, _ := partsIn(t, out)
		enough := len(before) + 1 + tried*37%(len(want)/3)
		if p.until(func() bool { now, _ := countFiles(out); return now >= enough }) == nil {
			_ = p.Process.Kill()
		}
		err = p.wait()
		if p.ProcessState.ExitCode() > 0 {
			t.Fatalf("after %d kills: %v", killed, err)
		}
		parts, temporary := partsIn(t, out)
		for name, sum := range parts {
			if want[name] != sum {
				t.Fatalf("after %d kills: %s is not complete", killed, name)
			}
		}
		if ended = err == nil; ended {
			continue
		}
		killed++
		if temporary > 0 {
			leftovers++
		}
		if len(parts) > 1 && len(parts) < len(want) {
			partly++
		}
	}
	if text, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("the next export: %v: %s", err, text)
	}
	got, temporary := partsIn(t, out)
	if temporary > 0 || len(got) != len(want) {
		t.Errorf("got %d parts and %d files that are none, want %d parts", len(got), temporary, len(want))
	}
	for name, sum := range want {
		if got[name] != sum {
			t.Errorf("%s: not what an export that was not killed gives", name)
		}
	}
	if leftovers == 0 || partly == 0 {
		t.Errorf("of %d kills %d left temporary files and %d hit in the middle, want some of each", kills, leftovers, partly)
	}
	t.Logf("%d kills, %d left temporary files, 0 parts incomplete", kills, leftovers)
}

// countFiles counts the files below a folder that have their names, and the others.
func countFiles(root string) (named, other int) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir(): // it may be gone by now
		case hidden(path):
			other++
		default:
			named++
		}
		return nil
	})
	return named, other
}

// hidden reports whether a file lies in a folder in which a part is made.
func hidden(path string) bool { return strings.Contains(filepath.ToSlash(path), "/.") }
