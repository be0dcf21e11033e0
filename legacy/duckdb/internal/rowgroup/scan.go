package rowgroup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/variant"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Column is a column to be read.
type Column struct {
	Name  string // for errors
	Index int    // among those that have data
	Type  *types.Type
}

// Options for a Scanner.
type Options struct {
	Table    string        // its name, for errors
	MaxBytes int64         // of memory for one batch; positions within a batch are 32 bits wide
	Decoded  *atomic.Int64 // counts the rows that are read, those that are skipped on the way included
}

// A Scanner reads a table batch by batch, in the engine's order of rows. It is used by one goroutine at a time.
type Scanner struct {
	ctx   context.Context
	table *Table
	cols  []Column
	opts  Options

	groups  []*group // first one is being read
	readers []valueReader
	deleted map[int64]*mask // of the first group, by vector
	pos     int64           // next row of the first group
	at      int64           // first row of the batch, deleted ones before it counted
	size    int64           // rows to try at a time

	vectors []*vector.Vector // of the batch
	n       int              // its rows
	rows    []int32          // scratch
	err     error
}

// A valueReader gives a column's values in order.
type valueReader interface {
	// Read appends the next n values, which stay as they are until the next Read or Close.
	Read(dst *vector.Vector, n int64, b *vector.Budget) error
	// Close gives back what the values lie in.
	Close()
}

// Scan starts reading columns.
func (t *Table) Scan(ctx context.Context, cols []Column, opts Options) *Scanner {
	s := &Scanner{ctx: ctx, table: t, cols: cols, opts: opts, groups: t.groups, size: storage.VectorSize}
	for _, c := range cols {
		s.vectors = append(s.vectors, vector.New(c.Type))
	}
	return s
}

// Vectors are those of the columns; each batch fills them anew.
func (s *Scanner) Vectors() []*vector.Vector { return s.vectors }

// Len is the number of rows in the current batch.
func (s *Scanner) Len() int { return s.n }

// Row is the number of the row that the current batch begins at, counted from 0 over the whole table, deleted rows
// included.
func (s *Scanner) Row() int64 { return s.at }

// SetContext makes ctx the context of what is read from here on.
func (s *Scanner) SetContext(ctx context.Context) { s.ctx = ctx }

// Err is the first error, or nil at a proper end.
func (s *Scanner) Err() error { return s.err }

// SeekRow makes the next batch begin at a row numbered as by [Scanner.Row]; a row past the end is the end. What lies
// before the row in its row group is decoded on the way, but for what was read just before. It does nothing after an
// error.
func (s *Scanner) SeekRow(row int64) {
	if s.err != nil {
		return
	}
	s.n = 0
	all := s.table.groups
	i, _ := slices.BinarySearchFunc(all, max(row, 0), func(g *group, row int64) int {
		if g.start+g.rows <= row {
			return -1
		}
		return 1
	})
	if i == len(all) {
		s.close()
		s.groups, s.pos = nil, 0
		return
	}
	g, to := all[i], max(row-all[i].start, 0)
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
	s.close()
	s.size = storage.VectorSize
	if to > 0 {
		s.err = s.rewind(g)
	}
}

