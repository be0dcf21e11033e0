// Package scene is a drawing of shapes and lines of text, and its writers: SVG, PDF, PNG and TikZ. All lengths are
// integers of 1/64 pt (72 pt are an inch) from the upper left corner, and no float is involved: a scene is the same
// bytes on every processor. Nothing of the clock or of the machine is in a file.
//
// Text is drawn as outlines of the font Go Regular, except in TikZ, where it is set by the paper's own fonts. It is
// kept searchable beside the outlines. Any text is harmless: see [Text].
package scene

// Pt is one point.
const Pt = 64

// A Point is a place in units of 1/64 pt, right and down of the upper left corner.
type Point struct{ X, Y int }

// A Color is red, green and blue, opaque.
type Color [3]uint8

// Colors that are no data's.
var (
	Black = Color{}
	White = Color{255, 255, 255}
)

// A Scene is a drawing. Later items cover earlier ones.
type Scene struct {
	Width, Height int
	Title         string // what it shows, in the file but not drawn
	Description   string // the same in more words
	Items         []Item
}

// An Item is a [Shape] or a [Text].
type Item interface{ item() }

// A Shape is a line through points, or the area within it.
type Shape struct {
	Points []Point
	Closed bool
	Fill   *Color // of the area; nil for none
	Stroke Stroke
}

// A Stroke is how a line is drawn; with a width of 0 it is not. Ends are butt, joins are round.
type Stroke struct {
	Width int
	Color Color
	Dash  []int // lengths drawn and left out, in turn; nil for a solid line
}

// An Anchor says which point of a text its place is.
type Anchor int

// Anchors, on the base line.
const (
	Start Anchor = iota
	Middle
	End
)

// A Text is one line of text. Control characters, characters that are invisible or turn the direction of text, and
// bytes that are not UTF-8 are drawn and written as escapes, as \x1b; a character that the font lacks is drawn as a box
// and written as it is. It is escaped as each format asks for.
type Text struct {
	At     Point
	Text   string
	Size   int
	Anchor Anchor
	Color  Color
}

func (Shape) item() {}
func (Text) item()  {}

// Add draws items over what is there.
func (s *Scene) Add(items ...Item) { s.Items = append(s.Items, items...) }

// Line adds a line through points.
func (s *Scene) Line(stroke Stroke, points ...Point) { s.Add(Shape{Points: points, Stroke: stroke}) }

// Area adds a filled area.
func (s *Scene) Area(fill Color, points ...Point) {
	s.Add(Shape{Points: points, Closed: true, Fill: &fill})
}
