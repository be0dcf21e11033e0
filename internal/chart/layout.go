package chart

import (
	"cmp"
	"math/big"

	"github.com/simexp/exparchive/internal/scene"
)

const millimetre = scene.Pt * 72 * 10 / 254 // rounded down

// noValues stands in a panel that has none.
const noValues = "nothing was recorded"

// Lengths of the layout.
const (
	least       = 56 * millimetre // the width of a panel that still has another beside it
	plotHeight  = 125 * scene.Pt
	titleSize   = 9 * scene.Pt
	labelSize   = 8 * scene.Pt
	tickSize    = 15 * scene.Pt / 2
	row         = 12 * scene.Pt // of text
	gap         = 14 * scene.Pt
	tickLength  = 3 * scene.Pt
	lineWidth   = 5 * scene.Pt / 4
	markRadius  = 9 * scene.Pt / 4
	sampleWidth = 22 * scene.Pt // of a line in a legend
	mostMarks   = 30            // on a line
	manyCrosses = 200           // more of them in a panel are small, below the lines
	nearCross   = 2 * scene.Pt
)

var (
	grid      = scene.Stroke{Width: scene.Pt / 2, Color: scene.Color{225, 225, 225}}
	frame     = scene.Stroke{Width: scene.Pt / 2, Color: scene.Color{90, 90, 90}}
	crossLine = scene.Stroke{Width: 5 * scene.Pt / 4, Color: scene.Black}
	dark      = scene.Color{50, 50, 50}
)

// Scene lays the figure out.
func (f *Figure) Scene() *scene.Scene {
	s := &scene.Scene{Width: cmp.Or(f.Millimetres, Usual) * millimetre, Title: f.Title, Description: f.Description}
	columns := min(len(f.Panels), 2)
	if columns == 0 {
		s.Height = 2 * row
		return s
	}
	if s.Width < 2*least+3*gap {
		columns = 1
	}
	l := layout{scene: s, width: (s.Width - gap*(columns+1)) / columns}
	xs, ys := f.axes(max(l.width/(36*scene.Pt), 2), 5)
	for i := range f.Panels {
		for _, label := range ys[i].labels {
			l.left = max(l.left, scene.Width(label, tickSize)+tickLength+2*scene.Pt)
		}
	}
	l.left = min(l.left, l.width/2)
	top := gap / 2
	for first := 0; first < len(f.Panels); first += columns {
		last := min(first+columns, len(f.Panels))
		rows := 0 // of the legend, the same side by side
		for i := first; i < last; i++ {
			_, n := l.legend(&f.Panels[i])
			rows = max(rows, n)
		}
		for i := first; i < last; i++ {
			l.panel(&f.Panels[i], &xs[i], &ys[i], gap+(i-first)*(l.width+gap), top, rows)
		}
		top += row*(2*rows+9)/2 + plotHeight + gap
	}
	s.Height = top - gap/2
	return s
}

// A layout places panels.
type layout struct {
	scene *scene.Scene
	width int // of a panel
	left  int // of it for labels of values
}

func (l *layout) text(x, y, size int, anchor scene.Anchor, text string) {
	l.scene.Add(scene.Text{At: scene.Point{X: x, Y: y}, Text: text, Size: size, Anchor: anchor, Color: dark})
}

// A placedEntry is an entry of a legend and where it stands, from the corner of the legend.
type placedEntry struct {
	entry
	x, row int
}

// legend lays out the legend of a panel, in so many rows.
func (l *layout) legend(p *Panel) (list []placedEntry, rows int) {
	x := 0
	for _, e := range p.legend() {
		e.name = scene.Fit(e.name, labelSize, l.width/2)
		width := sampleWidth + 3*scene.Pt + scene.Width(e.name, labelSize) + 9*scene.Pt
		if x > 0 && x+width > l.width {
			x, rows = 0, rows+1
		}
		list = append(list, placedEntry{e, x, rows})
		x += width
	}
	if len(list) > 0 {
		rows++
	}
	return list, rows
}

