package paper

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/provider/digest"
)

// SourceSuffix is behind the name of a file in that of the record of what it came from.
const SourceSuffix = ".source.json"

// check refuses what contradicts itself or leads out of the folder.
func (p *Paper) check() error {
	fail := func(line int, format string, args ...any) error {
		return &LineError{line, fmt.Errorf(format, args...)}
	}
	for _, r := range p.Runs {
		switch {
		case r.Name == "" || strings.ContainsFunc(r.Name, unicode.IsControl):
			return fail(r.Line, "a run wants a name, without control characters, not %.80q", r.Name)
		case p.byName[r.Name] != nil:
			return fail(r.Line, "there are two runs %.80q", r.Name)
		}
		p.byName[r.Name] = r
		if err := checkInput(r.File); err != nil {
			return fail(r.Line, "run %.80q: %w", r.Name, err)
		}
		if r.ID == "" {
			return fail(r.Line, "run %.80q: the id is empty", r.Name)
		}
		if _, err := digest.ParseHash(r.Digest); err != nil || r.Digest != strings.ToLower(r.Digest) {
			return fail(r.Line, "run %.80q: digest %.80q, want 64 hexadecimal digits in lower case", r.Name, r.Digest)
		}
	}
	if len(p.Runs) == 0 {
		return fmt.Errorf("%w: no runs", ErrPaper)
	}
	for _, r := range p.Runs {
		if r.Baseline != "" && p.byName[r.Baseline] == nil {
			return fail(r.Line, "run %.80q: the baseline %.80q is no run", r.Name, r.Baseline)
		}
	}
	if p.LicenceFile != "" {
		if err := checkInput(p.LicenceFile); err != nil {
			return fmt.Errorf("%w: licence-file: %w", ErrPaper, err)
		}
	}
	taken := map[string]string{} // names of files, as file systems without case have them
	folders := map[string]bool{}
	for _, it := range p.Items {
		if err := checkOutput(it.File); err != nil {
			return fail(it.Line, "file %.200q: %w", it.File, err)
		}
		for _, name := range it.Runs {
			if p.byName[name] == nil {
				return fail(it.Line, "file %.80q: no run %.80q", it.File, name)
			}
		}
		if it.Runs == nil {
			for _, r := range p.Runs {
				if !slices.ContainsFunc(it.Select, func(l Label) bool { return !r.has(l) }) {
					it.Runs = append(it.Runs, r.Name)
				}
			}
		}
		if len(it.Runs) == 0 {
			return fail(it.Line, "file %.80q: no run has these labels", it.File)
		}
		for _, name := range []string{it.File, it.File + SourceSuffix} {
			if other, ok := taken[folded(name)]; ok {
				return fail(it.Line, "file %.200q: %.200q is the name of another file", it.File, other)
			}
			taken[folded(name)] = name
		}
		for dir := path.Dir(it.File); dir != "."; dir = path.Dir(dir) {
			folders[folded(dir)] = true
		}
	}
	for _, it := range p.Items {
		if folders[folded(it.File)] || folders[folded(it.File+SourceSuffix)] {
			return fail(it.Line, "file %.200q: it is the folder of another file", it.File)
		}
	}
	return nil
}

// folded gives a name as a file system compares it that makes no difference between capital and small letters.
func folded(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// checkInput refuses names of runs that mean something else on another machine, and addresses with something secret.
func checkInput(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name of the file is empty")
	case webfile.Is(name) && webfile.Shown(name) != name:
		return fmt.Errorf("file %.200q: %w", webfile.Shown(name), ErrSecret)
	case strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || len(name) > 1 && name[1] == ':':
		return fmt.Errorf("file %.200q: want a path relative to that of the paper, with slashes", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("file %.200q has control characters", name)
	}
	return nil
}

// maxName is the longest name of a file, in bytes, that is sure to be possible with SourceSuffix behind it.
const maxName = 200

// checkOutput refuses names of files that lead out of the folder, or that not every file system takes.
func checkOutput(name string) error {
	if name == "" {
		return fmt.Errorf("the name is empty")
	}
	for _, part := range strings.Split(name, "/") {
		base, _, _ := strings.Cut(part, ".")
		switch {
		case part == "" || part == "." || part == "..":
			return fmt.Errorf("want a name in the folder for the files, in which no part is empty, a point or two")
		case strings.HasPrefix(part, "."):
			return fmt.Errorf("a name that begins with a point hides the file")
		case strings.ContainsFunc(part, func(r rune) bool {
			return !unicode.IsPrint(r) ||
				strings.ContainsRune(`\:*?"<>|`, r)
		}):
			return fmt.Errorf("it has characters that not every file system takes")
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || strings.HasPrefix(part, " "):
			return fmt.Errorf("spaces at the ends and a point at the end are not what every file system takes")
		case reserved(strings.TrimRight(base, " ")):
			return fmt.Errorf("%s is the name of a device on Windows", base)
		case len(part) > maxName:
			return fmt.Errorf("a name of %d bytes, want at most %d", len(part), maxName)
		}
	}
	return nil
}

// reserved reports whether a name, without what follows its first point, is that of a device on Windows.
func reserved(base string) bool {
	base = strings.ToUpper(base)
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	if number, ok := strings.CutPrefix(base, "COM"); ok || strings.HasPrefix(base, "LPT") {
		if !ok {
			number = base[3:]
		}
		return number != "" && strings.Contains("0123456789¹²³", number) && len([]rune(number)) == 1
	}
	return false
}
