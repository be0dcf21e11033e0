package readcmd

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/terminal"
)

// viewColumns asks for the views of an archive: a row for each column, in the order of the format.
const viewColumns = `SELECT v.name AS "view", c.name AS "column"
FROM sqlite_schema AS v, pragma_table_info(v.name) AS c WHERE v.type = 'view' ORDER BY v.rowid, c.cid`

// viewWidth is the longest line of a list of views, as of a help text.
const viewWidth = 100

// A viewList prints the rows of viewColumns for people: a view and, beside it, its columns.
type viewList struct {
	w         *bufio.Writer
	width     int // of a line
	views     []string
	columnsOf [][]string
}

func newViewList(w io.Writer) *viewList {
	width := viewWidth
	if n := terminal.Width(w); n > 0 {
		width = min(width, n)
	}
	return &viewList{w: bufio.NewWriter(w), width: width}
}

func (l *viewList) columns([]string) error { return nil }

func (l *viewList) row(values []any) error {
	view, column := cellText(values[0]), cellText(values[1])
	if n := len(l.views); n == 0 || l.views[n-1] != view {
		l.views = append(l.views, view)
		l.columnsOf = append(l.columnsOf, nil)
	}
	last := len(l.views) - 1
	l.columnsOf[last] = append(l.columnsOf[last], column)
	return nil
}

func (l *viewList) end() error {
	wide := 0
	for _, view := range l.views {
		wide = max(wide, utf8.RuneCountInString(view))
	}
	for i, view := range l.views {
		line := view + strings.Repeat(" ", wide-utf8.RuneCountInString(view)+1)
		for k, column := range l.columnsOf[i] {
			if k < len(l.columnsOf[i])-1 {
				column += ","
			}
			if used := utf8.RuneCountInString(line); used > wide+1 && used+1+utf8.RuneCountInString(column) > l.width {
				l.w.WriteString(line + "\n")
				line = strings.Repeat(" ", wide+1)
			}
			line += " " + column
		}
		l.w.WriteString(line + "\n")
	}
	return l.w.Flush()
}
