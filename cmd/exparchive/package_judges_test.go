package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
)

// aboutAll says everything that can be said of a package.
var aboutAll = []string{"--title", "Liquidity at play", "--author",
	"Lovelace, Ada; 0000-0002-1825-0097; University of London; https://ror.org/04cw6st05", "--licence", "CC-BY-4.0",
	"--publisher", "Zenodo; https://zenodo.org", "--doi", "10.5281/zenodo.1", "--keyword", "liquidity",
	"--funding", "A fund; https://example.org/fund; 123; Money", "--date", "2026-11-29",
	"--software", "exparchive; https://github.com/simexp/exparchive; 1.0"}

// TestJudgesPackage: programs of others take a package for what it says it is: one that says everything, and one of
// which every text wants to be more than text.
func TestJudgesPackage(t *testing.T) {
	for _, name := range []string{"rocrate-validator", "bagit.py", "cffconvert", "node", "sha512sum", "unzip"} {
		othertools.FindLarge(t, name)
	}
	validator, err := filepath.Abs("../../internal/crate/judges/validate.py")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	hostile := packageFor(t, folder, aboutHostile...)
	zipped := packageFor(t, folder, append(aboutHostile, "-o", filepath.Join(folder, "out.zip"))...) + ".zip"
	complete := packageFor(t, t.TempDir(), aboutAll...)
	check := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%q in %s: %v\n%s", args, dir, err, out)
		}
	}
	for _, bag := range []struct{ folder, severity string }{{hostile, "REQUIRED"}, {complete, "RECOMMENDED"}} {
		check(bag.folder, "python3", validator, "--no-interactive", "validate", "--no-cache", "--output-format", "json",
			"--profile-identifier", "process-run-crate", // which has the checks of RO-Crate 1.1 too
			"--requirement-severity", bag.severity, "data")
		check(filepath.Dir(bag.folder), "bagit.py", "--validate", filepath.Base(bag.folder))
		for _, manifest := range []string{"manifest-sha512.txt", "tagmanifest-sha512.txt"} {
			check(bag.folder, "sha512sum", "--strict", "-c", manifest)
		}
		check(bag.folder, "cffconvert", "--validate", "-i", "data/CITATION.cff")
		check(bag.folder, "node", "-e", `
const {ROCrate} = require("ro-crate"), fs = require("fs");
const crate = new ROCrate(JSON.parse(fs.readFileSync("data/ro-crate-metadata.json")), {array: true, link: true});
const parts = crate.rootDataset.hasPart.map(part => decodeURIComponent(part["@id"]));
for (const part of parts) fs.statSync("data/" + part);
if (parts.length < 10 || !crate.rootDataset.mentions[0].instrument[0].name[0]) process.exit(1);`)
	}
	check(folder, "unzip", "-q", zipped)
	check(filepath.Join(folder, "touch-ran-touch-ran-touch-ran"), "sha512sum", "--strict", "-c", "manifest-sha512.txt")
	check(folder, "sh", "touch-ran-touch-ran-touch-ran/data/reproduce.sh")

	// What is broken is found.
	if err := os.WriteFile(filepath.Join(hostile, "data", "README.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "bagit.py", "--validate", hostile).Run(); err == nil {
		t.Error("bagit.py finds nothing in a bag with a changed file")
	}
}

// TestJudgesCitation: a processor of CSL reads the CSL-JSON of all, and sets the names, the title and the year.
func TestJudgesCitation(t *testing.T) {
	python := othertools.FindLarge(t, "python3")
	folder := t.TempDir()
	packageFor(t, folder, aboutHostile...)
	var items []json.RawMessage
	for _, title := range append([]string{"Liquidity at play"}, hostileNames...) {
		if strings.ContainsAny(title, "\n\t\x1b\u202e") || strings.TrimSpace(title) == "" { // which no title has
			continue
		}
		cmd := exec.CommandContext(t.Context(), "exparchive", "cite", "exp1.simexp", "--no-paper", "--format", "csl",
			"--title", title,
			"--author", "Lovelace, Ada", "--author", "The group", "--date", "2026-11-29")
		cmd.Dir = folder
		out, err := cmd.Output()
		var one []map[string]any
		if err == nil {
			err = json.Unmarshal(out, &one)
		}
		if err != nil {
			t.Fatalf("%q: %v", title, err)
		}
		one[0]["id"] = "k" + string(rune('a'+len(items))) // the key is the same for one run
		text, err := json.Marshal(one[0])
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, text)
	}
	text, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", `
import json, sys
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
items = json.load(sys.stdin)
style = CitationStylesStyle("harvard-cite-them-right", validate=False)
list = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
for item in items:
    list.register(Citation([CitationItem(item["id"])]))
texts = [str(x) for x in list.bibliography()]
assert len(texts) == len(items), texts
for text in texts:
    assert "Lovelace" in text and "The group" in text and "2026" in text, text
assert any("Liquidity at play" in text for text in texts), texts
`)
	cmd.Stdin = strings.NewReader(string(text))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
