package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The licences of a package are those in its folder and in the folders above it, in the module.
func TestLicences(t *testing.T) {
	module := t.TempDir()
	mit, err := os.ReadFile("../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"m/LICENSE": string(mit), "m/licence.go": "package m", "m/a/b/NOTICE": "by b", "m/a/b/b.go": "package b",
		"m/other/COPYING": "of others", "m/LICENSE-3RD-PARTY.md": string(mit), "LICENSE": "outside",
		"m/a/SQLITE-LICENSE": "public domain",
	} {
		path := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string][]byte{}
	if err := readLicences(texts, filepath.Join(module, "m"), filepath.Join(module, "m/a/b")); err != nil {
		t.Fatal(err)
	}
	var names []string
	c := component{path: "example.org/m", version: "v1"}
	for name, text := range texts {
		names = append(names, name)
		c.licences = append(c.licences, licence{name, text, identify(text)})
	}
	slices.Sort(names)
	if got, want := strings.Join(names, " "), "LICENSE LICENSE-3RD-PARTY.md a/SQLITE-LICENSE a/b/NOTICE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.ids(); len(got) != 1 || got[0] != "MIT" {
		t.Errorf("got %q, want MIT", got)
	}
	if _, err := licenceText([]component{{path: "example.org/none", version: "v1"}}); err == nil {
		t.Error("a component without a licence: got no error")
	}
}
