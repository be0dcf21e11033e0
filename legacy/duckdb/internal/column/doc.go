// Package column reads a column in one row group: its description, statistics included, and then its values, through
// the codecs of its segments. FORMAT.md describes it under "column" and "statistics".
package column
