package tabular

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// longRows is how many rows fit one page: more become a longtable.
const longRows = 40

// writeLaTeX writes a table of the packages booktabs and, when it is long, longtable. With a caption or a label it is a
// float.
func (t *Table) writeLaTeX(w io.Writer, o Options) error {
	b := bufio.NewWriter(w)
	long := len(t.Rows)+len(t.Totals) > longRows
	packages := []string{"booktabs"}
	if long {
		packages = append(packages, "longtable")
	}
	if o.Siunitx {
		packages = append(packages, "siunitx")
	}
	fmt.Fprintf(b, "%% needs \\usepackage{%s}\n", strings.Join(packages, ","))
	var columns strings.Builder
	for _, c := range t.Columns {
		switch {
		case c.Number && o.Siunitx:
			columns.WriteByte('S')
		case c.Number:
			columns.WriteByte('r')
		default:
			columns.WriteByte('l')
		}
	}
	caption := ""
	if o.Caption != "" {
		caption = "\\caption{" + LaTeX(o.Caption) + "}"
	}
	if o.Label != "" {
		caption += "\\label{" + latexLabel(o.Label) + "}"
	}
	var head []string
	for _, c := range t.Columns {
		text := LaTeX(c.ForPeople())
		if c.Number && o.Siunitx {
			text = "{" + text + "}"
		}
		head = append(head, text)
	}
	rows := func(list [][]Cell) {
		for _, row := range list {
			var cells []string
			for i, c := range row {
				cells = append(cells, t.latexCell(c, t.Columns[i].Number && o.Siunitx))
			}
			b.WriteString(strings.Join(cells, " & ") + " \\\\\n")
		}
	}
	heads := "\\toprule\n" + strings.Join(head, " & ") + " \\\\\n\\midrule\n"
	switch {
	case long:
		b.WriteString("\\begin{longtable}{" + columns.String() + "}\n")
		if caption != "" {
			b.WriteString(caption + "\\\\\n")
		}
		b.WriteString(heads + "\\endhead\n\\bottomrule\n\\endlastfoot\n")
	case caption != "":
		b.WriteString("\\begin{table}\n\\centering\n" + caption + "\n")
		fallthrough
	default:
		b.WriteString("\\begin{tabular}{" + columns.String() + "}\n" + heads)
	}
	rows(t.Rows)
	if len(t.Totals) > 0 {
		b.WriteString("\\midrule\n")
		rows(t.Totals)
	}
	if long {
		b.WriteString("\\end{longtable}\n")
	} else {
		b.WriteString("\\bottomrule\n\\end{tabular}\n")
	}
	if len(t.Notes) > 0 {
		b.WriteString("\\par\\smallskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n")
		for _, note := range t.Notes {
			b.WriteString(LaTeX(note) + "\\par\n")
		}
		b.WriteString("\\end{minipage}\n")
	}
	if caption != "" && !long {
		b.WriteString("\\end{table}\n")
	}
	return b.Flush()
}

// latexCell gives the text of a cell. siunitx takes numbers as they are and, in braces, text.
func (t *Table) latexCell(c Cell, siunitx bool) string {
	if !siunitx {
		return LaTeX(c.ForPeople())
	}
	number := strings.NewReplacer("$", "", ",", "").Replace(c.ForPeople())
	if c.Value != nil && strings.Trim(number, "-.0123456789") == "" {
		return number
	}
	return "{" + LaTeX(c.ForPeople()) + "}"
}

// LaTeX escapes a text for the text mode of LaTeX (2020 or newer, UTF-8). What pdfTeX has no glyph for in its usual
// encoding stands for itself where the engine is XeTeX or LuaTeX, and else as its number.
func LaTeX(s string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range oneLine(s) {
		if last == r && strings.ContainsRune("-`',", r) || (last == '?' || last == '!') && r == '`' {
			b.WriteString("{}") // else a ligature
		}
		last = r
		switch {
		case latexEscapes[r] != "":
			b.WriteString(latexEscapes[r])
		case r < 0x7f || latexKnows(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "{\\ifdefined\\Umathcode %c\\else[U+%04X]\\fi}", r, r)
		}
	}
	return b.String()
}

var latexEscapes = map[rune]string{
	'\\': `\textbackslash{}`, '{': `\{`, '}': `\}`, '$': `\$`, '&': `\&`, '#': `\#`, '%': `\%`, '_': `\_`,
	'~': `\textasciitilde{}`,
	'^': `\textasciicircum{}`, '<': `\textless{}`, '>': `\textgreater{}`, '|': `\textbar{}`, '"': `{\char34}`,
	'[': `{[}`, ']': `{]}`, // else an option behind \\
	'*': `{*}`,
}

// latexKnows reports whether pdfTeX sets a character in the encoding OT1 with what the kernel loads.
func latexKnows(r rune) bool {
	switch {
	case r >= 0xc0 && r <= 0xff:
		return !strings.ContainsRune("ÐðÞþ", r) // which need T1
	case r >= 0x100 && r <= 0x17f:
		return strings.ContainsRune("ĀāĆćČčĎďĒēĚěĞğĪīŁłŃńŇňŌōŐőŒœŘřŚśŞşŠšŤťŪūŮůŰűŸŹźŻżŽž", r)
	}
	return strings.ContainsRune("¡¿£§©®°±µ×÷–—‘’“”…€†‡•™", r)
}

// latexLabel leaves of a label what a label can hold.
func latexLabel(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', strings.ContainsRune(":-.+/", r):
			return r
		}
		return '-'
	}, s)
}
