package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
)

// TestHelp_width: no line of a help text is longer than HelpWidth.
func TestHelp_width(t *testing.T) {
	var check func(cmd *cobra.Command)
	commands := 0
	check = func(cmd *cobra.Command) {
		var b bytes.Buffer
		cmd.SetOut(&b)
		cmd.InitDefaultHelpFlag()
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > cli.HelpWidth {
				t.Errorf("%s: %d characters: %s", cmd.CommandPath(), n, line)
			}
		}
		commands++
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	root := newRootCommand()
	root.InitDefaultHelpCmd()
	check(root)
	if commands < 35 {
		t.Errorf("got %d commands", commands)
	}
}

// ofExp1 are examples of the run that `exparchive run exp1` plays, without a shell; needMore are those of them that
// need a key, a file that another example makes, or a browser.
var (
	ofExp1   = regexp.MustCompile(`^exparchive [a-z]+(?: [a-z]+)? exp1\.simexp(?: [^|<>*~]*)?$`)
	needMore = regexp.MustCompile(`^exparchive view |\.simexp.*\.simexp| --note|\.jsonl --json|\.checkpoint$`)
)

// TestHelp_examples: what the help of commands shows of the run exp1 works as it stands there.
func TestHelp_examples(t *testing.T) {
	t.Parallel()
	examples := 0
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		folder := ""
		for line := range strings.Lines(cmd.Example) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "   ") // what it does
			if !ofExp1.MatchString(line) || needMore.MatchString(line) {
				continue
			}
			if folder == "" {
				folder = t.TempDir()
				runLine(t, folder, "", "exparchive run exp1 -o exp1.simexp")
			}
			runLine(t, folder, "", strings.ReplaceAll(line, "'", `"`))
			examples++
		}
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(newRootCommand())
	if examples < 25 {
		t.Errorf("got %d examples", examples)
	}
}

func TestReflow(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"one two":                       "one two",
		"one two\nthree four":           "one two\nthree four",
		"one two three":                 "one two\nthree",
		"a\nb\nc":                       "a b c",
		"one\n\ntwo":                    "one\n\ntwo",
		"one:\n  x  y z and so on\ntwo": "one:\n  x  y z\n     and\n     so on\ntwo",
		"  a,b,c,d,e":                   "  a,b,c,d,\n   e",
		"  unbreakable-word":            "  unbreakable-word",
		"  a b c d e f":                 "  a b c d\n   e f",
		"unbreakable-word a":            "unbreakable-word\na",
		"äöüäö äöüäö":                   "äöüäö\näöüäö",
	} {
		if got := cli.Reflow(text, 10); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// open are the flags that take files, numbers with words, or any text: all others that are no switches and no numbers
// have their values completed.
var open = map[string]bool{
	"annotate --name": true, "annotate --text": true, "attach --as": true, "attach --type": true,
	"attachments add --as":   true,
	"attachments add --type": true, "ls --where": true, "redact --match": true, "run --run-id": true,
	"sign --new-note-key": true,
	// NAME=SOURCE:POINTER
	"plot acceptance --column": true, "plot convergence --column": true, "plot parameter --column": true,
	"plot spread --column":       true,
	"table convergence --column": true, "table iterations --column": true, "table summary --column": true,
	"table evaluations --column": true, "compare --column": true, "schema --column": true,
	"report --column": true,
	// TYPE:/POINTER
	"table evaluations --samples": true, "table evaluations --mean": true, "table evaluations --std-dev": true,
	"table evaluations --interval": true, "table evaluations --count": true,
	// names and texts of one's own
	"paper init --labels": true, "paper init --same": true,
	// numbers and ranges of them
	"redact --iteration": true, "redact --seq": true, "replay --seq": true, "reveal --iteration": true,
	"reveal --seq": true,
}

// openAnywhere are those that are so in whatever command.
var openAnywhere = map[string]bool{
	"output": true, "attach": true, "allow": true, "against": true, "from": true, "consistency": true, "baseline": true,
	"caption": true,
	"label":   true, "key": true, "note-key": true, "passphrase-file": true, "allowed-signers": true, "old-root": true,
	"proof": true,
	"root":  true, "signature": true, "let": true, "title": true,
	// what is said of what is published
	"paper": true, "author": true, "date": true, "doi": true, "publisher": true, "abstract": true, "keyword": true,
	"licence-file": true, "funding": true, "software": true, "binary": true,
}

// Every flag that takes one of a few words, or a name from a file, has its values completed, in whatever command it is.
func TestCompletion_flags(t *testing.T) {
	var check func(cmd *cobra.Command)
	flags, unused := 0, maps.Clone(open)
	check = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(f.Usage, "`") {
				t.Errorf("%s --%s: got %q, want what is shown on a terminal", cli.Called(cmd), f.Name, f.Usage)
			}
			if f.NoOptDefVal != "" { // a switch
				return
			}
			name := cli.Called(cmd) + " --" + f.Name
			delete(unused, name)
			_, completed := cmd.GetFlagCompletionFunc(f.Name)
			isOpen := open[name] || openAnywhere[f.Name]
			switch f.Value.Type() {
			case "int", "int64", "uint64", "duration":
				isOpen = !completed
			}
			if completed == isOpen {
				t.Errorf("%s: its values are completed: %v, want %v", name, completed, !isOpen)
			}
			if completed {
				flags++
			}
		})
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	root := newRootCommand()
	completeValues(root)
	check(root)
	if flags < 50 {
		t.Errorf("got %d flags", flags)
	}
	for name := range unused {
		t.Errorf("%s is no flag", name)
	}
}

// anyFile are the commands whose arguments are any files, or words of another program.
var anyFile = map[string]bool{"record": true, "recover": true, "checkpoint": true}

// Every command says which files its arguments are.
func TestCompletion_files(t *testing.T) {
	unused := maps.Clone(filesFor)
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		name := cli.Called(cmd)
		_, files := filesFor[name]
		delete(unused, name)
		said := files || takesNone[name] || cmd.ValidArgsFunction != nil || len(cmd.ValidArgs) > 0
		if !cmd.HasSubCommands() && said == anyFile[name] {
			t.Errorf("%s says what its arguments are: %v, want %v", name, said, !said)
		}
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	root := newRootCommand()
	completeValues(root)
	check(root)
	for name := range unused {
		t.Errorf("%s is no command without others below it", name)
	}
	for name := range argumentsOf {
		if _, ok := filesFor[name]; !ok {
			t.Errorf("%s has arguments behind the first, which are no files", name)
		}
	}
	for _, end := range runFiles {
		f := filepath.Join(t.TempDir(), "a."+end)
		if err := os.WriteFile(f, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		found := slices.Collect(maps.Keys(maps.Collect(runs.Files(filepath.Dir(f), false))))
		if len(found) != 1 && end != "json" {
			t.Errorf(".%s: ls finds %q in a folder with such a file", end, found)
		}
	}
}
