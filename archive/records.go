package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// Records implements [provider.Provider]. Of a run that is being recorded it yields what was durable when it began to
// be read. Events lie together in memory: who keeps one of them keeps some tens of its neighbours.
func (a *Archive) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return a.RecordsFrom(ctx, 0)
}

// RecordsFrom implements [provider.Tail].
func (a *Archive) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	return a.records(ctx, seq, false)
}

// LentRecords implements [lend.Lender].
func (a *Archive) LentRecords(ctx context.Context, _ *lend.Loan) (any, iter.Seq2[provider.Record, error]) {
	return a, a.records(ctx, 0, true)
}

func (a *Archive) records(ctx context.Context, from int64, lent bool) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readSpan(ctx, max(from, 0), math.MaxInt64, lent, func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// IterationRecords implements [provider.Provider].
func (a *Archive) IterationRecords(ctx context.Context, n int) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readIterationRecords(ctx, n, func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// errStop ends a reading that its consumer wants no more of.
var errStop = errors.New("stop")

// readSpan reads the records from one Seq to another, or to the last that there is.
func (a *Archive) readSpan(ctx context.Context, from, to int64, lent bool,
	yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	row, err := experimentRow(r)
	if err != nil {
		return err
	}
	s := &scan{reading: r, lent: lent}
	if s.iterations, err = iterationsOf(r, a.file.Budget()); err != nil {
		return err
	}
	// Since records are only ever added, what is before the end stays the same while a recorder goes on.
	if s.last, err = lastSeq(r, s.iterations); err != nil {
		return err
	}
	return a.readWith(ctx, s, row, from, to, yield)
}

// readWith is readSpan with a scan that has its reading and the iterations and the last record of the run.
func (a *Archive) readWith(ctx context.Context, s *scan, row tables.Row, from, to int64,
	yield func(provider.Record) bool) (err error) {
	r, end := s.reading, s.last+1
	start, result := tables.Experiment(row)
	s.archive, s.iteration, s.texts = a, everyIteration, tables.TextLimit(a.file.Length())
	s.first, s.last = max(from, 1), min(s.last, to)
	if from == 0 {
		if start.Redaction, err = redactionAt(r, a.file.Budget(), 0); err != nil {
			return err
		}
		if !yield(start) {
			return errStop
		}
	}
	next := s.first
	if next <= s.last {
		err = s.run(ctx, func(r provider.Record, seq int64) error {
			if seq != next {
				return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
			}
			next++
			if !yield(r) {
				return errStop
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	if next <= s.last {
		return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
	}
	if result != nil && from <= end && end <= to {
		result.Seq = end
		if result.Redaction, err = redactionAt(r, a.file.Budget(), end); err != nil {
			return err
		}
		if !yield(result) {
			return errStop
		}
	}
	return nil
}

func (a *Archive) readIterationRecords(ctx context.Context, n int, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := a.checkTexts(r); err != nil {
		return err
	}
	row, err := r.Find(tables.TableIteration, int64(n))
	if err != nil {
		return err
	}
	if row == nil {
		have, err := a.Iterations(ctx)
		if err != nil {
			return err
		}
		return provider.NoIteration(n, have)
	}
	span := tables.SpanOf(row)
	if span.Last >= tables.MaxSeq {
		return fmt.Errorf("%w: iteration %d ends at record %d", sqlitefile.ErrDamaged, n, span.Last)
	}
	s := &scan{
		archive: a, reading: r, first: span.First, last: span.Last, iteration: int64(n),
		texts: min(span.Bytes, tables.TextLimit(a.file.Length())),
	}
	if seq := row[tables.IterationSeq]; seq.Kind != btree.Null {
		s.iterations = []at{{seq.Int, int64(n)}}
	}
	return s.run(ctx, func(r provider.Record, _ int64) error {
		if !yield(r) {
			return errStop
		}
		return nil
	})
}

// checkTexts refuses a sealed archive whose iterations say that they hold more text than its size allows, once:
// readings of one iteration after the other join as much as each says, and no more than that in all.
func (a *Archive) checkTexts(r tables.Reading) error {
	if a.state != Sealed || a.textsChecked.Load() { // a live file grows
		return nil
	}
	var sum float64
	err := all(r, tables.TableIteration, tables.IterationBytes+1, func(row tables.Row) error {
		sum += float64(max(row[tables.IterationBytes].Int, 0))
		return nil
	})
	if err != nil {
		return err
	}
	if err := tables.CheckTexts(int64(min(sum, math.MaxInt64/2)), a.file.Length()); err != nil {
		return err
	}
	a.textsChecked.Store(true)
	return nil
}
