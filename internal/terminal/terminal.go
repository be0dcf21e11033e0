// Package terminal decides what may be written to a terminal: whether there is one, whether it wants colour, and how
// text from outside has to look so that it cannot move the cursor, change colours or turn the reading direction.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/simexp/exparchive/internal/visible"
)

// Is reports whether w is a terminal.
func Is(w io.Writer) bool { return isTerminal(w) }

// IsInput reports whether r is a terminal, so that reading from it would wait for somebody to type.
func IsInput(r io.Reader) bool { return isTerminal(r) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width gives the columns of the terminal that w writes to, 0 if it is none or does not say. The environment's COLUMNS
// comes before what the terminal says, as for other programs.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !Is(w) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
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

// Escape makes text safe for one line of a terminal, as [visible.Line] says.
func Escape(s string) string { return visible.Line(s) }

// Clip shortens s to at most width characters, the last of which is then an ellipsis.
func Clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:width-1]) + "…"
}
