// Package terminal decides what may be written to a terminal: whether there is one, whether it wants colour, and how text
// from outside has to look so that it cannot move the cursor, change colours or turn the reading direction.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Is reports whether w is a terminal.
func Is(w io.Writer) bool { return isTerminal(w) }

// IsInput reports whether r is a terminal, so that reading from it would wait for somebody to type.
func IsInput(r io.Reader) bool { return isTerminal(r) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Color decides whether text for w is coloured. Mode is auto, always or never; auto means a terminal, unless the
// environment sets NO_COLOR to anything or TERM to dumb.
func Color(mode string, w io.Writer) (bool, error) {
	switch mode {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return Is(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", nil
	}
	return false, fmt.Errorf("colour mode %q, want auto, always or never", mode)
}

// Escape makes text safe for one line of a terminal: control characters, line and paragraph separators, characters that
// are invisible or change the direction of text, and bytes that are not UTF-8 are written as in a Go string. A backslash stays as
// it is, since names of files have them on some systems.
func Escape(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unsafe(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// unsafe holds for what is not meant to be seen. The variation selectors and the joiners that scripts and emoji need to look
// right are formatting characters too, but only the joiners are in Cf; they are let through.
func unsafe(r rune) bool {
	const joiners = "\u200c\u200d"
	return !strings.ContainsRune(joiners, r) &&
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

// Clip shortens s to at most width characters, the last of which is then an ellipsis.
func Clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:width-1]) + "…"
}
