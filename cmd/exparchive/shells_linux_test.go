package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// completions are what is typed, and what stands in the line when TAB was pressed behind it. The folder has the archive
// only.simexp, the database old.db, other.txt, the folder beneath and more.
var completions = []struct{ name, typed, want string }{
	{"a command", "exparchive verif", "exparchive verify"},
	{"a command of a command", "exparchive table iter", "exparchive table iterations"},
	{"what is no command", "exparchive checkpoi", "exparchive checkpoi"},
	{"a flag", "exparchive replay --audi", "exparchive replay --audit"},
	{"a value", "exparchive export --format cs", "exparchive export --format csv"},
	{"a value behind =", "exparchive export --format=cs", "exparchive export --format=csv"},
	{"a cost", "exparchive table summary --cost be", "exparchive table summary --cost best"},
	{"a run", "exparchive info onl", "exparchive info only.simexp"},
	{"a second run", "exparchive diff only.simexp ol", "exparchive diff only.simexp old.db"},
	{"an old database", "exparchive import ol", "exparchive import old.db"},
	{"a folder", "exparchive ls bene", "exparchive ls beneath/"},
	{"a run in a folder", "exparchive ls beneath/dee", "exparchive ls beneath/deep.simexp"},
	{"a run id", "exparchive info only.simexp --run exp1-2026",
		"exparchive info only.simexp --run exp1-20260105-090000-75d748"},
	{"an agent", "exparchive replay only.simexp --agent BANK_", "exparchive replay only.simexp --agent BANK_"},
	{"an output folder", "exparchive import old.db -o bene", "exparchive import old.db -o beneath/"},
	{"a program's argument", "exparchive record -o new.simexp -- cat othe",
		"exparchive record -o new.simexp -- cat other.txt"},
}

// byName are completed so by shells that can tell files by their names; where no name fits they offer every file.
var byName = []struct{ name, typed, want string }{
	{"a run, not a text", "exparchive info ott", "exparchive info otter.simexp"},
	{"a recording, not a run", "exparchive seal o", "exparchive seal otis.simexp-live"},
	{"an output folder, not a file", "exparchive import old.db -o be", "exparchive import old.db -o beneath/"},
	{"where there is no run, a text", "exparchive info othe", "exparchive info other.txt"},
}

// shellFolder makes the folder of [completions].
func shellFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	run := filepath.Join(folder, "only.simexp")
	if text, err := exec.CommandContext(t.Context(), "exparchive", "run", "exp1", "-o", run).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.Mkdir(filepath.Join(folder, "beneath"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"old.db", "other.txt", "otter.simexp", "otter.txt", "otis.simexp-live", "bench.txt",
		"beneath/deep.simexp"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestShells_bash: TAB at a terminal on which bash runs with the package bash-completion.
func TestShells_bash(t *testing.T) {
	t.Parallel()
	bash := othertools.FindLarge(t, "bash")
	package_ := "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(package_); err != nil {
		othertools.Missing(t, err)
	}
	s := startShell(t, bash, "--norc", "--noprofile", "-i")
	s.command("source " + package_ + "; source <(exparchive completion bash)")
	s.completes(completions)
	s.completes(byName)
}

// TestShells_zsh: TAB at a terminal on which zsh runs, which loads the completion from a folder by its name.
func TestShells_zsh(t *testing.T) {
	t.Parallel()
	zsh := othertools.FindLarge(t, "zsh")
	folder := t.TempDir()
	s := startShell(t, zsh, "-f", "-i")
	s.command("exparchive completion zsh > " + folder + "/_exparchive; fpath=(" + folder + " $fpath)")
	s.command("bindkey -e; unsetopt auto_menu auto_remove_slash; autoload -U compinit; compinit -u -D")
	s.completes(completions)
	s.completes(byName)
}

// TestShells_fish: what fish says it would complete. It does not tell files by their names.
func TestShells_fish(t *testing.T) {
	t.Parallel()
	fish := othertools.FindLarge(t, "fish")
	folder := shellFolder(t)
	for _, c := range completions {
		cmd := exec.CommandContext(t.Context(), fish, "--no-config", "-c",
			`exparchive completion fish | source; complete --do-complete "$argv[1]"`, c.typed)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var offered []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			offered = append(offered, word)
		}
		typed := c.typed[strings.LastIndexByte(c.typed, ' ')+1:]
		want := []string{c.want[strings.LastIndexByte(c.want, ' ')+1:]}
		switch {
		case typed == "BANK_":
			want = []string{"BANK_A", "BANK_B"}
		case c.typed == c.want:
			want = nil
		}
		if strings.Join(offered, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q: got %q, want %q", c.name, c.typed, offered, want)
		}
	}
}

// A shellSession is a shell that runs at a terminal.
type shellSession struct {
	*testing.T
	terminal *os.File
	screen   bytes.Buffer // what appeared and was not looked at
}

// startShell starts a shell in the folder of [completions].
func startShell(t *testing.T, name string, args ...string) *shellSession {
	t.Helper()
	person, programs := othertools.Terminal(t)
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = shellFolder(t)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "ZDOTDIR="+home, "HISTFILE=", "INPUTRC=/dev/null", "TERM=xterm",
		"PS1=> ", "LC_ALL=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = programs, programs, programs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &shellSession{T: t, terminal: person}
}

// command types a line and waits until it has been executed.
func (s *shellSession) command(line string) {
	s.Helper()
	s.types(line + "\n")
	s.types("printf '%s%s\\n' do ne\n")
	s.until("done\r\n")
}

// completes presses TAB behind each line, and has the shell print what then stands there instead of executing it.
func (s *shellSession) completes(list []struct{ name, typed, want string }) {
	s.Helper()
	for _, c := range list {
		// Control-A and control-E go to the ends of the line.
		s.types(c.typed + "\t\x01printf '%s|' be gin \x05\n")
		s.types("printf '%s%s\\n' do ne\n")
		text := s.until("done\r\n")
		_, got, _ := strings.Cut(text, "be|gin|")
		got, _, _ = strings.Cut(got, "done\r\n")
		got = strings.TrimSuffix(strings.ReplaceAll(got, "|", " "), " ")
		if i := strings.IndexAny(got, "\r\n\x1b"); i >= 0 {
			got = strings.TrimRight(got[:i], " %")
		}
		if got != c.want {
			s.Errorf("%s: %q: got %q, want %q", c.name, c.typed, got, c.want)
		}
	}
}

func (s *shellSession) types(keys string) {
	s.Helper()
	if _, err := io.WriteString(s.terminal, keys); err != nil {
		s.Fatal(err)
	}
}

// until gives what appears up to a text, with it.
func (s *shellSession) until(text string) string {
	s.Helper()
	var buf [4096]byte
	for {
		if i := bytes.Index(s.screen.Bytes(), []byte(text)); i >= 0 {
			return string(s.screen.Next(i + len(text)))
		}
		n, err := s.terminal.Read(buf[:])
		s.screen.Write(buf[:n])
		if err != nil {
			s.Fatalf("%v, before %q; on the screen: %q", err, text, s.screen.String())
		}
	}
}
