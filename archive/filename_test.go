package archive

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFileName(t *testing.T) {
	for id, want := range map[string]string{
		"exp1-20251211-140000-abc123": "exp1-20251211-140000-abc123",
		"a/b\\c:d":                    "a%2fb%5cc%3ad",
		`a*b?c"d<e>f|g`:               "a%2ab%3fc%22d%3ce%3ef%7cg",
		"a\x00b\nc\x7f":               "a%00b%0ac%7f",
		".hidden":                     "%2ehidden",
		"..":                          "%2e%2e",
		".":                           "%2e",
		"-o":                          "%2do",
		"a.b":                         "a.b",
		"ends.":                       "ends%2e",
		"ends ":                       "ends%20",
		"two words":                   "two words",
		"100%":                        "100%25",
		"Zürich":                      "Zürich",
		"a\xffb":                      "a%ffb",
		"right\u202eleft":             "right%e2%80%aeleft",
		"con":                         "%63on",
		"CON":                         "%43ON",
		"con.x":                       "%63on.x",
		"nul ":                        "%6eul%20",
		"nul .x":                      "%6eul .x",
		"aux":                         "%61ux",
		"prn":                         "%70rn",
		"conin$":                      "%63onin$",
		"com0":                        "%63om0",
		"COM9":                        "%43OM9",
		"lpt1.log":                    "%6cpt1.log",
		"com¹":                        "%63om¹",
		"com10":                       "com10",
		"com":                         "com",
		"comx":                        "comx",
		"console":                     "console",
		"xcon":                        "xcon",
		strings.Repeat("x", 200):      strings.Repeat("x", 200),
	} {
		if got := FileName(id); got != want+Extension {
			t.Errorf("%q: got %q, want %q", id, got, want+Extension)
		}
	}
}

// Whatever the id, the name is one that every system takes, leaves room for what stands beside it, and is no other
// id's.
func TestFileNameFits(t *testing.T) {
	ids := rapid.OneOf(rapid.String(), rapid.StringMatching(`(com|LPT|con|nul|\.|-|é)[0-9. ]{0,3}`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(190, 210), func(n int) string { return strings.Repeat("x", n) }),
		rapid.Map(rapid.IntRange(60, 110), func(n int) string { return "%" + strings.Repeat("é", n) + "x" }))
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		id := ids.Draw(t, "id")
		name := FileName(id)
		if other, ok := seen[name]; ok && other != id {
			t.Fatalf("ids %q and %q have the same name %q", id, other, name)
		}
		seen[name] = id
		base := strings.TrimSuffix(name, Extension)
		if len(name)+len("-upgrading-journal") > 255 || !utf8.ValidString(name) ||
			strings.ContainsAny(name, "/\\:*?\"<>|\x00\n") {
			t.Fatalf("got name %q of %d bytes", name, len(name))
		}
		if id != "" && (strings.TrimRight(base, ". ") != base || base[0] == '.' || base[0] == '-' || reservedName(base)) {
			t.Fatalf("got name %q", name)
		}
	})
}
