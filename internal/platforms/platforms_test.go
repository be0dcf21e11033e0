package platforms

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
)

// TestTypes: every package and its tests, and what they import, are valid programs on each platform of the Makefile.
// Nothing is compiled, which would take twenty times as long: all is read from its source, and only what this module's
// functions do is looked at. The usual form looks at Windows, which differs most; the long one at one platform of each
// system, and of the one that this is also at those with other processors.
func TestTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, platform := range platforms(t) {
		system, processor, _ := strings.Cut(platform, "/")
		if seen[system] || asOthers[processor] || system != "windows" && !longtest.Enabled() {
			continue
		}
		seen[system] = system != runtime.GOOS
		if system == runtime.GOOS && processor == runtime.GOARCH { // for which the tests are compiled anyway
			continue
		}
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			checkTypes(t, system, processor)
		})
	}
}

// asOthers are processors of 64 bits for which this module has no files of its own: it is the program that it is for
// amd64 and arm64.
var asOthers = map[string]bool{"riscv64": true, "s390x": true}

// TestAsOthers: no file is for one of asOthers alone, by its name or by what it says of itself.
func TestAsOthers(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		before, _, _ := bytes.Cut(text, []byte("\npackage "))
		for processor := range asOthers {
			name := strings.TrimSuffix(strings.TrimSuffix(path, ".go"), "_test")
			if strings.HasSuffix(name, "_"+processor) || buildLine(before, processor) {
				t.Errorf("%s is for %s", path, processor)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 500 {
		t.Errorf("got %d files", files)
	}
}

// buildLine tells whether what stands before the package clause has a line for a processor.
func buildLine(before []byte, processor string) bool {
	for line := range strings.Lines(string(before)) {
		if strings.HasPrefix(line, "//go:build ") && strings.Contains(line, processor) {
			return true
		}
	}
	return false
}

// platforms gives those of target dist.
func platforms(t *testing.T) []string {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^PLATFORMS +\?= ((?:.*\\\n)*.*)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("the Makefile has no PLATFORMS")
	}
	list := strings.Fields(strings.ReplaceAll(string(line[1]), "\\\n", " "))
	if len(list) < 11 {
		t.Errorf("got %q, want 11 platforms or more", list)
	}
	return list
}

// A source is a package as go list describes it.
type source struct {
	Dir, ImportPath string
	GoFiles         []string
	ImportMap       map[string]string // of paths as they stand in the source, where it is another
	DepOnly         bool              // not of this module
	Module          *struct{ GoVersion string }
}

func checkTypes(t *testing.T, system, processor string) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test",
		"-json=Dir,ImportPath,GoFiles,ImportMap,DepOnly,Module", "../../...")
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	list.Stderr = t.Output()
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	checked := imports{"unsafe": types.Unsafe}
	own := 0
	for d := json.NewDecoder(out); ; { // what is imported comes first
		var p source
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if checked[p.ImportPath] != nil || strings.HasSuffix(p.ImportPath, ".test") { // which is made of nothing but calls
			continue
		}
		if !p.DepOnly {
			own++
		}
		checked[p.ImportPath] = p.check(t, checked, types.SizesFor("gc", processor))
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	if own < 40 {
		t.Errorf("got %d packages of this module, want 40 or more", own)
	}
}

// check gives what the package exports and reports what is wrong with it.
func (p *source) check(t *testing.T, checked imports, sizes types.Sizes) *types.Package {
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		parsed = append(parsed, f)
	}
	config := types.Config{
		Importer:         importer{checked, p.ImportMap},
		Sizes:            sizes,
		IgnoreFuncBodies: p.DepOnly,
		Error:            func(err error) { t.Error(err) },
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	exported, _ := config.Check(p.ImportPath, files, parsed, nil)
	return exported
}

type imports map[string]*types.Package

// An importer finds packages that were checked before.
type importer struct {
	checked imports
	renamed map[string]string
}

// Import implements [types.Importer].
func (i importer) Import(path string) (*types.Package, error) {
	if name, ok := i.renamed[path]; ok {
		path = name
	}
	if p := i.checked[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("no package " + path)
}
