// Package sqlitefile is an archive as an SQLite file: bytes, pages of its log, and handles of SQLite that can do no
// harm.
//
// [Open] and [New] give a [File] to read from. Its header was checked before SQLite saw it, SQLite knows no path by
// which it could find a sidecar, nothing in it is trusted, and its schema is, word for word, the one of its version.
// [OpenWritable] is for files that the caller made itself.
//
// The package knows nothing of runs and records; that is what archive and its other internal packages are for.
package sqlitefile
