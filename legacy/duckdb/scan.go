package duckdb

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
)

// A Scanner reads a table batch by batch, in the engine's order of rows. It is used by one goroutine at a time.
type Scanner struct {
	cols  []Column // of the batch
	rows  *rowgroup.Scanner
	batch Batch
	err   error // why there is nothing to scan
}

// Scan starts reading the named columns, or all that can be read when none are named. An error, also one about a name,
// is reported by [Scanner.Err].
func (t *Table) Scan(ctx context.Context, columns ...string) *Scanner {
	s := &Scanner{}
	table := t.table()
	rows, err := table.Rows()
	if err != nil {
		s.err = err
		return s
	}
	var wanted []rowgroup.Column
	all := t.columns()
	add := func(i int) {
		s.cols = append(s.cols, all[i])
		wanted = append(wanted, rowgroup.Column{Name: all[i].Name, Index: table.PhysicalIndex(i),
			Type: table.Columns[i].Type})
	}
	for _, name := range columns {
		i := table.ColumnIndex(name)
		switch {
		case i < 0:
			s.err = fmt.Errorf("%w: %s in table %s", ErrNoColumn, quote.Identifier(name), table.Path)
		case all[i].Err != nil:
			s.err = fmt.Errorf("table %s: %w", table.Path, all[i].Err)
		case all[i].Generated:
			s.err = fmt.Errorf("table %s: column %s: %w", table.Path, quote.Identifier(all[i].Name),
				fault.Unsupportedf("generated columns have no stored values"))
		default:
			add(i)
			continue
		}
		return s
	}
	if len(columns) == 0 {
		for i, c := range all {
			if c.Err == nil && !c.Generated {
				add(i)
			}
		}
	}
	if t.db == nil { // the zero Table
		return s
	}
	s.rows = rows.Scan(ctx, wanted, rowgroup.Options{Table: table.Path.String(), MaxBytes: t.db.opts.MaxBatchBytes,
		Decoded: &t.db.decoded})
	for i, v := range s.rows.Vectors() {
		s.batch.cols = append(s.batch.cols, readable(v, s.cols[i].Type, t.db.as))
	}
	return s
}

// Columns are the columns of each batch.
func (s *Scanner) Columns() []Column { return slices.Clone(s.cols) }

// Batch gives the current batch, valid until the next Next or SeekRow.
func (s *Scanner) Batch() *Batch { return &s.batch }

// SetContext makes ctx the context of what is read from here on.
func (s *Scanner) SetContext(ctx context.Context) {
	if s.rows != nil {
		s.rows.SetContext(ctx)
	}
}

// Err is the first error, or nil at a proper end.
func (s *Scanner) Err() error {
	if s.rows == nil {
		return s.err
	}
	return s.rows.Err()
}

// Row gives the number of the row that the current batch begins at, counted from 0 over the whole table, deleted rows
// included. The first rows of the batch may be among those.
func (s *Scanner) Row() int64 {
	if s.rows == nil {
		return 0
	}
	return s.rows.Row()
}

// SeekRow makes the next batch begin at a row numbered as by [Scanner.Row]; a row past the end is the end. What lies
// before the row in its row group, of usually 122880 rows, is decoded on the way, but for what was read just before. It
// does nothing after an error.
func (s *Scanner) SeekRow(row int64) {
	if s.rows != nil {
		s.rows.SeekRow(row)
		s.batch.n = s.rows.Len()
	}
}

// Next decodes the next batch. It returns false at the end and after an error.
func (s *Scanner) Next() bool {
	if s.rows == nil {
		return false
	}
	more := s.rows.Next()
	s.batch.n = s.rows.Len()
	return more
}

// Rows gives the rows of the named columns, or of all that can be read when none are named, as Go values. It stops at
// the first error.
func (t *Table) Rows(ctx context.Context, columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		s := t.Scan(ctx, columns...)
		var m rowMaker
		for s.Next() {
			if !m.each(s.rows.Vectors(), s.batch.n, func(r Row) bool { return yield(r, nil) }) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(nil, err)
		}
	}
}
