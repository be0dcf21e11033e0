package duckdb

import (
	"context"
	"iter"
)

// A Scanner reads a table batch by batch, in the engine's order of rows. It is used by one goroutine at a time.
type Scanner struct {
	err error
}

// Scan starts reading the named columns, or all that can be read when none are named. An error, also one about a name, is reported by
// [Scanner.Err].
func (t *Table) Scan(ctx context.Context, columns ...string) *Scanner { return nil }

// Next decodes the next batch. It returns false at the end and after an error.
func (s *Scanner) Next() bool { return false }

// Batch gives the current batch, valid until the next Next.
func (s *Scanner) Batch() *Batch { return nil }

// Columns are the columns of each batch.
func (s *Scanner) Columns() []Column { return nil }

// Err is the first error, or nil at a proper end.
func (s *Scanner) Err() error { return s.err }

// Rows gives the rows of the named columns, or of all that can be read when none are named, as Go values. It stops at the first error.
func (t *Table) Rows(ctx context.Context, columns ...string) iter.Seq2[Row, error] { return nil }

// AppendText appends value i as the engine's CAST(x AS VARCHAR) gives it, and nothing for NULL.
func (v *Vector) AppendText(dst []byte, i int) []byte { return dst }

// AppendJSON appends value i as JSON: null, booleans, integers of any width and finite floats as they are, JSON columns
// unchanged, nested values as objects and arrays, everything else as a string of the text of AppendText.
func (v *Vector) AppendJSON(dst []byte, i int) []byte { return dst }
