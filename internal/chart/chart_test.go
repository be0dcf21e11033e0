package chart

import (
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/scene"
)

func number(t *testing.T, text string) *big.Rat {
	t.Helper()
	n, err := decimal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		low, high, want string
		power           int
	}{
		{"0", "100", "0 20 40 60 80 100", 0},
		{"0.11", "0.5", "0.1 0.2 0.3 0.4 0.5", 0},
		{"-3", "4", "-4 -2 0 2 4", 0},
		{"5", "5", "4.4 4.6 4.8 5.0 5.2 5.4 5.6", 0},
		{"0", "0", "-1.0 -0.5 0.0 0.5 1.0", 0},
		{"0", "12345678", "0.0 0.5 1.0 1.5", 7},
		{"0", "1e300", "0.0 0.2 0.4 0.6 0.8 1.0", 300},
		{"0", "1e-300", "0.0 0.2 0.4 0.6 0.8 1.0", -300},
		{"9007199254740992", "9007199254740993",
			"9.0071992547409920 9.0071992547409922 9.0071992547409924 9.0071992547409926 9.0071992547409928 9.0071992547409930",
			15},
	} {
		p := Panel{Lines: []Line{{Points: []Point{{0, number(t, c.low)}, {1, nil}, {2, number(t, c.high)}}}}}
		_, y := p.axes(5, 5)
		if got := strings.Join(y.labels, " "); got != c.want || y.power != c.power {
			t.Errorf("%s to %s: got %s, power %d, want %s, power %d", c.low, c.high, got, y.power, c.want, c.power)
		}
		if len(y.ticks) > 8 {
			t.Errorf("%s to %s: %d marks", c.low, c.high, len(y.ticks))
		}
	}
}

// TestAxis_one: of a single iteration no others are marked, costs of zero lie on the axis, and a panel without values
// says so.
func TestAxis_one(t *testing.T) {
	p := Panel{FromZero: true, Lines: []Line{{Points: []Point{{7, new(big.Rat)}}}}}
	x, y := p.axes(5, 5)
	if got := strings.Join(x.labels, " ") + "; " + strings.Join(y.labels, " "); got != "7; 0.0 0.2 0.4 0.6 0.8 1.0" {
		t.Errorf("got marks at %s", got)
	}
	p.Lines[0].Points[0].X = 0
	if x, _ = p.axes(5, 5); strings.Join(x.labels, " ") != "0" {
		t.Errorf("got marks at iterations %s, want 0", x.labels)
	}
	f := &Figure{Panels: []Panel{{Lines: []Line{{Points: []Point{{7, nil}}}}}, p}}
	var text, svg strings.Builder
	if err := errors.Join(f.WriteText(&text, 80), f.Scene().WriteSVG(&svg)); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"text": text.String(), "SVG": svg.String()} {
		if n := strings.Count(s, "nothing was recorded"); n != 1 {
			t.Errorf("%s: %d panels are said to have nothing, want 1", name, n)
		}
	}
}

// TestGap: an absent value ends a line, and is not zero.
func TestGap(t *testing.T) {
	one := big.NewRat(1, 1)
	f := Figure{Panels: []Panel{{Lines: []Line{{Style: Total,
		Points: []Point{{0, one}, {1, one}, {2, nil}, {3, one}, {4, one}}}}}}}
	lines := 0
	for _, i := range f.Scene().Items {
		if s, ok := i.(scene.Shape); ok && s.Stroke.Width == lineWidth && len(s.Points) == 2 &&
			s.Stroke.Color == total.color {
			lines++
		}
	}
	if lines != 3 { // with the one in the legend
		t.Errorf("got %d lines, want 3", lines)
	}
}

// TestOdd: figures of nothing, of one value and of hostile text are drawn.
func TestOdd(t *testing.T) {
	hostile := strings.Repeat("\x1b[31m\xff</svg>", 1000)
	for _, f := range []Figure{
		{}, {Panels: []Panel{{}}}, {Panels: make([]Panel, 5)},
		{Panels: []Panel{{Title: hostile, X: hostile, Y: hostile,
			Lines:   []Line{{Name: hostile, Points: []Point{{-1 << 31, big.NewRat(1, 3)}}}},
			Crosses: []Point{{1<<31 - 1, big.NewRat(-1, 3)}},
			Bands:   []Band{{Spans: []Span{{X: 1, Low: new(big.Rat), High: big.NewRat(1, 1)}}}}}}},
	} {
		var b strings.Builder
		s := f.Scene()
		for _, err := range []error{s.WriteSVG(&b), s.WritePDF(&b), s.WritePNG(new(strings.Builder)), s.WriteTikZ(&b),
			f.WriteText(&b, 0)} {
			if err != nil {
				t.Error(err)
			}
		}
		if strings.Contains(b.String(), "\x1b") {
			t.Error("a control character of the text is in a file")
		}
	}
}

// long is a figure of two panels of five agents over a thousand iterations, half of whose proposals were rejected.
func long() *Figure {
	f := &Figure{Panels: make([]Panel, 2)}
	for k := range 10 {
		p := &f.Panels[k/5]
		l := Line{Name: string(rune('A' + k)), Style: k % 5}
		for i := range 1000 {
			at := Point{X: i, Y: big.NewRat(int64(90_000/(i+3)+i*i%97+5000*k), 100)}
			l.Points = append(l.Points, at)
			if i%2 == 0 {
				p.Crosses = append(p.Crosses, at)
			}
		}
		p.Lines = append(p.Lines, l)
	}
	return f
}

// TestLong: marks and crosses do not grow with the iterations of a long run, so files grow by the points of lines only.
func TestLong(t *testing.T) {
	f := long()
	s := f.Scene()
	if n := len(s.Items); n > 5000 {
		t.Errorf("%d items", n)
	}
	for name, write := range map[string]func(io.Writer) error{"SVG": s.WriteSVG, "PDF": s.WritePDF, "TikZ": s.WriteTikZ} {
		var b strings.Builder
		if err := write(&b); err != nil || b.Len() > 1_000_000 {
			t.Errorf("%s: %d bytes, %v", name, b.Len(), err)
		}
	}
}

func BenchmarkLong(b *testing.B) {
	f := long()
	for name, write := range map[string]func() error{
		"SVG":  func() error { return f.Scene().WriteSVG(io.Discard) },
		"PDF":  func() error { return f.Scene().WritePDF(io.Discard) },
		"PNG":  func() error { return f.Scene().WritePNG(io.Discard) },
		"TikZ": func() error { return f.Scene().WriteTikZ(io.Discard) },
		"text": func() error { return f.WriteText(io.Discard, 80) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := write(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
