//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/longtest"
)

// TestKillPack kills pack and unpack while they write: the file is not there, the source stays as it is, and the next
// one leaves nothing but the file.
func TestKillPack(t *testing.T) {
	program, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	lines.WriteString(`{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}` + "\n")
	for i := range 15_000 {
		fmt.Fprintf(&lines, `{"type":"event","iteration":%d,"event_type":"e","event_data":{"n":%d,"id":"%016x"}}`+"\n", i/100, i,
			uint64(i)*0x9e3779b97f4a7c15)
	}
	lines.WriteString(`{"type":"result","status":"completed"}` + "\n")
	dir := t.TempDir()
	plain := filepath.Join(dir, "run.simexp")
	do := func(args ...string) {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Stdin = strings.NewReader(lines.String())
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, text)
		}
	}
	do("record", "-o", plain)
	sum := hashOf(t, plain)
	packed := filepath.Join(dir, "run.simexp.zst")
	do("pack", plain)
	packedSum := hashOf(t, packed)
	for _, way := range []struct{ command, from, to string }{{"pack", plain, packed}, {"unpack", packed, plain}} {
		if err := os.Remove(way.to); err != nil {
			t.Fatal(err)
		}
		killed := 0
		for tried := 0; killed < longtest.Count(3, 20) && tried < 100; tried++ {
			cmd := exec.Command(program, way.command, way.from)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(time.Minute); !writing(dir) && time.Now().Before(end); {
				time.Sleep(100 * time.Microsecond)
				if _, err := os.Lstat(way.to); err == nil {
					break
				}
			}
			_ = cmd.Process.Kill()
			if err := cmd.Wait(); err == nil { // it was faster
				if err := os.Remove(way.to); err != nil {
					t.Fatal(err)
				}
				continue
			}
			killed++
			if got, want := namesIn(t, dir), filepath.Base(way.from); slices.Contains(got, filepath.Base(way.to)) ||
				!slices.Contains(got, want) {
				t.Fatalf("%s: after a kill there is %q", way.command, got)
			}
		}
		if killed == 0 {
			t.Errorf("%s: was never killed", way.command)
		}
		do(way.command, way.from)
		if got := namesIn(t, dir); !slices.Equal(got, []string{"run.simexp", "run.simexp.zst"}) {
			t.Errorf("%s: the next one leaves %q", way.command, got)
		}
		if hashOf(t, plain) != sum || hashOf(t, packed) != packedSum {
			t.Errorf("%s: the files are others", way.command)
		}
	}
}

// writing reports whether something is being made in a folder to work in.
func writing(dir string) bool {
	made, _ := filepath.Glob(filepath.Join(dir, ".exparchive-*", "new.simexp"))
	return len(made) > 0
}
