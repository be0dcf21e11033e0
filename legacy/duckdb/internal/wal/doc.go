// Package wal takes write-ahead logs apart and applies them, in memory, to a catalog and to the rows of its tables.
// FORMAT.md describes them under "wal".
package wal