// Next decodes the next batch. It returns false at the end and after an error.
func (s *Scanner) Next() bool {
	s.n = 0
	for s.err == nil && len(s.groups) > 0 {
		if s.err = s.ctx.Err(); s.err != nil {
			break
		}
		g := s.groups[0]
		if s.readers == nil { // one that claims to have no rows, too
			if s.err = s.open(g); s.err != nil {
				break
			}
		}
		if s.pos == g.rows {
			s.close()
			s.groups, s.pos = s.groups[1:], 0
			continue
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
		if s.n > 0 {
			if s.err = s.check(); s.err != nil {
				break
			}
			return true
		}
	}
	s.n = 0
	return false
}

// check looks into values that can hold what this reader lacks.
func (s *Scanner) check() error {
	for i, v := range s.vectors {
		if err := variant.Check(v); err != nil {
			return s.wrapColumn(i, err)
		}
	}
	return nil
}

// open starts reading a row group.
func (s *Scanner) open(g *group) error {
	f := s.table.file
	masks, err := g.readDeletes(f)
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
			masks = map[int64]*mask{}
		}
		masks[v] = m
	}
	s.deleted = masks
	s.close()
	s.readers = make([]valueReader, 0, len(s.cols))
	for i, c := range s.cols {
		r, err := g.reader(f, &g.cols[c.Index], c.Type)
		if err != nil {
			return s.wrapColumn(i, err)
		}
		s.readers = append(s.readers, r)
	}
	return nil
}

// close ends the reading of a row group.
func (s *Scanner) close() {
	for _, r := range s.readers {
		r.Close()
	}
	s.readers = nil
}

// rewind puts the readers back to where the last batch ended, by reading again what came before.
func (s *Scanner) rewind(g *group) error {
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
func (s *Scanner) skipTo(g *group, step int64) error {
	if err := s.open(g); err != nil {
		return err
	}
	return s.skip(0, step)
}

// skip reads what lies between from, where the readers are, and pos, step rows at a time.
func (s *Scanner) skip(from, step int64) error {
	s.opts.Decoded.Add(s.pos - from)
	for i, r := range s.readers {
		for at := from; at < s.pos; {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			v := s.vectors[i]
			v.Reset()
			n := min(step, storage.VectorSize-at%storage.VectorSize, s.pos-at)
			if err := r.Read(v, n, vector.NewBudget(s.opts.MaxBytes)); errors.Is(err, vector.ErrBudget) {
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
func (s *Scanner) limit(g *group) error {
	return fmt.Errorf("table %s: row %d: %w: MaxBatchBytes = %d", s.opts.Table, g.start+s.pos, fault.ErrLimit,
		s.opts.MaxBytes)
}

// decode fills the batch with the next n rows of the group, without the deleted ones.
func (s *Scanner) decode(g *group, n int64) error {
	b := vector.NewBudget(s.opts.MaxBytes)
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
		for k, c := range s.cols {
			if u.Column != c.Index {
				continue
			}
			if err := u.apply(s.vectors[k], s.pos, n, b); errors.Is(err, vector.ErrBudget) {
				return err
			} else if err != nil {
				return s.wrapColumn(k, err)
			}
		}
	}
	in, from := s.pos/storage.VectorSize, int(s.pos%storage.VectorSize)
	s.at = g.start + s.pos
	s.pos += n
	s.opts.Decoded.Add(n)
	s.n = int(n)
	m := s.deleted[in]
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
	s.n = len(s.rows)
	for _, v := range s.vectors {
		v.Keep(s.rows)
	}
	return nil
}

func (s *Scanner) wrap(err error) error {
	return fmt.Errorf("table %s: %w", s.opts.Table, err)
}

func (s *Scanner) wrapColumn(i int, err error) error {
	return fmt.Errorf("table %s: column %s: %w", s.opts.Table, quote.Identifier(s.cols[i].Name), err)
}

// vectorReader gives values that are in memory already.
type vectorReader struct {
	src source
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

func (r *vectorReader) Close() {}

// changedReader gives values as the log has changed them.
type changedReader struct {
	*changed
	inner  valueReader
	before *vector.Vector
	pos    int64
}

func (r *changedReader) Read(dst *vector.Vector, n int64, b *vector.Budget) error {
	r.before.Reset()
	if err := r.inner.Read(r.before, n, b); err != nil {
		return err
	}
	for i := range r.updates {
		if err := r.updates[i].apply(r.before, r.pos, n, b); err != nil {
			return err
		}
	}
	r.pos += n
	return r.convert(dst, r.before, b)
}

func (r *changedReader) Close() { r.inner.Close() }
