package comparecmd

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/diff"
)

const (
	contextLines = 3       // around what differs in a text
	maxTextBytes = 1 << 20 // of an attachment that is shown as text
	maxShown     = 160     // characters of a value on one line
	shownBefore  = 40      // of them, before the first one that differs
)

// A textPrinter prints differences for people.
type textPrinter struct {
	w       *bufio.Writer
	names   [2]string
	begun   bool
	heading string
}

// line prints a line, made harmless for a terminal; errors come with the flush.
func (p *textPrinter) line(format string, args ...any) {
	p.w.WriteString(terminal.Escape(fmt.Sprintf(format, args...)))
	p.w.WriteByte('\n')
}

func (p *textPrinter) difference(d diff.Difference) error {
	at := place(d, p.names)
	if !p.begun {
		p.begun = true
		first := at
		if _, _, lines := texts(d.A, d.B); d.Pointer != "" && lines {
			first += ", " + d.Pointer
		} else if d.Pointer != "" {
			first += ", " + d.Pointer + ": " + p.both(d)
		}
		p.line("%s and %s differ first in %s%s", p.names[0], p.names[1], first, p.only(d))
	}
	if at += p.only(d); at != p.heading {
		p.heading = at
		p.w.WriteByte('\n')
		p.line("%s", at)
	}
	if d.Pointer == "" {
		return nil
	}
	if a, b, ok := texts(d.A, d.B); ok && d.Sort == diff.Changed {
		p.line("  %s", d.Pointer)
		p.hunks(a, b)
		return nil
	}
	p.line("  %s: %s", d.Pointer, p.both(d))
	return nil
}

// only says of a record that one run lacks in which it is.
func (p *textPrinter) only(d diff.Difference) string {
	switch d.Sort {
	case diff.OnlyA:
		return ": only in " + p.names[0]
	case diff.OnlyB:
		return ": only in " + p.names[1]
	}
	return ""
}

// texts gives two values that are shown line by line: texts of several lines.
func texts(a, b *diff.Value) (textA, textB string, ok bool) {
	if a == nil || b == nil {
		return "", "", false
	}
	switch {
	case a.Text != nil && b.Text != nil:
		textA, textB = *a.Text, *b.Text
	case a.JSON == nil && b.JSON == nil && isText(a.Bytes) && isText(b.Bytes):
		textA, textB = string(a.Bytes), string(b.Bytes)
	}
	return textA, textB, strings.Contains(textA, "\n") || strings.Contains(textB, "\n")
}

func isText(data []byte) bool {
	return len(data) <= maxTextBytes && utf8.Valid(data) && bytes.IndexByte(data, 0) < 0
}

func (p *textPrinter) hunks(a, b string) {
	for _, h := range diff.Text(a, b, contextLines) {
		p.line("    @@ line %d, line %d @@", h.LineA, h.LineB)
		for _, l := range h.Lines {
			p.line("    %c%s", l.Op, l.Text)
		}
	}
}

// both says what the two values are.
func (p *textPrinter) both(d diff.Difference) string {
	a, b := around(shown(d.A), shown(d.B))
	switch d.Sort {
	case diff.Rewritten:
		return a + " -> " + b + " (the same value, written differently)"
	case diff.Rekeyed:
		return "the same value under another key"
	case diff.Unknown:
		return p.withheld(d) + "; whether it is the same cannot be told"
	case diff.Withheld:
		switch {
		case d.WithheldA != nil && d.WithheldB != nil:
			return p.withheld(d) + ", and not the same"
		case d.A == nil && d.B == nil:
			return p.withheld(d) + ", absent in the other"
		case d.A != nil:
			return a + "; " + p.withheld(d) + ", and its commitment does not fit"
		}
		return b + "; " + p.withheld(d) + ", and its commitment does not fit"
	}
	return a + " -> " + b
}

func (p *textPrinter) withheld(d diff.Difference) string {
	switch {
	case d.WithheldA != nil && d.WithheldB != nil:
		return "withheld in both"
	case d.WithheldA != nil:
		return "withheld in " + p.names[0]
	}
	return "withheld in " + p.names[1]
}

// shown gives a value on one line.
func shown(v *diff.Value) string {
	switch {
	case v == nil:
		return "(absent)"
	case v.Cents != nil:
		return v.Cents.String()
	case v.JSON != nil:
		return string(v.JSON)
	}
	return fmt.Sprintf("%s, SHA-256 %x", cli.Plural(int64(len(v.Bytes)), "byte"), sha256.Sum256(v.Bytes))
}

// around shortens two values to what is around the first character that differs.
func around(a, b string) (string, string) {
	x, y := []rune(a), []rune(b)
	if max(len(x), len(y)) <= maxShown {
		return a, b
	}
	same := 0
	for same < len(x) && same < len(y) && x[same] == y[same] {
		same++
	}
	from := max(same-shownBefore, 0)
	cut := func(s []rune) string {
		text, begin := s[min(from, len(s)):], ""
		if from > 0 {
			begin = "…"
		}
		return begin + terminal.Clip(string(text), maxShown)
	}
	return cut(x), cut(y)
}

func (p *textPrinter) end(s diff.Summary, more int64) error {
	if s.Differences == 0 {
		return nil
	}
	p.w.WriteByte('\n')
	text := cli.Plural(s.Differences, "difference")
	if more > 0 {
		text += fmt.Sprintf(", of which %d are not shown (--limit 0 shows all)", more)
	}
	p.line("%s; only in %s: %s, only in %s: %s", text, p.names[0], cli.Plural(s.OnlyA, "record"), p.names[1],
		cli.Plural(s.OnlyB, "record"))
	return nil
}
