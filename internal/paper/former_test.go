package paper

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// Former finds what this paper made and does not list, and nothing else, whatever records say.
func TestFormer(t *testing.T) {
	folder := t.TempDir()
	p := &Paper{Path: filepath.Join(folder, "paper.yaml"), Runs: []*Run{{Name: "r", File: "run.json"}},
		Items: []*Item{{File: "listed.csv"}, {File: "In/Listed.csv"}}}
	put := func(name string, text []byte) {
		t.Helper()
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	record := func(name, of, paper string) {
		put(name+SourceSuffix, Source{File: of, SHA256: sum([]byte("text")), Bytes: 4, Paper: SourcePaper{File: paper}}.Text())
	}
	for _, name := range []string{
		"listed.csv", "in/listed.csv", "old.csv", "in/deep/old.pdf", ".hidden/old.csv", ".old.csv", "run.json", "other.csv",
		"copy.csv", "program.exe", "none.csv", "con.csv", "edited.csv", "longer.csv",
	} {
		if name == "con.csv" && runtime.GOOS == "windows" {
			continue // which there is the name of a device
		}
		put(name, []byte("text"))
		record(name, name, "paper.yaml")
	}
	record("other.csv", "other.csv", "slides.yaml")
	record("copy.csv", "old.csv", "paper.yaml")
	record("gone.csv", "gone.csv", "paper.yaml")
	next := func(name, text string) {
		put(filepath.ToSlash(NextSource(name)), Source{File: name, SHA256: sum([]byte(text)), Bytes: len(text),
			Paper: SourcePaper{File: "paper.yaml"}}.Text())
	}
	put("short.csv", []byte("text")) // its build ended before its record had its place
	next("short.csv", "text")
	put("again.csv", []byte("longer text"))
	record("again.csv", "again.csv", "paper.yaml")
	next("again.csv", "longer text")
	put("mine.csv", []byte("mine"))
	next("mine.csv", "text")
	put("none.csv"+SourceSuffix, []byte("{"))
	put("edited.csv", []byte("tuxt"))
	put("longer.csv", []byte("texttext"))
	if err := os.Mkdir(filepath.Join(folder, "folder.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	record("folder.csv", "folder.csv", "paper.yaml")

	got, err := p.Former(folder)
	want := []Former{{"again.csv", true, false}, {"edited.csv", true, true}, {"folder.csv", true, true}, {"gone.csv", false, false},
		{"in/deep/old.pdf", true, false}, {"longer.csv", true, true}, {"mine.csv", true, true}, {"old.csv", true, false},
		{"short.csv", true, false}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := p.Former(filepath.Join(folder, "none")); err != nil || got != nil {
		t.Errorf("of no folder: got %v, %v", got, err)
	}
}
