package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

// Commands for scripts about old databases.
func init() {
	// legacy NAME FILE puts a test database of legacy/castro, and its log if it has one, into the script's folder. A NAME
	// with an extension is that of a plain file.
	scriptCommands["legacy"] = func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 1, 2)
		if filepath.Ext(args[0]) != "" {
			text, err := os.ReadFile(filepath.Join(legacyTestdata, args[0]))
			ts.Check(err)
			ts.Check(os.WriteFile(path, text, 0o666))
			return
		}
		from := filepath.Join(legacyTestdata, filepath.FromSlash(args[0])+".db")
		ts.Check(gunzip(from+".gz", path))
		if runio.Exists(from + ".wal.gz") {
			ts.Check(gunzip(from+".wal.gz", path+".wal"))
		}
	}
	// realdata NAME FILE does the same with a real file, where EXPARCHIVE_REALDATA says.
	scriptCommands["realdata"] = func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 1, 2)
		ts.Check(gunzip(filepath.Join(ts.Getenv("EXPARCHIVE_REALDATA"), filepath.FromSlash(args[0])+".gz"), path))
	}
	// for-each-legacy FILE PATTERN runs every command that reads a run of an old file: exit code 1, stderr as the pattern,
	// no stdout.
	scriptCommands["for-each-legacy"] = func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		want := regexp.MustCompile(args[1])
		for _, command := range [][]string{{"replay"}, {"replay", "--audit"}, {"replay", "--json"}, {"digest"}, {"policies"},
			{"export", "--format", "jsonl"}} {
			var exit *exec.ExitError
			err := ts.Exec("exparchive", append(slices.Clone(command), args[0])...)
			if !errors.As(err, &exit) || exit.ExitCode() != cli.ExitFailed {
				ts.Fatalf("%s %s: got %v, want exit code %d", command, args[0], err, cli.ExitFailed)
			}
			if stderr := ts.ReadFile("stderr"); !want.MatchString(stderr) {
				ts.Fatalf("%s %s: got stderr %q, want %q", command, args[0], stderr, want)
			}
			if stdout := ts.ReadFile("stdout"); stdout != "" {
				ts.Fatalf("%s %s: got stdout %q, want none", command, args[0], stdout)
			}
		}
	}
	// same-digest FILE FILE... demands that one run after the other has the same digest; FILE@RUN chooses a run.
	scriptCommands["same-digest"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: same-digest FILE FILE...")
		}
		want := ""
		for _, a := range args {
			path, run, _ := strings.Cut(a, "@")
			ts.Check(ts.Exec("exparchive", "digest", path, "--run", run))
			got, _, _ := strings.Cut(ts.ReadFile("stdout"), " ")
			if want != "" && got != want {
				ts.Fatalf("%s: got digest %s, want %s", a, got, want)
			}
			want = got
		}
	}
	// same-replay FILE FILE... demands the same of replay --verbose, replay --audit and replay --json.
	scriptCommands["same-replay"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: same-replay FILE FILE...")
		}
		for _, form := range []string{"--verbose", "--audit", "--json"} {
			want := ""
			for i, a := range args {
				path, run, _ := strings.Cut(a, "@")
				ts.Check(ts.Exec("exparchive", "replay", form, path, "--run", run))
				got := ts.ReadFile("stdout")
				if i > 0 && got != want {
					ts.Fatalf("replay %s %s differs from that of %s", form, a, args[i-1])
				}
				want = got
			}
			if want == "" {
				ts.Fatalf("replay %s prints nothing", form)
			}
		}
	}
	// readonly FOLDER forbids writing into a folder.
	scriptCommands["readonly"] = func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 1)
		if runtime.GOOS == "windows" {
			return // folders have no such mode there
		}
		ts.Check(os.Chmod(path, 0o555))
		ts.Defer(func() { _ = os.Chmod(path, 0o755) })
	}
}

var legacyTestdata = func() string {
	path, err := filepath.Abs(filepath.Join("..", "..", "legacy", "castro", "testdata"))
	if err != nil {
		panic(err)
	}
	return path
}()

func gunzip(from, to string) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, data, 0o666)
}
