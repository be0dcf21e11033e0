package main

import (
	"bytes"
	"debug/pe"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPrngLibrary: the library is one, as the reader of the standard library sees it, and its export leads elsewhere.
func TestPrngLibrary(t *testing.T) {
	f, err := pe.NewFile(bytes.NewReader(prngLibrary()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 {
		t.Fatalf("got %+v, %+v", f.FileHeader, f.OptionalHeader)
	}
	section := f.Section(".edata")
	if section == nil {
		t.Fatal("there is no section of exports")
	}
	data, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	exports := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	if exports.VirtualAddress != section.VirtualAddress || exports.Size != section.VirtualSize {
		t.Errorf("exports %+v, section %+v", exports, section.SectionHeader)
	}
	for _, want := range []string{"bcryptprimitives.dll\x00", "ProcessPrng\x00", "advapi32.SystemFunction036\x00"} {
		if !bytes.Contains(data[:exports.Size], []byte(want)) {
			t.Errorf("no %q in the exports", want)
		}
	}
}

// TestSkips: what is left out is there: packages, and tests of these names.
func TestSkips(t *testing.T) {
	for _, s := range skips {
		test, _, _ := strings.Cut(s.tests, "/")
		match := regexp.MustCompile(test)
		found := false
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(s.folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				found = found || match.Match(m[1])
			}
		}
		if !found || s.why == "" {
			t.Errorf("%s has no test %s, or there is no reason", s.folder, s.tests)
		}
	}
	if got := skipped("archive/rewrite"); got != "^TestKill|^TestUpgradeAgain$/^backup_that_is_a_link$" {
		t.Errorf("got %q", got)
	}
	if got := skipped("none"); got != "" {
		t.Errorf("got %q for a package of which nothing is left out", got)
	}
}
