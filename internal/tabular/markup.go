package tabular

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
)

// writeMarkdown writes a table of GitHub Flavored Markdown (GFM 0.29, section 4.10).
func (t *Table) writeMarkdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	line := func(cells []string) {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	var head, rule []string
	for _, c := range t.Columns {
		head = append(head, markdown(c.ForPeople()))
		if c.Number {
			rule = append(rule, "---:")
		} else {
			rule = append(rule, "---")
		}
	}
	line(head)
	line(rule)
	for _, rows := range [][][]Cell{t.Rows, t.Totals} {
		for _, row := range rows {
			var cells []string
			for _, c := range row {
				cells = append(cells, markdown(c.ForPeople()))
			}
			line(cells)
		}
	}
	for _, note := range t.Notes {
		b.WriteString("\n" + markdown(note) + "\n")
	}
	return b.Flush()
}

// markdown escapes a text for a cell. Every ASCII punctuation character may stand behind a backslash (section 2.4), but
// those that make HTML are written as entities, which no filter behind turns back.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		switch {
		case strings.ContainsRune("<>&", r):
			b.WriteString(html.EscapeString(string(r)))
		case r == ':' || r == '@': // else addresses become links
			b.WriteString(map[rune]string{':': "&#58;", '@': "&#64;"}[r])
		case strings.ContainsRune("\\`*_{}[]()#+!|~$^\"'", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www&#46;")
}

// writeHTML writes a table element. A class marks cells of numbers and absent ones.
func (t *Table) writeHTML(w io.Writer, o Options) error {
	b := bufio.NewWriter(w)
	b.WriteString("<table>\n")
	if o.Caption != "" {
		b.WriteString("<caption>" + markup(o.Caption) + "</caption>\n")
	}
	b.WriteString("<thead>\n<tr>")
	for _, c := range t.Columns {
		b.WriteString(`<th scope="col"`)
		if c.Number {
			b.WriteString(` class="number"`)
		}
		b.WriteString(">" + markup(c.ForPeople()) + "</th>")
	}
	b.WriteString("</tr>\n</thead>\n")
	for _, part := range []struct {
		element string
		rows    [][]Cell
		notes   []string
	}{{"tbody", t.Rows, nil}, {"tfoot", t.Totals, t.Notes}} {
		if len(part.rows)+len(part.notes) == 0 {
			continue
		}
		b.WriteString("<" + part.element + ">\n")
		for _, row := range part.rows {
			b.WriteString("<tr>")
			for i, c := range row {
				var classes []string
				if t.Columns[i].Number {
					classes = append(classes, "number")
				}
				if c.Value == nil && c.Text == "" {
					classes = append(classes, "absent")
				}
				b.WriteString("<td")
				if len(classes) > 0 {
					b.WriteString(` class="` + strings.Join(classes, " ") + `"`)
				}
				b.WriteString(">" + markup(c.ForPeople()) + "</td>")
			}
			b.WriteString("</tr>\n")
		}
		for _, note := range part.notes {
			fmt.Fprintf(b, "<tr><td class=\"note\" colspan=\"%d\">%s</td></tr>\n", len(t.Columns), markup(note))
		}
		b.WriteString("</" + part.element + ">\n")
	}
	b.WriteString("</table>\n")
	return b.Flush()
}

func markup(s string) string { return html.EscapeString(oneLine(s)) }
