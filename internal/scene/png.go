package scene

import (
	"cmp"
	"image"
	"image/png"
	"io"
	"slices"
)

// perPixel is the units that a pixel is wide and high, which makes 192 pixels an inch.
const perPixel = 24

// lanes is how many lines of a row of pixels are looked at.
const lanes = 8

// WritePNG writes the scene as PNG of 192 pixels an inch.
func (s *Scene) WritePNG(w io.Writer) error {
	return png.Encode(w, s.pixels())
}

func (s *Scene) pixels() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, (s.Width+perPixel-1)/perPixel, (s.Height+perPixel-1)/perPixel))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for _, i := range s.Items {
		switch i := i.(type) {
		case Shape:
			if i.Fill != nil {
				fill(img, [][]Point{i.Points}, *i.Fill)
			}
			if i.Stroke.Width > 0 {
				points := i.Points
				if i.Closed && len(points) > 0 {
					points = append(slices.Clone(points), points[0])
				}
				fill(img, stroke(points, i.Stroke), i.Stroke.Color)
			}
		case Text:
			text, at, _ := i.placed()
			segments, _ := outline(text, i.Size, at, true)
			fill(img, contours(segments), i.Color)
		}
	}
	return img
}

// contours gives an outline as polygons.
func contours(segments []segment) (list [][]Point) {
	for _, s := range segments {
		if s.Move {
			list = append(list, []Point{s.To})
			continue
		}
		last := &list[len(list)-1]
		if s.Curve {
			*last = append(*last, curve((*last)[len(*last)-1], s.Control, s.To)...)
		} else {
			*last = append(*last, s.To)
		}
	}
	return list
}

// An edge goes down from its upper end, or up if turn is negative.
type edge struct {
	top, bottom Point
	turn        int
}

// A crossing is where an edge crosses a lane.
type crossing struct{ x, turn int }

// fill paints what lies within the polygons, by the non-zero winding rule.
func fill(img *image.RGBA, polygons [][]Point, c Color) {
	edges := edgesOf(polygons)
	if len(edges) == 0 {
		return
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.top.Y, b.top.Y) })
	size := img.Rect.Size()
	cover := make([]int, size.X)
	var active []edge
	var crossings []crossing
	for row := max(edges[0].top.Y/perPixel, 0); row < size.Y && (len(edges) > 0 || len(active) > 0); row++ {
		clear(cover)
		for lane := range lanes {
			// All is doubled, so that a lane lies between the places where edges end.
			y := 2*(row*perPixel+lane*perPixel/lanes) + 1
			for len(edges) > 0 && 2*edges[0].top.Y < y {
				active, edges = append(active, edges[0]), edges[1:]
			}
			active = slices.DeleteFunc(active, func(e edge) bool { return 2*e.bottom.Y < y })
			crossings = crossings[:0]
			for _, e := range active {
				x := e.top.X + mulDiv(e.bottom.X-e.top.X, y-2*e.top.Y, 2*(e.bottom.Y-e.top.Y))
				crossings = append(crossings, crossing{x, e.turn})
			}
			slices.SortFunc(crossings, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
			winding := 0
			for i, at := range crossings {
				if winding != 0 {
					addSpan(cover, crossings[i-1].x, at.x)
				}
				winding += at.turn
			}
		}
		for x, n := range cover {
			if n == 0 {
				continue
			}
			pixel := img.Pix[img.PixOffset(x, row):]
			for i := range c {
				const full = perPixel * lanes
				pixel[i] = uint8((int(pixel[i])*(full-n) + int(c[i])*n + full/2) / full)
			}
		}
	}
}

func edgesOf(polygons [][]Point) (edges []edge) {
	for _, points := range polygons {
		for i, to := range points {
			from := points[(i+len(points)-1)%len(points)]
			switch {
			case from.Y < to.Y:
				edges = append(edges, edge{from, to, 1})
			case from.Y > to.Y:
				edges = append(edges, edge{to, from, -1})
			}
		}
	}
	return edges
}

// addSpan adds how much of each pixel lies between two places of a lane.
func addSpan(cover []int, from, to int) {
	from, to = max(from, 0), min(to, len(cover)*perPixel)
	for from < to {
		x := from / perPixel
		end := min((x+1)*perPixel, to)
		cover[x] += end - from
		from = end
	}
}
