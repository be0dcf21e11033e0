package main

import (
	"math"
	"math/big"
	"os"

	"github.com/simexp/exparchive/internal/chart"
)

// drawGrowth draws what each unit costs, over the power of ten of how many there are: what is linear becomes level.
func drawGrowth(path string, events, archives, runs []curve) error {
	others := append(append([]curve(nil), archives...), runs...)
	micros := func(p point) float64 { return p.cpu.Seconds() * 1e6 / float64(p.n) }
	figure := chart.Figure{Title: "How cost grows", Description: "Processor time and memory of commands over the size of what they are given",
		Panels: []chart.Panel{
			panel("Processor time", "events, power of ten", "µs an event", events, micros),
			panel("Most memory", "events, power of ten", "MB", events, megabytes),
			panel("Processor time", "archives or runs, power of ten", "ms each", others,
				func(p point) float64 { return micros(p) / 1000 }),
			panel("Most memory", "archives or runs, power of ten", "MB", others, megabytes),
		}}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := figure.Scene().WriteSVG(f); err != nil {
		return err
	}
	return f.Close()
}

func megabytes(p point) float64 { return float64(p.peak) / 1e6 }

func panel(title, x, y string, curves []curve, of func(point) float64) chart.Panel {
	p := chart.Panel{Title: title, X: x, Y: y, FromZero: true}
	for i, c := range curves {
		line := chart.Line{Name: plain(c.what), Style: i}
		for _, at := range c.points {
			line.Points = append(line.Points, chart.Point{X: int(math.Round(math.Log10(float64(at.n)))),
				Y: new(big.Rat).SetFloat64(math.Round(of(at)*1000) / 1000)})
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

// plain is a name without the marks of code.
func plain(name string) string {
	var out []rune
	for _, r := range name {
		if r != '`' {
			out = append(out, r)
		}
	}
	return string(out)
}
