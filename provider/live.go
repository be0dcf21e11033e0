package provider

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// A Live is a run in memory: a Sink that keeps what it takes and a Provider of it, both at the same time. A run that is
// being played can so be looked at with everything that reads recorded runs. Memory grows with the run.
//
// The zero value is ready. Reading sees every record whose call has returned; Records yields those that were there when
// it began to be read.
type Live struct {
	mu      sync.RWMutex
	order   Order
	salt    SaltRule
	records []Record
	numbers []int // of the iterations recorded, ascending
	names   AttachmentNames
}

var (
	_ Sink    = (*Live)(nil)
	_ Tail    = (*Live)(nil)
	_ Counter = (*Live)(nil)
)

// Begin implements [Sink].
func (l *Live) Begin(_ context.Context, s *Start) error { return l.add(s, (*Order).Begin) }

// Event implements [Sink].
func (l *Live) Event(_ context.Context, e *Event) error { return l.addRecord(e) }

// Interaction implements [Sink].
func (l *Live) Interaction(_ context.Context, i *Interaction) error { return l.addRecord(i) }

// Iteration implements [Sink].
func (l *Live) Iteration(_ context.Context, i *Iteration) error { return l.addRecord(i) }

// Note implements [Sink].
func (l *Live) Note(_ context.Context, n *Note) error { return l.addRecord(n) }

// Attachment implements [Sink].
func (l *Live) Attachment(_ context.Context, a *Attachment) error { return l.addRecord(a) }

// Finish implements [Sink].
func (l *Live) Finish(_ context.Context, r *Result) error {
	if r == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.order.Finish()
	}
	return l.add(r, (*Order).Finish)
}

func (l *Live) addRecord(r Record) error {
	return l.add(r, func(o *Order) error { return o.Record(r.RecordKind()) })
}

// add keeps a copy of r.
func (l *Live) add(r Record, inOrder func(*Order) error) error {
	r = r.Clone()
	if err := r.Validate(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := inOrder(&l.order); err != nil {
		return err
	}
	if err := l.salt.Check(r); err != nil {
		return err
	}
	switch r := r.(type) {
	case *Iteration:
		i, found := slices.BinarySearch(l.numbers, r.Number)
		if found {
			return RepeatedIteration(r.Number)
		}
		l.numbers = slices.Insert(l.numbers, i, r.Number)
	case *Attachment:
		if err := l.names.Add(r.Name); err != nil {
			return err
		}
	}
	r.RecordMeta().Seq = int64(len(l.records))
	l.records = append(l.records, r)
	return nil
}

// RepeatedIteration gives the error for a second [Iteration] record of number n.
func RepeatedIteration(n int) error {
	return fmt.Errorf("%w: iteration %d is recorded already", ErrInvalid, n)
}

// snapshot gives the records there are; they are never changed once they are in the list.
func (l *Live) snapshot() []Record {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.records[:len(l.records):len(l.records)]
}

// Experiment implements [Provider]. Before Begin there is none, which is [ErrNoRun].
func (l *Live) Experiment(context.Context) (Experiment, error) {
	var e Experiment
	records := l.snapshot()
	if len(records) == 0 {
		return e, fmt.Errorf("%w: the experiment has not begun", ErrNoRun)
	}
	for _, r := range records {
		switch r := r.(type) {
		case *Start:
			e.Start = *r.Clone().(*Start)
		case *Note:
			e.Notes = append(e.Notes, *r)
		case *Result:
			e.Result = r.Clone().(*Result)
		}
	}
	return e, nil
}

// Iterations implements [Provider].
func (l *Live) Iterations(context.Context) ([]int, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.numbers), nil
}

// IterationAt implements [Provider].
func (l *Live) IterationAt(ctx context.Context, n int) (Iteration, error) {
	for _, r := range l.snapshot() {
		if it, ok := r.(*Iteration); ok && it.Number == n {
			return *it.Clone().(*Iteration), nil
		}
	}
	have, _ := l.Iterations(ctx)
	return Iteration{}, NoIteration(n, have)
}

// IterationRecords implements [Provider].
func (l *Live) IterationRecords(ctx context.Context, n int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		found := false
		for _, r := range l.snapshot() {
			if of, ok := IterationOf(r); ok && of == n {
				if err := ctx.Err(); err != nil {
					yield(nil, err)
					return
				}
				found = true
				if !yield(r.Clone(), nil) {
					return
				}
			}
		}
		if !found {
			have, _ := l.Iterations(ctx)
			yield(nil, NoIteration(n, have))
		}
	}
}

// Records implements [Provider].
func (l *Live) Records(ctx context.Context) iter.Seq2[Record, error] { return l.RecordsFrom(ctx, 0) }

// RecordsFrom implements [Tail].
func (l *Live) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		records := l.snapshot()
		for _, r := range records[min(max(seq, 0), int64(len(records))):] {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(r.Clone(), nil) {
				return
			}
		}
	}
}

// RecordCount implements [Counter].
func (l *Live) RecordCount(context.Context) (int64, error) { return int64(len(l.snapshot())), nil }
