// Package duckdb reads DuckDB database files in pure Go: no DuckDB, no cgo, read-only.
//
// [Open] reads the catalog of a file and the write-ahead log beside it; [DB.Tables] lists what is in it;
// [Table.Scan] decodes columns batch by batch and [Table.Rows] gives one row of Go values after another.
// FORMAT.md beside this file describes the bytes.
//
// # What it reads
//
// Storage versions 64 to 69, which the engines 0.9 to 2.0 write: every compression method and every type that a column
// can have. What this package cannot read it refuses by name: a whole file with one of the sentinel errors (a later
// format with ErrTooNew), a table ([Table.Err]), or a single column, while the others stay readable.
//
// # What it promises
//
// Nothing is ever written, locked or created. Bytes from outside are checked before they are trusted: damage gives a
// [FormatError] with the byte offset and the field, never a panic. Memory is bounded by [Options] (the block cache,
// one batch of each Scanner, the log) and by the catalog, with the place of each column of each row group; the row
// counts that a file claims allocate nothing.
//
// A [DB] and its tables may be used by several goroutines; each [Scanner] by one at a time.
package duckdb
