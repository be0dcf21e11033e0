package launch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// holdsBack are programs that write a line, wait for one on standard input before they go on, and hold the first one
// back if they write to a pipe.
var holdsBack = map[string]string{
	"c": `#include <stdio.h>
#include <stdlib.h>
int main(void) { char line[9]; printf("first\n"); if (!fgets(line, 9, stdin)) abort(); printf("second\n"); return 0; }`,
	"perl":   `print "first\n"; <STDIN>; print "second\n";`,
	"python": "import sys\nprint('first')\nsys.stdin.readline()\nprint('second')\n",
}

// TestTerminal: a program that holds back what it writes to a pipe does not so on a pseudo-terminal, and its standard
// input is the one that it is given.
func TestTerminal(t *testing.T) {
	if !HasTerminals {
		_, err := Start(&Options{Command: []string{os.Args[0]}, Terminal: true})
		if !errors.Is(err, ErrNoTerminal) {
			t.Errorf("got %v, want %v", err, ErrNoTerminal)
		}
		return
	}
	t.Setenv("PYTHONUNBUFFERED", "") // Python is one of them then, but that Start sets it
	for language, source := range holdsBack {
		t.Run(language, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "source."+language)
			if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
				t.Fatal(err)
			}
			command := []string{"", file}
			switch language {
			case "c":
				command = []string{filepath.Join(folder, "program")}
				if out, err := exec.Command(othertools.Find(t, "cc"), "-o", command[0], file).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			case "python":
				command = []string{"env", "-u", "PYTHONUNBUFFERED", othertools.Find(t, "python3"), file}
			default:
				command[0] = othertools.Find(t, language)
			}
			stdin, person, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			defer person.Close()
			p, err := Start(&Options{Command: command, Stdin: stdin, Stderr: os.Stderr, Terminal: true})
			if errors.Is(err, ErrNoTerminal) {
				othertools.Missing(t, err)
			} else if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			lines := bufio.NewReader(p.Stdout())
			if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
				t.Fatalf("got %q, %v, want the first line while the program waits", line, err)
			}
			if _, err := person.WriteString("go\n"); err != nil {
				t.Fatal(err)
			}
			if rest, err := io.ReadAll(lines); string(rest) != "second\n" || err != nil {
				t.Errorf("got %q, %v, want the second line and its end", rest, err)
			}
			if code := p.Exit().Code(); code != 0 {
				t.Errorf("got exit code %d", code)
			}
		})
	}
}

// TestTerminal_bytes: every byte passes a pseudo-terminal as it is, in lines of any length, up to the last one of a
// program that ends at once, and of one that it started and that lives longer.
func TestTerminal_bytes(t *testing.T) {
	if !HasTerminals {
		t.Skip("no pseudo-terminals on " + runtime.GOOS)
	}
	folder := t.TempDir()
	text := []byte(strings.Repeat("a line that is longer than any buffer of a terminal ", 5000) + "\n")
	for range 40 {
		for c := range 256 {
			text = append(text, byte(c), '\r', '\n', '\t', byte(c))
		}
	}
	file := filepath.Join(folder, "text")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string][]string{
		"program":  {"cat", file},
		"outlived": {"sh", "-c", `(while kill -0 $$; do sleep 0.02; done; cat "$1") 2>/dev/null & cat "$1"`, "sh", file},
	} {
		want := text
		if name == "outlived" {
			want = append(bytes.Clone(text), text...)
		}
		p, err := Start(&Options{Command: command, Stderr: os.Stderr, Terminal: true})
		if errors.Is(err, ErrNoTerminal) {
			othertools.Missing(t, err)
		} else if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(p.Stdout())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, %v, want the %d that were written", name, len(got), err, len(want))
		}
		if err := p.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
