//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/terminal"
)

// Limits for one command on one hostile file.
const (
	hostileTime   = 5 * time.Second // of the processor: the machine may have other work
	hostileMemory = 256 << 20       // bytes resident
	hostileWait   = time.Minute     // after which the command is killed
)

// An outcome is how a command went.
type outcome struct {
	code           int
	stdout, stderr string
	time           time.Duration
	memory         int64
	killed         bool
}

// limited runs the program in folder with limits on its time, and measures what it takes.
func limited(t testing.TB, folder string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hostileWait)
	defer cancel()
	script := "ulimit -c 0; ulimit -t " + strconv.Itoa(int(4*hostileTime.Seconds())) + `; exec exparchive "$@"`
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	var stdout, stderr cappedBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	p := cmd.ProcessState
	memory := int64(p.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS != "darwin" { // which counts in bytes, the others in KiB
		memory <<= 10
	}
	return outcome{p.ExitCode(), stdout.String(), stderr.String(), p.UserTime() + p.SystemTime(), memory, p.ExitCode() < 0}
}

// A cappedBuffer keeps the first megabyte.
type cappedBuffer struct{ bytes.Buffer }

func (c *cappedBuffer) Write(p []byte) (int, error) {
	c.Buffer.Write(p[:min(len(p), max(0, 1<<20-c.Len()))])
	return len(p), nil
}

// hostileCommands are the command lines for a file.
func hostileCommands(f hostileFile) [][]string {
	file := filepath.Base(f.path)
	run := func(args ...string) []string {
		if f.run != "" {
			args = append(args, "--run", f.run)
		}
		return append(args, file)
	}
	if f.brief {
		return [][]string{
			run("replay"), {"info", file}, {"ls"}, run("digest", "--lenient"), {"import", "--dry-run", file},
			{"duckdb", "tables", file}, {"duckdb", "schema", file}, {"duckdb", "dump", file, f.table, "--limit", "1000"},
		}
	}
	return [][]string{
		run("replay"), run("replay", "--verbose", "--lenient"), run("replay", "--audit"), run("replay", "--json"), {"info", file}, {"info", "--json", file},
		{"ls"}, run("policies"), run("export", "--format", "jsonl"), run("digest"), run("digest", "--lenient"),
		{"import", "--dry-run", file}, {"import", "-o", "in/side", "--lenient", file},
		{"duckdb", "tables", file}, {"duckdb", "tables", "--json", file}, {"duckdb", "schema", file}, {"duckdb", "dump", file, f.table, "--limit", "1000"},
	}
}

// oneCause is a message of the program: one line, and not about a fault of its own.
var oneCause = regexp.MustCompile(`^exparchive: [^\n]+\n$`)

// TestHostileLegacy runs every command that takes an old file on each of the hostile ones: it is refused or read, in bounded time
// and memory, in plain words, and nothing is written but what importing writes where it should.
// EXPARCHIVE_FLIPS sets how many of the files are changed at random.
func TestHostileLegacy(t *testing.T) {
	flips := 24
	if testing.Short() {
		flips = 6
	}
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_FLIPS")); err == nil {
		flips = n
	}
	outer := t.TempDir()
	folder := filepath.Join(outer, "files")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	files := makeHostile(t, folder, flips)
	if len(files) < 150 {
		t.Errorf("got %d files, want 150 or more", len(files))
	}
	if testing.Short() {
		files = slices.DeleteFunc(files, func(f hostileFile) bool { return f.brief })
	}
	var mu sync.Mutex
	var slowest time.Duration
	var most int64
	var slow, large string
	commands, read := 0, 0
	check := func(f hostileFile) {
		defer os.RemoveAll(filepath.Dir(f.path)) // a lot of space
		for _, args := range hostileCommands(f) {
			if f.long && (args[0] == "ls" || args[0] == "import") {
				continue
			}
			before := folderListing(t, filepath.Dir(f.path))
			o := limited(t, filepath.Dir(f.path), args...)
			what := f.name + ": " + strings.Join(args, " ")
			if o.killed || o.code != exitOK && o.code != exitFailed {
				t.Errorf("%s: got exit code %d, want 0 or 1; stderr %.300q", what, o.code, o.stderr)
			}
			if o.time > hostileTime {
				t.Errorf("%s: took %v, want at most %v", what, o.time, hostileTime)
			}
			if o.memory > hostileMemory {
				t.Errorf("%s: %d MB were resident, want at most %d", what, o.memory>>20, hostileMemory>>20)
			}
			for _, bad := range []string{"goroutine ", "panic", "runtime error", "internal error"} {
				if strings.Contains(o.stderr, bad) {
					t.Errorf("%s: got stderr %.2000q", what, o.stderr)
				}
			}
			if o.code == exitFailed && !oneCause.MatchString(o.stderr) && args[0] != "import" && args[0] != "ls" && args[0] != "duckdb" {
				t.Errorf("%s: got stderr %.500q, want one line", what, o.stderr)
			}
			if shown := strings.ReplaceAll(o.stderr, "\n", ""); terminal.Escape(shown) != shown {
				t.Errorf("%s: stderr has control characters: %.500q", what, o.stderr)
			}
			if plain(args) {
				for line := range strings.Lines(o.stdout) {
					if line = strings.TrimSuffix(line, "\n"); terminal.Escape(line) != line {
						t.Errorf("%s: stdout has control characters: %.500q", what, line)
						break
					}
				}
			}
			if args[0] == "import" && args[1] == "-o" {
				if err := os.RemoveAll(filepath.Join(filepath.Dir(f.path), "in")); err != nil {
					t.Error(err)
				}
			}
			if after := folderListing(t, filepath.Dir(f.path)); after != before {
				t.Errorf("%s: changed the folder: got\n%swant\n%s", what, after, before)
			}
			mu.Lock()
			commands++
			if o.code == exitOK {
				read++
			}
			if o.time > slowest {
				slowest, slow = o.time, what
			}
			if o.memory > most {
				most, large = o.memory, what
			}
			mu.Unlock()
		}
	}
	work := make(chan hostileFile)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for f := range work {
				check(f)
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	workers.Wait()
	if left, err := os.ReadDir(outer); err != nil || len(left) != 1 {
		t.Errorf("got %v in the folder above, %v, want only the files", left, err)
	}
	t.Logf("%d files, %d commands, of which %d read what there was; the slowest took %v (%s), the largest %d MB (%s)",
		len(files), commands, read, slowest.Round(time.Millisecond), slow, most>>20, large)
}

// plain reports whether a command prints text for people, in which nothing may act on a terminal. SQL is for programs.
func plain(args []string) bool {
	switch line := strings.Join(args, " "); {
	case strings.Contains(line, "json"), strings.HasPrefix(line, "duckdb dump"), strings.HasPrefix(line, "duckdb schema"), strings.HasPrefix(line, "export"):
		return false
	}
	return true
}

// folderListing names what is in a folder, with the times and sizes.
func folderListing(t testing.TB, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(e.Name() + " " + info.Mode().String() + " " + strconv.FormatInt(info.Size(), 10) + " " + info.ModTime().String() + "\n")
	}
	return b.String()
}

// TestHostileLegacyControl: the measure sees a command that takes much memory, and one that is killed.
func TestHostileLegacyControl(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "big.json"), []byte(`{"days": [{"day": 0, "x": "`+strings.Repeat("x", 60<<20)+`"}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if o := limited(t, folder, "replay", "--json", "big.json"); o.memory < 200<<20 {
		t.Errorf("got %d MB for a text of 60 MB that is read and printed, want that it is counted", o.memory>>20)
	}
}
