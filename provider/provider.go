package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// A Provider gives read access to one run, live or recorded. Its methods may be called from several goroutines. What it
// returns belongs to the caller, except that JSON texts and attachments must not be modified.
type Provider interface {
	// Experiment describes the run. For a recorded run it never changes.
	Experiment(ctx context.Context) (Experiment, error)
	// Iterations gives the numbers of the recorded iterations (those with an [Iteration] record), ascending. It is empty
	// for a run that never finished one.
	Iterations(ctx context.Context) ([]int, error)
	// IterationAt gives the [Iteration] record of number n, or [ErrNoIteration].
	IterationAt(ctx context.Context, n int) (Iteration, error)
	// IterationRecords yields the events, the interactions and the Iteration record that belong to iteration n, in
	// recorded order, or ErrNoIteration if there is none of them. An error is yielded once and ends the sequence.
	IterationRecords(ctx context.Context, n int) iter.Seq2[Record, error]
	// Records yields the whole run in recorded order, from its Start to its Result (which a run that was cut short
	// does not have), with Seq set. An error is yielded once and ends the sequence.
	Records(ctx context.Context) iter.Seq2[Record, error]
}

// A Tail is a Provider that can begin in the middle, which is what following a run needs.
type Tail interface {
	Provider
	// RecordsFrom is Records without the records before seq.
	RecordsFrom(ctx context.Context, seq int64) iter.Seq2[Record, error]
}

// A Counter is a Provider that knows without counting how many records its run has, for progress reports.
type Counter interface {
	RecordCount(ctx context.Context) (int64, error)
}

// An IterationLister is a Provider that reads all its [Iteration] records together, which takes less than one by one.
type IterationLister interface {
	// EachIteration yields them in the order of their numbers. An error is yielded once and ends the sequence.
	EachIteration(ctx context.Context) iter.Seq2[Iteration, error]
}

// A CostLister is an IterationLister that reads what iterations cost without what they tried.
type CostLister interface {
	IterationLister
	// EachCost is EachIteration, but what was accepted and the policies are left out of iterations in which every agent
	// that they name has a cost.
	EachCost(ctx context.Context) iter.Seq2[Iteration, error]
}

// EachCost yields the [Iteration] records of p as [EachIteration] does, for what they cost: what was accepted and the
// policies may be left out where every agent that they name has a cost.
func EachCost(ctx context.Context, p Provider) iter.Seq2[Iteration, error] {
	if l, ok := p.(CostLister); ok {
		return l.EachCost(ctx)
	}
	return EachIteration(ctx, p)
}

// EachIteration yields the [Iteration] records of p in the order of their numbers. An error is yielded once and ends
// the sequence. Unless p is an [IterationLister] it takes what [Select] gives, and keeps all of it.
func EachIteration(ctx context.Context, p Provider) iter.Seq2[Iteration, error] {
	if l, ok := p.(IterationLister); ok {
		return l.EachIteration(ctx)
	}
	return func(yield func(Iteration, error) bool) {
		var all []*Iteration
		for r, err := range Select(ctx, p, Selection{Iterations: true}) {
			if err != nil {
				yield(Iteration{}, err)
				return
			}
			all = append(all, r.(*Iteration))
		}
		slices.SortFunc(all, func(a, b *Iteration) int { return cmp.Compare(a.Number, b.Number) })
		for _, it := range all {
			if !yield(*it, nil) {
				return
			}
		}
	}
}

// Costs gives what iteration n cost each agent, or [ErrNoIteration]. An iteration without costs gives an empty map.
func Costs(ctx context.Context, p Provider, n int) (map[string]Cents, error) {
	it, err := p.IterationAt(ctx, n)
	if it.Costs == nil && err == nil {
		it.Costs = map[string]Cents{}
	}
	return it.Costs, err
}

// AcceptedChanges tells for each agent whether its change of policy in iteration n was accepted, or [ErrNoIteration].
// An agent of which it is not known is not in the map.
func AcceptedChanges(ctx context.Context, p Provider, n int) (map[string]bool, error) {
	it, err := p.IterationAt(ctx, n)
	if it.AcceptedChanges == nil && err == nil {
		it.AcceptedChanges = map[string]bool{}
	}
	return it.AcceptedChanges, err
}

// Policies gives each agent's policy in iteration n as JSON text, or [ErrNoIteration].
func Policies(ctx context.Context, p Provider, n int) (map[string]json.RawMessage, error) {
	it, err := p.IterationAt(ctx, n)
	if it.Policies == nil && err == nil {
		it.Policies = map[string]json.RawMessage{}
	}
	return it.Policies, err
}

// Events yields the events of iteration n in recorded order, or [ErrNoIteration].
func Events(ctx context.Context, p Provider, n int) iter.Seq2[Event, error] {
	return only[Event](p.IterationRecords(ctx, n))
}

// AllEvents yields every event of the run in recorded order.
func AllEvents(ctx context.Context, p Provider) iter.Seq2[Event, error] {
	return only[Event](p.Records(ctx))
}

// Interactions yields the calls of language models that belong to iteration n in recorded order, or [ErrNoIteration].
func Interactions(ctx context.Context, p Provider, n int) iter.Seq2[Interaction, error] {
	return only[Interaction](p.IterationRecords(ctx, n))
}

// AllInteractions yields every call of a language model of the run in recorded order.
func AllInteractions(ctx context.Context, p Provider) iter.Seq2[Interaction, error] {
	return only[Interaction](p.Records(ctx))
}

// only picks the records of one type.
func only[T any](records iter.Seq2[Record, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for r, err := range records {
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			if t, ok := any(r).(*T); ok && !yield(*t, nil) {
				return
			}
		}
	}
}

// NoIteration gives the error for a lookup of iteration n, which wraps [ErrNoIteration] and says which there are.
func NoIteration(n int, have []int) error {
	switch len(have) {
	case 0:
		return fmt.Errorf("iteration %d: %w (the run has none)", n, ErrNoIteration)
	case 1:
		return fmt.Errorf("iteration %d: %w (the run has only %d)", n, ErrNoIteration, have[0])
	}
	return fmt.Errorf("iteration %d: %w (the run has %d, from %d to %d)", n, ErrNoIteration, len(have), have[0],
		have[len(have)-1])
}
