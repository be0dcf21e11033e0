// Package pages reads the tables of an archive from the pages of its file, and lays out the pages of a sealed file,
// both without SQLite. What it reads was opened, and its schema compared, by package sqlitefile.
//
// It stops at the first thing that is not as it has to be. Who wants to know all that is wrong with a file asks package
// verify, who wants what can be saved package salvage.
package pages
