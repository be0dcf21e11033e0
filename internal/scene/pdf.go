package scene

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/simexp/exparchive/internal/visible"
)

// WritePDF writes the scene as a page of PDF 1.7 (ISO 32000-1). A text is outlines and, at the same place, the same
// text in rendering mode 3, which is invisible and is what viewers search and select, as in scanned pages. The file has
// no date and no identifier.
func (s *Scene) WritePDF(w io.Writer) error {
	font := blankFont()
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</DisplayDocTitle true>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s %s]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
			points(s.Width), points(s.Height)),
		pdfStream("", s.pdfContent()),
		"<</Type/Font/Subtype/Type0/BaseFont/Blank/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 9 0 R>>",
		"<</Type/Font/Subtype/CIDFontType2/BaseFont/Blank/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>" +
			"/FontDescriptor 7 0 R/DW 500/CIDToGIDMap 10 0 R>>",
		"<</Type/FontDescriptor/FontName/Blank/Flags 5/FontBBox[0 0 500 1000]/ItalicAngle 0/Ascent 1000/Descent 0" +
			"/CapHeight 1000/StemV 80/FontFile2 8 0 R>>",
		pdfStream(fmt.Sprintf("/Length1 %d", len(font)), string(font)),
		pdfStream("", toUnicode()),
		pdfStream("", strings.Repeat("\x00\x01", 1<<8)), // codes past it are glyph 0, which is as blank
		fmt.Sprintf("<</Title %s/Subject %s>>", pdfString(s.Title), pdfString(s.Description)),
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, len(objects),
		start)
	_, err := w.Write(b.Bytes())
	return err
}

// pdfContent is what is drawn on the page, in units of 1/64 pt, downwards.
func (s *Scene) pdfContent() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "0.015625 0 0 -0.015625 0 %s cm 1 j\n", points(s.Height))
	for _, i := range s.Items {
		switch i := i.(type) {
		case Shape:
			pdfShape(&b, i)
		case Text:
			text, at, width := i.placed()
			if text == "" {
				continue
			}
			fmt.Fprintf(&b, "/Span<</ActualText %s>>BDC\n%s rg\n", pdfString(text), i.Color.pdf())
			pdfOutline(&b, text, i.Size, at)
			units := utf16.Encode([]rune(text))
			// A character of the blank font is half as wide as high; stretched, the line is as wide as the outlines.
			fmt.Fprintf(&b, "BT 3 Tr /F %d Tf %d Tz 1 0 0 -1 %d %d Tm <", i.Size, mulDiv(width, 200, len(units)*i.Size), at.X,
				at.Y)
			for _, u := range units {
				fmt.Fprintf(&b, "%04X", u)
			}
			b.WriteString(">Tj ET\nEMC\n")
		}
	}
	return b.String()
}

func pdfOutline(b *bytes.Buffer, text string, size int, at Point) {
	segments, _ := outline(text, size, at, true)
	var from Point
	for i, s := range segments {
		switch {
		case s.Move:
			if i > 0 {
				b.WriteString("h\n")
			}
			fmt.Fprintf(b, "%d %d m ", s.To.X, s.To.Y)
		case s.Curve: // as a cubic, whose control points lie two thirds of the way
			third := func(p Point) Point {
				return Point{mulDiv(p.X+2*s.Control.X, 1, 3), mulDiv(p.Y+2*s.Control.Y, 1, 3)}
			}
			c, d := third(from), third(s.To)
			fmt.Fprintf(b, "%d %d %d %d %d %d c ", c.X, c.Y, d.X, d.Y, s.To.X, s.To.Y)
		default:
			fmt.Fprintf(b, "%d %d l ", s.To.X, s.To.Y)
		}
		from = s.To
	}
	if len(segments) > 0 {
		b.WriteString("h f\n")
	}
}

func pdfShape(b *bytes.Buffer, s Shape) {
	if s.Fill == nil && s.Stroke.Width == 0 || len(s.Points) == 0 {
		return
	}
	if s.Fill != nil {
		fmt.Fprintf(b, "%s rg ", s.Fill.pdf())
	}
	if s.Stroke.Width > 0 {
		fmt.Fprintf(b, "%s RG %d w %s 0 d ", s.Stroke.Color.pdf(), s.Stroke.Width, fmt.Sprint(s.Stroke.Dash))
	}
	for i, p := range s.Points {
		fmt.Fprintf(b, "%d %d %c ", p.X, p.Y, "ml"[min(i, 1)])
	}
	if s.Closed {
		b.WriteString("h ")
	}
	switch {
	case s.Fill == nil:
		b.WriteString("S\n")
	case s.Stroke.Width == 0:
		b.WriteString("f\n")
	default:
		b.WriteString("B\n")
	}
}

// pdf gives the color as three numbers from 0 to 1, to three places.
func (c Color) pdf() string {
	var list []string
	for _, v := range c {
		n := mulDiv(int(v), 1000, 255)
		list = append(list, fmt.Sprintf("%d.%03d", n/1000, n%1000))
	}
	return strings.Join(list, " ")
}

// pdfString makes text from outside harmless, and writes it as a hexadecimal string in UTF-16.
func pdfString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(visible.Line(s))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

func pdfStream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
}

// toUnicode says that a code is a unit of UTF-16.
func toUnicode() string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def\n/CMapName /Blank def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for high := 0; high < 256; high++ { // a range may not go past a last byte of FF, nor a block have more than 100
		if high%64 == 0 {
			b.WriteString("64 beginbfrange\n")
		}
		fmt.Fprintf(&b, "<%02X00> <%02XFF> <%02X00>\n", high, high, high)
		if high%64 == 63 {
			b.WriteString("endbfrange\n")
		}
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	return b.String()
}
