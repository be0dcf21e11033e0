// Package parquet writes Apache Parquet files of flat tables, and reads back what their footers say of them.
//
// The format is that of https://parquet.apache.org/docs/file-format/, whose parts are named where they are written:
//
//	"PAR1"
//	row groups     column chunks, each a dictionary page, if it pays, and data pages (chunk.go)
//	FileMetaData   schema, where the chunks lie, statistics, keys and values (footer.go), in Thrift's compact
//	               protocol (thrift.go)
//	length         of FileMetaData, 4 bytes, little-endian
//	"PAR1"
//
// Columns are [Boolean], [Int32], [Int64], [Double] or [String], and each may have nulls: there is one definition level
// and no repetition. Data pages are of version 1, in the encodings PLAIN and RLE_DICTIONARY, definition levels in RLE
// (hybrid.go), compressed with zstd, each with its CRC-32. Chunks have the number of nulls and, where they are short,
// the least and the greatest value. There is no page index, since a row group has few pages, and there are no bloom
// filters.
//
// The same rows give the same bytes on every machine. A writer holds one row group, compressed, and of each column one
// page that is not; nothing grows with the number of rows but the description of the row groups.
package parquet
