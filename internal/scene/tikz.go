package scene

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/internal/visible"
)

// WriteTikZ writes the scene as a tikzpicture for a LaTeX document that has \usepackage{tikz}. Text is set in the
// document's font, at the sizes of the scene.
func (s *Scene) WriteTikZ(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%% Needs \\usepackage{tikz}.\n%% %s\n", visible.Line(s.Title))
	b.WriteString("\\begin{tikzpicture}[x=1bp,y=-1bp,line join=round]\n")
	fmt.Fprintf(&b, "\\useasboundingbox (0,0) rectangle (%s,%s);\n", points(s.Width), points(s.Height))
	for _, i := range s.Items {
		switch i := i.(type) {
		case Shape:
			tikzShape(&b, i)
		case Text:
			anchor := [...]string{"base west", "base", "base east"}[i.Anchor]
			size := points(i.Size)
			fmt.Fprintf(&b, "\\node[anchor=%s,inner sep=0pt,font=\\fontsize{%s}{%s}\\selectfont,text=%s] at (%s,%s) {%s};\n",
				anchor, size, size, i.Color.tikz(), points(i.At.X), points(i.At.Y), tabular.LaTeX(i.Text))
		}
	}
	b.WriteString("\\end{tikzpicture}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func tikzShape(b *bytes.Buffer, s Shape) {
	var options []string
	if s.Fill != nil {
		options = append(options, "fill="+s.Fill.tikz())
	}
	if s.Stroke.Width > 0 {
		options = append(options, "draw="+s.Stroke.Color.tikz(), "line width="+points(s.Stroke.Width)+"bp")
		dash := ""
		for i, n := range s.Stroke.Dash {
			dash += fmt.Sprintf("%s %sbp ", [...]string{"on", "off"}[i%2], points(n))
		}
		if dash != "" {
			options = append(options, "dash pattern="+strings.TrimSpace(dash))
		}
	}
	fmt.Fprintf(b, "\\path[%s] ", strings.Join(options, ","))
	for i, p := range s.Points {
		if i > 0 {
			b.WriteString(" -- ")
			if i%8 == 0 {
				b.WriteByte('\n')
			}
		}
		fmt.Fprintf(b, "(%s,%s)", points(p.X), points(p.Y))
	}
	if s.Closed {
		b.WriteString(" -- cycle")
	}
	b.WriteString(";\n")
}

// tikz gives the color as a color expression of the package xcolor, which TikZ loads.
func (c Color) tikz() string {
	return fmt.Sprintf("{rgb,255:red,%d;green,%d;blue,%d}", c[0], c[1], c[2])
}
