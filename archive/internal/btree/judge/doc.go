// Package judge has no code: its tests have releases of SQLite, older than the one that the archive is built with, read
// its files.
package judge