// panel draws a panel whose upper left corner is given.
func (l *layout) panel(p *Panel, x, y *axis, left, top, legendRows int) {
	s := l.scene
	l.text(left, top+row*3/4, titleSize, scene.Start, scene.Fit(p.Title, titleSize, l.width))
	entries, _ := l.legend(p)
	for _, e := range entries {
		l.sample(e, scene.Point{X: left + e.x, Y: top + row*(e.row+1)})
	}
	l.text(left, top+row*(legendRows+1)+row*3/4, labelSize, scene.Start, scene.Fit(y.unit(p.Y), labelSize, l.width))

	plot := plot{scene: s, x: x, y: y, left: left + l.left, bottom: top + row*(2*legendRows+5)/2 + plotHeight,
		width: l.width - l.left}
	for i, v := range y.ticks {
		at := plot.bottom - y.place(v, plotHeight)
		s.Line(grid, scene.Point{X: plot.left, Y: at}, scene.Point{X: plot.left + plot.width, Y: at})
		s.Line(frame, scene.Point{X: plot.left - tickLength, Y: at}, scene.Point{X: plot.left, Y: at})
		l.text(plot.left-tickLength-2*scene.Pt, at+tickSize*35/100, tickSize, scene.End,
			scene.Fit(y.labels[i], tickSize, l.left))
	}
	for i, v := range x.ticks {
		at := plot.left + plot.inset() + x.place(v, plot.width-2*plot.inset())
		s.Line(frame, scene.Point{X: at, Y: plot.bottom}, scene.Point{X: at, Y: plot.bottom + tickLength})
		l.text(at, plot.bottom+tickLength+tickSize, tickSize, scene.Middle, x.labels[i])
	}
	s.Line(frame, scene.Point{X: plot.left, Y: plot.bottom - plotHeight}, scene.Point{X: plot.left, Y: plot.bottom},
		scene.Point{X: plot.left + plot.width, Y: plot.bottom})
	l.text(plot.left+plot.width/2, plot.bottom+2*row, labelSize, scene.Middle,
		scene.Fit(x.unit(p.X), labelSize, plot.width))
	if len(y.ticks) == 0 {
		l.text(plot.left+plot.width/2, plot.bottom-plotHeight/2, labelSize, scene.Middle, noValues)
	}
	plot.draw(p)
}

// sample draws an entry of a legend.
func (l *layout) sample(e placedEntry, at scene.Point) {
	s, st := l.scene, styleOf(e.style)
	left, right, middle := at.X, at.X+sampleWidth, at.Y+row/2
	switch e.kind {
	case kindLine:
		s.Line(st.stroke(), scene.Point{X: left, Y: middle}, scene.Point{X: right, Y: middle})
		st.mark(s, scene.Point{X: left + sampleWidth/2, Y: middle})
	case kindBand:
		s.Area(st.tint, scene.Point{X: left, Y: middle - row/4}, scene.Point{X: right, Y: middle - row/4},
			scene.Point{X: right, Y: middle + row/4}, scene.Point{X: left, Y: middle + row/4})
	case kindCross:
		s.Mark(scene.Cross, scene.Point{X: left + sampleWidth/2, Y: middle}, markRadius, scene.Black, crossLine)
	}
	l.text(right+3*scene.Pt, middle+labelSize*35/100, labelSize, scene.Start, e.name)
}

// A plot is the part of a panel where values are drawn.
type plot struct {
	scene               *scene.Scene
	x, y                *axis
	left, bottom, width int
}

// inset is what is left free at both sides, so that marks do not lie on the axis.
func (p *plot) inset() int { return 6 * scene.Pt }

func (p *plot) point(x int, y *big.Rat) scene.Point {
	return scene.Point{
		X: p.left + p.inset() + p.x.place(big.NewRat(int64(x), 1), p.width-2*p.inset()),
		Y: p.bottom - p.y.place(y, plotHeight),
	}
}

