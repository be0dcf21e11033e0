//go:build unix

package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/longtest"
)

// TestKillImport kills imports, each when its folder looks in some way or soon after: each archive is absent or
// complete, the old databases stay as they are, and the next import leaves the archives and nothing else.
// EXPARCHIVE_KILLS sets how often.
func TestKillImport(t *testing.T) {
	kills := longtest.Count(8, 40)
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_KILLS")); err == nil {
		kills = n
	}
	program, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	args := []string{"import", "--force", "-o", out}
	sources := map[string][sha256.Size]byte{}
	for _, name := range []string{"k0.db", "k1.db", "g.db", "s3.db"} {
		path := filepath.Join(dir, name)
		if err := gunzip(filepath.Join(legacyTestdata, name+".gz"), path); err != nil {
			t.Fatal(err)
		}
		sources[path] = hashOf(t, path)
		args = append(args, path)
	}
	start := time.Now()
	if text, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	whole := time.Since(start)
	want := map[string][sha256.Size]byte{}
	for _, name := range namesIn(t, out) {
		want[name] = hashOf(t, filepath.Join(out, name))
	}
	if len(want) < 4 {
		t.Fatalf("got %d archives of four databases", len(want))
	}
	leftovers, partly, missed := 0, 0, false
	for tried, killed := 0, 0; killed < kills; tried++ {
		if tried == 20*kills {
			t.Fatalf("of %d imports only %d could be killed before they ended", tried, killed)
		}
		if killed%4 == 0 || missed {
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
		before := infosIn(t, out)
		p, err := startProcess(exec.Command(program, args...))
		if err != nil {
			t.Fatal(err)
		}
		// Kill it when it has a folder to work in, and when the first, the second, the third archive is there; in the second
		// round a bit later, and so on.
		made, later := 1+killed%4, time.Duration(killed/4)*whole/40
		if p.until(func() bool { return newIn(t, out, before) >= made }) == nil {
			time.Sleep(later)
			_ = p.Process.Kill()
		}
		err = p.wait()
		if p.ProcessState.ExitCode() > 0 {
			t.Fatalf("after %d kills: %v", killed, err)
		}
		for path, sum := range sources {
			if hashOf(t, path) != sum {
				t.Fatalf("after %d kills: %s was changed", killed, path)
			}
		}
		archives := 0
		if runio.Exists(out) {
			for _, name := range namesIn(t, out) {
				if strings.HasPrefix(name, ".") {
					continue
				}
				archives++
				if hashOf(t, filepath.Join(out, name)) != want[name] {
					report, err := verify.File(t.Context(), filepath.Join(out, name))
					t.Fatalf("after %d kills: %s is not complete: %v, %v", killed, name, report.Problems, err)
				}
			}
		}
		if missed = err == nil; missed {
			checkImported(t, out, want)
			continue
		}
		killed++
		if len(leftIn(t, out)) > 0 {
			leftovers++
		}
		if archives > 0 && archives < len(want) {
			partly++
		}
	}
	if text, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("the next import: %v: %s", err, text)
	}
	checkImported(t, out, want)
	if leftovers == 0 || partly == 0 {
		t.Errorf("of %d kills %d left a folder to sweep and %d hit between two archives, want some of each", kills, leftovers,
			partly)
	}
	t.Logf("%d kills, %d left a folder for the next start to remove, 0 archives incomplete", kills, leftovers)
}

// infosIn describes what is in a folder, which need not be there.
func infosIn(t *testing.T, folder string) []fs.FileInfo {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var infos []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // it may be gone by now
			infos = append(infos, info)
		}
	}
	return infos
}

// newIn counts what has come into a folder.
func newIn(t *testing.T, folder string, before []fs.FileInfo) (n int) {
	t.Helper()
	for _, info := range infosIn(t, folder) {
		was := func(old fs.FileInfo) bool { return os.SameFile(old, info) && old.ModTime().Equal(info.ModTime()) }
		if !slices.ContainsFunc(before, was) {
			n++
		}
	}
	return n
}

// TestImportSweeps: what a killed import left goes away with the next one into the folder.
func TestImportSweeps(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	left := filepath.Join(out, ".exparchive-0123456789abcdef", "x.simexp-live")
	db := filepath.Join(t.TempDir(), "k0.db")
	if err := gunzip(filepath.Join(legacyTestdata, "k0.db.gz"), db); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(leftIn(t, out)) != 1 {
		t.Fatal("what is left is not seen")
	}
	var stderr strings.Builder
	if code := run([]string{"import", "--force", "-o", out, db}, strings.NewReader(""), &strings.Builder{},
		&stderr); code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if left := leftIn(t, out); len(left) > 0 {
		t.Errorf("%q is still there", left)
	}
}

func checkImported(t *testing.T, out string, want map[string][sha256.Size]byte) {
	t.Helper()
	got := namesIn(t, out)
	for _, name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is left over", name)
		}
	}
	for name, sum := range want {
		if hashOf(t, filepath.Join(out, name)) != sum {
			t.Errorf("%s: not what an import that was not killed gives", name)
		}
	}
}

func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// leftIn gives the hidden names in a folder, none if there is no folder.
func leftIn(t *testing.T, folder string) []string {
	t.Helper()
	if !runio.Exists(folder) {
		return nil
	}
	return slices.DeleteFunc(namesIn(t, folder), func(name string) bool { return !strings.HasPrefix(name, ".") })
}

func hashOf(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}
