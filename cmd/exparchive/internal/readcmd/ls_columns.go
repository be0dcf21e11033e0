package readcmd

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

// titleOf gives the title of a column in the table.
func titleOf(c *runs.Column) string {
	title := strings.ToUpper(c.Title())
	if c.Right {
		return ">" + title
	}
	return title
}

// cellOf gives the text of a run in a column of the table.
func cellOf(c *runs.Column, r runs.Summary) string {
	text, ok := c.Text(r)
	switch {
	case !ok:
		return "-"
	case c.Most > 0:
		return terminal.Clip(text, c.Most)
	}
	return text
}

func columnNames() string {
	var names []string
	for _, c := range runs.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// ColumnChoices gives what the flags that take a column are completed to.
func ColumnChoices() (names []string) {
	for _, c := range runs.Columns {
		names = append(names, cmp.Or(c.Short, c.Name))
	}
	return names
}

// columnHelp lists the columns for the help.
func columnHelp() string {
	var b strings.Builder
	for _, c := range runs.Columns {
		name, mark := c.Name, ""
		if c.Short != "" {
			name += ", " + c.Short
		}
		if c.Need != 0 {
			mark = " *"
		}
		fmt.Fprintf(&b, "  %-29s%s%s\n", name, c.About, mark)
	}
	return b.String()
}
