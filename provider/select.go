package provider

import (
	"context"
	"iter"
	"slices"
)

// A Selection says which records of a run are wanted. The zero value wants none.
type Selection struct {
	Iterations bool // the [Iteration] records
	// Calls wants the [Interaction] records. Their prompts and responses may be left out, even where they were
	// recorded.
	Calls  bool
	Events []string // the events of these types
	All    bool     // the events of all types
	Span   *Span    // only what belongs to these iterations; nil is all
	// First and Last bound the Seq of what is wanted, if they are not 0.
	First, Last int64
}

// A Span is the iterations from First to Last.
type Span struct{ First, Last int }

// Has reports whether iteration n lies in the span. A nil Span has all.
func (s *Span) Has(n int) bool { return s == nil || s.First <= n && n <= s.Last }

// Wants reports whether a record is selected.
func (s *Selection) Wants(r Record) bool {
	if seq := r.RecordMeta().Seq; seq < s.First || s.Last > 0 && seq > s.Last {
		return false
	}
	switch r := r.(type) {
	case *Iteration:
		return s.Iterations && s.Span.Has(r.Number)
	case *Interaction:
		return s.Calls && s.Span.Has(r.Iteration)
	case *Event:
		return s.Span.Has(r.Iteration) && (s.All || slices.Contains(s.Events, r.Type))
	}
	return false
}

// A Selector is a Provider that reads some of its records without the others.
type Selector interface {
	// Select yields the records that s wants in recorded order, with Seq set. An error is yielded once and ends the
	// sequence.
	Select(ctx context.Context, s Selection) iter.Seq2[Record, error]
}

// Select yields the records of p that s wants, in recorded order. It reads the whole run unless p is a [Selector].
func Select(ctx context.Context, p Provider, s Selection) iter.Seq2[Record, error] {
	if l, ok := p.(Selector); ok {
		return l.Select(ctx, s)
	}
	return func(yield func(Record, error) bool) {
		for r, err := range p.Records(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if s.Wants(r) && !yield(r, nil) {
				return
			}
		}
	}
}
