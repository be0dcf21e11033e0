package readcmd

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/visible"
)

// Values of --expanded.
// The values of --expanded.
const (
	ExpandAuto   = "auto"
	ExpandAlways = "always"
	ExpandNever  = "never"
)

// tableRows prints rows as a table, or expanded. So that memory does not grow with the result, the first rows settle
// the widths of the columns.
type tableRows struct {
	w      io.Writer
	fit    int // characters of a line; a table that is wider is printed expanded; 0 for any width
	cell   int // characters of the longest cell
	table  *cli.Table
	texts  [][]string // what is in table.rows, as the query gave it; only if fit > 0
	wide   []int      // of the columns so far
	width  []int      // the same when it is settled
	number []bool     // columns that have a number

	expanded *expandedRows // instead of a table
}

const (
	tableSample = 1000 // rows that settle the widths
	tableCell   = 200  // characters of the longest cell, or of a line of the terminal
)

func newTableRows(w io.Writer, o *queryOptions) rowWriter {
	switch o.expanded {
	case ExpandAlways:
		return &expandedRows{w: bufio.NewWriter(w)}
	case ExpandNever:
		return &tableRows{w: w, cell: tableCell}
	}
	fit := terminal.Width(w)
	return &tableRows{w: w, fit: fit, cell: max(tableCell, fit)}
}

func (t *tableRows) columns(names []string) error {
	t.table = cli.NewTable()
	for _, name := range names {
		t.table.Head = append(t.table.Head, terminal.Escape(name))
	}
	t.table.Right, t.number = make([]bool, len(names)), make([]bool, len(names))
	t.wide = t.table.Widths()
	return nil
}

func (t *tableRows) row(values []any) error {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = cellText(v)
		switch v.(type) {
		case int64, float64:
			t.number[i] = true
		}
	}
	if t.expanded != nil {
		return t.expanded.texts(texts)
	}
	cells := make([]string, len(texts))
	for i, text := range texts {
		cells[i] = terminal.Clip(text, t.cell)
	}
	t.table.Add(cells...)
	if t.fit > 0 && t.width == nil {
		t.texts = append(t.texts, texts)
		if !t.fits() {
			return t.expand()
		}
	}
	if len(t.table.Rows) < tableSample {
		return nil
	}
	return t.flush()
}

// fits takes in the last row, and reports whether the table is still narrow enough.
func (t *tableRows) fits() bool {
	total := 2 * max(len(t.wide)-1, 0)
	for i, cell := range t.table.Rows[len(t.table.Rows)-1] {
		t.wide[i] = max(t.wide[i], utf8.RuneCountInString(cell))
		total += t.wide[i]
	}
	return total <= t.fit
}

// expand goes over to the expanded form, with the rows that are kept.
func (t *tableRows) expand() error {
	t.expanded = &expandedRows{w: bufio.NewWriter(t.w), names: t.table.Head}
	for _, texts := range t.texts {
		if err := t.expanded.texts(texts); err != nil {
			return err
		}
	}
	t.table, t.texts = nil, nil
	return nil
}

func (t *tableRows) flush() error {
	if t.width == nil {
		t.table.Right = t.number
		t.width, t.texts = t.table.Widths(), nil
		if err := t.table.PrintRows(t.w, t.width, [][]string{t.table.Head}); err != nil {
			return err
		}
	}
	rows := t.table.Rows
	t.table.Rows = nil
	return t.table.PrintRows(t.w, t.width, rows)
}

func (t *tableRows) end() error {
	if t.expanded != nil {
		return t.expanded.end()
	}
	return t.flush()
}

// expandedRows prints a row as one column a line, under a line with its number. Line breaks of a text stay.
type expandedRows struct {
	w     *bufio.Writer
	names []string // harmless for a terminal
	wide  int      // characters of the longest
	n     int      // rows so far
}

func (e *expandedRows) columns(names []string) error {
	for _, name := range names {
		e.names = append(e.names, terminal.Escape(name))
	}
	return nil
}

func (e *expandedRows) row(values []any) error {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = cellText(v)
	}
	return e.texts(texts)
}

// texts prints a row of texts.
func (e *expandedRows) texts(texts []string) error {
	if e.n++; e.n == 1 {
		for _, name := range e.names {
			e.wide = max(e.wide, utf8.RuneCountInString(name))
		}
	}
	title := fmt.Sprintf("-[ row %d ]", e.n)
	fmt.Fprintf(e.w, "%s%s\n", title, strings.Repeat("-", max(40-len(title), 1)))
	for i, text := range texts {
		blanks := strings.Repeat(" ", e.wide-utf8.RuneCountInString(e.names[i])+2)
		for k, line := range strings.Split(strings.TrimSuffix(visible.LineBut(text, '\n'), "\n"), "\n") {
			first := e.names[i] + blanks
			if k > 0 {
				first = strings.Repeat(" ", e.wide+2)
			}
			e.w.WriteString(strings.TrimRight(first+line, " "))
			e.w.WriteByte('\n')
		}
	}
	return e.w.Flush() // what is printed is seen while the rest is computed
}

func (e *expandedRows) end() error {
	if e.n == 0 {
		fmt.Fprintln(e.w, "(0 rows)")
	}
	return e.w.Flush()
}
