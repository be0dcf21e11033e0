package rooms

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/simexp/exparchive/"

// notOnTheMap are programs that make fixtures and packages that are a test; nothing imports them.
var notOnTheMap = []string{"legacy/castro/fixtures", "internal/secrets/secretstest", "internal/rooms",
	"internal/platforms", "internal/wine",
	"archive/internal/btree/btreetest/databases"}

// TestImportsGoDown: every package is on the map once, and imports only what is on lines below its own.
func TestImportsGoDown(t *testing.T) {
	line := readMap(t)
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		at, ok := line[name]
		if slices.Contains(notOnTheMap, name) {
			continue
		}
		if !ok {
			t.Errorf("%s is not on the map", name)
			continue
		}
		for _, imported := range p.Imports {
			imported, ours := strings.CutPrefix(imported, module)
			if to, ok := line[imported]; ours && ok && to <= at {
				t.Errorf("%s, line %d, imports %s, line %d", name, at, imported, to)
			}
		}
		delete(line, name)
	}
	for name := range line {
		t.Errorf("%s is on the map and nowhere else", name)
	}
}

// readMap gives the line of each package on the map.
func readMap(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n```rooms\n")
	rooms, _, ok2 := strings.Cut(rest, "\n```\n")
	if !ok || !ok2 {
		t.Fatal("CONTRIBUTING.md has no map")
	}
	line := map[string]int{}
	for i, names := range strings.Split(rooms, "\n") {
		for _, name := range strings.Fields(names) {
			if _, twice := line[name]; twice {
				t.Errorf("%s is on the map twice", name)
			}
			line[name] = i + 1
		}
	}
	return line
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// packages gives all packages of the module as go list sees them.
func packages(t *testing.T) (all []goPackage) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("go list gives %d packages", len(all))
	}
	return all
}

// TestWithoutNetwork: a program that reads and writes archives does not get a client of the web with it.
func TestWithoutNetwork(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../../archive/...", "../../provider/...",
		"../../series/...", "../../schema/...", "../../sign/...", "../../legacy/castro").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	if !slices.Contains(all, module+"archive") || len(all) < 100 {
		t.Fatalf("go list gives %d packages", len(all))
	}
	if slices.Contains(all, "net/http") {
		t.Error("they import net/http")
	}
}
