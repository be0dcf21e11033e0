// Package rowgroup has the rows of a table: the row groups of the file, which of their rows are deleted, what a log
// changes of all that, and the scanner that reads them batch by batch. FORMAT.md describes them under "rowgroup".
package rowgroup
