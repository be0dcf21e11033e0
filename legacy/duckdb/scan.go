package duckdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Scanner reads a table batch by batch, in the engine's order of rows. It is used by one goroutine at a time.
type Scanner struct {
	ctx   context.Context
	table *Table
	cols  []Column // of the batch
	phys  []int    // physical index of each

	groups  []*rowGroup // first one is being read
	readers []valueReader
	deleted map[int64]*rowMask // of the first group, by vector
	pos     int64              // next row of the first group
	at      int64              // first row of the batch, deleted ones before it counted
	size    int64              // rows to try at a time

	vectors []*vector.Vector // of the batch
	batch   Batch
	rows    []int32 // scratch
	err     error
}

// A valueReader gives a column's values in order.
type valueReader interface {
	// Read appends the next n values.
	Read(dst *vector.Vector, n int64, b *vector.Budget) error
}

// Scan starts reading the named columns, or all that can be read when none are named. An error, also one about a name, is
// reported by [Scanner.Err].
func (t *Table) Scan(ctx context.Context, columns ...string) *Scanner {
	s := &Scanner{ctx: ctx, table: t, size: storage.VectorSize}
	if s.err = t.load(); s.err != nil {
		return s
	}
	s.groups = t.parts
	all := t.described()
	add := func(i int) {
		s.cols = append(s.cols, all[i])
		s.phys = append(s.phys, t.physicalIndex(i))
		v := vector.New(t.cols[i].typ)
		s.vectors, s.batch.cols = append(s.vectors, v), append(s.batch.cols, readable(v, all[i].Type))
	}
	for _, name := range columns {
		i := t.columnIndex(name)
		switch {
		case i < 0:
			s.err = fmt.Errorf("%w: %s in table %s", ErrNoColumn, quote.Identifier(name), t.qualified())
		case all[i].Err != nil:
			s.err = fmt.Errorf("table %s: %w", t.qualified(), all[i].Err)
		case all[i].Generated:
			s.err = fmt.Errorf("table %s: column %s: %w", t.qualified(), quote.Identifier(all[i].Name),
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
	return s
}

// Columns are the columns of each batch.
func (s *Scanner) Columns() []Column { return slices.Clone(s.cols) }

// Batch gives the current batch, valid until the next Next.
func (s *Scanner) Batch() *Batch { return &s.batch }

// SetContext makes ctx the context of what is read from here on.
func (s *Scanner) SetContext(ctx context.Context) { s.ctx = ctx }

// Err is the first error, or nil at a proper end.
func (s *Scanner) Err() error { return s.err }

// Row gives the number of the row that the current batch begins at, counted from 0 over the whole table, deleted rows included. The
// first rows of the batch may be among those.
func (s *Scanner) Row() int64 { return s.at }

// SeekRow makes the next batch begin at a row numbered as by [Scanner.Row]; a row past the end is the end. What lies before the row in its row group, of usually 122880 rows, is decoded on the way, but for what was read just before. It
// does nothing after an error.
func (s *Scanner) SeekRow(row int64) {
	if s.err != nil {
		return
	}
	s.batch.n = 0
	all := s.table.parts
	i, _ := slices.BinarySearchFunc(all, max(row, 0), func(g *rowGroup, row int64) int {
		if g.start+g.rows <= row {
			return -1
		}
		return 1
	})
	if i == len(all) {
		s.groups, s.readers, s.pos = nil, nil, 0
		return
	}
	g, to := all[i], max(row, 0)-all[i].start
	open := len(s.groups) > 0 && s.groups[0] == g && s.readers != nil
	from := s.pos
	s.groups, s.pos = all[i:], to
	if open && from <= to {
		err := s.skip(from, s.size)
		if err == nil || !errors.Is(err, vector.ErrBudget) {
			s.err = err
			return
		}
	}
	s.readers, s.size = nil, storage.VectorSize
	if to > 0 {
		s.err = s.rewind(g)
	}
}

// Next decodes the next batch. It returns false at the end and after an error.
func (s *Scanner) Next() bool {
	s.batch.n = 0
	for s.err == nil && len(s.groups) > 0 {
		if s.err = s.ctx.Err(); s.err != nil {
			break
		}
		g := s.groups[0]
		if s.pos == g.rows {
			s.groups, s.readers, s.pos = s.groups[1:], nil, 0
			continue
		}
		if s.readers == nil {
			if s.err = s.open(g); s.err != nil {
				break
			}
		}
		n := min(s.size, storage.VectorSize-s.pos%storage.VectorSize, g.rows-s.pos)
		err := s.decode(g, n)
		if errors.Is(err, vector.ErrBudget) {
			// Try again with fewer rows, from where the last batch ended.
			if n == 1 {
				s.err = s.limit(g)
				break
			}
			s.size = n / 2
			if s.err = s.rewind(g); s.err != nil {
				break
			}
			continue
		}
		if err != nil {
			s.err = err
			break
		}
		if s.size < storage.VectorSize && s.pos%storage.VectorSize == 0 {
			s.size = min(s.size*2, storage.VectorSize)
		}
		if s.batch.n > 0 {
			return true
		}
	}
	s.batch.n = 0
	return false
}

// open starts reading a row group.
func (s *Scanner) open(g *rowGroup) error {
	db := s.table.db
	masks, err := g.readDeletes(db)
	if err != nil {
		return s.wrap(err)
	}
	for v, m := range g.deleted {
		if old := masks[v]; old != nil {
			for i := range m {
				old[i] |= m[i]
			}
			continue
		}
		if masks == nil {
			masks = map[int64]*rowMask{}
		}
		masks[v] = m
	}
	s.deleted = masks
	s.readers = make([]valueReader, 0, len(s.phys))
	for i, p := range s.phys {
		if src := g.cols[p]; src.vector != nil {
			s.readers = append(s.readers, &vectorReader{src: src})
			continue
		}
		data, err := g.column(db, p, s.vectors[i].Type)
		if err != nil {
			return s.wrapColumn(i, err)
		}
		s.readers = append(s.readers, column.NewReader(db.file, data))
	}
	return nil
}

// rewind puts the readers back to where the last batch ended, by reading again what came before.
func (s *Scanner) rewind(g *rowGroup) error {
	for step := s.size; ; step /= 2 {
		err := s.skipTo(g, step)
		if !errors.Is(err, vector.ErrBudget) {
			return err
		}
		if step == 1 {
			return s.limit(g)
		}
	}
}

// skipTo starts the row group again and reads up to pos, step rows at a time.
func (s *Scanner) skipTo(g *rowGroup, step int64) error {
	if err := s.open(g); err != nil {
		return err
	}
	return s.skip(0, step)
}

// skip reads what lies between from, where the readers are, and pos, step rows at a time.
func (s *Scanner) skip(from, step int64) error {
	s.table.db.decoded.Add(s.pos - from)
	for i, r := range s.readers {
		for at := from; at < s.pos; {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			v := s.vectors[i]
			v.Reset()
			n := min(step, storage.VectorSize-at%storage.VectorSize, s.pos-at)
			if err := r.Read(v, n, vector.NewBudget(s.table.db.opts.MaxBatchBytes)); errors.Is(err, vector.ErrBudget) {
				return err
			} else if err != nil {
				return s.wrapColumn(i, err)
			}
			at += n
		}
	}
	return nil
}

// limit says that the next row does not fit.
func (s *Scanner) limit(g *rowGroup) error {
	return fmt.Errorf("table %s: row %d: %w: MaxBatchBytes = %d", s.table.qualified(), g.start+s.pos, fault.ErrLimit, s.table.db.opts.MaxBatchBytes)
}

// decode fills the batch with the next n rows of the group, without the deleted ones.
func (s *Scanner) decode(g *rowGroup, n int64) error {
	b := vector.NewBudget(s.table.db.opts.MaxBatchBytes)
	for i, r := range s.readers {
		v := s.vectors[i]
		v.Reset()
		if err := r.Read(v, n, b); err != nil {
			if errors.Is(err, vector.ErrBudget) {
				return err
			}
			return s.wrapColumn(i, err)
		}
	}
	for i := range g.updates {
		u := &g.updates[i]
		for k, p := range s.phys {
			if u.column != p {
				continue
			}
			if err := u.apply(s.vectors[k], s.pos, n, b); errors.Is(err, vector.ErrBudget) {
				return err
			} else if err != nil {
				return s.wrapColumn(k, err)
			}
		}
	}
	vector, from := s.pos/storage.VectorSize, int(s.pos%storage.VectorSize)
	s.at = g.start + s.pos
	s.pos += n
	s.table.db.decoded.Add(n)
	s.batch.n = int(n)
	m := s.deleted[vector]
	if m == nil {
		return nil
	}
	s.rows = s.rows[:0]
	for i := range int(n) {
		if !m.has(from + i) {
			s.rows = append(s.rows, int32(i))
		}
	}
	if len(s.rows) == int(n) {
		return nil
	}
	s.batch.n = len(s.rows)
	for _, v := range s.vectors {
		v.Keep(s.rows)
	}
	return nil
}

func (s *Scanner) wrap(err error) error {
	return fmt.Errorf("table %s: %w", s.table.qualified(), err)
}

func (s *Scanner) wrapColumn(i int, err error) error {
	return fmt.Errorf("table %s: column %s: %w", s.table.qualified(), quote.Identifier(s.cols[i].Name), err)
}

// vectorReader gives values that are in memory already.
type vectorReader struct {
	src columnSource
	pos int
}

func (r *vectorReader) Read(dst *vector.Vector, n int64, b *vector.Budget) error {
	at := r.pos
	r.pos += int(n)
	if r.src.repeat {
		return dst.AppendFrom(r.src.vector, 0, int(n), true, b)
	}
	return dst.AppendFrom(r.src.vector, at, int(n), false, b)
}

// Rows gives the rows of the named columns, or of all that can be read when none are named, as Go values. It stops at the
// first error.
func (t *Table) Rows(ctx context.Context, columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		s := t.Scan(ctx, columns...)
		var m rowMaker
		for s.Next() {
			if !m.each(s.vectors, s.batch.n, func(r Row) bool { return yield(r, nil) }) {
				return
			}
		}
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}
