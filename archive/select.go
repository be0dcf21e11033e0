package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Select implements [provider.Selector]. Of events of other types it reads no more than which type they are of, of
// interactions no prompts.
func (a *Archive) Select(ctx context.Context, sel provider.Selection) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readSelected(ctx, sel, func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

func (a *Archive) readSelected(ctx context.Context, sel provider.Selection,
	yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	s := &scan{archive: a, reading: r, iteration: everyIteration, selected: &selected{Selection: sel}}
	if err := s.reach(); err != nil {
		return err
	}
	s.first = max(s.first, sel.First)
	if sel.Last > 0 {
		s.last = min(s.last, sel.Last)
	}
	types, err := loadTypes(r, a.file.Budget()) // a recorder may have added some
	if err != nil {
		return err
	}
	s.selected.types = map[int64]bool{}
	for id, name := range types {
		if sel.All || slices.Contains(sel.Events, name) {
			s.selected.types[id] = true
		}
	}
	return s.run(ctx, func(r provider.Record, _ int64) error {
		if !yield(r) {
			return errStop
		}
		return nil
	})
}

// selected is what a scan gives, if that is not everything.
type selected struct {
	provider.Selection
	types map[int64]bool // of the events, by id
}

// within reports whether an iteration lies in the span.
func (s *selected) within(iteration int64) bool {
	return s.Span == nil || int64(s.Span.First) <= iteration && iteration <= int64(s.Span.Last)
}

// reach finds out from where to where the selected records lie, and which iterations are among them.
func (s *scan) reach() error {
	var all []at
	first, last := int64(math.MaxInt64), int64(0) // of the span, as a sealed archive notes it
	budget := s.archive.file.Budget()
	err := each(s.reading, tables.TableIteration, tables.IterationSeq+1, math.MinInt64, math.MaxInt64,
		func(row tables.Row) error {
			it := at{row[tables.IterationSeq].Int, row[tables.IterationNumber].Int}
			within := s.selected.within(it.number)
			if within {
				first, last = min(first, row[tables.IterationFirstSeq].Int), max(last, row[tables.IterationLastSeq].Int)
			}
			if row[tables.IterationSeq].Kind != btree.Null {
				all = append(all, it)
				if within && s.selected.Iterations {
					s.iterations = append(s.iterations, it)
				}
			}
			return budget.Take(0)
		})
	if err != nil {
		return err
	}
	s.first = 1
	if s.last, err = lastSeq(s.reading, all); err == nil && s.selected.Span != nil && s.archive.state == Sealed {
		s.first, s.last = max(s.first, first), min(s.last, last)
	}
	return err
}

// whole gives the whole row of the event that comes next, of which only the head was read; nil if it is not selected.
func (s *scan) whole() (tables.Row, error) {
	head := s.events.row
	if !s.selected.types[head[tables.EventTypeOf].Int] || !s.selected.within(head[tables.EventIteration].Int) {
		return nil, nil
	}
	return s.events.rows.Whole()
}

// EventTypeNames gives the names of the types of events, sorted. No event is read.
func (a *Archive) EventTypeNames(ctx context.Context) (names []string, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	types, err := loadTypes(r, a.file.Budget())
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Values(types)), nil
}

// EventTypes counts the events of each type among the records from Seq from on. Of every event no more than its type is
// read. What is recorded later has a Seq from next on.
func (a *Archive) EventTypes(ctx context.Context, from int64) (counts map[string]int64, next int64, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	types, err := loadTypes(r, a.file.Budget()) // a recorder may have added some
	if err != nil {
		return nil, 0, err
	}
	next = max(from, 1)
	byID := map[int64]int64{}
	err = each(r, tables.TableEvent, tables.EventTypeOf+1, next, math.MaxInt64, func(row tables.Row) error {
		id := row[tables.EventTypeOf].Int
		if _, ok := types[id]; !ok {
			return fmt.Errorf("%w: event type %d is missing", sqlitefile.ErrDamaged, id)
		}
		byID[id]++
		next = row[tables.EventSeq].Int + 1
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	counts = map[string]int64{}
	for id, n := range byID {
		counts[types[id]] += n
	}
	return counts, next, nil
}

// brief leaves the prompts and the response out of the row of an interaction.
func brief(row tables.Row) tables.Row {
	row = slices.Clone(row)
	for _, i := range []int{tables.InteractionSystemPrompt, tables.InteractionUserPrompt, tables.InteractionResponse} {
		row[i] = btree.Value{}
	}
	return row
}
