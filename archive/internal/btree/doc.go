// Package btree reads the pages of an SQLite database by itself (https://www.sqlite.org/fileformat2.html sections 1.5 to 2.1).
// SQLite does not tell where the bytes of a value lie, goes no further where something is broken, and does not look at bytes
// that hold nothing. This package does, and it gives each page its canonical form: the only one in which these bytes
// can stand.
//
// No file makes it panic, hang, or take more memory than a small multiple of its longest row and a byte a page.
package btree
