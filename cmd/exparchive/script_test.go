package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/internal/runindex"
)

// scriptCommands are what scripts have besides testscript's own commands.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// cut FILE SIZE shortens a file to SIZE bytes, or by -SIZE.
	"cut": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 2)
		size, err := strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
		info, err := os.Stat(path)
		ts.Check(err)
		if size < 0 {
			size += info.Size()
		}
		ts.Check(os.Chmod(path, 0o644)) // a sealed file is read-only
		ts.Check(os.Truncate(path, size))
	},
	// poke FILE OFFSET HEX overwrites bytes of a file; an OFFSET that is a text means the first place where it stands.
	"poke": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 3)
		data, err := os.ReadFile(path)
		ts.Check(err)
		offset, err := strconv.Atoi(args[1])
		if err != nil {
			offset = bytes.Index(data, []byte(args[1]))
		}
		replacement, err := hex.DecodeString(args[2])
		ts.Check(err)
		if offset < 0 || offset+len(replacement) > len(data) {
			ts.Fatalf("%s: no place %q", args[0], args[1])
		}
		copy(data[offset:], replacement)
		ts.Check(os.Chmod(path, 0o644)) // a sealed file is read-only
		ts.Check(os.WriteFile(path, data, 0o666))
	},
	// snapshot FOLDER NAME keeps what the folder holds, byte for byte, with the times; unchanged compares.
	"snapshot": func(ts *testscript.TestScript, neg bool, args []string) {
		folder := arg(ts, neg, args, 0, 2)
		ts.Setenv("SNAPSHOT_"+args[1], listing(ts, folder))
	},
	"unchanged": func(ts *testscript.TestScript, neg bool, args []string) {
		folder := arg(ts, neg, args, 0, 2)
		if got, want := listing(ts, folder), ts.Getenv("SNAPSHOT_"+args[1]); got != want {
			ts.Fatalf("%s changed: got\n%swant\n%s", args[0], got, want)
		}
	},
	// feed ACTION COUNT LINES COMMAND... starts COMMAND, whose last argument is the archive to be, gives it the file
	// LINES on a pipe that stays open, and waits until COUNT records are on disk. ACTION is what happens then: kill,
	// interrupt, end, which interrupts and then ends the lines, or busy, which tries what may not be done now before it
	// kills.
	"feed": feed,
	// tmpfs FOLDER SIZE mounts a file system in memory of SIZE, which goes away with the script.
	"tmpfs": func(ts *testscript.TestScript, neg bool, args []string) {
		folder := arg(ts, neg, args, 0, 2)
		ts.Check(os.MkdirAll(folder, 0o777))
		ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size="+args[1], "tmpfs", folder))
		ts.Defer(func() { _ = exec.Command("umount", folder).Run() })
	},
	// mode FILE OCTAL demands that a file has these permissions, as far as the umask lets it.
	"mode": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 2)
		want, err := strconv.ParseUint(args[1], 8, 32)
		ts.Check(err)
		info, err := os.Stat(path)
		ts.Check(err)
		if got := info.Mode().Perm(); got&0o700 != fs.FileMode(want)&0o700 || got&^fs.FileMode(want) != 0 {
			ts.Fatalf("%s: got mode %o, want %s", args[0], got, args[1])
		}
	},
	// empty FOLDER demands that nothing is in a folder.
	"empty": func(ts *testscript.TestScript, neg bool, args []string) {
		entries, err := os.ReadDir(arg(ts, neg, args, 0, 1))
		ts.Check(err)
		if len(entries) > 0 {
			ts.Fatalf("%s: got %v, want nothing", args[0], entries)
		}
	},
	// interrupt-query FILE asks FILE something that takes for ever, and interrupts it.
	"interrupt-query": interruptQuery,
	// status CODE COMMAND... runs a command that has to end with the exit code CODE.
	"status": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: status CODE COMMAND...")
		}
		code := 0
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				ts.Fatalf("%v", err)
			}
			code = exit.ExitCode()
		}
		if want := args[0]; strconv.Itoa(code) != want {
			ts.Fatalf("got exit code %d, want %s", code, want)
		}
	},
	// lines FILE FROM TO OUT puts some lines of FILE, counted from 1, into OUT.
	"lines": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 3, 4)
		from, err := strconv.Atoi(args[1])
		ts.Check(err)
		to, err := strconv.Atoi(args[2])
		ts.Check(err)
		all := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
		ts.Check(os.WriteFile(path, []byte(strings.Join(all[from-1:to], "")), 0o666))
	},
	// sqlite FILE SQL runs statements on a database, which it makes if need be.
	"sqlite": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 2)
		if runio.Exists(path) {
			ts.Check(os.Chmod(path, 0o644)) // a sealed file is read-only
		}
		db, err := sql.Open("sqlite", path)
		ts.Check(err)
		_, err = db.Exec(args[1])
		ts.Check(errors.Join(err, db.Close()))
	},
	// contains GOT WANT demands that every line of WANT is in GOT.
	"contains": func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		got := "\n" + ts.ReadFile(args[0]) + "\n"
		for line := range strings.Lines(ts.ReadFile(args[1])) {
			if !strings.Contains(got, "\n"+strings.TrimSuffix(line, "\n")+"\n") {
				ts.Fatalf("%s has no line %q; got:%s", args[0], line, got)
			}
		}
	},
	// read-everything FILE runs every command that reads a run on FILE, which has to succeed.
	"read-everything": func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 1)
		for _, words := range readCommands(args[0]) {
			ts.Check(ts.Exec("exparchive", words...))
		}
	},
	// for-each-section FILE TEXT replays FILE with one section at a time. TEXT holds what is printed without sections;
	// each section adds to it, and less than all of them.
	"for-each-section": func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		ts.Check(ts.Exec("exparchive", "replay", args[0], "--verbose"))
		all, least := ts.ReadFile("stdout"), ts.ReadFile(args[1])
		for _, section := range []string{"iterations", "bootstrap", "llm", "policy", "rejections", "metrics"} {
			ts.Check(ts.Exec("exparchive", "replay", args[0], "--verbose-"+section))
			text := ts.ReadFile("stdout")
			if len(text) <= len(least) {
				ts.Fatalf("--verbose-%s: got %d bytes, want more than the %d without it", section, len(text), len(least))
			}
			if len(text) >= len(all) {
				ts.Fatalf("--verbose-%s: got %d bytes, want less than the %d of --verbose", section, len(text), len(all))
			}
		}
	},
	// plain FILE removes the escape sequences of colours.
	"plain": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 1)
		text := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(ts.ReadFile(args[0]), "")
		ts.Check(os.WriteFile(path, []byte(text), 0o666))
	},
	// join OUT FILE... puts files behind each other.
	"join": func(ts *testscript.TestScript, neg bool, args []string) {
		var all strings.Builder
		for _, name := range args[1:] {
			all.WriteString(ts.ReadFile(name))
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(all.String()), 0o666))
	},
	// prefix SHORT LONG demands that LONG begins with SHORT, and that SHORT has some lines.
	"prefix": func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		short, long := ts.ReadFile(args[0]), ts.ReadFile(args[1])
		if !strings.HasPrefix(long, short) || strings.Count(short, "\n") < 2 {
			ts.Fatalf("%s (%d bytes) does not begin with %s (%d bytes)", args[1], len(long), args[0], len(short))
		}
	},
	// read-only FOLDER mounts the folder over itself so that nothing in it can be written until the script ends.
	"read-only": func(ts *testscript.TestScript, neg bool, args []string) {
		folder := arg(ts, neg, args, 0, 1)
		ts.Check(ts.Exec("mount", "--bind", folder, folder))
		ts.Defer(func() { _ = exec.Command("umount", folder).Run() })
		ts.Check(ts.Exec("mount", "-o", "remount,bind,ro", folder))
	},
	// follow FIRST SECOND ARCHIVE records the lines of FIRST, follows the recording, and records those of SECOND. What
	// was printed is in follow.stdout.
	"follow": follow,
	// for-each-reader FILE PATTERN runs every command that reads a run on FILE: exit code 1, stderr as the pattern, no
	// stdout.
	"for-each-reader": func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		want := regexp.MustCompile(args[1])
		for _, words := range readCommands(args[0]) {
			var exit *exec.ExitError
			err := ts.Exec("exparchive", words...)
			if !errors.As(err, &exit) || exit.ExitCode() != cli.ExitFailed {
				ts.Fatalf("%s: got %v, want exit code %d", words, err, cli.ExitFailed)
			}
			if stderr := ts.ReadFile("stderr"); !want.MatchString(stderr) {
				ts.Fatalf("%s: got stderr %q, want %q", words, stderr, want)
			}
			if stdout := ts.ReadFile("stdout"); stdout != "" {
				ts.Fatalf("%s: got stdout %q, want none", words, stdout)
			}
		}
	},
	// replace FILE OLD NEW puts one text in the place of another that is in the file; \n is the end of a line.
	"replace": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 0, 3)
		text := ts.ReadFile(path)
		old, new := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
		if !strings.Contains(text, old) {
			ts.Fatalf("%s has no %q", args[0], old)
		}
		ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(text, old, new)), 0o666))
	},
	// settle FOLDER waits until a file made in the folder is younger than all others by more than runindex.Settled.
	"settle": func(ts *testscript.TestScript, neg bool, args []string) { settle(ts, arg(ts, neg, args, 0, 1)) },
	// repeat COUNT FILE makes FILE.repeated of a file, over and over; # becomes the number.
	"repeat": func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 1, 2)
		count, err := strconv.Atoi(args[0])
		ts.Check(err)
		text, err := os.ReadFile(path)
		ts.Check(err)
		var all strings.Builder
		for i := range count {
			all.WriteString(strings.ReplaceAll(string(text), "#", strconv.Itoa(i)))
		}
		ts.Check(os.WriteFile(path+".repeated", []byte(all.String()), 0o666))
	},
}

