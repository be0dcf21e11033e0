package main

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

var dist = flag.String("dist", "", "look at the `folder` that make dist wrote")

// made gives the paths of the files in the folder that end so, one at least.
func made(t *testing.T, end string) []string {
	t.Helper()
	if *dist == "" {
		t.Skip("make dist-check says which folder to look at")
	}
	paths, err := filepath.Glob(filepath.Join(*dist, "*"+end))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no *%s: %v", *dist, end, err)
	}
	return paths
}

// unpackedAt unpacks an archive of a platform and gives the files by their names without the folder.
func unpackedAt(t *testing.T, path string) map[string]unpacked {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unpack, end := untar, ".tar.gz"
	if strings.HasSuffix(path, ".zip") {
		unpack, end = unzip, ".zip"
	}
	all := map[string]unpacked{}
	for _, f := range unpack(t, text) {
		name, ok := strings.CutPrefix(f.name, strings.TrimSuffix(filepath.Base(path), end)+"/")
		if !ok {
			t.Errorf("%s: %s lies outside of its folder", path, f.name)
		}
		all[name] = f
	}
	return all
}

func archives(t *testing.T) []string {
	t.Helper()
	all := made(t, ".cdx.json")
	for i, path := range all {
		path = strings.TrimSuffix(path, ".cdx.json")
		if all[i] = path + ".tar.gz"; strings.Contains(path, "_windows_") {
			all[i] = path + ".zip"
		}
	}
	return all
}

// program gives the binary of an archive, as a file.
func program(t *testing.T, files map[string]unpacked) string {
	t.Helper()
	for _, name := range []string{"exparchive", "exparchive.exe"} {
		if f, ok := files[name]; ok {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, f.data, f.mode); err != nil {
				t.Fatal(err)
			}
			if f.mode != 0o755 || len(f.data) > 27e6 {
				t.Errorf("%s: got the mode %v and %d bytes, want 0755 and 27000000 at most", f.name, f.mode, len(f.data))
			}
			return path
		}
	}
	t.Fatal("there is no binary")
	return ""
}

// Every archive is complete, every binary static, and whatever it says that is linked into it has its licence there and
// stands in the bill of materials.
func TestDist_archives(t *testing.T) {
	for _, path := range archives(t) {
		files := unpackedAt(t, path)
		for _, name := range []string{"LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "man/man1/exparchive.1",
			"man/man1/exparchive-record.1", "completions/exparchive.bash", "completions/_exparchive",
			"completions/exparchive.fish", "completions/exparchive.ps1"} {
			if f, ok := files[name]; !ok || f.mode != 0o644 || len(f.data) == 0 {
				t.Errorf("%s: %s: got the mode %v and %d bytes", path, name, f.mode, len(f.data))
			}
		}
		binary := program(t, files)
		if strings.Contains(path, "_linux_") || strings.Contains(path, "_freebsd_") {
			f, err := elf.Open(binary)
			if err != nil {
				t.Fatal(err)
			}
			if f.Section(".interp") != nil || f.Section(".dynamic") != nil || f.Section(".symtab") != nil {
				t.Errorf("%s: the binary is not static, or has symbols", path)
			}
			f.Close()
		}
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		if len(info.Deps) < 15 {
			t.Errorf("%s: the binary says that %d modules are in it", path, len(info.Deps))
		}
		bill := readBill(t, path)
		text := string(files["THIRD-PARTY-LICENSES.txt"].data)
		for _, m := range info.Deps {
			if !strings.Contains(text, "\n"+m.Path+" "+m.Version+": ") {
				t.Errorf("%s: no licence of %s %s", path, m.Path, m.Version)
			}
			if !slices.ContainsFunc(*bill.Components, func(c cdx.Component) bool {
				return c.Name == m.Path && c.Version == m.Version && c.Licenses != nil && len(*c.Licenses) > 0
			}) {
				t.Errorf("%s: %s %s is not in the bill of materials, or has no licence there", path, m.Path, m.Version)
			}
		}
		if n := len(*bill.Components); n != len(info.Deps)+2 { // SQLite and the standard library
			t.Errorf("%s: the bill of materials has %d components, the binary %d modules", path, n, len(info.Deps))
		}
		for _, words := range []string{
			"Go and its standard library " + strings.TrimPrefix(info.GoVersion, "go") + ": LICENSE",
			"public domain", "Redistribution and use in source and binary forms", "Apache License",
		} {
			if !strings.Contains(text, words) {
				t.Errorf("%s: no licence says %q", path, words)
			}
		}
	}
}

func readBill(t *testing.T, archive string) *cdx.BOM {
	t.Helper()
	path := strings.TrimSuffix(strings.TrimSuffix(archive, ".tar.gz"), ".zip") + ".cdx.json"
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var bill cdx.BOM
	if err := cdx.NewBOMDecoder(f, cdx.BOMFileFormatJSON).Decode(&bill); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &bill
}

