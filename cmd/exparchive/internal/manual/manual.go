// Package manual writes the manual pages of a command line, one for each command, in mdoc(7). Only the release does so:
// the program itself has no part of it.
package manual

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A Book is what the pages of a command line have in common.
type Book struct {
	Root    *cobra.Command
	Version string    // of the program
	Date    time.Time // of its release
}

// Write writes the pages of the command line into a folder, as NAME.1.
func (b *Book) Write(folder string) error {
	return b.write(folder, b.Root)
}

func (b *Book) write(folder string, cmd *cobra.Command) error {
	if err := os.WriteFile(filepath.Join(folder, Name(cmd)+".1"), b.Page(cmd), 0o644); err != nil {
		return err
	}
	for _, sub := range below(cmd) {
		if err := b.write(folder, sub); err != nil {
			return err
		}
	}
	return nil
}

// Name gives the name of a command's page: its words with dashes between them.
func Name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// below gives the commands below cmd that have a page. What help says is on the pages.
func below(cmd *cobra.Command) (commands []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			commands = append(commands, sub)
		}
	}
	return commands
}

// Page gives the page of a command.
func (b *Book) Page(cmd *cobra.Command) []byte {
	p := &page{}
	p.line(".Dd " + b.Date.UTC().Format("January 2, 2006"))
	p.line(".Dt " + strings.ToUpper(Name(cmd)) + " 1")
	p.line(".Os " + cmd.Root().Name() + " " + b.Version)
	p.section("NAME")
	p.line(".Nm " + Name(cmd))
	p.line(".Nd " + escape(summary(cmd)))
	p.section("SYNOPSIS")
	p.synopsis(cmd)
	p.section("DESCRIPTION")
	p.text(description(cmd))
	if len(cmd.Aliases) > 0 {
		p.line(".Pp")
		p.text("The command may also be called " + strings.Join(cmd.Aliases, " or ") + ".")
	}
	p.commands(cmd)
	p.options(cmd)
	for _, title := range []string{"ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"} {
		text, ok := more[Name(cmd)][title]
		switch {
		case ok:
			p.section(title)
			p.line(strings.TrimSpace(text))
		case title == "EXIT STATUS":
			p.section(title)
			p.line(exitStatus)
		case title == "EXAMPLES" && cmd.Example != "":
			p.section(title)
			p.examples(cmd.Example)
		case title == "SEE ALSO" && cmd.HasParent(): // the first page refers to all others
			p.section(title)
			p.references(pagesNear(cmd))
		}
	}
	return p.Bytes()
}

// exitStatus is that of every command that says nothing else.
const exitStatus = `.Bl -tag -width Ds
.It 0
All is done, and nothing wrong was found.
.It 1
The command failed, or found something wrong.
.It 2
It was used wrongly.
.El`

// summary says what a command does, in the form of a page's first line.
func summary(cmd *cobra.Command) string {
	s := cmd.Short
	if len(s) > 1 && (s[1] < 'A' || s[1] > 'Z') {
		s = strings.ToLower(s[:1]) + s[1:]
	}
	return strings.TrimSuffix(s, ".")
}

func description(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

// commands lists what is below a command, by groups.
func (p *page) commands(cmd *cobra.Command) {
	all := below(cmd)
	if len(all) == 0 {
		return
	}
	p.section("COMMANDS")
	groups := cmd.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{}}
	}
	for _, g := range groups {
		if g.Title != "" {
			p.macro(".Ss", strings.TrimSuffix(g.Title, ":"))
		}
		p.line(".Bl -tag -width Ds")
		for _, sub := range all {
			if sub.GroupID == g.ID {
				p.line(".It Xr " + Name(sub) + " 1")
				p.text(strings.TrimSuffix(sub.Short, ".") + ".")
			}
		}
		p.line(".El")
	}
}

// pagesNear gives the pages to see also: that of the command above, those below, and those beside it of the same group.
func pagesNear(cmd *cobra.Command) (names []string) {
	parent := cmd.Parent()
	if parent == nil {
		return nil
	}
	names = append(names, Name(parent))
	for _, sub := range below(parent) {
		if sub != cmd && sub.GroupID == cmd.GroupID {
			names = append(names, Name(sub))
		}
	}
	for _, sub := range below(cmd) {
		names = append(names, Name(sub))
	}
	return names
}

// A page is mdoc(7) as it is written.
type page struct{ bytes.Buffer }
