package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeResults: what README says about speed is what was measured, row by row.
func TestReadmeResults(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	results, err := os.ReadFile("../../bench/RESULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## Large runs\n")
	if section, _, _ = strings.Cut(section, "\n## "); !ok {
		t.Fatal(`README.md has no section "Large runs"`)
	}
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if rows++; !strings.Contains(string(results), "\n"+line) {
			t.Errorf("no line of bench/RESULTS.md: %s", line)
		}
	}
	if rows < 8 {
		t.Errorf("README.md has %d rows of results, want at least 8", rows)
	}
}
