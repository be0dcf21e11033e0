// Package btree reads and writes the pages of an SQLite database by itself (https://www.sqlite.org/fileformat2.html
// sections 1.5 to 2.1), as far as they belong to tables with rowids.
//
// SQLite does not tell where the bytes of a value lie, goes no further where something is broken, does not look at
// bytes that hold nothing, and says nothing of which page a row is put on. This package does. A [Writer] has one place
// for each row (FORMAT.md appendix A), [CheckLayout] holds a file against that, and a [Forest] reads pages wherever
// they are.
//
// No file makes it panic, hang, or take more memory than a small multiple of its longest row and a byte a page.
package btree
