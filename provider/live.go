package provider

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// A Live is a run in memory: a Sink that keeps what it takes and a Provider of it, both at the same time. A run that is being
// played can so be looked at with everything that reads recorded runs. Memory grows with the run.
//
// The zero value is ready. Reading sees every record whose call has returned; Records yields those that were there when
// it was called.
type Live struct {
	mu      sync.RWMutex
	order   Order
	records []Record
	numbers []int // of the iterations recorded, ascending
	result  *Result
}

var (
	_ Sink    = (*Live)(nil)
	_ Tail    = (*Live)(nil)
	_ Counter = (*Live)(nil)
)

// Begin implements [Sink]. Like the other methods it keeps a copy of the record, which shares texts with it.
func (l *Live) Begin(_ context.Context, s *Start) error {
	r := *s
	return l.add(&r, (*Order).Begin)
}

// Event implements [Sink].
func (l *Live) Event(_ context.Context, e *Event) error {
	r := *e
	return l.addRecord(&r)
}

// Interaction implements [Sink].
func (l *Live) Interaction(_ context.Context, i *Interaction) error {
	r := *i
	return l.addRecord(&r)
}

// Iteration implements [Sink].
func (l *Live) Iteration(_ context.Context, i *Iteration) error {
	r := *i
	r.Costs, r.AcceptedChanges, r.Policies = clone(i.Costs), clone(i.AcceptedChanges), clone(i.Policies)
	return l.addRecord(&r)
}

// Note implements [Sink].
func (l *Live) Note(_ context.Context, n *Note) error {
	r := *n
	return l.addRecord(&r)
}

// Attachment implements [Sink].
func (l *Live) Attachment(_ context.Context, a *Attachment) error {
	r := *a
	return l.addRecord(&r)
}

// Finish implements [Sink].
func (l *Live) Finish(_ context.Context, result *Result) error {
	if result == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.order.Finish()
	}
	r := *result
	return l.add(&r, (*Order).Finish)
}

func clone[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

func (l *Live) addRecord(r Record) error {
	return l.add(r, func(o *Order) error { return o.Record(r.RecordKind()) })
}

func (l *Live) add(r Record, inOrder func(*Order) error) error {
	if err := r.Validate(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r := r.(type) {
	case *Iteration:
		i, found := slices.BinarySearch(l.numbers, r.Number)
		if found {
			return RepeatedIteration(r.Number)
		}
		if err := inOrder(&l.order); err != nil {
			return err
		}
		l.numbers = slices.Insert(l.numbers, i, r.Number)
	case *Attachment:
		if slices.ContainsFunc(l.records, func(have Record) bool {
			a, ok := have.(*Attachment)
			return ok && a.Name == r.Name
		}) {
			return RepeatedAttachment(r.Name)
		}
		if err := inOrder(&l.order); err != nil {
			return err
		}
	default:
		if err := inOrder(&l.order); err != nil {
			return err
		}
	}
	l.records = append(l.records, WithSeq(r, int64(len(l.records))))
	if result, ok := r.(*Result); ok {
		l.result = result
	}
	return nil
}

// RepeatedIteration gives the error for a second [Iteration] record of number n.
func RepeatedIteration(n int) error {
	return fmt.Errorf("%w: iteration %d is recorded already", ErrInvalid, n)
}

// RepeatedAttachment gives the error for a second [Attachment] of one name.
func RepeatedAttachment(name string) error {
	return fmt.Errorf("%w: attachment %q is recorded already", ErrInvalid, name)
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
			e.Start = *r
		case *Note:
			e.Notes = append(e.Notes, *r)
		case *Result:
			e.Result = new(*r)
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
			c := *it
			c.Costs, c.AcceptedChanges, c.Policies = clone(it.Costs), clone(it.AcceptedChanges), clone(it.Policies)
			return c, nil
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
				if !yield(Clone(r), nil) {
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
			if !yield(Clone(r), nil) {
				return
			}
		}
	}
}

// RecordCount implements [Counter].
func (l *Live) RecordCount(context.Context) (int64, error) { return int64(len(l.snapshot())), nil }

// Clone gives a copy of r that shares only its texts, which nobody may modify.
func Clone(r Record) Record {
	switch r := r.(type) {
	case *Start:
		return new(*r)
	case *Event:
		return new(*r)
	case *Interaction:
		return new(*r)
	case *Iteration:
		c := *r
		c.Costs, c.AcceptedChanges, c.Policies = clone(r.Costs), clone(r.AcceptedChanges), clone(r.Policies)
		return &c
	case *Note:
		return new(*r)
	case *Attachment:
		return new(*r)
	case *Result:
		return new(*r)
	}
	return r
}
