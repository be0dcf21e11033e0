// Package tables says what a row of each table of an archive is: its columns, and how a record of the run is read from
// them. Whoever reads rows, by way of SQLite or from the pages of a file, sound or damaged, reads them with the
// functions of this package.
package tables
