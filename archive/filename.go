package archive

import (
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is how many bytes of a run's id FileName keeps. File systems take names of 255, and files with longer
// names stand beside an archive while it is recorded or changed.
const maxFileName = 200

// FileName gives the name of the archive of a run, one that every file system takes: its id, and the extension. Another
// id gives another name, though file systems that do not tell upper from lower case may take two of them for one. In
// the name stand as %xx, two hexadecimal digits for each byte,
//   - what Windows keeps for itself (/ \ : * ? " < > |), the percent sign, bytes that are not UTF-8, and characters that do
//     not print;
//   - a dot or hyphen at the beginning, which hide the file or make an option of it;
//   - a dot or blank at the end, which Windows would cut off from a name without its extension;
//   - the first letter of a name that Windows keeps for a device, such as con or com1.
//
// What is longer than 200 bytes is cut, and a 64-bit hash of the id put behind it.
//
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
func FileName(runID string) string {
	var b strings.Builder
	reserved := reservedName(runID)
	for i := 0; i < len(runID); {
		r, size := utf8.DecodeRuneInString(runID[i:])
		text := runID[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1, !unicode.IsPrint(r), strings.ContainsRune(`/\:*?"<>|%`, r),
			i == 0 && (r == '.' || r == '-' || reserved), i+size == len(runID) && (r == '.' || r == ' '):
			text = escaped(text)
		}
		if b.Len()+len(text) > maxFileName {
			hash := fnv.New64a()
			hash.Write([]byte(runID))
			fmt.Fprintf(&b, "~%016x", hash.Sum64())
			break
		}
		b.WriteString(text)
		i += size
	}
	return b.String() + Extension
}

// escaped gives %xx for each byte of s.
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02x", s[i])
	}
	return b.String()
}

// reservedName reports whether Windows takes a file of that name, whatever its extension, for a device.
func reservedName(name string) bool {
	base, _, _ := strings.Cut(strings.ToLower(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	for _, port := range []string{"com", "lpt"} {
		switch n, ok := strings.CutPrefix(base, port); {
		case !ok:
		case len(n) == 1 && n[0] >= '0' && n[0] <= '9', n == "¹", n == "²", n == "³":
			return true
		}
	}
	return false
}
