package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Records implements [provider.Provider]. Of a run that is being recorded it yields what was durable when it was
// called.
func (a *Archive) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return a.RecordsFrom(ctx, 0)
}

// RecordsFrom implements [provider.Tail].
func (a *Archive) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readAll(ctx, max(seq, 0), func(r provider.Record) bool { return yield(r, nil) })
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

func (a *Archive) readAll(ctx context.Context, from int64, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	s, err := a.newScan(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	end, err := s.end(ctx)
	if err != nil {
		return err
	}
	if from == 0 {
		if s.experiment.Start.Redaction, err = redactionAt(ctx, s.conn, 0); err != nil {
			return err
		}
		if !yield(&s.experiment.Start) {
			return errStop
		}
	}
	next := max(from, 1)
	err = s.run(ctx, next, end, tables.TextLimit(a.file.Length()), -1, func(r provider.Record, seq int64) error {
		if seq != next {
			return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
		}
		next++
		if !yield(r) {
			return errStop
		}
		return nil
	})
	if err != nil {
		return err
	}
	if next < end {
		return fmt.Errorf("%w: record %d is missing", sqlitefile.ErrDamaged, next)
	}
	if r := s.experiment.Result; r != nil && from <= end {
		r.Seq = end
		if r.Redaction, err = redactionAt(ctx, s.conn, end); err != nil {
			return err
		}
		if !yield(r) {
			return errStop
		}
	}
	return nil
}

func (a *Archive) readIterationRecords(ctx context.Context, n int, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	s, err := a.newScan(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := a.checkTexts(ctx, s.conn); err != nil {
		return err
	}
	var first, last, texts int64
	err = s.conn.QueryRowContext(ctx, "SELECT first_seq, last_seq, bytes FROM z_iteration WHERE number = ?", n).Scan(&first, &last, &texts)
	if errors.Is(err, sql.ErrNoRows) {
		have, err := a.Iterations(ctx)
		if err != nil {
			return err
		}
		return provider.NoIteration(n, have)
	} else if err != nil {
		return sqlitefile.Damage(err)
	}
	if last >= tables.MaxSeq {
		return fmt.Errorf("%w: iteration %d ends at record %d", sqlitefile.ErrDamaged, n, last)
	}
	return s.run(ctx, first, last+1, min(texts, tables.TextLimit(a.file.Length())), n, func(r provider.Record, _ int64) error {
		if !yield(r) {
			return errStop
		}
		return nil
	})
}

// checkTexts refuses a sealed archive whose iterations say that they hold more text than its size allows, once:
// readings of one iteration after the other join as much as each says, and no more than that in all.
func (a *Archive) checkTexts(ctx context.Context, conn *sql.Conn) error {
	if a.state != Sealed || a.textsChecked.Load() { // a live file grows
		return nil
	}
	var all float64
	err := conn.QueryRowContext(ctx, "SELECT total(max(bytes, 0)) FROM (SELECT bytes FROM z_iteration LIMIT ?)", a.file.MostRows()).Scan(&all)
	if err != nil {
		return sqlitefile.Damage(err)
	}
	if err := tables.CheckTexts(int64(min(all, math.MaxInt64/2)), a.file.Length()); err != nil {
		return err
	}
	a.textsChecked.Store(true)
	return nil
}
