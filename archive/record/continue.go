package record

import (
	"context"
	"errors"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// ErrOtherRun means that a recording cannot be continued with a run, since it holds other records.
var ErrOtherRun = errors.New("the recording is of another run")

// A Continuation is a [provider.Sink] for a source that can only start anew, such as a deterministic experiment: it
// takes the run from its start, checks that it repeats the records that an earlier process recorded, and passes on the
// others.
//
// A record that differs from the one recorded in its place is [ErrOtherRun], and nothing is recorded. A result that
// says [provider.StatusInterrupted] before the run has caught up is dropped: the recording stays as it was.
//
// It holds 32 bytes a recorded record.
type Continuation struct {
	w        *Writer
	recorded []digest.Hash
	leaf     digest.Leaf
	next     int // record that is expected
}

var _ provider.Sink = (*Continuation)(nil)

// Continue reads what is recorded in w, which [Resume] gave. The caller closes w, as without a Continuation.
func Continue(ctx context.Context, w *Writer) (*Continuation, error) {
	c := &Continuation{w: w}
	a, err := archive.Open(w.LivePath())
	if err != nil {
		return nil, err
	}
	defer a.Close()
	for r, err := range a.Records(ctx) {
		if err != nil {
			return nil, fileerr.In(w.LivePath(), err)
		}
		c.recorded = append(c.recorded, c.leaf.Hash(r))
	}
	return c, c.leaf.Err()
}

func (c *Continuation) put(ctx context.Context, r provider.Record) error {
	if c.next == len(c.recorded) {
		return provider.Put(ctx, c.w, r)
	}
	if err := r.Validate(); err != nil {
		return err
	}
	hash := c.leaf.Hash(r)
	if err := c.leaf.Err(); err != nil {
		return err
	}
	if hash != c.recorded[c.next] {
		return fileerr.Errorf(c.w.LivePath(), "record %d differs: %w", c.next, ErrOtherRun)
	}
	c.next++
	return nil
}

// Begin implements [provider.Sink].
func (c *Continuation) Begin(ctx context.Context, r *provider.Start) error { return c.put(ctx, r) }

// Event implements [provider.Sink].
func (c *Continuation) Event(ctx context.Context, r *provider.Event) error { return c.put(ctx, r) }

// Interaction implements [provider.Sink].
func (c *Continuation) Interaction(ctx context.Context, r *provider.Interaction) error {
	return c.put(ctx, r)
}

// Iteration implements [provider.Sink].
func (c *Continuation) Iteration(ctx context.Context, r *provider.Iteration) error {
	return c.put(ctx, r)
}

// Note implements [provider.Sink].
func (c *Continuation) Note(ctx context.Context, r *provider.Note) error { return c.put(ctx, r) }

// Attachment implements [provider.Sink].
func (c *Continuation) Attachment(ctx context.Context, r *provider.Attachment) error {
	return c.put(ctx, r)
}

// Finish implements [provider.Sink].
func (c *Continuation) Finish(ctx context.Context, r *provider.Result) error {
	if c.next < len(c.recorded) {
		if r == nil {
			return fileerr.Errorf(c.w.LivePath(), "the run ends at record %d of %d: %w", c.next, len(c.recorded), ErrOtherRun)
		}
		if r.Status == provider.StatusInterrupted {
			return nil
		}
	}
	if r == nil {
		return c.w.Finish(ctx, nil)
	}
	return c.put(ctx, r)
}
