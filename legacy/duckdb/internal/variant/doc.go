// Package variant takes the values of a VARIANT apart, and puts those together that are partly stored by type: the
// sections on variants in FORMAT.md.
package variant
