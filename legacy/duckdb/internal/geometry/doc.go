// Package geometry has the forms in which a file holds geometries, and turns each of them into well-known binary: the
// section on geometry in FORMAT.md.
package geometry

// Kinds of geometry, as numbered in well-known binary.
const (
	Point      = 1
	Line       = 2
	Polygon    = 3
	MultiPoint = 4
	Collection = 7
)

// MaxDepth bounds how deep collections nest.
const MaxDepth = 64

// Layouts of a column of geometries; others are those that have a [SplitType].
const (
	LayoutSpatial = 0 // in the form of the spatial extension
	LayoutWKB     = 1 // in well-known binary
)
