package crate

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/visible"
)

// textWidth is the longest line of the README where a text can be broken, in characters.
const textWidth = 78

// readme gives the README, plain text in which nothing has a meaning of its own.
func (b *Builder) readme(w citation.Work, version string) string {
	var t strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&t, format+"\n", args...) }
	line("%s\n%s\n", wrap(w.Title, ""), strings.Repeat("=", min(utf8.RuneCountInString(w.Title), textWidth)))
	for _, a := range w.Authors {
		about := a.Name()
		for _, o := range a.Affiliations {
			about += ", " + o.Name
		}
		if a.ORCID != "" {
			about += ", " + a.ORCIDAddress()
		}
		line("%s", about)
	}
	licence := w.Licence
	if l, ok := citation.FindLicence(w.Licence); ok {
		licence = l.Name + " (" + l.ID + ")"
	}
	line("\nPublished  %s\nLicence    %s", w.Date, licence)
	if w.DOI != "" {
		line("DOI        %s", w.DOIAddress())
	}
	for _, f := range w.Funding {
		line("Funding    %s", strings.TrimRight(strings.Join([]string{f.Funder.Name, f.Award, f.Title}, ", "), ", "))
	}
	for paragraph := range strings.SplitSeq(w.Abstract, "\n") {
		if paragraph = visible.Line(strings.TrimSpace(paragraph)); paragraph != "" {
			line("\n%s", wrap(paragraph, ""))
		}
	}
	line("\nCite as\n\n%s", wrap(strings.TrimSuffix(citation.Citation{Work: w}.APA(), "\n"), "  "))
	line("\nRuns")
	for _, r := range b.runs {
		line("\n  %s", r.File)
		line("    run      %s", visible.Line(r.ID))
		line("    of       %s (%s), %s, %d records", visible.Line(r.Experiment), visible.Line(r.Type),
			visible.Line(string(r.Status)), r.Records)
		line("    digest   %s", r.Digest)
		if r.Report != "" {
			line("    to see   %s", r.Report)
		}
		for _, warning := range r.warnings() {
			line("    note     %s", warning)
		}
	}
	if len(b.items) > 0 {
		line("\nTables and figures\n")
	}
	for _, it := range b.items {
		line("  %s", it.files[0])
	}
	line("\nHow to check it\n")
	line("%s",
		wrap("The archives are ordinary SQLite databases; exparchive "+version+" made this package and reads them. "+
			"A shell runs", "  "))
	line("\n    sh %s\n", scriptFile)
	anew := ""
	if b.hasPaper {
		anew = ", and makes every table and figure anew and compares it with the one that is here"
	}
	line("%s", wrap("which checks every record of every run against the digest"+anew+
		". It writes nothing, and needs nothing but exparchive: on the PATH, "+
		"named by the variable EXPARCHIVE, or in the folder bin. The folder above this one is a BagIt bag (RFC 8493): its "+
		"manifest has the SHA-512 of every file.", "  "))
	if len(b.binaries) > 0 {
		line("\nThe program\n")
	}
	for _, x := range b.binaries {
		line("  %s", x.File)
	}
	return t.String()
}

// wrap breaks a text into lines at blanks, each behind an indentation.
func wrap(text, indent string) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(indent+line+" "+word) > textWidth {
			lines = append(lines, indent+line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return strings.Join(append(lines, indent+line), "\n")
}

// script has what is the same in all packages. It needs nothing but the shell and exparchive: what else it uses it does
// without where that is missing.
//
//go:embed reproduce.sh
var script string

// script gives the script that checks the package. What comes from outside stands in it as names that [safeName] made,
// and as hexadecimal digits.
func (b *Builder) script() string {
	var checks strings.Builder
	for _, r := range b.runs {
		fmt.Fprintf(&checks, "run '%s' '%s'\n", r.File, r.Digest)
	}
	if b.hasPaper {
		fmt.Fprintf(&checks, "made '%s'\n", path.Join(paperFolder, "paper.yaml"))
	}
	return strings.Replace(script, "# CHECKS\n", checks.String(), 1)
}
