package cli

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// A Table prints rows in columns as wide as their widest cell. It keeps all rows until it is printed.
type Table struct {
	Head  []string
	Right []bool // by column: aligned to the right
	Rows  [][]string
}

// NewTable makes a table of the given columns; those whose title begins with ">" are aligned to the right.
func NewTable(titles ...string) *Table {
	t := &Table{Right: make([]bool, len(titles))}
	for i, title := range titles {
		title, right := strings.CutPrefix(title, ">")
		t.Head, t.Right[i] = append(t.Head, title), right
	}
	return t
}

// Add appends a row. Its cells are escaped.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.Head))
	for i := range row {
		if i < len(cells) {
			row[i] = terminal.Escape(cells[i])
		}
	}
	t.Rows = append(t.Rows, row)
}

// Print writes the table.
func (t *Table) Print(w io.Writer) error {
	return t.PrintRows(w, t.Widths(), append([][]string{t.Head}, t.Rows...))
}

// Widths gives the width in characters of each column.
func (t *Table) Widths() []int {
	width := make([]int, len(t.Head))
	for i, title := range t.Head {
		width[i] = utf8.RuneCountInString(title)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	return width
}

// PrintRows prints rows in columns of the given widths; a wider cell moves what follows it.
func (t *Table) PrintRows(w io.Writer, width []int, rows [][]string) error {
	out := bufio.NewWriter(w)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", max(width[i]-utf8.RuneCountInString(cell), 0))
			if t.Right[i] {
				cell = blanks + cell
			} else {
				cell += blanks
			}
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(cell)
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
	return out.Flush()
}

// PrintFields prints pairs of a label and a text, a line each. Pairs without a text are left out.
func PrintFields(w io.Writer, fields [][2]string) error {
	width := 0
	for _, f := range fields {
		if f[1] != "" {
			width = max(width, utf8.RuneCountInString(f[0]))
		}
	}
	out := bufio.NewWriter(w)
	for _, f := range fields {
		if f[1] == "" {
			continue
		}
		out.WriteString(f[0])
		out.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(f[0])+2))
		out.WriteString(terminal.Escape(f[1]))
		out.WriteByte('\n')
	}
	return out.Flush()
}

// CentsOrDash formats an amount that may be absent.
func CentsOrDash(c *provider.Cents) string {
	if c == nil {
		return "-"
	}
	return c.String()
}

// YesNoOrDash formats a truth value that may be absent.
func YesNoOrDash(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	}
	return "no"
}

// TextOrDash formats a text that may be absent.
func TextOrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
