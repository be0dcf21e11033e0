// Package csv writes tables as comma-separated values (RFC 4180) that keep what the standard library's writer loses: an
// absent value is an empty cell, an empty text is a quoted one, and line breaks in texts stay as they are. Lines end with a line
// feed.
package csv

import (
	"bufio"
	"io"
	"strings"
)

// A Writer writes rows. Text that a spreadsheet would take for a formula gets an apostrophe in front of it, unless Raw.
type Writer struct {
	Raw bool // leave formulas alone

	w     *bufio.Writer
	begun bool // a cell of the row is written
}

// NewWriter gives a Writer to w, which it buffers: see [Writer.Flush].
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriterSize(w, 64<<10)} }

// Absent writes a cell without a value.
func (w *Writer) Absent() { w.next() }

// Text writes a cell. The empty text is told apart from an absent one by its quotes.
func (w *Writer) Text(s string) {
	w.next()
	if !w.Raw && Formula(s) {
		s = "'" + s
	}
	if s != "" && !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		w.w.WriteString(s)
		return
	}
	w.w.WriteByte('"')
	for {
		before, after, found := strings.Cut(s, `"`)
		w.w.WriteString(before)
		if !found {
			break
		}
		w.w.WriteString(`""`)
		s = after
	}
	w.w.WriteByte('"')
}

func (w *Writer) next() {
	if w.begun {
		w.w.WriteByte(',')
	}
	w.begun = true
}

// End ends the row.
func (w *Writer) End() error {
	w.begun = false
	return w.w.WriteByte('\n')
}

// Flush passes on what is buffered, and gives the first error of all writing.
func (w *Writer) Flush() error { return w.w.Flush() }

// Formula reports whether a spreadsheet might run s: it begins with = + - @, a tab or a carriage return, and is not a number.
func Formula(s string) bool {
	return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 && !number(s)
}

// number reports whether s is a decimal number, perhaps with a sign, a fraction and an exponent.
func number(s string) bool {
	s = strings.TrimLeft(s[:1], "+-") + s[1:]
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	if scientific {
		exponent = strings.TrimLeft(exponent[:min(1, len(exponent))], "+-") + exponent[min(1, len(exponent)):]
		if !digits(exponent) {
			return false
		}
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
