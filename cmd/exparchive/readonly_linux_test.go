package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/longtest"
)

// nobody is a user who owns nothing.
const nobody = 65534

// exactListing describes a folder and the files in it: mode, owner, size, times of the last change of the content and
// of the inode, content. Where a file is recorded into, its -shm is shared memory that readers too write their marks
// into: of that only name, mode and size count; and SQLite, run by root, sets the owner of the log to what it is, which
// is a change of its inode.
func exactListing(t *testing.T, folder string, recorded bool) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"."}, names(entries)...) {
		path := filepath.Join(folder, name)
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %v %d %d %d", name, info.Mode(), st.Uid, st.Gid, st.Size)
		if !recorded || !strings.HasSuffix(name, "-shm") {
			fmt.Fprintf(&b, " %v", st.Mtim)
			if !recorded || !strings.HasSuffix(name, "-wal") {
				fmt.Fprintf(&b, " %v", st.Ctim)
			}
			if info.Mode().IsRegular() {
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, " %x", sha256.Sum256(data))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func names(entries []os.DirEntry) (all []string) {
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// repeats are commands that read a file just as others do, and only print something else.
var repeats = map[string]bool{
	"replay --verbose": true, "replay --audit": true, "replay --verbose --audit": true, "info --json": true,
	"policies":             true,
	"export --format json": true,
}

// readers are the commands that read, by the kind of file.
func readers(kind, file string) [][]string {
	all := readCommands(file)
	all = append(all, []string{"replay", "--verbose", "--audit", file}, []string{"ls"}, []string{"info", "--json", file})
	recorded := strings.HasPrefix(kind, "recorded")
	archive := kind == "sealed" || kind == "closed" || kind == "killed" || recorded
	if archive {
		all = append(all, []string{"verify", file}, []string{"secrets", file})
	}
	all = slices.DeleteFunc(all, func(args []string) bool {
		return !archive && args[0] == "query" || recorded && slices.Contains(args, "--follow") // which would not end
	})
	if !longtest.Enabled() {
		all = slices.DeleteFunc(all, func(args []string) bool { return repeats[strings.Join(args[:len(args)-1], " ")] })
	}
	if strings.HasPrefix(kind, "duckdb") {
		all = append(all, []string{"duckdb", "tables", file}, []string{"duckdb", "schema", file},
			[]string{"import", "--dry-run", file})
	}
	return all
}

// publicTempDir is a temporary folder that every user can get to, wherever the folder for temporary files may be.
func publicTempDir(t *testing.T) string {
	t.Helper()
	var tried []string
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm"} {
		if !reachable(parent) {
			tried = append(tried, parent)
			continue
		}
		dir, err := os.MkdirTemp(parent, "exparchive-test-")
		if err != nil {
			tried = append(tried, err.Error())
			continue
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Fatalf("no folder for temporary files that other users can get to: %q", tried)
	return ""
}

// reachable says whether any user can get to dir: each folder on the way can be searched by all.
func reachable(dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// TestReadOnlyMatrix runs every command that reads on every state of a file in every kind of folder: what is printed is
// the same, and nothing changes.
func TestReadOnlyMatrix(t *testing.T) {
	t.Parallel()
	root := publicTempDir(t)
	installed, err := exec.LookPath("exparchive")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "exparchive")
	data, err := os.ReadFile(installed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeRuns(root); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "run.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	part := bytes.Join(lines[:5], nil)

	// record runs the recorder in folder until some lines are on disk; it stays until the test stops it, or ends its
	// lines.
	record := func(folder string, flags ...string) (p *process, lines io.Closer) {
		cmd := exec.Command(program, append([]string{"record", "--as-is", "-o", "run.simexp"}, flags...)...)
		cmd.Dir = folder
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if p, err = startProcess(cmd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); _ = p.wait(); stdin.Close() })
		if _, err := stdin.Write(part); err != nil {
			t.Fatal(err)
		}
		live := filepath.Join(folder, "run.simexp-live")
		if err := p.until(func() bool { return recordsOnDisk(live) >= 5 }); err != nil {
			t.Fatal(err)
		}
		return p, stdin
	}
	for _, state := range []struct {
		kind, file string
		make       func(folder string)
	}{
		{"sealed", "run.simexp", func(folder string) {
			cmd := exec.Command(program, "record", "--as-is", "-o", "run.simexp")
			cmd.Dir, cmd.Stdin = folder, bytes.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}},
		{"closed", "run.simexp-live", func(folder string) {
			cmd, lines := record(folder)
			if err := errors.Join(cmd.Process.Signal(os.Interrupt), lines.Close()); err != nil {
				t.Fatal(err)
			}
			_ = cmd.wait()
			if runio.Exists(filepath.Join(folder, "run.simexp-live-wal")) {
				t.Error("a recorder that was interrupted left a log")
			}
		}},
		{"killed", "run.simexp-live", func(folder string) {
			cmd, _ := record(folder)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.wait()
			if !runio.Exists(filepath.Join(folder, "run.simexp-live-wal")) {
				t.Error("a recorder that was killed left no log")
			}
		}},
		{"recorded", "run.simexp-live", func(folder string) { record(folder) }},
		{"recorded exclusively", "run.simexp-live", func(folder string) { record(folder, "--exclusive") }},
		{"duckdb", "old.db", func(folder string) {
			if err := gunzip(filepath.Join(legacyTestdata, "k0.db.gz"), filepath.Join(folder, "old.db")); err != nil {
				t.Fatal(err)
			}
		}},
		{"duckdb with a log", "old.db", func(folder string) {
			for _, suffix := range []string{"", ".wal"} {
				if err := gunzip(filepath.Join(legacyTestdata, "killed.db"+suffix+".gz"),
					filepath.Join(folder, "old.db"+suffix)); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"lines", "run.jsonl", func(folder string) {
			if err := os.WriteFile(filepath.Join(folder, "run.jsonl"), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		{"web", "web.json", func(folder string) {
			data, err := os.ReadFile(filepath.Join(legacyTestdata, "web.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "web.json"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(state.kind, func(t *testing.T) {
			folder := filepath.Join(root, strings.ReplaceAll(state.kind, " ", "-"))
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			state.make(folder)
			commands := readers(state.kind, state.file)
			want := readAndCompare(t, program, folder, commands, nil, nil)

			if err := os.Chmod(folder, 0o555); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(folder, 0o755)
			if os.Geteuid() != 0 {
				readAndCompare(t, program, folder, commands, nil, want)
				t.Log("not root: neither other users nor mounts were tried")
				return
			}
			other := &syscall.Credential{Uid: nobody, Gid: nobody}
			t.Run("another user", func(t *testing.T) { readAndCompare(t, program, folder, commands, other, want) })
			t.Run("another user, any folder", func(t *testing.T) {
				if err := os.Chmod(folder, 0o777); err != nil { // in which sidecars could be made
					t.Fatal(err)
				}
				readAndCompare(t, program, folder, commands, other, want)
			})
			t.Run("read-only mount", func(t *testing.T) {
				if out, err := exec.Command("mount", "--bind", folder, folder).CombinedOutput(); err != nil {
					t.Skipf("mount: %v, %s", err, out)
				}
				defer func() {
					if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
						t.Error(err)
					}
				}()
				if out, err := exec.Command("mount", "-o", "remount,bind,ro", folder).CombinedOutput(); err != nil {
					t.Fatalf("mount: %v, %s", err, out)
				}
				if err := os.WriteFile(filepath.Join(folder, "x"), nil, 0o666); err == nil {
					t.Fatal("the mount can be written to")
				}
				readAndCompare(t, program, folder, commands, nil, want)
				readAndCompare(t, program, folder, commands, other, want)
			})
		})
	}
}

var folderName = regexp.MustCompile(`/[^\s"]*/`)

// readAndCompare runs commands in folder, as another user if who is given, and gives what they print. With want, that
// must be the same.
func readAndCompare(t *testing.T, program, folder string, commands [][]string, who *syscall.Credential,
	want []string) []string {
	t.Helper()
	m := newMeasurer(t) // one process for all commands
	m.prepare = func(cmd *exec.Cmd) {
		cmd.Path = program
		cmd.Env = []string{"HOME=/nonexistent", "PATH=/nonexistent"}
		if who != nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
		}
	}
	defer m.end() // before a folder that it runs in is unmounted
	recorded := filepath.Base(folder) == "recorded"
	var all []string
	for i, args := range commands {
		before := exactListing(t, folder, recorded)
		o, err := m.run(measured{Folder: folder, Args: args})
		if err != nil {
			t.Fatalf("%s: ended the process: %v", args, err)
		}
		got := fmt.Sprintf("%d\n%s\n%s", o.Code, o.Stdout, folderName.ReplaceAllString(string(o.Stderr), ""))
		all = append(all, got)
		if want == nil && o.Code != cli.ExitOK && args[0] != "verify" && args[0] != "secrets" {
			t.Errorf("%s: got exit code %d: %s", args, o.Code, o.Stderr)
		}
		if want != nil && got != want[i] {
			t.Errorf("%s: got\n%.1000s\nwant, as in a folder of one's own,\n%.1000s", args, got, want[i])
		}
		if after := exactListing(t, folder, recorded); after != before {
			t.Errorf("%s changed the folder: got\n%.2000s\nwant\n%.2000s", args, after, before)
		}
	}
	return all
}
