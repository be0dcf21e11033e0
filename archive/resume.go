package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// Resume continues the recording at livePath, a live file that its recorder left behind, after its last durable record. What
// the recorder could not write and spilled is taken in first.
// Begin must not be called again: [Writer.Count] tells which record is next. A recording that has its result already is
// [ErrFinished], for [SealLive] to seal; one that is going on is [ErrBusy].
func Resume(ctx context.Context, livePath string, opts *WriterOptions) (*Writer, error) {
	w, err := openLive(ctx, livePath, opts)
	if err != nil {
		return nil, err
	}
	if w.order.Record(provider.KindEvent) != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w: the run has its result; seal it", livePath, ErrFinished), w.Close())
	}
	return w, nil
}

// openLive opens a live file for writing and brings the writer to where its last recorder was.
func openLive(ctx context.Context, livePath string, opts *WriterOptions) (*Writer, error) {
	livePath, err := followLink(livePath)
	if err != nil {
		return nil, err
	}
	path, ok := strings.CutSuffix(livePath, LiveSuffix)
	if !ok {
		// Refuse with the best reason there is: it may be sealed, or no archive at all.
		a, err := Open(livePath, nil)
		if err != nil {
			return nil, err
		}
		defer a.Close()
		if a.State() == Sealed {
			return nil, fmt.Errorf("%s: %w: it takes no more records", livePath, ErrSealed)
		}
		return nil, fmt.Errorf("%s: the name of a live file ends in %q", livePath, LiveSuffix)
	}
	w := newWriter(path, opts)
	if err := w.acquire(longestLive); err != nil {
		return nil, err
	}
	if err := w.restore(ctx); err != nil {
		return nil, errors.Join(err, w.disconnect(), w.release())
	}
	return w, nil
}

// restore checks the file as a reader does, before SQLite may write to it, and then takes its state from it.
func (w *Writer) restore(ctx context.Context) error {
	if err := w.sweep(); err != nil {
		return err
	}
	a, err := openReader(w.live, nil, false)
	if err != nil {
		return err
	}
	spilled, err := readSpill(w.live)
	if err == nil {
		err = w.load(ctx, a, spilled)
	}
	if err = errors.Join(err, a.Close()); err != nil {
		return fmt.Errorf("%s: %w", w.live, err)
	}
	if err := w.open(); err != nil {
		return fmt.Errorf("%s: %w", w.live, damage(err))
	}
	if _, err := w.conn.ExecContext(ctx, "DELETE FROM seal; "+deletePartialBlock); err != nil {
		return fmt.Errorf("%s: %w", w.live, err)
	}
	if err := w.annotate(ctx); err != nil {
		return fmt.Errorf("%s: %w", w.live, err)
	}
	return w.takeIn(ctx, spilled)
}

// load reads the whole run: its tree must be built again, and so it is known to be sound.
func (w *Writer) load(ctx context.Context, a *Archive, spilled *spilled) error {
	for r, err := range a.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err == nil {
			err = spilled.compare(w.next, w.tree.Root, r)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", w.next, err)
		}
		switch r := r.(type) {
		case *provider.Start:
			w.runID = r.RunID
			err = w.order.Begin()
		case *provider.Iteration:
			w.numbers[r.Number] = struct{}{}
		case *provider.Attachment:
			w.names[r.Name] = struct{}{}
		case *provider.Result:
			err = w.order.Finish()
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", w.next, err)
		}
		w.blocks.add(&w.tree, w.leaf.Hash(r))
		w.blocks.done = w.blocks.done[:0] // they are in the file
		w.next++
	}
	for id, name := range a.types {
		w.types[name] = id
	}
	if len(w.types) != len(a.types) {
		return fmt.Errorf("%w: event types of the same name", ErrDamaged)
	}
	for _, id := range w.types {
		if id < 1 || id > int64(len(w.types)) {
			return fmt.Errorf("%w: event type %d of %d", ErrDamaged, id, len(w.types))
		}
	}
	return nil
}
