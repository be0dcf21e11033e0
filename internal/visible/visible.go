// Package visible makes text from outside harmless to look at: what would move a cursor, change colours, turn the
// direction of reading or not show at all is written as an escape.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// invisible are the ranges of characters that are escaped, in ascending order. The list is fixed, so that output does
// not change with a new version of Unicode.
var invisible = [...][2]rune{
	{0x00, 0x1f},       // C0 controls
	{0x7f, 0x9f},       // DEL, C1 controls
	{0xad, 0xad},       // soft hyphen
	{0x61c, 0x61c},     // Arabic letter mark
	{0x180e, 0x180e},   // Mongolian vowel separator
	{0x200b, 0x200b},   // zero width space
	{0x200e, 0x200f},   // left-to-right and right-to-left marks
	{0x2028, 0x202e},   // line and paragraph separators, bidirectional embeddings and overrides
	{0x2060, 0x206f},   // word joiner, bidirectional isolates, deprecated formats
	{0xd800, 0xdfff},   // surrogates
	{0xfdd0, 0xfdef},   // further noncharacters
	{0xfeff, 0xfeff},   // byte order mark
	{0xfff0, 0xfffb},   // unassigned, interlinear annotation
	{0xe0000, 0xe0fff}, // tags, variation selectors
}

// Hidden reports whether r is escaped.
func Hidden(r rune) bool {
	if r&0xfffe == 0xfffe { // noncharacters, the last two of each plane
		return true
	}
	for _, span := range invisible {
		if r < span[0] {
			return false
		}
		if r <= span[1] {
			return true
		}
	}
	return false
}

// Line makes s printable on one line: control characters, line separators, characters that are invisible or change the
// direction of text, and bytes that are not UTF-8 are written as in a Go string. A backslash stays as it is, since
// names of files have them on some systems.
func Line(s string) string { return LineBut(s, 0) }

// LineBut is [Line] but lets the control character keep as it is.
func LineBut(s string, keep byte) string {
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n' && keep != '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t' && keep != '\t':
			b.WriteString(`\t`)
		case r == rune(keep) && keep != 0 || !Hidden(r):
			b.WriteString(s[i : i+size])
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String()
}
