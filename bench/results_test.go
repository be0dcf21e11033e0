package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// TestSections: a section takes the place of the one that is there, and no other changes.
func TestSections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	for _, s := range [][2]string{{growthSection, "grown"}, {pureSection, "first\n\n| a | 1 |"}, {largeSection, "large"},
		{pureSection, "| b | 2 |\n\n"}} {
		if err := writeSection(path, s[0], s[1]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := title + "\n## " + pureSection + "\n\n| b | 2 |\n\n## " + largeSection + "\n\nlarge\n\n## " + growthSection +
		"\n\ngrown\n"
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.WriteFile(path, []byte("# x\n\n## By hand\n\ny\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := writeSection(path, pureSection, "z"); err == nil {
		t.Error("a section that nothing writes was dropped silently")
	}
}

// TestQuote: rows of the section on large runs become those of the results, and nothing else changes.
func TestQuote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	const before = "# r\n\n| `info` | old |\n\n## Large runs\n\n| | time |\n|---|---|\n| `info` | old |\n| `other` | old |\n" +
		"\n## More\n\n| `info` | old |\n"
	if err := os.WriteFile(path, []byte(before), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := quote(path, "Made.\n\n| | of |\n|---|---|\n| `info` | new |\n| `ls` | new |\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const row = "\n|---|---|\n| `info` | "
	if want := strings.Replace(before, row+"old", row+"new", 1); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCompare: ratios are of one round, rows have to be the same, and a goal that is missed by far fails the gate.
func TestCompare(t *testing.T) {
	g := goal{id: "X", subject: "a", base: "b", metric: user, must: 0.5, equal: true}
	at := func(a, b time.Duration, sumA, sumB string) round {
		return round{"a": measure.Measure{User: a, Sum: sumA}, "b": measure.Measure{User: b, Sum: sumB}}
	}
	rounds := []round{at(4, 10, "s", "s"), at(60, 100, "s", "s"), at(9, 10, "s", "s")}
	l, err := compare(g, scale{}, rounds)
	if err != nil || l.least != 0.4 || l.median != 0.6 || l.most != 0.9 {
		t.Errorf("got %+v, %v", l, err)
	}
	if got := l.verdict(); got != "not met, noisy" {
		t.Errorf("got %q", got)
	}
	r := report{lines: []line{l}}
	if err := r.gate(1); err != nil {
		t.Errorf("the least ratio is below the goal: %v", err)
	}
	if err := r.gate(0.7); err == nil {
		t.Error("a ratio of 0.4 passed a gate of 0.35")
	}
	r.lines[0].metric = wall
	if err := r.gate(0.7); err != nil {
		t.Errorf("wall time was gated: %v", err)
	}
	if _, err := compare(g, scale{}, []round{at(4, 10, "s", "other")}); err == nil {
		t.Error("cases with other rows were compared")
	}
	if _, err := compare(g, scale{}, []round{at(4, 10, "", "")}); err == nil {
		t.Error("cases without rows were compared")
	}
	g.skipped = "no reason"
	l, err = compare(g, scale{}, []round{{}})
	if err != nil || l.verdict() != "skipped: no reason" {
		t.Errorf("got %q, %v", l.verdict(), err)
	}
	if err := (&report{lines: []line{l}}).gate(0.1); err != nil {
		t.Errorf("a goal that was skipped: %v", err)
	}
}

// TestNeeds: every case has the files that it reads, so that a few rows take little time.
func TestNeeds(t *testing.T) {
	for name := range cases {
		if _, ok := reads[name]; !ok {
			t.Errorf("case %s: what it reads is not listed", name)
		}
	}
	for _, g := range append(goals, peerGoals([]string{"x.db"})...) {
		for _, name := range []string{g.subject, g.base} {
			short, _, _ := strings.Cut(name, ":")
			if name != "" && !strings.HasPrefix(name, peerPrefix) && cases[short] == nil {
				t.Errorf("%s: there is no case %s", g.id, name)
			}
		}
	}
}
