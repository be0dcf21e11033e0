package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// wideExamples are the commands of which examples of lines and of other programs' commands are too long for a line.
var wideExamples = []string{"digest", "export", "record", "sign", "verify"}

// TestHelp_width: no line of a help text is longer than helpWidth.
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
			if n := utf8.RuneCountInString(line); n > helpWidth && !(strings.HasPrefix(line, "  ") && slices.Contains(wideExamples, cmd.Name())) {
				t.Errorf("%s: %d characters: %s", cmd.CommandPath(), n, line)
			}
		}
		commands++
		for _, sub := range cmd.Commands() {
			if sub.Name() != "completion" && (cmd.Name() != "completion") {
				check(sub)
			}
		}
	}
	check(newRootCommand())
	if commands < 20 {
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
		"one:\n  x  y z and so on\ntwo": "one:\n  x  y z and so on\ntwo",
		"unbreakable-word a":            "unbreakable-word\na",
		"äöüäö äöüäö":                   "äöüäö\näöüäö",
	} {
		if got := reflow(text, 10); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
