package scene

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/internal/visible"
)

// WriteSVG writes the scene as SVG 1.1. Each text is a group whose title is the text.
func (s *Scene) WriteSVG(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="%spt" height="%spt" viewBox="0 0 %d %d" role="img">`+"\n",
		points(s.Width), points(s.Height), s.Width, s.Height)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", xmlText(s.Title), xmlText(s.Description))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", s.Width, s.Height)
	for _, i := range s.Items {
		switch i := i.(type) {
		case Shape:
			svgShape(&b, i)
		case Text:
			text, at, _ := i.placed()
			fmt.Fprintf(&b, `<g fill="%s"><title>%s</title><path d="`, i.Color, xmlText(text))
			segments, _ := outline(text, i.Size, at, true)
			for n, s := range segments {
				switch {
				case s.Move && n > 0:
					fmt.Fprintf(&b, "ZM%d %d", s.To.X, s.To.Y)
				case s.Move:
					fmt.Fprintf(&b, "M%d %d", s.To.X, s.To.Y)
				case s.Curve:
					fmt.Fprintf(&b, "Q%d %d %d %d", s.Control.X, s.Control.Y, s.To.X, s.To.Y)
				default:
					fmt.Fprintf(&b, "L%d %d", s.To.X, s.To.Y)
				}
			}
			if len(segments) > 0 {
				b.WriteByte('Z')
			}
			b.WriteString(`"/></g>` + "\n")
		}
	}
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

func svgShape(b *bytes.Buffer, s Shape) {
	b.WriteString(`<path d="`)
	for i, p := range s.Points {
		fmt.Fprintf(b, "%c%d %d", "ML"[min(i, 1)], p.X, p.Y)
	}
	if s.Closed {
		b.WriteByte('Z')
	}
	b.WriteString(`" fill="`)
	if s.Fill != nil {
		b.WriteString(s.Fill.String())
	} else {
		b.WriteString("none")
	}
	b.WriteByte('"')
	if s.Stroke.Width > 0 {
		fmt.Fprintf(b, ` stroke="%s" stroke-width="%d" stroke-linejoin="round"`, s.Stroke.Color, s.Stroke.Width)
		if s.Stroke.Dash != nil {
			fmt.Fprintf(b, ` stroke-dasharray="%s"`, strings.Trim(fmt.Sprint(s.Stroke.Dash), "[]"))
		}
	}
	b.WriteString("/>\n")
}

// String gives the color as #rrggbb.
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// xmlText makes text from outside harmless, and escapes it for XML.
func xmlText(s string) string { return xmlEscapes.Replace(visible.Line(s)) }

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// points writes a length in points, exactly.
func points(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d", sign, n/Pt)
	if rest := n % Pt; rest > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%06d", rest*(1000000/Pt)), "0")
	}
	return text
}
