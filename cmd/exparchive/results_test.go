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
	section, measured := sectionOf(t, string(readme)), sectionOf(t, string(results))
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if rows++; !strings.Contains(measured, "\n"+line) {
			t.Errorf("no line of that section of bench/RESULTS.md: %s", line)
		}
	}
	if rows < 8 {
		t.Errorf("README.md has %d rows of results, want at least 8", rows)
	}
}

// sectionOf gives the section about large runs.
func sectionOf(t *testing.T, text string) string {
	t.Helper()
	_, section, ok := strings.Cut(text, "\n## Large runs\n")
	if section, _, _ = strings.Cut(section, "\n## "); !ok {
		t.Fatal(`no section "Large runs"`)
	}
	return section
}
