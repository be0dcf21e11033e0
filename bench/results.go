package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Sections of the results, each of which is written by a target of its own.
const (
	pureSection   = "Beside pure Go and Python"
	peerSection   = "Beside programs in C and C++"
	largeSection  = "Large runs"
	growthSection = "How cost grows"
)

var sections = []string{pureSection, peerSection, largeSection, growthSection}

const title = "# What exparchive costs beside what people would use instead\n\n" +
	"Each section is written by the target that it names; no figure is written by hand.\n"

// writeSection puts a section into the results at path, in place of the one that is there.
func writeSection(path, name, body string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	bodies := map[string]string{}
	for _, part := range strings.Split("\n"+string(old), "\n## ")[1:] {
		heading, text, _ := strings.Cut(part, "\n")
		bodies[heading] = strings.Trim(text, "\n")
	}
	bodies[name] = strings.Trim(body, "\n")
	var s strings.Builder
	s.WriteString(title)
	for _, heading := range sections {
		if text := bodies[heading]; text != "" {
			s.WriteString("\n## " + heading + "\n\n" + text + "\n")
		}
	}
	for heading := range bodies {
		if !slices.Contains(sections, heading) {
			return errors.New(path + " has a section that nothing here writes: " + heading)
		}
	}
	return os.WriteFile(path, []byte(s.String()), 0o666)
}

// quote brings rows of tables in a file up to date: those that are also in text, by their first cell.
func quote(path, text string) error {
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if cell, ok := firstCell(line); ok {
			rows[cell] = strings.TrimSuffix(line, "\n")
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(string(data), "\n")
	within := false
	for i, line := range lines {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			within = name == largeSection
		}
		if cell, ok := firstCell(line); ok && within && rows[cell] != "" {
			lines[i] = rows[cell]
		}
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o666)
}

// firstCell gives what the row of a table is about.
func firstCell(line string) (string, bool) {
	cells := strings.Split(line, "|")
	if len(cells) < 3 || cells[0] != "" {
		return "", false
	}
	cell := strings.TrimSpace(cells[1])
	return cell, cell != "" && strings.Trim(cell, "-") != ""
}