func settle(ts *testscript.TestScript, folder string) {
	begin := modified(ts, folder)
	for {
		now := modified(ts, folder)
		if now.Sub(begin) > runindex.Settled {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// modified gives the time of a file that is made in the folder for a moment.
func modified(ts *testscript.TestScript, folder string) time.Time {
	f, err := os.CreateTemp(folder, "")
	ts.Check(err)
	info, err := f.Stat()
	ts.Check(errors.Join(err, f.Close(), os.Remove(f.Name())))
	return info.ModTime()
}

// readCommands gives every command line that reads the run in a file. SQL is for archives only.
func readCommands(file string) [][]string {
	commands := [][]string{
		{"replay", file}, {"replay", "--verbose", file}, {"replay", "--audit", file}, {"replay", "--json", file},
		{"replay", "--follow", file},
		{"info", file}, {"info", "--json", file}, {"digest", file}, {"policies", file}, {"table", "iterations", file},
		{"export", "--format", "jsonl", file}, {"export", "--format", "json", file},
	}
	if !strings.HasSuffix(file, ".jsonl") {
		commands = append(commands, []string{"query", file, "SELECT * FROM experiments"})
	}
	return commands
}

// arg checks the number of arguments and gives argument i as a path.
func arg(ts *testscript.TestScript, neg bool, args []string, i, want int) string {
	if neg || len(args) != want {
		ts.Fatalf("got %d arguments, want %d, and no !", len(args), want)
	}
	return ts.MkAbs(args[i])
}

// listing describes every file of a folder: name, size, time of the last change, content.
func listing(ts *testscript.TestScript, folder string) string {
	var b strings.Builder
	ts.Check(filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s %s", rel, info.Mode(), info.ModTime().Format(time.RFC3339Nano))
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %d %x", len(data), sha256.Sum256(data))
		}
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}

func feed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: feed kill|interrupt|end|busy COUNT LINES COMMAND... ARCHIVE")
	}
	count, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	live := ts.MkAbs(strings.TrimSuffix(args[len(args)-1], archive.LiveSuffix)) + archive.LiveSuffix

	ts.Check(err)
	path, err := lookPath(ts, args[3])
	ts.Check(err)
	cmd := exec.Command(path, args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR"),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	var stderr lockedBuffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	recorder, err := startProcess(cmd)
	ts.Check(err)
	defer cmd.Process.Kill()
	_, err = stdin.Write([]byte(ts.ReadFile(args[2])))
	ts.Check(err)

	if err := recorder.until(func() bool { return recordsOnDisk(live) >= count }); err != nil {
		ts.Fatalf("%v before %d records were on disk; stderr: %s", err, count, stderr.String())
	}
	switch args[0] {
	case "kill":
		ts.Check(cmd.Process.Kill())
	case "busy":
		for _, other := range [][]string{{"resume", live}, {"seal", live}, {"info", live},
			{"ls", "--status", "running", live}, {"record", "--force", "-o", strings.TrimSuffix(live, archive.LiveSuffix)}} {
			second := exec.Command(path, other...)
			second.Dir, second.Env = cmd.Dir, cmd.Env
			second.Stdin = strings.NewReader("{}")
			out, _ := second.CombinedOutput()
			text := strings.ReplaceAll(string(out), ts.MkAbs(".")+string(filepath.Separator), "")
			ts.Check(os.WriteFile(ts.MkAbs("busy."+other[0]), []byte(text), 0o666))
		}
		ts.Check(cmd.Process.Kill())
	case "interrupt":
		ts.Check(cmd.Process.Signal(os.Interrupt))
	case "end":
		ts.Check(cmd.Process.Signal(os.Interrupt))
		ts.Check(recorder.until(func() bool { return strings.Contains(stderr.String(), "reading on") }))
		ts.Check(stdin.Close())
	default:
		ts.Fatalf("feed: unknown action %q", args[0])
	}
	var exit *exec.ExitError
	if err := recorder.wait(); !errors.As(err, &exit) {
		ts.Fatalf("got %v, want the command to fail", err)
	}
	ts.Logf("exit code %d", exit.ExitCode())
	if want, ok := map[string]int{"interrupt": cli.ExitFailed, "end": 130}[args[0]]; ok && exit.ExitCode() != want {
		ts.Fatalf("got exit code %d, want %d; stderr: %s", exit.ExitCode(), want, stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("feed.stderr"), []byte(stderr.String()), 0o666))
}

func interruptQuery(ts *testscript.TestScript, neg bool, args []string) {
	file := arg(ts, neg, args, 0, 1)
	path, err := lookPath(ts, "exparchive")
	ts.Check(err)
	cmd := exec.Command(path, "query", file, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n")
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ts.Check(cmd.Start())
	defer cmd.Process.Kill()
	// Rows come, and so the temporary archive is there.
	_, err = stdout.Read(make([]byte, 1))
	ts.Check(err)
	if entries, err := os.ReadDir(ts.Getenv("TMPDIR")); err != nil || len(entries) == 0 {
		ts.Fatalf("got entries %v, %v, want a temporary folder", entries, err)
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	_, _ = io.Copy(io.Discard, stdout)
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != cli.ExitFailed ||
		stderr.String() != "exparchive: interrupted\n" {
		ts.Fatalf("got %v, stderr %q, want exit code 1 and that it was interrupted", err, stderr.String())
	}
}

func recordsOnDisk(live string) int64 {
	a, err := archive.Open(live)
	if err != nil {
		return 0
	}
	defer a.Close()
	count, err := a.RecordCount(context.Background())
	if err != nil {
		return 0
	}
	return count
}

func lookPath(ts *testscript.TestScript, name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(folder, name); runio.Exists(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// pythonHasSQLite reports what is wrong with Python, asked once for all scripts.
var pythonHasSQLite = sync.OnceValue(func() error { return exec.Command("python3", "-c", "import sqlite3").Run() })

// linksThere reports whether there are symbolic links here.
func linksThere() (bool, error) {
	folder, err := os.MkdirTemp("", "exparchive-links-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	link := filepath.Join(folder, "link")
	if os.Symlink("none", link) != nil {
		return false, nil
	}
	_, err = os.Readlink(link)
	return err == nil, nil
}

// scriptCondition knows shell (there is one, and git), links (symbolic ones), root, realdata (the real files are
// there), mount (may mount file systems) and python (Python 3 with the module sqlite3).
func scriptCondition(name string) (bool, error) {
	switch name {
	case "shell":
		for _, tool := range []string{"sh", "git"} {
			if _, err := exec.LookPath(tool); err != nil {
				if othertools.Required() && runtime.GOOS != "windows" {
					return false, err
				}
				return false, nil
			}
		}
		return runtime.GOOS != "windows", nil
	case "links": // [symlink] is true under Wine too, which says that it made one, and makes none
		return linksThere()
	case "root":
		return os.Geteuid() == 0, nil
	case "realdata":
		return os.Getenv("EXPARCHIVE_REALDATA") != "", nil
	case "mount":
		return runtime.GOOS == "linux" && os.Geteuid() == 0, nil
	case "python":
		err := pythonHasSQLite()
		if err != nil && othertools.Required() {
			return false, err
		}
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

func follow(ts *testscript.TestScript, neg bool, args []string) {
	_ = arg(ts, neg, args, 0, 3)
	path, err := lookPath(ts, "exparchive")
	ts.Check(err)
	env := []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	recorder := exec.Command(path, "record", "--as-is", "-o", args[2])
	recorder.Dir, recorder.Env = ts.MkAbs("."), env
	stdin, err := recorder.StdinPipe()
	ts.Check(err)
	recording, err := startProcess(recorder)
	ts.Check(err)
	defer recorder.Process.Kill()
	_, err = stdin.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	live := ts.MkAbs(args[2]) + archive.LiveSuffix
	ts.Check(recording.until(func() bool { return recordsOnDisk(live) > 0 }))

	var stdout, stderr lockedBuffer
	follower := exec.Command(path, "replay", "--follow", args[2])
	follower.Dir, follower.Env, follower.Stdout, follower.Stderr = ts.MkAbs("."), env, &stdout, &stderr
	following, err := startProcess(follower)
	ts.Check(err)
	defer follower.Process.Kill()
	ts.Check(following.until(func() bool { return strings.Contains(stdout.String(), "Run ") }))

	_, err = stdin.Write([]byte(ts.ReadFile(args[1])))
	ts.Check(errors.Join(err, stdin.Close(), recording.wait()))
	if err := following.wait(); err != nil || stderr.String() != "" {
		ts.Fatalf("follower: got %v, stderr %q, want neither", err, stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("follow.stdout"), []byte(stdout.String()), 0o666))
}

// A lockedBuffer may be read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
