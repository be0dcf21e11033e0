package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeCommands: README's table has every command.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## Commands")
	if table, _, _ = strings.Cut(table, "\n## "); !ok {
		t.Fatal("README.md has no section \"Commands\"")
	}
	listed := map[string]bool{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for i, name := range strings.Split(cells[1], "`") {
				if i%2 == 1 {
					listed[name] = true
				}
			}
		}
	}
	for _, cmd := range newRootCommand().Commands() {
		if cmd.IsAvailableCommand() && !listed[cmd.Name()] {
			t.Errorf("the command %s is not in the table", cmd.Name())
		}
		delete(listed, cmd.Name())
	}
	delete(listed, "help") // which is made when the program runs
	for name := range listed {
		t.Errorf("the table has %q, which is no command", name)
	}
}

// A command line makes only the command that it names, so that every name has to lead to the command of that name.
func TestCommands_named(t *testing.T) {
	for _, c := range commands() {
		if got := c.newCommand().Name(); got != c.name {
			t.Errorf("%s: got the command %s", c.name, got)
		}
		if got := newRootCommand(c.name, "--help").Commands(); len(got) != 1 || got[0].Name() != c.name {
			t.Errorf("%s --help: got %d commands, want that one", c.name, len(got))
		}
	}
	if got := newRootCommand("--version").Commands(); len(got) > 0 {
		t.Errorf("--version: got %d commands, want none", len(got))
	}
	for _, args := range [][]string{{}, {"--help"}, {"help", "ls"}, {"list"}, {"--color", "never", "ls"}, {"--version", "ls"}} {
		if got := len(newRootCommand(args...).Commands()); got < len(commands()) {
			t.Errorf("%q: got %d commands, want all", args, got)
		}
	}
}
