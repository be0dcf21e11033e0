package papercmd

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/paper"
)

const runLines = `{"type":"experiment","run_id":"r","experiment_name":"e","experiment_type":"t","config":{"seed":1}}
{"type":"iteration","iteration":0,"costs_per_agent":{"A":500,"B":700},"accepted_changes":{"A":true},"policies":{"A":{"f":0.5}}}
{"type":"iteration","iteration":1,"costs_per_agent":{"A":400,"B":700},"accepted_changes":{"A":true},"policies":{"A":{"f":0.4}}}
{"type":"result","status":"completed","converged":true,"final_cost":1100,"best_cost":1100}
`

// paperCommand runs a command about a paper in a folder and gives what it prints.
func paperCommand(folder string, args ...string) (string, error) {
	cmd := NewPaper()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append(args, filepath.Join(folder, "paper.yaml")))
	err := cmd.Execute()
	if err != nil {
		out.WriteString(err.Error())
	}
	return out.String(), err
}

// killedBuild builds a paper in a process of its own, which ends without a word behind the commit of that number, 0
// for none. It reports whether it came to that.
func killedBuild(t *testing.T, folder string, at int) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBuild$")
	cmd.Env = append(os.Environ(), "KILLED_BUILD="+folder, "KILLED_AT="+strconv.Itoa(at))
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == killedCode {
		return true
	}
	if err != nil {
		t.Fatalf("the build: %v\n%s", err, out)
	}
	return false
}

const killedCode = 7

// buildAndDie is what the process of killedBuild does.
func buildAndDie(t *testing.T, folder string) {
	left, err := strconv.Atoi(os.Getenv("KILLED_AT"))
	if err != nil {
		t.Fatal(err)
	}
	commit = func(f *outfile.File) error {
		err := f.Commit()
		if left--; left == 0 {
			os.Exit(killedCode)
		}
		return err
	}
	if out, err := paperCommand(folder, "build"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestKilledBuild ends a build behind each file that gets its place, and changes the paper. Nobody is then told that a
// file was changed by hand, and the next build goes on, also after a second one that was ended.
func TestKilledBuild(t *testing.T) {
	if folder := os.Getenv("KILLED_BUILD"); folder != "" {
		buildAndDie(t, folder)
		return
	}
	fresh := func(seed string) string {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "r.jsonl"), strings.Replace(runLines, `"seed":1`, `"seed":`+seed, 1))
		cmd := NewPaper()
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs([]string{"init", filepath.Join(folder, "r.jsonl"), "-o", filepath.Join(folder, "paper.yaml")})
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	change := func(folder, from, to string) { // of all files
		path := filepath.Join(folder, "paper.yaml")
		write(t, path, strings.NewReplacer(from+"=policy", to+"=policy", "caption: "+from, "caption: "+to).Replace(
			textOf(t, folder, "paper.yaml")))
	}
	for at := 1; ; at++ {
		folder := fresh("1")
		change(folder, "\"The runs\"", "f")
		if !killedBuild(t, folder, at) {
			if at < 6 {
				t.Errorf("got %d files that have to get their places, want some more", at-1)
			}
			return
		}
		change(folder, "f", "second")
		sound(t, folder)
		killedBuild(t, folder, 1) // behind a record, before anything else
		change(folder, "second", "third")
		sound(t, folder)
		killedBuild(t, folder, 0) // to its end
		if out, err := paperCommand(folder, "check"); err != nil {
			t.Errorf("ended behind file %d, and built: %v\n%s", at, err, out)
		}
		if list, _ := filepath.Glob(filepath.Join(folder, ".*")); list != nil {
			t.Errorf("ended behind file %d, and built: got %q left", at, list)
		}

		// What somebody did change is not replaced, whatever a build left.
		change(folder, "third", "fourth")
		killedBuild(t, folder, at)
		path := filepath.Join(folder, "runs.tex")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		write(t, path, "mine")
		if out, err := paperCommand(folder, "check"); err == nil || !strings.Contains(out, "changed after it was built") {
			t.Errorf("ended behind file %d, runs.tex changed: got %v, %s", at, err, out)
		}
		if out, err := paperCommand(folder, "build"); err == nil || !strings.Contains(out, "runs.tex: it was changed after") {
			t.Errorf("ended behind file %d, runs.tex changed: got %v, %s", at, err, out)
		}
	}
}

// sound wants check to say that builds were cut short at most, and every file to have a record that is about it.
func sound(t *testing.T, folder string) {
	t.Helper()
	out, err := paperCommand(folder, "check")
	if err == nil || strings.Contains(out, "after it was built") || strings.Contains(out, "came from") {
		t.Errorf("after a build that was ended: got %v, %s", err, out)
	}
	for _, name := range []string{"runs.tex", "iterations.csv", "costs.pdf"} {
		path := filepath.Join(folder, name)
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if records := paper.RecordsOf(path, name); err != nil || !records.Built(b) {
			t.Errorf("%s: got %v, want a record of it", name, err)
		} else if records.CutShort(b) != strings.Contains(out, "file "+name+": a build ended between the file and ") {
			t.Errorf("%s: got %s, cut short: %v", name, out, records.CutShort(b))
		}
	}
}

func textOf(t *testing.T, folder, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
