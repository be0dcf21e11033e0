package viewer

import (
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/visible"
)

// shown makes a text part of a page: what would be read as HTML is escaped, and what does not show, or would turn the
// direction of what stands around it, stands as a mark that does. Line feeds and tabs stay.
func shown(s string) template.HTML {
	var b strings.Builder
	begin := 0
	flush := func(end int) {
		template.HTMLEscape(&b, []byte(s[begin:end]))
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '\n' || r == '\t' || r >= ' ' && r < 0x7f || !(r == utf8.RuneError && size == 1) && !visible.Hidden(r) {
			i += size
			continue
		}
		flush(i)
		b.WriteString(`<span class=ctl>`)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "0x%02X", s[i])
		case r < ' ':
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune(0x2421)
		default:
			fmt.Fprintf(&b, "U+%04X", r)
		}
		b.WriteString(`</span>`)
		i += size
		begin = i
	}
	flush(len(s))
	return template.HTML(b.String())
}

// clip gives the beginning of a text, at most so many characters, and how many bytes are missing.
func clip(s string, most int) (string, int) {
	n := 0
	for i := range s {
		if n == most {
			return s[:i], len(s) - i
		}
		n++
	}
	return s, 0
}
