package provider

import "context"

// An Aside is a [Sink] that never fails: it stands in a [Tee] beside one that must miss nothing, and after the first
// error of the sink behind it takes nothing more.
type Aside struct {
	sink Sink
	err  error
}

var _ Sink = (*Aside)(nil)

// NewAside gives an Aside that passes on to s.
func NewAside(s Sink) *Aside { return &Aside{sink: s} }

// Err gives the error that s ended with, nil if it has taken everything.
func (a *Aside) Err() error { return a.err }

func (a *Aside) put(ctx context.Context, r Record) error {
	if a.err == nil {
		a.err = Put(ctx, a.sink, r)
	}
	return nil
}

// Begin implements [Sink].
func (a *Aside) Begin(ctx context.Context, r *Start) error { return a.put(ctx, r) }

// Event implements [Sink].
func (a *Aside) Event(ctx context.Context, r *Event) error { return a.put(ctx, r) }

// Interaction implements [Sink].
func (a *Aside) Interaction(ctx context.Context, r *Interaction) error { return a.put(ctx, r) }

// Iteration implements [Sink].
func (a *Aside) Iteration(ctx context.Context, r *Iteration) error { return a.put(ctx, r) }

// Note implements [Sink].
func (a *Aside) Note(ctx context.Context, r *Note) error { return a.put(ctx, r) }

// Attachment implements [Sink].
func (a *Aside) Attachment(ctx context.Context, r *Attachment) error { return a.put(ctx, r) }

// Finish implements [Sink].
func (a *Aside) Finish(ctx context.Context, r *Result) error {
	if r != nil {
		return a.put(ctx, r)
	}
	if a.err == nil {
		a.err = a.sink.Finish(ctx, nil)
	}
	return nil
}
