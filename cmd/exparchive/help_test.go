package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
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

// Every flag that takes one of a few words, or a name from a file, has its values completed, in whatever command it is.
func TestCompletion_flags(t *testing.T) {
	var check func(cmd *cobra.Command)
	flags := 0
	check = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if strings.Contains(f.Usage, "`") {
				t.Errorf("%s --%s: got %q, want what is shown on a terminal", cli.Called(cmd), f.Name, f.Usage)
			}
			if _, known := valuesOf[f.Name]; !known && f.Name != "format" {
				return
			}
			flags++
			if _, ok := cmd.GetFlagCompletionFunc(f.Name); !ok {
				t.Errorf("%s --%s: nothing completes its values", cli.Called(cmd), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	root := newRootCommand()
	completeValues(root)
	check(root)
	if flags < 20 {
		t.Errorf("got %d flags", flags)
	}
}
