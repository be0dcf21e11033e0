// Package csv writes tables as comma-separated values (RFC 4180) that keep what the standard library's writer loses: an
// absent value is an empty cell, an empty text is a quoted one, and line breaks in texts stay as they are. Lines end
// with a line feed.
package csv

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
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

// Number writes a cell with a number, which is no formula whatever it begins with.
func (w *Writer) Number(s string) {
	w.next()
	w.w.WriteString(s)
}

// Text writes a cell. The empty text is told apart from an absent one by its quotes.
func (w *Writer) Text(s string) {
	w.next()
	if !w.Raw && Formula(s) {
		s = "'" + s
	}
	if s != "" && !strings.ContainsAny(s, separators+"\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
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

// separators are what spreadsheets may take for the one between cells, whatever was meant: in quotes what is behind one
// is no cell.
const separators = ",;\t"

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

// signs begin a formula: = + - @, and the other forms of them that spreadsheets take for the same (Unicode,
// "Compatibility Decomposition": full width, small, raised and lowered), and the mathematical minus.
const signs = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u207b\u207c\u208a\u208b\u208c\ufb29"

// Formula reports whether a spreadsheet might run s: it begins with one of = + - @ in any form, be it behind blanks,
// line breaks or characters that do not show, and is not a number, or it begins with a tab or a carriage return (OWASP,
// "CSV Injection").
func Formula(s string) bool {
	if s != "" && (s[0] == '\t' || s[0] == '\r') {
		return true
	}
	s = strings.TrimLeftFunc(s, passedOver)
	first, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune(signs, first) && !number(s)
}

// passedOver reports whether spreadsheets may leave r out at the beginning of a cell.
func passedOver(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsSpace(r) || r == brailleBlank ||
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Variation_Selector,
			unicode.Other_Default_Ignorable_Code_Point)
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