// The bills of materials follow the JSON schema of CycloneDX, as its Python library has it.
func TestDist_billSchema(t *testing.T) {
	paths := made(t, ".cdx.json")
	python := find(t, "python3")
	if exec.CommandContext(t.Context(), python, "-c", "import cyclonedx.validation.json, jsonschema").Run() != nil {
		t.Skip("there is no cyclonedx-python-lib[json-validation]")
	}
	const check = `import sys
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.schema import SchemaVersion
for path in sys.argv[1:]:
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(path, encoding="utf-8").read())
    if wrong: sys.exit(f"{path}: {wrong}")`
	cmd := exec.CommandContext(t.Context(), python, append([]string{"-c", check}, paths...)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

// runs has the program of this platform record and check a run, and gives what --version says.
func runs(t *testing.T, program string) (version struct{ Version, Commit, SQLite string }) {
	t.Helper()
	folder := t.TempDir()
	for _, args := range [][]string{{"run", "exp1", "-o", "a.simexp"}, {"verify", "a.simexp"}, {"--version", "--json"}} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir, cmd.Env = folder, []string{"PATH=/none", "HOME=" + folder}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if args[0] == "--version" {
			if err := json.Unmarshal(out, &version); err != nil {
				t.Fatal(err)
			}
		}
	}
	return version
}

// Who unpacks the archive of this platform in an empty folder has a program that works and says what it is.
func TestDist_unpacked(t *testing.T) {
	for _, path := range archives(t) {
		name := filepath.Base(path)
		if !strings.Contains(name, "_"+runtime.GOOS+"_"+runtime.GOARCH+".") {
			continue
		}
		got := runs(t, program(t, unpackedAt(t, path)))
		bill := readBill(t, path)
		component := bill.Metadata.Component
		if got.Version != component.Version || len(got.Commit) != 40 ||
			got.Commit != (*component.Pedigree.Commits)[0].UID ||
			!strings.Contains(name, "_"+strings.TrimPrefix(got.Version, "v")+"_") {
			t.Errorf("%s: the program says %+v", name, got)
		}
		return
	}
	t.Skip("there is none of this platform")
}

// What the Debian packages put where; what they bring runs.
func TestDist_debian(t *testing.T) {
	packages := made(t, ".deb")
	dpkg := find(t, "dpkg-deb")
	for _, path := range packages {
		root := t.TempDir()
		if said, err := exec.CommandContext(t.Context(), dpkg, "-x", path, root).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		for _, name := range []string{"bin/exparchive", "share/man/man1/exparchive.1.gz",
			"share/man/man1/exparchive-record.1.gz", "share/bash-completion/completions/exparchive",
			"share/zsh/vendor-completions/_exparchive", "share/fish/vendor_completions.d/exparchive.fish",
			"share/doc/exparchive/copyright", "share/doc/exparchive/changelog.gz"} {
			if info, err := os.Stat(filepath.Join(root, "usr", name)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %s: %v", path, name, err)
			}
		}
		if strings.HasSuffix(path, "_"+runtime.GOARCH+".deb") {
			runs(t, filepath.Join(root, "usr/bin/exparchive"))
		}
	}
}

// lintian(1) has nothing to say about the Debian packages. It takes some bytes of the binary for misspelt words.
func TestDist_lintian(t *testing.T) {
	packages := made(t, ".deb")
	lintian := find(t, "lintian")
	for _, path := range packages {
		cmd := exec.CommandContext(t.Context(), lintian, "--profile", "debian", "--allow-root",
			"--fail-on", "error,warning,info", "--tag-display-limit", "0", "--display-info",
			"--suppress-tags", "spelling-error-in-binary", path)
		if said, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(said)) > 0 {
			t.Errorf("lintian: %v: %s", err, said)
		}
	}
}

// Homebrew's formula installs all from the archive, and its test passes, with what stands in for Homebrew.
func TestDist_formula(t *testing.T) {
	formula := made(t, "exparchive.rb")[0]
	ruby := find(t, "ruby")
	for _, path := range archives(t) {
		name := filepath.Base(path)
		if !strings.Contains(name, "_"+runtime.GOOS+"_"+runtime.GOARCH+".") {
			continue
		}
		system, ok := map[string]string{"linux": "linux", "darwin": "macos"}[runtime.GOOS]
		processor := map[string]string{"amd64": "intel", "arm64": "arm"}[runtime.GOARCH]
		if !ok || processor == "" {
			break
		}
		from, prefix := t.TempDir(), t.TempDir()
		for name, f := range unpackedAt(t, path) {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(from, name)), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(from, name), f.data, f.mode); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.CommandContext(t.Context(), ruby, "testdata/install.rb", formula, from, prefix, system,
			processor).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
		}
		sums, err := os.ReadFile(filepath.Join(*dist, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Fields(string(out))
		if len(lines) != 2 || !strings.HasSuffix(lines[0], "/"+name) ||
			!strings.Contains(string(sums), lines[1]+"  "+name+"\n") {
			t.Errorf("got %q, want the address and the checksum of %s", lines, name)
		}
		for _, name := range []string{"bin/exparchive", "share/man/man1/exparchive-record.1",
			"share/zsh/site-functions/_exparchive", "etc/bash_completion.d/exparchive",
			"share/fish/vendor_completions.d/exparchive.fish", "share/doc/exparchive/THIRD-PARTY-LICENSES.txt"} {
			if _, err := os.Stat(filepath.Join(prefix, name)); err != nil {
				t.Error(err)
			}
		}
		return
	}
	t.Skip("there is none of this platform")
}
