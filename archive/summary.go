package archive

import (
	"context"
	"fmt"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A Summary tells what is in an archive without reading the records.
type Summary struct {
	Records      int64 // the Start and the Result included
	Events       int64
	Interactions int64
	Iterations   int64
	Notes        int64
	Attachments  int64
	Withheld     int64                     // values that were taken out; the salt is none
	FirstCosts   map[string]provider.Cents // of the first iteration; nil if there is none, or if they were withheld
	LastCosts    map[string]provider.Cents // of the last
}

// Summary gives the numbers that the recorder kept; for a sealed archive package verify checks them. Of one that nobody
// has written to since, they are those of the seal, and of the iterations only the first and the last are read.
func (a *Archive) Summary(ctx context.Context) (s Summary, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return s, err
	}
	defer r.Close()
	iterations := a.countIterations
	if _, sealed := a.Seal(); sealed && !a.Touched() {
		iterations = a.sealedIterations
	}
	first, last, err := iterations(r, &s)
	if err == nil {
		err = all(r, tables.TableNote, 1, func(tables.Row) error { s.Notes++; return nil })
	}
	if err == nil {
		err = all(r, tables.TableAttachment, 1, func(tables.Row) error { s.Attachments++; return nil })
	}
	if err == nil {
		err = all(r, tables.TableRedaction, 0, func(row tables.Row) error {
			if row[tables.RedactionCommitment].Kind != btree.Null && string(row[tables.RedactionField].Bytes) != "salt" {
				s.Withheld++
			}
			return nil
		})
	}
	if err != nil {
		return s, err
	}
	row, err := experimentRow(r)
	if err != nil {
		return s, err
	}
	s.Records = 1 + s.Events + s.Interactions + s.Iterations + s.Notes + s.Attachments
	if row[tables.ExperimentStatus].Kind != btree.Null {
		s.Records++
	}
	if s.Iterations == 0 {
		return s, nil
	}
	if s.FirstCosts, err = costsOf(r, first); err == nil {
		s.LastCosts, err = costsOf(r, last)
	}
	return s, err
}

// countIterations counts the iterations that were recorded and what is in all of them, and gives the first and the last
// that was.
func (a *Archive) countIterations(r tables.Reading, s *Summary) (first, last int64, err error) {
	sum := func(total *int64, n int64) error {
		if n > 0 && *total > math.MaxInt64-n || n < 0 && *total < math.MinInt64-n {
			return fmt.Errorf("%w: what the iterations count has more than 64 bits", sqlitefile.ErrDamaged)
		}
		*total += n
		return nil
	}
	err = all(r, tables.TableIteration, tables.IterationSeq+1, func(row tables.Row) error {
		for i, total := range []*int64{&s.Events, &s.Interactions} {
			if err := sum(total, row[tables.IterationEvents+i].Int); err != nil {
				return err
			}
		}
		if row[tables.IterationSeq].Kind != btree.Null {
			if last = row[tables.IterationNumber].Int; s.Iterations == 0 {
				first = last
			}
			s.Iterations++
		}
		return nil
	})
	return first, last, err
}

// sealedIterations is countIterations by the seal.
func (a *Archive) sealedIterations(r tables.Reading, s *Summary) (first, last int64, err error) {
	s.Events, s.Interactions, s.Iterations = a.seal.Events, a.seal.Interactions, a.seal.Iterations
	if s.Iterations == 0 {
		return 0, 0, nil
	}
	last, ok, err := r.Last(tables.TableIteration)
	if err != nil {
		return 0, 0, err
	}
	var row tables.Row
	if ok {
		row, err = r.Find(tables.TableIteration, last)
	}
	if err != nil {
		return 0, 0, err
	}
	rows, err := r.Look(tables.TableIteration, math.MinInt64, math.MaxInt64)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	head, err := rows.Next()
	if err != nil {
		return 0, 0, err
	}
	if head == nil || row == nil || head[tables.IterationSeq].Kind == btree.Null ||
		row[tables.IterationSeq].Kind == btree.Null { // one of them was not recorded itself
		*s = Summary{}
		return a.countIterations(r, s)
	}
	return head[tables.IterationNumber].Int, last, nil
}

// costsOf reads the costs of an iteration, nil if they are withheld.
func costsOf(r tables.Reading, number int64) (map[string]provider.Cents, error) {
	row, err := r.Find(tables.TableIteration, number)
	if err == nil && row == nil {
		err = fmt.Errorf("%w: iteration %d cannot be read", sqlitefile.ErrDamaged, number)
	}
	if err != nil || row[tables.IterationCosts].Kind == btree.Null {
		return nil, err
	}
	costs, err := provider.ParseCosts(row[tables.IterationCosts].Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
	}
	return costs, nil
}

// RecordCount implements [provider.Counter].
func (a *Archive) RecordCount(ctx context.Context) (int64, error) {
	s, err := a.Summary(ctx)
	return s.Records, err
}
