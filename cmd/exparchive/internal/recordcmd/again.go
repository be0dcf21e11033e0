package recordcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// Again is a sink for lines of which some may be recorded already: those that a program sent and that were not
// acknowledged, since the recorder ended. After begin it passes on only what is behind the end of the recording. A line
// that could not be recorded is known by its bytes; one that was cut off when the recorder ended, and is kept so, may
// come again whole.
type again struct {
	provider.Sink
	w        *record.Writer
	recorded []recordedAlready
	next     int               // that is expected
	names    map[string]string // of attachments that keep lines which came again, by those that they would have now
	err      error
}

// A recordedAlready is a record of the run that may come again.
type recordedAlready struct {
	hash     digest.Hash
	rejected bool // it keeps a line that could not be recorded, or is the note about it
	name     string
	data     []byte
}

func newRecordedAlready(r provider.Record) recordedAlready {
	var leaf digest.Leaf // as in a run without a salt
	known := recordedAlready{hash: leaf.Hash(r)}
	switch r := r.(type) {
	case *provider.Note:
		known.rejected = jsonl.IsRejected(r)
	case *provider.Attachment:
		if known.rejected = jsonl.IsRejectedLine(r); known.rejected {
			known.name, known.data = r.Name, append([]byte{}, r.Data...)
		}
	}
	return known
}

var (
	errOtherID  = errors.New("they are of another run")
	errTooShort = errors.New("they begin behind its end")
)

// begin reads what is recorded behind the first records of the run.
func (a *again) begin(runID string, records int64) error {
	if have := a.w.RunID(); runID != have {
		return fmt.Errorf("%w: got run_id %.80q, want %.80q", errOtherID, runID, have)
	}
	if have := a.w.Count(); records > have {
		return fmt.Errorf("%w: they follow %d records, and there are %d", errTooShort, records, have)
	}
	run, err := archive.Open(a.w.LivePath())
	if err != nil {
		return err
	}
	defer run.Close()
	for r, err := range run.Records(context.Background()) {
		if err != nil {
			return err
		}
		if records--; records < 0 {
			a.recorded = append(a.recorded, newRecordedAlready(r))
		}
	}
	return nil
}

// known reports whether a record is there already, which takes it from those that are expected.
func (a *again) known(r provider.Record) (bool, error) {
	if a.err != nil {
		return false, a.err
	}
	if a.next == len(a.recorded) {
		return false, nil
	}
	if err := r.Validate(); err != nil {
		return false, err
	}
	got := newRecordedAlready(r)
	for ; a.next < len(a.recorded); a.next++ {
		have := a.recorded[a.next]
		switch {
		case have.rejected && got.rejected && bytes.Equal(have.data, got.data), have.hash == got.hash:
			if a.next++; got.name != "" {
				a.names[got.name] = have.name
			}
			return true, nil
		case have.rejected: // cut off, and it comes again whole, or not at all
		default:
			a.err = fileerr.Errorf(a.w.LivePath(), "record %d differs from the line that should be it: %w", a.count(),
				record.ErrOtherRun)
			return false, a.err
		}
	}
	return false, nil
}

// count gives how many records of the run stand before the one that is expected: those of the lines that have come.
func (a *again) count() int64 { return a.w.Count() - int64(len(a.recorded)-a.next) }

// rejection gives a rejection with the name of the attachment that keeps the line.
func (a *again) rejection(l jsonl.Rejection) jsonl.Rejection {
	if name, ok := a.names[l.Attachment]; ok {
		l.Attachment = name
	}
	return l
}

func (a *again) put(ctx context.Context, r provider.Record) error {
	known, err := a.known(r)
	if known || err != nil {
		return err
	}
	return provider.Put(ctx, a.Sink, r)
}

// CheckedEvents implements [lend.EventTaker]: events pass through when nothing is expected any more.
func (a *again) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	event := lend.CheckedEvents(a.Sink)
	if event == nil {
		return a, nil
	}
	return a, func(ctx context.Context, e *provider.Event) error {
		known, err := a.known(e)
		if known || err != nil {
			return err
		}
		return event(ctx, e)
	}
}

// Event implements [provider.Sink].
func (a *again) Event(ctx context.Context, r *provider.Event) error { return a.put(ctx, r) }

// Interaction implements [provider.Sink].
func (a *again) Interaction(ctx context.Context, r *provider.Interaction) error { return a.put(ctx, r) }

// Iteration implements [provider.Sink].
func (a *again) Iteration(ctx context.Context, r *provider.Iteration) error { return a.put(ctx, r) }

// Note implements [provider.Sink].
func (a *again) Note(ctx context.Context, r *provider.Note) error { return a.put(ctx, r) }

// Attachment implements [provider.Sink].
func (a *again) Attachment(ctx context.Context, r *provider.Attachment) error { return a.put(ctx, r) }

// Finish implements [provider.Sink]. A result is no record of a recording that can be resumed.
func (a *again) Finish(ctx context.Context, r *provider.Result) error {
	if a.err != nil {
		return a.err
	}
	return a.Sink.Finish(ctx, r)
}
