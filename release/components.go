package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// A component is a module that is linked into a binary, or the standard library.
type component struct {
	path     string // of the module; "std" is the standard library
	version  string
	sum      string // of the module's files, as in go.sum
	licences []licence
}

// A licence is a file of a component that says what may be done with it.
type licence struct {
	name string // in the component, with slashes
	text []byte
	ids  []string // of SPDX, sorted; none if the text is none that is known
}

// licenceName matches the names of such files.
var licenceName = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|copyright|notice|patents)|` +
	`[-_.](licen[cs]e|copyright)(\.txt|\.md)?$`)

// licenceCode matches source code among them.
var licenceCode = regexp.MustCompile(`\.(go|s|c|h|py)$`)

// components gives what is linked into a binary, sorted by path, with the licences of the folders that its packages lie
// in and of those above. Which modules these are the binary itself says.
func (r *release) components(ctx context.Context, p platform, binary string) ([]component, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	linked := map[string]component{"std": {path: "std", version: strings.TrimPrefix(info.GoVersion, "go")}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			return nil, fmt.Errorf("the module %s is replaced by %s", m.Path, m.Replace.Path)
		}
		linked[m.Path] = component{path: m.Path, version: m.Version, sum: m.Sum}
	}
	list := r.goCommand(ctx, p, "list", "-deps", "-tags", tags, "-json=Dir,Standard,Module", "./cmd/exparchive")
	var out bytes.Buffer
	list.Stdout = &out
	if err := list.Run(); err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	goroot, err := r.output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	found := map[string]map[string][]byte{} // by component, and the name of a file in it
	for d := json.NewDecoder(&out); ; {
		var pkg struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Dir string
				Main      bool
			}
		}
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		path, root := "std", goroot
		switch {
		case pkg.Module != nil && pkg.Module.Main, pkg.Dir == "":
			continue
		case pkg.Standard: // what lies deeper is of BoringSSL, which is linked only with cgo
			pkg.Dir = goroot
		case pkg.Module != nil:
			path, root = pkg.Module.Path, pkg.Module.Dir
		case !pkg.Standard:
			return nil, fmt.Errorf("the package in %s is of no module", pkg.Dir)
		}
		if _, ok := linked[path]; !ok {
			return nil, fmt.Errorf("the binary does not say that %s is in it", path)
		}
		if found[path] == nil {
			found[path] = map[string][]byte{}
		}
		if err := readLicences(found[path], root, pkg.Dir); err != nil {
			return nil, err
		}
	}
	var all []component
	for path, c := range linked {
		for name, text := range found[path] {
			c.licences = append(c.licences, licence{name, text, identify(text)})
		}
		slices.SortFunc(c.licences, func(a, b licence) int { return strings.Compare(a.name, b.name) })
		if len(c.ids()) == 0 {
			return nil, fmt.Errorf("no licence that is known of %s %s", c.path, c.version)
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b component) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// readLicences reads the licences in a folder and in those above it up to root.
func readLicences(texts map[string][]byte, root, folder string) error {
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(folder, e.Name())
			if e.IsDir() || !licenceName.MatchString(e.Name()) || licenceCode.MatchString(e.Name()) {
				continue
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if name = filepath.ToSlash(name); texts[name] != nil {
				continue
			}
			if texts[name], err = os.ReadFile(path); err != nil {
				return err
			}
		}
		up := filepath.Dir(folder)
		if folder == root || up == folder {
			return nil
		}
		folder = up
	}
}

// identify gives the identifiers of SPDX of the licences that make up most of a text. What Google grants in a file of
// its own, PATENTS, has none.
func identify(text []byte) (ids []string) {
	scanned := licensecheck.Scan(text)
	if scanned.Percent < 50 {
		return nil
	}
	for _, m := range scanned.Match {
		if !m.IsURL && m.ID != "GooglePatentsFile" {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// others matches the names of files that tell of what a component contains of others, and mostly for its own tests.
var others = regexp.MustCompile(`(?i)3rd.?party|third.?party`)

// ids gives the identifiers of the licences of a component, sorted.
func (c *component) ids() (ids []string) {
	for _, l := range c.licences {
		if !others.MatchString(l.name) {
			ids = append(ids, l.ids...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// licenceText is the file that has the licences of all components, equal texts once.
func licenceText(parts []component) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("exparchive is under the licence in LICENSE. It contains what follows, under these licences.\n")
	places := map[string][]string{} // of a text, in components
	var order []string
	for _, c := range parts {
		name := c.path + " " + c.version
		if c.path == "std" {
			name = "Go and its standard library " + c.version
		}
		if len(c.licences) == 0 {
			return nil, fmt.Errorf("%s has no licence", name)
		}
		for _, l := range c.licences {
			text := strings.TrimSpace(strings.ReplaceAll(string(l.text), "\r\n", "\n"))
			if places[text] == nil {
				order = append(order, text)
			}
			places[text] = append(places[text], name+": "+l.name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 78), strings.Join(places[text], "\n"), text)
	}
	return b.Bytes(), nil
}
