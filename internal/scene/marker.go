package scene

// A Marker is the form of a mark at a point.
type Marker int

// Markers; NoMarker draws nothing.
const (
	NoMarker Marker = iota
	Disc
	Square
	Triangle
	Diamond
	Cross
)

// circle is a circle of radius 1000 as a polygon of 24 corners.
var circle = [24]Point{{1000, 0}, {966, 259}, {866, 500}, {707, 707}, {500, 866}, {259, 966}, {0, 1000}, {-259, 966},
	{-500, 866},
	{-707, 707}, {-866, 500}, {-966, 259}, {-1000, 0}, {-966, -259}, {-866, -500}, {-707, -707}, {-500, -866},
	{-259, -966}, {0, -1000},
	{259, -966}, {500, -866}, {707, -707}, {866, -500}, {966, -259}}

// Mark adds a mark of a radius around a point. A cross has no area to fill.
func (s *Scene) Mark(m Marker, at Point, radius int, fill Color, stroke Stroke) {
	polygon := func(per1000 ...Point) {
		s.Add(Shape{Points: scaled(per1000, at, radius), Closed: true, Fill: &fill, Stroke: stroke})
	}
	switch m {
	case Disc:
		polygon(circle[:]...)
	case Square:
		polygon(Point{-880, -880}, Point{880, -880}, Point{880, 880}, Point{-880, 880})
	case Triangle:
		polygon(Point{0, -1200}, Point{1100, 800}, Point{-1100, 800})
	case Diamond:
		polygon(Point{0, -1300}, Point{1300, 0}, Point{0, 1300}, Point{-1300, 0})
	case Cross:
		s.Line(stroke, scaled([]Point{{-1000, -1000}, {1000, 1000}}, at, radius)...)
		s.Line(stroke, scaled([]Point{{-1000, 1000}, {1000, -1000}}, at, radius)...)
	}
}

// scaled gives points that are given in thousandths of a radius around a point.
func scaled(per1000 []Point, at Point, radius int) (points []Point) {
	for _, p := range per1000 {
		points = append(points, Point{at.X + mulDiv(p.X, radius, 1000), at.Y + mulDiv(p.Y, radius, 1000)})
	}
	return points
}

// mulDiv gives the integer nearest to a·b/c, for a positive c; halves are rounded up. It is computed in 64 bits, so
// that it is the same on every processor.
func mulDiv(a, b, c int) int {
	n, d := 2*int64(a)*int64(b)+int64(c), 2*int64(c)
	q := n / d
	if n%d < 0 {
		q--
	}
	return int(q)
}
