package crate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/provider"
)

const sampleDigest = "dc232429cfebd6319c9b2aa85bd4a5338579172ff5b18d759278783b35e875f2"

// hostile are texts that want to be more than text.
var hostile = []string{
	"'; rm -rf / #", "$(touch x)`touch x`${HOME}", "\"\n'\n", "\n# CHECKS\n", "../../x", "/etc/passwd", "a\x00b",
	"\x1b[31m", "\u202egnp.exe",
	"con", "COM1.txt", "LPT9", "...", "-rf", "~", "", "%0A", "é銀", strings.Repeat("x", 1000), "a b", "</script>", "}",
	`\`, "\xff",
}

var safe = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func TestSafeName(t *testing.T) {
	for _, s := range hostile {
		name := safeName(s)
		base, _, _ := strings.Cut(name, ".")
		if !safe.MatchString(name) || len(name) > maxStem+4 || deviceName(base) {
			t.Errorf("%q: got %q", s, name)
		}
	}
	for id, want := range map[string]string{"exp1-20260105-090000-75d748": "exp1-20260105-090000-75d748", "a/b": "a_b",
		"con":    "run-con",
		"com1.x": "run-com1.x", "com": "com", "": "run", "_": "run"} {
		if got := safeName(id); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
	b := &Builder{}
	seen := map[string]bool{}
	for i, id := range []string{"a/b", "a:b", "A_B", "a_b", "a?b"} {
		d := fmt.Sprintf("%064x", i)
		if i == 4 {
			d = fmt.Sprintf("%064x", 3)
		}
		name := b.free(safeName(id), d, ".simexp")
		if folded := strings.ToLower(name); seen[folded] {
			t.Errorf("%q: got %s again", id, name)
		} else {
			seen[folded] = true
		}
		b.runs = append(b.runs, &Run{File: name})
	}
	if got := FolderName("Liquidity at play: $(x) É"); got != "liquidity-at-play-x" {
		t.Errorf("got %q", got)
	}
	if got := FolderName("銀"); got != "run" {
		t.Errorf("got %q", got)
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string][2]string{
		"2026-01-05T09:11:50.672Z":         {"2026-01-05T09:11:50.672+00:00", "2026-01-05"},
		"2026-01-05T09:11:50Z":             {"2026-01-05T09:11:50.000+00:00", "2026-01-05"},
		"2026-01-05 09:11:50.672999+02:00": {"2026-01-05T09:11:50.672+02:00", "2026-01-05"},
		"2026-01-05T09:11:50.672":          {"2026-01-05", "2026-01-05"}, // no distance from UTC is invented
		"2026-01-05":                       {"2026-01-05", "2026-01-05"},
		"2026-02-30T00:00:00":              {"", ""}, "x": {"", ""}, "": {"", ""}, "1970-01-01T00:00:00Z": {"", ""},
	} {
		if got := moment(text); got != want[0] {
			t.Errorf("%q: got %q, want %q", text, got, want[0])
		}
		if got := lastDay("", text); got != want[1] {
			t.Errorf("%q: got the day %q, want %q", text, got, want[1])
		}
	}
}

// TestHostile: a package of which every text wants to be more than text has a script in which nothing of them stands,
// metadata that read as these texts, and a README and tags without lines of their own.
func TestHostile(t *testing.T) {
	for _, s := range hostile {
		folder := t.TempDir()
		b, err := NewBuilder(folder)
		if err != nil {
			t.Fatal(err)
		}
		r := &Run{File: b.pathFor(s), ID: s, Digest: sampleDigest, Experiment: s, Type: s, Status: provider.Status(s),
			Reason:  s,
			Started: s,
			Ended:   s, Withheld: 3, Invalid: s, Source: s}
		failed := &Run{File: "runs/failed.simexp", ID: "f", Digest: sampleDigest, Experiment: s,
			Status: provider.StatusFailed,
			Reason: s}
		b.runs = []*Run{r, failed}
		for _, r := range b.runs {
			if err := b.write(r.File, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		title := "T"
		if (&citation.Work{Title: s}).Check() == nil && s != "" {
			title = s
		}
		w := citation.Work{Title: title, Abstract: title + "\n" + title, Date: "2026-11-29", Licence: "MIT",
			Authors: []citation.Author{{Family: title, Given: title}, {Group: title + "2",
				Affiliations: []citation.Organisation{{Name: title}}}},
			Publisher: citation.Organisation{Name: title}, Keywords: []string{title}, Software: citation.Software{Name: title},
			Funding: []citation.Grant{{Funder: citation.Organisation{Name: title}, Award: title, Title: title}}}
		if err := w.Check(); err != nil {
			t.Fatal(err)
		}
		if err := b.Finish(w, w.LicenceText(), "devel"); err != nil {
			t.Fatal(err)
		}
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		checks := "run '" + b.runs[0].File + "' '" + sampleDigest + "'\nrun '" + b.runs[1].File + "' '" + sampleDigest + "'\n"
		if got, want := read("data/reproduce.sh"), strings.Replace(script, "# CHECKS\n", checks, 1); got != want {
			t.Errorf("%q: got the script\n%s", s, got)
		}
		var metadata struct {
			Graph []map[string]any `json:"@graph"`
		}
		if err := json.Unmarshal([]byte(read("data/ro-crate-metadata.json")), &metadata); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		ids := map[any]bool{}
		for _, e := range metadata.Graph {
			if ids[e["@id"]] {
				t.Errorf("%q: %v stands twice", s, e["@id"])
			}
			ids[e["@id"]] = true
			if e["@id"] == "./" && e["name"] != title {
				t.Errorf("got the title %q, want %q", e["name"], title)
			}
		}
		for _, e := range metadata.Graph {
			for name, value := range e {
				for _, ref := range references(value) {
					if !ids[ref] && name != "actionStatus" && e["@id"] != metadataFile {
						t.Errorf("%q: %v of %v refers to %v, which is not there", s, name, e["@id"], ref)
					}
				}
			}
		}
		for _, name := range []string{"data/README.txt", "bag-info.txt", "manifest-sha512.txt"} {
			if strings.ContainsAny(read(name), "\x1b\x00\u202e") {
				t.Errorf("%q: %s has what does not show: %q", s, name, read(name))
			}
		}
		if got := strings.Count(read("bag-info.txt"), "\n"); got != 4 {
			t.Errorf("%q: got %d tags, want 4", s, got)
		}
	}
}

// pathFor gives where the archive of a run would lie.
func (b *Builder) pathFor(id string) string { return b.free(safeName(id), sampleDigest, ".simexp") }

// references gives the @ids in a value.
func references(v any) (ids []any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			ids = append(ids, references(x)...)
		}
	case map[string]any:
		ids = append(ids, v["@id"])
	}
	return ids
}

// TestSettle: times and permissions are those of the day and the name, whatever they were.
func TestSettle(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "bag")
	for name, mode := range map[string]fs.FileMode{"data/runs/a.simexp": 0o444, "data/reproduce.sh": 0o755,
		"data/bin/x":    0o755,
		"data/runs.txt": 0o644, "bagit.txt": 0o644} {
		at := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if modeOf(name) != mode {
			t.Errorf("%s: got %o, want %o", name, modeOf(name), mode)
		}
	}
	if err := settle(folder, "2024-02-29"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !info.ModTime().Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: got the time %v", p, info.ModTime())
		}
		if name, _ := filepath.Rel(folder, p); os.PathSeparator == '/' && !d.IsDir() &&
			info.Mode().Perm() != modeOf(filepath.ToSlash(name)) {
			t.Errorf("%s: got the mode %v", p, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPlace: only a package is replaced, and only if that is wanted.
func TestPlace(t *testing.T) {
	parent := t.TempDir()
	make := func(name, text string, isBag bool) string {
		folder := filepath.Join(parent, name)
		if err := errors.Join(os.MkdirAll(filepath.Join(folder, "data"), 0o777),
			os.WriteFile(filepath.Join(folder, "bagit.txt"), []byte(text), 0o444)); err != nil {
			t.Fatal(err)
		}
		if isBag {
			if err := os.WriteFile(filepath.Join(folder, "data", metadataFile), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	out := make("out", "old", false)
	place := func(force bool) error {
		bag, err := outfile.NewFolder(out)
		if err != nil {
			t.Fatal(err)
		}
		defer bag.Abort()
		name, err := filepath.Rel(parent, bag.Temp())
		if err != nil {
			t.Fatal(err)
		}
		make(name, "new", true)
		return Place(bag, out, force)
	}
	if err := place(false); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if err := place(true); err == nil {
		t.Error("a folder that is no package was replaced")
	}
	if text, _ := os.ReadFile(filepath.Join(out, "bagit.txt")); string(text) != "old" {
		t.Errorf("got %q, want that it stays", text)
	}
	make("out", "old", true)
	if err := place(true); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(filepath.Join(out, "bagit.txt")); string(text) != "new" {
		t.Errorf("got %q, want the new one", text)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want that nothing else is left", entries, err)
	}
}
