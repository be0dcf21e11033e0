//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/hostile"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/internal/terminal"
)

// hostileCommands are the command lines for file n.
func hostileCommands(f hostileFile, n int) [][]string {
	file := filepath.Base(f.path)
	run := func(args ...string) []string {
		if f.run != "" {
			args = append(args, "--run", f.run)
		}
		return append(args, file)
	}
	switch {
	case f.large && testing.Short():
		return [][]string{run("replay"), run("digest", "--lenient")}
	case strings.HasPrefix(f.name, "hostile/") && !longtest.Enabled(): // changed, and as large as what was changed
		return [][]string{run("replay"), run("digest", "--lenient"), {"duckdb", "dump", file, f.table, "--limit", "1000"}}
	case f.brief:
		return [][]string{
			run("replay"), {"info", file}, {"ls"}, run("digest", "--lenient"), {"import", "--dry-run", file},
			{"duckdb", "tables", file}, {"duckdb", "schema", file}, {"duckdb", "dump", file, f.table, "--limit", "1000"},
		}
	case f.large && !longtest.Enabled(): // each is read once as a run, and once as a database
		read := run("digest", "--lenient") // replay stops where a value cannot be kept
		switch f.name {
		case largestReplay:
			read = run("replay")
		case largestImport:
			read = []string{"import", "-o", "in/side", "--lenient", file} // which computes the digest too
		}
		commands := [][]string{read, {"duckdb", "dump", file, f.table, "--limit", "1000"}}
		if f.name == largestSchema {
			commands = append(commands, []string{"duckdb", "tables", file}, []string{"duckdb", "schema", file})
		}
		return commands
	}
	others := [][]string{ // which read as some of those below do, and print something else
		run("replay", "--audit"), run("replay", "--json"), {"info", "--json", file}, run("policies"),
		run("export", "--format", "jsonl"), run("digest"), {"duckdb", "tables", "--json", file},
	}
	if f.large || !longtest.Enabled() { // each is tried on every third of the files
		if f.large {
			n = slices.Index(largeHostile, f.name)
		}
		others = slices.DeleteFunc(others, func([]string) bool { n++; return n%3 > 0 })
	}
	return append(others, [][]string{
		run("replay"), run("replay", "--verbose", "--lenient"), {"info", file}, {"ls"}, run("digest", "--lenient"),
		{"import", "--dry-run", file}, {"import", "-o", "in/side", "--lenient", file},
		{"duckdb", "tables", file}, {"duckdb", "schema", file}, {"duckdb", "dump", file, f.table, "--limit", "1000"},
	}...)
}

// oneCause is a message of the program: one line, and not about a fault of its own.
var oneCause = regexp.MustCompile(`^exparchive: [^\n]+\n$`)

// TestHostileLegacy runs every command that takes an old file on each of the hostile ones: it is refused or read, in
// bounded time and memory, in plain words, and nothing is written but what importing writes where it should.
// EXPARCHIVE_FLIPS sets how many of the files are changed at random.
func TestHostileLegacy(t *testing.T) {
	t.Parallel()                    // its commands run one after the other in a process of their own
	flips := longtest.Count(12, 24) // of each of twelve fixtures one, or two
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
		n := 0
		files = slices.DeleteFunc(files, func(f hostileFile) bool { n++; return f.brief || n%3 > 0 })
	}
	m := newMeasurer(t)
	var most hostile.Use
	var slow, large string
	commands, read := 0, 0
	check := func(f hostileFile, n int) {
		defer os.RemoveAll(filepath.Dir(f.path)) // a lot of space
		for _, args := range hostileCommands(f, n) {
			if f.long && (args[0] == "ls" || args[0] == "import") {
				continue
			}
			before := folderListing(t, filepath.Dir(f.path))
			what := f.name + ": " + strings.Join(args, " ")
			folder := filepath.Dir(f.path)
			o, err := m.run(measured{Folder: folder, Temp: folder, Args: args})
			if err != nil {
				t.Errorf("%s: ended the process: %v", what, err)
				continue
			}
			stdout, stderr := string(o.Stdout), string(o.Stderr)
			if o.Code != cli.ExitOK && o.Code != cli.ExitFailed {
				t.Errorf("%s: got exit code %d, want 0 or 1; stderr %.300q", what, o.Code, stderr)
			}
			if hostile.TooLong(o.Time) {
				t.Errorf("%s: took %v, want at most %v", what, o.Time, hostile.MaxTime)
			}
			if o.Memory > hostile.MaxMemory {
				t.Errorf("%s: %d MB were resident, want at most %d", what, o.Memory>>20, hostile.MaxMemory>>20)
			}
			for _, bad := range []string{"goroutine ", "panic", "runtime error", "internal error"} {
				if strings.Contains(stderr, bad) {
					t.Errorf("%s: got stderr %.2000q", what, stderr)
				}
			}
			if o.Code == cli.ExitFailed && !oneCause.MatchString(stderr) && args[0] != "import" && args[0] != "ls" &&
				args[0] != "duckdb" {
				t.Errorf("%s: got stderr %.500q, want one line", what, stderr)
			}
			if shown := strings.ReplaceAll(stderr, "\n", ""); terminal.Escape(shown) != shown {
				t.Errorf("%s: stderr has control characters: %.500q", what, stderr)
			}
			if plain(args) {
				for line := range strings.Lines(stdout) {
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
			commands++
			if o.Code == cli.ExitOK {
				read++
			}
			if o.Time > most.Time {
				most.Time, slow = o.Time, what
			}
			if o.Memory > most.Memory {
				most.Memory, large = o.Memory, what
			}
		}
	}
	for n, f := range files {
		check(f, n)
	}
	if left, err := os.ReadDir(outer); err != nil || len(left) != 1 {
		t.Errorf("got %v in the folder above, %v, want only the files", left, err)
	}
	t.Logf("%d files, %d commands, of which %d read what there was; the slowest took %v (%s), the largest %d MB (%s)",
		len(files), commands, read, most.Time.Round(time.Millisecond), slow, most.Memory>>20, large)
}

// plain reports whether a command prints text for people, in which nothing may act on a terminal. SQL is for programs.
func plain(args []string) bool {
	switch line := strings.Join(args, " "); {
	case strings.Contains(line, "json"), strings.HasPrefix(line, "duckdb dump"), strings.HasPrefix(line, "duckdb schema"),
		strings.HasPrefix(line, "export"):
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
		b.WriteString(e.Name() + " " + info.Mode().String() + " " + strconv.FormatInt(info.Size(),
			10) + " " + info.ModTime().String() + "\n")
	}
	return b.String()
}

// TestHostileLegacyControl: the measure sees a command that takes much memory, and a process that is ended.
func TestHostileLegacyControl(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "big.json"),
		[]byte(`{"days": [{"day": 0, "x": "`+strings.Repeat("x", 30<<20)+`"}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	m := newMeasurer(t)
	if o, err := m.run(measured{Folder: folder, Args: []string{"replay", "--json", "big.json"}}); err != nil ||
		o.Memory < 100<<20 {
		t.Errorf("got %d MB, %v, for a text of 30 MB that is read and printed, want that it is counted", o.Memory>>20, err)
	}
	if err := m.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if o, err := m.run(measured{Folder: folder, Args: []string{"version"}}); err == nil {
		t.Errorf("got %v of a process that was killed, want an error", o)
	}
	if o, err := m.run(measured{Folder: folder, Args: []string{"version"}}); err != nil || o.Code != cli.ExitOK {
		t.Errorf("got %v, %v of the next process, want that it runs", o, err)
	}
}
