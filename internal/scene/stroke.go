package scene

// stroke gives polygons that cover a line through points. All turn the same way, so that they add up.
func stroke(points []Point, s Stroke) (polygons [][]Point) {
	for _, piece := range dashed(points, s.Dash) {
		for i, to := range piece {
			if i == 0 {
				continue
			}
			from := piece[i-1]
			dx, dy, length := way(from, to)
			if length == 0 {
				continue
			}
			nx, ny := mulDiv(-dy, s.Width, 2*length), mulDiv(dx, s.Width, 2*length)
			polygons = append(polygons, []Point{
				{from.X - nx, from.Y - ny}, {to.X - nx, to.Y - ny}, {to.X + nx, to.Y + ny}, {from.X + nx, from.Y + ny},
			})
			if i < len(piece)-1 {
				polygons = append(polygons, scaled(circle[:], to, s.Width/2))
			}
		}
	}
	return polygons
}

// dashed gives the pieces of a line that are drawn.
func dashed(points []Point, dash []int) (pieces [][]Point) {
	total := 0
	for _, d := range dash {
		total += d
	}
	if total <= 0 || len(points) == 0 {
		return [][]Point{points}
	}
	n, left, piece := 0, dash[0], []Point{points[0]}
	for i := 1; i < len(points); i++ {
		from, to := points[i-1], points[i]
		dx, dy, length := way(from, to)
		done := 0
		for length-done > left {
			done += left
			at := Point{from.X + mulDiv(dx, done, length), from.Y + mulDiv(dy, done, length)}
			if n%2 == 0 {
				pieces, piece = append(pieces, append(piece, at)), nil
			} else {
				piece = []Point{at}
			}
			n++
			left = dash[n%len(dash)]
		}
		left -= length - done
		if n%2 == 0 {
			piece = append(piece, to)
		}
	}
	if n%2 == 0 && len(piece) > 1 {
		pieces = append(pieces, piece)
	}
	return pieces
}

// way gives how far it is from one point to another, the length rounded down.
func way(from, to Point) (dx, dy, length int) {
	dx, dy = to.X-from.X, to.Y-from.Y
	return dx, dy, int(root(int64(dx)*int64(dx) + int64(dy)*int64(dy)))
}

// root gives the square root of n, rounded down, for n from 0.
func root(n int64) int64 {
	x := n
	for y := (x + 1) / 2; y < x; y = (x + n/x) / 2 {
		x = y
	}
	return x
}
