package provider

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxPart is the length in bytes of the longest name of a file or folder.
const maxPart = 255

// ErrNotPortable means that an attachment has a name that a file cannot have on every system.
var ErrNotPortable = errors.New("not a name that a file can have on Linux, macOS and Windows alike")

var errNotPlain = errors.New("not a plain relative path")

// CheckPlain gives nil for the name of an attachment that is a plain relative path with slashes: no empty part, no "."
// or "..", no slash at either end, no backslash or colon.
func CheckPlain(name string) error {
	if name == "" || path.Clean(name) != name || path.IsAbs(name) || name == "." || name == ".." ||
		strings.HasPrefix(name, "../") ||
		strings.ContainsAny(name, "\\:") {
		return fmt.Errorf("%.80q is %w", name, errNotPlain)
	}
	return nil
}

// CheckPortable gives nil for the name of an attachment, a plain path, that a file can have on every system. Otherwise
// it gives an error that wraps [ErrNotPortable] and names the part of the path that is at fault.
func CheckPortable(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if why := unportable(part); why != "" {
			return fmt.Errorf("%.80q is %w: %.80q %s", name, ErrNotPortable, part, why)
		}
	}
	return nil
}

// unportable says why a file or folder cannot have a name everywhere; empty if it can.
func unportable(part string) string {
	switch {
	case len(part) > maxPart:
		return fmt.Sprintf("has %d bytes, more than %d", len(part), maxPart)
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return "ends in a dot or a space"
	case strings.HasPrefix(part, " "):
		return "begins with a space"
	}
	for i := range len(part) {
		if c := part[i]; c < ' ' || c == 0x7f || strings.IndexByte(`<>:"|?*\`, c) >= 0 {
			return fmt.Sprintf("has the character %q", c)
		}
	}
	stem, _, _ := strings.Cut(part, ".")
	if isDevice(strings.TrimRight(stem, " ")) {
		return "is the name of a device on Windows"
	}
	return ""
}

// isDevice reports whether Windows takes the name of a file, up to its first dot, for that of a device.
func isDevice(name string) bool {
	name = strings.Map(lower, name)
	switch name {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	number, ok := strings.CutPrefix(name, "com")
	if !ok {
		number, ok = strings.CutPrefix(name, "lpt")
	}
	return ok && (len(number) == 1 && '0' <= number[0] && number[0] <= '9' || number == "¹" || number == "²" ||
		number == "³")
}

// lower makes a letter of ASCII a small one.
func lower(c rune) rune {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// A NameClashError reports two names of attachments of one run that cannot lie in one folder.
type NameClashError struct {
	Name   string // that was refused
	Other  string // that is there
	Folder bool   // one is a folder of the other; else they are the same but for the case of letters
	// Spelling says that it is the way in which Unicode writes letters that tells the names apart. Such names the format
	// allows, as it does those that differ in the case of letters beside A to Z, and the folders of some systems do not.
	Spelling bool
}

func (e *NameClashError) Error() string {
	switch {
	case e.Name == e.Other:
		return fmt.Sprintf("attachment %.80q is recorded already", e.Name)
	case e.Folder:
		return fmt.Sprintf("attachment %.80q cannot lie in one folder with %.80q: one of them would be a folder and a file",
			e.Name, e.Other)
	case e.Spelling:
		return fmt.Sprintf("attachment %+.80q cannot lie in one folder with %+.80q: some systems take the names for the same",
			e.Name, e.Other)
	}
	return fmt.Sprintf("attachment %.80q cannot lie in one folder with %.80q: only the case of letters tells them apart",
		e.Name, e.Other)
}

// Unwrap gives [ErrInvalid].
func (e *NameClashError) Unwrap() error { return ErrInvalid }

// AttachmentNames are the names of the attachments of a run, which can lie in one folder on every system: no two are
// the same, or the same but for the case of the letters A to Z, and none is a folder of another one. Memory is in
// proportion to the names. The zero value is empty. It is not for several goroutines.
type AttachmentNames struct {
	// The names in the order of compareNames, no block empty or longer than maxBlock. In that order what lies in a
	// folder follows the name of the folder, with nothing else between, so that of names that clash two are neighbours.
	blocks [][]string
}

const maxBlock = 512

// Add adds a name. It is a [*NameClashError] if the name cannot lie in one folder with one that is there; it is not
// added then.
func (s *AttachmentNames) Add(name string) error {
	if len(s.blocks) == 0 {
		s.blocks = [][]string{nil}
	}
	b, i, found := s.find(name)
	block := s.blocks[b]
	switch {
	case found:
		return &NameClashError{Name: name, Other: block[i]}
	case i > 0 && isFolder(block[i-1], name):
		return &NameClashError{Name: name, Other: block[i-1], Folder: true}
	}
	next := ""
	if i < len(block) {
		next = block[i]
	} else if b+1 < len(s.blocks) {
		next = s.blocks[b+1][0]
	}
	if isFolder(name, next) {
		return &NameClashError{Name: name, Other: next, Folder: true}
	}
	block = slices.Insert(block, i, name)
	if s.blocks[b] = block; len(block) > maxBlock {
		half := len(block) / 2
		s.blocks[b] = slices.Clone(block[:half])
		s.blocks = slices.Insert(s.blocks, b+1, slices.Clone(block[half:]))
	}
	return nil
}

// Remove takes back a name that was added: its attachment was not recorded after all.
func (s *AttachmentNames) Remove(name string) {
	if len(s.blocks) == 0 {
		return
	}
	b, i, found := s.find(name)
	if !found || s.blocks[b][i] != name {
		return
	}
	if s.blocks[b] = slices.Delete(s.blocks[b], i, i+1); len(s.blocks[b]) == 0 {
		s.blocks = slices.Delete(s.blocks, b, b+1)
	}
}

// find gives the block that a name belongs to and its place there, and whether it, or one that differs in case only, is
// there. There is a block.
func (s *AttachmentNames) find(name string) (b, i int, found bool) {
	b, _ = slices.BinarySearchFunc(s.blocks, name, func(block []string, name string) int {
		if len(block) == 0 { // the only one
			return 1
		}
		return cmp.Or(compareNames(block[0], name), -1) // the first block that begins behind the name
	})
	if b > 0 {
		b--
	}
	i, found = slices.BinarySearchFunc(s.blocks[b], name, compareNames)
	return b, i, found
}

// compareNames orders names by their bytes: capital letters of ASCII as small ones, the slash before everything else.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := order(a[i]), order(b[i]); x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func order(c byte) rune {
	if c == '/' {
		return -1
	}
	return lower(rune(c))
}

// isFolder reports whether name is a folder that other lies in.
func isFolder(name, other string) bool {
	return len(name) < len(other) && other[len(name)] == '/' && compareNames(name, other[:len(name)]) == 0
}
