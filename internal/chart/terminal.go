package chart

import (
	"io"
	"math/big"
	"strings"

	"github.com/simexp/exparchive/internal/visible"
)

// WriteText draws the figure in characters, for a terminal that is so many columns wide. Each panel is below the other.
func (f *Figure) WriteText(w io.Writer, columns int) error {
	var b strings.Builder
	xs, ys := f.axes(6, 5)
	for i := range f.Panels {
		if i > 0 {
			b.WriteByte('\n')
		}
		f.Panels[i].writeText(&b, &xs[i], &ys[i], columns)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const textRows = 16

func (p *Panel) writeText(b *strings.Builder, x, y *axis, columns int) {
	left := 0
	for _, label := range y.labels {
		left = max(left, len(label))
	}
	width := max(columns-left-3, 20)
	area := make([][]rune, textRows)
	for i := range area {
		area[i] = []rune(strings.Repeat(" ", width))
	}
	put := func(at int, v *big.Rat, c rune) {
		if v != nil {
			area[textRows-1-y.place(v, textRows-1)][x.place(big.NewRat(int64(at), 1), width-1)] = c
		}
	}
	for _, band := range p.Bands {
		for _, s := range band.Spans {
			if s.Low == nil || s.High == nil {
				continue
			}
			for row := y.place(s.Low, textRows-1); row <= y.place(s.High, textRows-1); row++ {
				area[textRows-1-row][x.place(big.NewRat(int64(s.X), 1), width-1)] = '░'
			}
		}
	}
	for i := range p.Lines { // the first ones on top
		l := p.Lines[len(p.Lines)-1-i]
		for _, at := range l.Points {
			put(at.X, at.Y, styleOf(l.Style).letter)
		}
	}
	for _, at := range p.Crosses {
		put(at.X, at.Y, crossLetter)
	}

	if len(y.ticks) == 0 {
		copy(area[textRows/2][max((width-len(noValues))/2, 0):], []rune(noValues))
	}

	line := func(s string) { b.WriteString(strings.TrimRight(s, " ") + "\n") }
	line(visible.Line(p.Title))
	line(visible.Line(y.unit(p.Y)))
	labels := map[int]string{}
	for i, v := range y.ticks {
		labels[textRows-1-y.place(v, textRows-1)] = y.labels[i]
	}
	for i, row := range area {
		label := labels[i]
		mark := " │"
		if label != "" {
			mark = " ┤"
		}
		line(strings.Repeat(" ", left-len(label)) + label + mark + string(row))
	}
	line(strings.Repeat(" ", left+1) + "└" + strings.Repeat("─", width))
	below := []byte(strings.Repeat(" ", width+left+12))
	for i, v := range x.ticks {
		from := max(left+2+x.place(v, width-1)-len(x.labels[i])/2, 0)
		if end := from + len(x.labels[i]); end <= len(below) {
			copy(below[from:end], x.labels[i])
		}
	}
	line(string(below))
	line(strings.Repeat(" ", left+2) + visible.Line(x.unit(p.X)))
	var names []string
	for _, e := range p.legend() {
		letter := styleOf(e.style).letter
		switch e.kind {
		case kindBand:
			letter = '░'
		case kindCross:
			letter = crossLetter
		}
		names = append(names, string(letter)+" "+visible.Line(e.name))
	}
	line(strings.Join(names, "   "))
}
