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
