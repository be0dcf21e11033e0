package scene

import (
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/simexp/exparchive/internal/visible"
)

// loadFont reads the font when text is first measured.
var loadFont = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		panic(err) // it is part of the program
	}
	return f
})

// A segment is a piece of an outline: a line to To or, if Curve, a quadratic curve by way of Control. Move begins a
// contour, which ends closed.
type segment struct {
	Move, Curve bool
	Control, To Point
}

// Width gives how wide a line of text of a size is drawn.
func Width(text string, size int) int {
	_, width := outline(visible.Line(text), size, Point{}, false)
	return width
}

// Fit cuts text that is drawn wider than width, with an ellipsis for what is left out.
func Fit(text string, size, width int) string {
	text = visible.Line(text)
	if len(text) < 4000 && Width(text, size) <= width { // no page is wide enough for more
		return text
	}
	used := Width("…", size)
	for i, r := range text {
		if used += Width(string(r), size); used > width {
			return text[:i] + "…"
		}
	}
	return text
}

// outline gives the contours of a text that begins at a point on the base line, if they are wanted, and its width.
func outline(text string, size int, at Point, wanted bool) (segments []segment, width int) {
	f, ppem := loadFont(), fixed.Int26_6(size)
	var b sfnt.Buffer
	for _, r := range text {
		origin := Point{at.X + width, at.Y}
		glyph, err := f.GlyphIndex(&b, r)
		if err != nil || glyph == 0 {
			if wanted {
				segments = append(segments, box(origin, size)...)
			}
			width += size * 6 / 10
			continue
		}
		advance, err := f.GlyphAdvance(&b, glyph, ppem, font.HintingNone)
		if err != nil {
			panic(err) // the font is part of the program
		}
		width += int(advance)
		if !wanted {
			continue
		}
		loaded, err := f.LoadGlyph(&b, glyph, ppem, nil)
		if err != nil {
			panic(err)
		}
		for _, s := range loaded {
			to := func(p fixed.Point26_6) Point { return Point{origin.X + int(p.X), origin.Y + int(p.Y)} }
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				segments = append(segments, segment{Move: true, To: to(s.Args[0])})
			case sfnt.SegmentOpLineTo:
				segments = append(segments, segment{To: to(s.Args[0])})
			case sfnt.SegmentOpQuadTo:
				segments = append(segments, segment{Curve: true, Control: to(s.Args[0]), To: to(s.Args[1])})
			}
		}
	}
	return segments, width
}

// box is drawn for a character that the font lacks: a frame, whose hole turns the other way.
func box(at Point, size int) (segments []segment) {
	left, right, top := at.X+size/20, at.X+size*11/20, at.Y-size*7/10
	line := max(size/20, 1)
	for _, c := range [][4]Point{
		{{left, at.Y}, {left, top}, {right, top}, {right, at.Y}},
		{{left + line, at.Y - line}, {right - line, at.Y - line}, {right - line, top + line}, {left + line, top + line}},
	} {
		segments = append(segments, segment{Move: true, To: c[0]}, segment{To: c[1]}, segment{To: c[2]}, segment{To: c[3]})
	}
	return segments
}

// placed gives the text as it may be shown, where it begins and how wide it is.
func (t Text) placed() (text string, at Point, width int) {
	text, at, width = visible.Line(t.Text), t.At, Width(t.Text, t.Size)
	switch t.Anchor {
	case Middle:
		at.X -= width / 2
	case End:
		at.X -= width
	}
	return text, at, width
}

// curve gives the points on a quadratic curve after its start, the end the last.
func curve(from, control, to Point) (points []Point) {
	const n = 8
	for i := 1; i <= n; i++ {
		a, b, c := (n-i)*(n-i), 2*i*(n-i), i*i
		points = append(points, Point{
			mulDiv(a*from.X+b*control.X+c*to.X, 1, n*n),
			mulDiv(a*from.Y+b*control.Y+c*to.Y, 1, n*n),
		})
	}
	return points
}
