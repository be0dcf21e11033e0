package main

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// A table prints rows in columns as wide as their widest cell. It keeps all rows until it is printed.
type table struct {
	head  []string
	right []bool // by column: aligned to the right
	rows  [][]string
}

// newTable makes a table of the given columns; those whose title begins with ">" are aligned to the right.
func newTable(titles ...string) *table {
	t := &table{right: make([]bool, len(titles))}
	for i, title := range titles {
		title, right := strings.CutPrefix(title, ">")
		t.head, t.right[i] = append(t.head, title), right
	}
	return t
}

// add appends a row. Its cells are escaped.
func (t *table) add(cells ...string) {
	row := make([]string, len(t.head))
	for i := range row {
		if i < len(cells) {
			row[i] = terminal.Escape(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) error {
	return t.printRows(w, t.widths(), append([][]string{t.head}, t.rows...))
}

// widths gives the width in characters of each column.
func (t *table) widths() []int {
	width := make([]int, len(t.head))
	for i, title := range t.head {
		width[i] = utf8.RuneCountInString(title)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	return width
}

// printRows prints rows in columns of the given widths; a wider cell moves what follows it.
func (t *table) printRows(w io.Writer, width []int, rows [][]string) error {
	out := bufio.NewWriter(w)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", max(width[i]-utf8.RuneCountInString(cell), 0))
			if t.right[i] {
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

// printFields prints pairs of a label and a text, a line each. Pairs without a text are left out.
func printFields(w io.Writer, fields [][2]string) error {
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

// centsOrDash formats an amount that may be absent.
func centsOrDash(c *provider.Cents) string {
	if c == nil {
		return "-"
	}
	return c.String()
}

// yesNoOrDash formats a truth value that may be absent.
func yesNoOrDash(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	}
	return "no"
}

// textOrDash formats a text that may be absent.
func textOrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
