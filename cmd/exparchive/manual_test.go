package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/manual"
	"github.com/simexp/exparchive/internal/othertools"
)

// writeBook writes the manual pages into a folder as man(1) wants them, and gives the commands that have one.
func writeBook(t *testing.T) (folder string, pages map[string]*cobra.Command) {
	t.Helper()
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "man1"), 0o777); err != nil {
		t.Fatal(err)
	}
	book := &manual.Book{Root: newRootCommand(), Version: "v1.2.3", Date: time.Date(2026, 1, 5, 23, 0, 0, 0, time.UTC)}
	if err := book.Write(filepath.Join(folder, "man1")); err != nil {
		t.Fatal(err)
	}
	pages = map[string]*cobra.Command{}
	var collect func(cmd *cobra.Command)
	collect = func(cmd *cobra.Command) {
		pages[manual.Name(cmd)] = cmd
		for _, sub := range cmd.Commands() {
			if !sub.Hidden && sub.Name() != "help" {
				collect(sub)
			}
		}
	}
	collect(book.Root)
	return folder, pages
}

// Every command that help lists has a page, which has every flag of it.
func TestManual(t *testing.T) {
	folder, pages := writeBook(t)
	written, err := os.ReadDir(filepath.Join(folder, "man1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != len(pages) || len(pages) < 50 {
		t.Errorf("got %d pages of %d commands", len(written), len(pages))
	}
	for name, cmd := range pages {
		text, err := os.ReadFile(filepath.Join(folder, "man1", name+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{".Dd January 5, 2026\n.Dt " + strings.ToUpper(name) + " 1\n.Os exparchive v1.2.3\n",
			".Nm " + name + "\n", ".Nm " + cmd.CommandPath() + "\n", "\n.Sh EXIT STATUS\n"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", name, want)
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			want := `Fl \-` + strings.ReplaceAll(f.Name, "-", `\-`)
			if !f.Hidden && !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", name, want)
			}
		})
	}
}

// mandoc(1) has nothing to say of the pages, not even of their style, finds each by its name, and sets the examples as
// they are in the help, but for breaks.
func TestManual_mandoc(t *testing.T) {
	t.Parallel()
	mandoc := othertools.Find(t, "mandoc")
	folder, pages := writeBook(t)
	var names []string
	for name := range pages {
		names = append(names, filepath.Join(folder, "man1", name+".1"))
	}
	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = append(os.Environ(), "MANPATH="+folder)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v: %.2000s", filepath.Base(name), err, said.String())
		}
		return said.String()
	}
	if index := "/usr/sbin/makewhatis"; othertools.Has(context.WithoutCancel(t.Context()), "test", "-x", index) {
		run(index, "-T", "utf8", folder) // else mandoc says of each page that it is in no index
	}
	if said := run(mandoc, append([]string{"-T", "lint", "-W", "style"}, names...)...); said != "" {
		t.Errorf("mandoc -T lint: %.3000s", said)
	}
	for name, cmd := range pages {
		text := run(mandoc, "-T", "ascii", "-O", "width=100", filepath.Join(folder, "man1", name+".1"))
		text = unstruck(text)
		want := strings.ToLower(name + " - " + cmd.Short)
		if !strings.Contains(strings.ToLower(text), want) {
			t.Errorf("%s: got %.300s, want %q", name, text, want)
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			command, _, _ := strings.Cut(strings.TrimSpace(line), "   ")
			if want := strings.Join(strings.Fields(command), " "); !strings.Contains(strings.ReplaceAll(text, `\ `, ""), want) {
				t.Errorf("%s: %s: got no example %q", name, cli.Called(cmd), want)
			}
		}
	}
}

// unstruck takes out of a page the overstrikes that make letters bold or underlined, and makes one blank of several.
func unstruck(text string) string {
	var b []rune
	for _, r := range text {
		if r == '\b' {
			b = b[:max(len(b)-1, 0)]
		} else {
			b = append(b, r)
		}
	}
	return strings.Join(strings.Fields(string(b)), " ")
}
