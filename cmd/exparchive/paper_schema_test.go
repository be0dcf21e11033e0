package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestPaperSchema: the schema of paper.yaml takes what init writes and what the tests build, and nothing that build
// refuses for its form.
func TestPaperSchema(t *testing.T) {
	s, err := resolveSchema(schemaOf("paper"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, args := range [][]string{{"run", "exp1", "-o", "a.simexp"},
		{"paper", "init", "a.simexp", "--label", "num=1", "--label", "m=x"}} {
		cmd := exec.CommandContext(t.Context(), "exparchive", args...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "paper.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	items, err := os.ReadFile("testdata/paper/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	runs, _, _ := strings.Cut(string(text), "\ntables:\n")
	valid := func(text string) error {
		t.Helper()
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return s.Validate(v)
	}
	for _, good := range []string{string(text), runs + "\n" + string(items)} {
		if err := valid(good); err != nil {
			t.Errorf("%v in\n%s", err, good)
		}
	}
	for _, change := range [][2]string{
		{"version: 1", "version: 2"}, {"    file: a.simexp", "    file: 1"}, {"    id:", "    ID:"},
		{"labels: {num: 1", "labels: {num: [1]"},
		{"file: runs.tex", "file: ../runs.tex"}, {"file: runs.tex", "file: runs.exe"}, {"table: summary", "tabel: summary"},
		{"      - \"num=label:/num\"", "      - {let: a, column: b}"}, {"digest: \"dc", "digest: \"Dc"},
	} {
		bad := strings.Replace(string(text), change[0], change[1], 1)
		if bad == string(text) {
			t.Errorf("%q is not in\n%s", change[0], text)
		}
		if err := valid(bad); err == nil {
			t.Errorf("%q for %q follows the schema", change[1], change[0])
		}
	}
}
