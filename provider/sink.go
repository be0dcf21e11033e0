package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/internal/lend"
)

// A Sink takes one run, record by record: first Begin, then any of the others in any order, then Finish. Calls come
// from one goroutine at a time. After an error the run in the sink ends before the record that failed, and only the
// sink's own means of cleaning up (Close, where it has one) may be called. A sink may say that it goes on after a
// record that it refused, as an archive's writer does.
//
// Sinks that keep records refuse those that break a rule of this package with an error that wraps [ErrInvalid], and
// calls out of order with [ErrOrder]. A sink does not keep what it is given after the call unless it says so, and does
// not modify it, except that it may call Validate on it, which puts JSON texts in the form in which they are kept.
//
// How durable a record is when the call returns is for the sink to say; for an archive an Event may wait in memory,
// while an Interaction (it cost money), an Iteration, a Note and an Attachment are on disk.
type Sink interface {
	Begin(ctx context.Context, s *Start) error
	Event(ctx context.Context, e *Event) error
	Interaction(ctx context.Context, i *Interaction) error
	Iteration(ctx context.Context, i *Iteration) error
	Note(ctx context.Context, n *Note) error
	Attachment(ctx context.Context, a *Attachment) error
	// Finish ends the run. A nil result means that the source ended without one: the run was cut short.
	Finish(ctx context.Context, r *Result) error
}

// Put gives one record to the method of s that takes it.
func Put(ctx context.Context, s Sink, r Record) error {
	switch r := r.(type) {
	case *Start:
		return s.Begin(ctx, r)
	case *Event:
		return s.Event(ctx, r)
	case *Interaction:
		return s.Interaction(ctx, r)
	case *Iteration:
		return s.Iteration(ctx, r)
	case *Note:
		return s.Note(ctx, r)
	case *Attachment:
		return s.Attachment(ctx, r)
	case *Result:
		return s.Finish(ctx, r)
	}
	return fmt.Errorf("%w: record of type %T", ErrInvalid, r)
}

// Copy gives the whole run of p to s, and finishes s with nil if the run has no result. It stops at the first error, of
// either side, or when ctx is done. Between a provider and a sink of this module that are made for it records are only
// looked at, which takes less time than if they were given away.
func Copy(ctx context.Context, s Sink, p Provider) error {
	finished := false
	for r, err := range lend.For(ctx, p, s) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if err := Put(ctx, s, r); err != nil {
			return err
		}
		finished = r.RecordKind() == KindResult
	}
	if finished {
		return nil
	}
	return s.Finish(ctx, nil)
}

// Tee gives what it takes to each of the sinks in turn. The first error ends the call: sinks further on do not get that
// record, so put the one that must not miss anything first.
func Tee(sinks ...Sink) Sink { return tee(sinks) }

type tee []Sink

func (t tee) each(f func(Sink) error) error {
	for _, s := range t {
		if err := f(s); err != nil {
			return err
		}
	}
	return nil
}

func (t tee) Begin(ctx context.Context, r *Start) error {
	return t.each(func(s Sink) error { return s.Begin(ctx, r) })
}

func (t tee) Event(ctx context.Context, r *Event) error {
	return t.each(func(s Sink) error { return s.Event(ctx, r) })
}

func (t tee) Interaction(ctx context.Context, r *Interaction) error {
	return t.each(func(s Sink) error { return s.Interaction(ctx, r) })
}

func (t tee) Iteration(ctx context.Context, r *Iteration) error {
	return t.each(func(s Sink) error { return s.Iteration(ctx, r) })
}

func (t tee) Note(ctx context.Context, r *Note) error {
	return t.each(func(s Sink) error { return s.Note(ctx, r) })
}

func (t tee) Attachment(ctx context.Context, r *Attachment) error {
	return t.each(func(s Sink) error { return s.Attachment(ctx, r) })
}

func (t tee) Finish(ctx context.Context, r *Result) error {
	return t.each(func(s Sink) error { return s.Finish(ctx, r) })
}

// An Order checks the order of the calls of a [Sink]; sinks embed it by value and ask it first.
// The zero value is a sink that has not begun.
type Order struct{ begun, finished bool }

// Begin allows the first call of Begin only.
func (o *Order) Begin() error {
	if o.begun {
		return fmt.Errorf("%w: the experiment began already", ErrOrder)
	}
	o.begun = true
	return nil
}

// Record allows records between Begin and Finish.
func (o *Order) Record(k Kind) error {
	if err := o.open(); err != nil {
		return fmt.Errorf("%w: %s %w", ErrOrder, k, err)
	}
	return nil
}

// Finish allows one call of Finish after Begin.
func (o *Order) Finish() error {
	if err := o.open(); err != nil {
		return fmt.Errorf("%w: result %w", ErrOrder, err)
	}
	o.finished = true
	return nil
}

var (
	errNotBegun = errors.New("before the experiment")
	errFinished = errors.New("after the result")
)

func (o *Order) open() error {
	if !o.begun {
		return errNotBegun
	}
	if o.finished {
		return errFinished
	}
	return nil
}
