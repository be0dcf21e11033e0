// Package chart lays out line charts of numbers over iterations: panels side by side with axes, a legend, lines with
// gaps, bands and crosses. Values are exact; no float is involved. Lines differ in lightness, dashes and marks, so that
// they can be told apart in grey and by people who do not see colours.
package chart

import (
	"math/big"

	"github.com/simexp/exparchive/internal/scene"
)

// A Figure is a drawing of one or several panels, all of one size, two side by side where the width allows it.
type Figure struct {
	Title       string // in the file, not drawn
	Description string
	Millimetres int // how wide it is, from [Least] to [Most]; 0 is [Usual]. Text has the same size in all widths.
	Panels      []Panel
}

// Widths of a figure in millimetres: the usual one is that of the text on a page; a column of two has about 85.
const (
	Least = 50
	Usual = 160
	Most  = 1000
)

// A Panel is one chart.
type Panel struct {
	Title, X, Y string
	Lines       []Line
	Bands       []Band  // below the lines
	Crosses     []Point // over the lines
	CrossName   string  // of the crosses, in the legend
	FromZero    bool    // the axis of values has zero on it
	Whole       bool    // the axis of values is marked at whole numbers only
	Scale       int     // panels that have the same, which is not 0, have the same axes
}

// A Line is a series of points of ascending iterations.
type Line struct {
	Name   string
	Style  int // which of [Styles]; the ones past the end are the same again
	Points []Point
}

// A Point is a value of an iteration. Without one there is a gap in the line, and likewise where an iteration is
// missing.
type Point struct {
	X int
	Y *big.Rat
}

// A Band is the area between two values.
type Band struct {
	Name  string
	Style int
	Spans []Span // of ascending iterations
}

// A Span is a band at an iteration. Without both values there is a gap, and likewise where an iteration is missing.
type Span struct {
	X         int
	Low, High *big.Rat
}

// A style is how a line looks. Any two differ in their dashes and in their marks, and, as far as there is room for
// that, in how light they are, also for people who do not see red, green or blue.
type style struct {
	color, tint scene.Color
	dash        []int
	marker      scene.Marker
	hollow      bool
	letter      rune // in a terminal
}

// Styles is how many styles there are for lines, from 0; [Total] is one more.
const Styles = 6

// Total is the style of a line that sums up others.
const Total = -1

var styles = [Styles]style{
	{scene.Color{0, 80, 140}, scene.Color{190, 212, 230}, nil, scene.Disc, false, '●'},
	{scene.Color{230, 159, 0}, scene.Color{250, 228, 185}, []int{5 * scene.Pt, 2 * scene.Pt}, scene.Square, true, '□'},
	{scene.Color{0, 158, 115}, scene.Color{200, 235, 224}, []int{8 * scene.Pt, 2 * scene.Pt, 2 * scene.Pt, 2 * scene.Pt},
		scene.Triangle, false, '▲'},
	{scene.Color{150, 40, 90}, scene.Color{238, 208, 224}, []int{2 * scene.Pt, 2 * scene.Pt}, scene.Diamond, true, '◇'},
	{scene.Color{86, 180, 233}, scene.Color{214, 236, 250}, []int{13 * scene.Pt, 4 * scene.Pt},
		scene.Square, false, '■'},
	{scene.Color{100, 60, 20}, scene.Color{222, 212, 200}, []int{4 * scene.Pt, 1 * scene.Pt, 1 * scene.Pt, 1 * scene.Pt},
		scene.Disc, true, '○'},
}

var total = style{scene.Black, scene.Color{215, 215, 215}, []int{scene.Pt * 6 / 5, scene.Pt * 8 / 5}, scene.NoMarker,
	false, '·'}

const crossLetter = '×'

func styleOf(n int) style {
	if n < 0 {
		return total
	}
	return styles[n%Styles]
}

// legend gives what is named in a panel, each name with its style once.
func (p *Panel) legend() (list []entry) {
	add := func(e entry) {
		for _, have := range list {
			if have == e {
				return
			}
		}
		list = append(list, e)
	}
	for _, l := range p.Lines {
		add(entry{kindLine, l.Name, l.Style})
	}
	for _, b := range p.Bands {
		add(entry{kindBand, b.Name, b.Style})
	}
	if len(p.Crosses) > 0 {
		add(entry{kindCross, p.CrossName, 0})
	}
	return list
}

type entry struct {
	kind  int
	name  string
	style int
}

const (
	kindLine = iota
	kindBand
	kindCross
)

// values yields all values of a panel, with their iterations.
func (p *Panel) values(yield func(x int, y *big.Rat)) {
	for _, l := range p.Lines {
		for _, at := range l.Points {
			yield(at.X, at.Y)
		}
	}
	for _, b := range p.Bands {
		for _, s := range b.Spans {
			yield(s.X, s.Low)
			yield(s.X, s.High)
		}
	}
	for _, at := range p.Crosses {
		yield(at.X, at.Y)
	}
}
