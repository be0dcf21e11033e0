// Package types has the logical types of columns and how the values of each are laid out: the table under "types" in
// FORMAT.md. A new type is a number and a name in id.go and a layout in type.go.
package types
