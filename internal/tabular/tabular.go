// Package tabular writes tables in the forms that papers, spreadsheets and programs take: CSV, JSON, Markdown, LaTeX
// and HTML. What stands in a cell may come from anywhere: in no form can it become anything but text.
package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/csv"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/visible"
)

// A Table is rows under named columns. Every row has a cell for each column.
type Table struct {
	Columns []Column
	Rows    [][]Cell
	Totals  [][]Cell // below the rows
	// Marked has programs told of every row which of its columns are derived, and which values are defaults: as CSV and
	// JSON it has the columns derived_columns and defaulted_columns, which are lists of names.
	Marked bool
	Notes  []string // below it, for people
}

// A Column is one of a table. Its texts are UTF-8.
type Column struct {
	Name   string // the head in CSV and the member in JSON
	Title  string // the head for people; empty for Name
	Number bool   // aligned to the right
	Coded  bool   // only for programs: in CSV and JSON
	Given  bool   // the head is the user's, or from a run: it stands as it is
	// Derived says that the values were not recorded but computed from what was.
	Derived bool
}

// The marks of what was not recorded, for people.
const (
	DerivedMark   = "†" // behind the head of a column
	DefaultedMark = "*" // behind a value
)

// ForPeople gives the head with the mark of a column that is derived.
func (c Column) ForPeople() string {
	if c.Derived {
		return c.Heading() + DerivedMark
	}
	return c.Heading()
}

// Heading gives the head for people, without a mark.
func (c Column) Heading() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

// A Cell is a value.
type Cell struct {
	Value json.RawMessage // valid JSON, for programs; nil is absent
	Text  string          // for people; empty for the string or the number that Value is
	// Defaulted says that a default stands for, or in, what was not recorded.
	Defaulted bool
}

// Absent is what people read in the place of a value that there is not: an en dash.
const Absent = "–"

// String gives the cell of a text. Bytes that are not UTF-8 become U+FFFD.
func String(s string) Cell {
	return Cell{Value: jsontext.AppendString(nil, strings.ToValidUTF8(s, "\ufffd"))}
}

// ForPeople gives the text of the cell as people read it.
func (c Cell) ForPeople() string {
	if c.Defaulted {
		c.Defaulted = false
		return c.ForPeople() + DefaultedMark
	}
	switch {
	case c.Text != "":
		return c.Text
	case c.Value == nil:
		return Absent
	}
	return c.plain()
}

// plain gives a string without its quotes, and of other values their JSON.
func (c Cell) plain() string {
	if c.Value[0] == '"' {
		if s, err := jsontext.Unquote(c.Value); err == nil {
			return s
		}
	}
	return string(c.Value)
}

// Options are for the forms that have a place for them.
type Options struct {
	Caption string // LaTeX, HTML
	Label   string // LaTeX
	Siunitx bool   // LaTeX: columns of numbers are aligned at the point, by the package siunitx
	Raw     bool   // CSV: cells that look like formulas stay as they are
}

// ErrFormat means that there is no format of that name.
var ErrFormat = errors.New("no such format")

// Formats are the formats of [Table.Write].
var Formats = []string{"csv", "json", "markdown", "latex", "html"}

// ForPeople gives the table without the columns that are only for programs. It shares cells with t.
func (t *Table) ForPeople() *Table {
	if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Coded }) {
		return t
	}
	keep := func(rows [][]Cell) (kept [][]Cell) {
		for _, row := range rows {
			var cells []Cell
			for i, c := range row {
				if !t.Columns[i].Coded {
					cells = append(cells, c)
				}
			}
			kept = append(kept, cells)
		}
		return kept
	}
	columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.Coded })
	return &Table{Columns: columns, Rows: keep(t.Rows), Totals: keep(t.Totals), Notes: t.Notes}
}

// Write writes the table in a format. CSV and JSON are for programs: they have the values, and no totals and notes.
func (t *Table) Write(w io.Writer, format string, o Options) error {
	if t.Marked && (format == "csv" || format == "json") {
		t = t.withMarks(format == "csv")
	}
	switch format {
	case "csv":
		return t.writeCSV(w, o)
	case "json":
		return t.writeJSON(w)
	case "markdown":
		return t.ForPeople().writeMarkdown(w)
	case "latex":
		return t.ForPeople().writeLaTeX(w, o)
	case "html":
		return t.ForPeople().writeHTML(w, o)
	}
	return fmt.Errorf("%w: %q", ErrFormat, format)
}

// withMarks gives the table with columns that say which of the others are derived, and which have defaults: as arrays,
// or as texts with a semicolon between names.
func (t *Table) withMarks(asText bool) *Table {
	list := func(names []string) Cell {
		if asText {
			return String(strings.Join(names, ";"))
		}
		text := []byte("[")
		for i, name := range names {
			if i > 0 {
				text = append(text, ',')
			}
			text = jsontext.AppendString(text, name)
		}
		return Cell{Value: append(text, ']')}
	}
	var derived []string
	for _, c := range t.Columns {
		if c.Derived {
			derived = append(derived, c.Name)
		}
	}
	marked := &Table{Columns: append(slices.Clone(t.Columns), Column{Name: "derived_columns"},
		Column{Name: "defaulted_columns"})}
	for _, row := range t.Rows {
		var defaulted []string
		for i, c := range row {
			if c.Defaulted {
				defaulted = append(defaulted, t.Columns[i].Name)
			}
		}
		marked.Rows = append(marked.Rows, append(slices.Clone(row), list(derived), list(defaulted)))
	}
	return marked
}

func (t *Table) writeCSV(w io.Writer, o Options) error {
	out := csv.NewWriter(w)
	out.Raw = o.Raw
	for _, c := range t.Columns {
		out.Text(c.Name)
	}
	if err := out.End(); err != nil {
		return err
	}
	for _, row := range t.Rows {
		for _, c := range row {
			switch {
			case c.Value == nil:
				out.Absent()
			case c.Value[0] == '-' || c.Value[0] >= '0' && c.Value[0] <= '9':
				out.Number(string(c.Value))
			default:
				out.Text(c.plain())
			}
		}
		if err := out.End(); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeJSON writes an array of objects, one a line. An absent value is null.
func (t *Table) writeJSON(w io.Writer) error {
	line := []byte("[")
	for i, row := range t.Rows {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, '\n')
		for k, c := range row {
			line = append(line, "{,"[min(k, 1)])
			line = append(jsontext.AppendString(line, t.Columns[k].Name), ':')
			if c.Value == nil {
				line = append(line, "null"...)
			} else {
				line = append(line, c.Value...)
			}
		}
		line = append(line, '}')
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	_, err := w.Write(append(line, "\n]\n"...))
	return err
}

// oneLine makes a text fit one line of any form, with nothing in it that does not show.
func oneLine(s string) string { return visible.Line(s) }