func (p *plot) draw(panel *Panel) {
	for _, edges := range []bool{false, true} { // all edges over all areas, so that an area shows where it covers another
		for _, b := range panel.Bands {
			p.band(b, edges)
		}
	}
	many := len(panel.Crosses) > manyCrosses
	if many {
		p.crosses(panel.Crosses, many)
	}
	for _, l := range panel.Lines {
		p.line(l)
	}
	if !many {
		p.crosses(panel.Crosses, many)
	}
}

// crosses draws crosses. Many ones are small, lest they hide the lines, and of those so near that one covers the other
// the first stands for both.
func (p *plot) crosses(list []Point, many bool) {
	radius, stroke := markRadius*5/4, crossLine
	if many {
		radius, stroke.Width = markRadius/2, scene.Pt/2
	}
	taken := map[scene.Point]bool{}
	for _, c := range list {
		if c.Y == nil {
			continue
		}
		at := p.point(c.X, c.Y)
		if place := (scene.Point{X: at.X / nearCross, Y: at.Y / nearCross}); !taken[place] {
			taken[place] = true
			p.scene.Mark(scene.Cross, at, radius, scene.Black, stroke)
		}
	}
}

// band draws the area of each stretch of a band without a gap, or its edges.
func (p *plot) band(b Band, edges bool) {
	st := styleOf(b.Style)
	edge := scene.Stroke{Width: scene.Pt / 2, Color: st.color, Dash: st.dash}
	var low, high []scene.Point
	end := func() {
		if len(low) == 1 { // a bar
			low = []scene.Point{{X: low[0].X - scene.Pt, Y: low[0].Y}, {X: low[0].X + scene.Pt, Y: low[0].Y}}
			high = []scene.Point{{X: high[0].X - scene.Pt, Y: high[0].Y}, {X: high[0].X + scene.Pt, Y: high[0].Y}}
		}
		switch {
		case len(low) == 0:
		case edges:
			p.scene.Line(edge, low...)
			p.scene.Line(edge, high...)
		default:
			around := append([]scene.Point{}, low...)
			for i := range high {
				around = append(around, high[len(high)-1-i])
			}
			p.scene.Area(st.tint, around...)
		}
		low, high = nil, nil
	}
	for i, s := range b.Spans {
		if i > 0 && s.X-1 > b.Spans[i-1].X {
			end()
		}
		if s.Low == nil || s.High == nil {
			end()
			continue
		}
		low, high = append(low, p.point(s.X, s.Low)), append(high, p.point(s.X, s.High))
	}
	end()
}

func (p *plot) line(l Line) {
	st := styleOf(l.Style)
	var stretch, all, alone []scene.Point
	end := func() {
		switch len(stretch) {
		case 0:
		case 1:
			alone = append(alone, stretch[0])
		default:
			p.scene.Line(st.stroke(), stretch...)
		}
		stretch = nil
	}
	for i, at := range l.Points {
		if i > 0 && at.X-1 > l.Points[i-1].X {
			end()
		}
		if at.Y == nil {
			end()
			continue
		}
		point := p.point(at.X, at.Y)
		stretch, all = append(stretch, point), append(all, point)
	}
	end()
	every := (len(all) + mostMarks - 1) / mostMarks
	for i, at := range all {
		if i%every == 0 {
			st.mark(p.scene, at)
		}
	}
	for _, at := range alone { // what has no line to be seen by
		if st.marker == scene.NoMarker {
			p.scene.Mark(scene.Disc, at, markRadius/2, st.color, scene.Stroke{})
		} else if every > 1 {
			st.mark(p.scene, at)
		}
	}
}

func (st style) stroke() scene.Stroke {
	return scene.Stroke{Width: lineWidth, Color: st.color, Dash: st.dash}
}

func (st style) mark(s *scene.Scene, at scene.Point) {
	fill := st.color
	if st.hollow {
		fill = scene.White
	}
	s.Mark(st.marker, at, markRadius, fill, scene.Stroke{Width: scene.Pt, Color: st.color})
}
