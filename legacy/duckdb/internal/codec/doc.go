// Package codec decodes segments: the section on codecs in FORMAT.md, and one file for each of them.
//
// Every offset, width and size is checked against what is left of the block before anything is read or allocated.
package codec
