package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// sortRows sorts rows by their first two cells, which are texts.
func sortRows(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int {
		return strings.Compare(a[0].(string)+"\x00"+a[1].(string), b[0].(string)+"\x00"+b[1].(string))
	})
}

// TestEngines: engines of others answer the questions of a dataset's README.md as the runs do one by one, and read
// every cell as it was recorded. EXPARCHIVE_ENGINES is a folder with the Python packages of each engine in a folder that
// is called as the engine, and perhaps a hyphen and a version; EXPARCHIVE_RUNS is how many runs there are.
func TestEngines(t *testing.T) {
	python := othertools.FindLarge(t, "python3")
	installed := os.Getenv("EXPARCHIVE_ENGINES")
	engines, err := os.ReadDir(installed)
	if err != nil || len(engines) == 0 {
		t.Fatalf("EXPARCHIVE_ENGINES=%q: no engines: %v", installed, err)
	}
	count := 50
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_RUNS")); err == nil {
		count = n
	}
	script, err := filepath.Abs("../../internal/dataset/engines/ask.py")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	source, data, lines := filepath.Join(folder, "runs"), filepath.Join(folder, "data"), filepath.Join(folder, "lines")
	for _, dir := range []string{source, lines} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	files := manyRuns(t, source, count)
	runQuietly(t, "export", source, "--format", "parquet", "-o", data)
	expected, err := json.Marshal(answersOf(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "expected.json"), expected, 0o666); err != nil {
		t.Fatal(err)
	}
	var list []string
	for i, path := range files {
		list = append(list, filepath.Join(lines, fmt.Sprintf("%04d.jsonl", i)))
		runQuietly(t, "export", path, "-o", list[i])
	}
	for _, e := range engines {
		name, _, _ := strings.Cut(e.Name(), "-")
		args := append([]string{script, name, data, filepath.Join(folder, "expected.json")}, list...)
		cmd := exec.CommandContext(t.Context(), python, args...)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(installed, e.Name()))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%.4000s", e.Name(), err, out)
		}
		t.Logf("%s", out)
	}
}
