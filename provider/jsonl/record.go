package jsonl

import (
	"context"
	"errors"
	"io"

	"github.com/simexp/exparchive/provider"
)

// RecordOptions for [Record]. The zero value, or nil, gives the defaults.
type RecordOptions struct {
	ReaderOptions
	// Taken is called after each record that was given to the sink; nil is not.
	Taken func()
}

// Record gives the sink the records of the lines that r gives, each as soon as its line is there, until the end of r. It is what a
// recorder does whose source is another program, and made for that what was paid for is not lost:
//
//   - When ctx is done, what is on its way is still read, as by [Interruptible], and recorded. The error is then [ErrInterrupted].
//   - When the sink fails, the lines on their way are read in the same manner and given to it all the same: a sink such as
//     archive's writer keeps elsewhere what its file cannot take. The error is the last one of the sink, a [*SinkError].
//   - The sink's own context is never done.
//
// A line that cannot be recorded, be it for the reader or since the sink refuses its record with [provider.ErrInvalid] or
// [provider.ErrOrder], ends the recording there with a [*LineError]; if the sink had failed before, its error is joined to it. Lines
// that end without a result give [ErrNoResult], and the sink is not finished. Otherwise the sink is finished when Record returns.
//
// Record reads ahead: what is left in r after an error does not begin where the lines recorded end.
func Record(ctx context.Context, s provider.Sink, r io.Reader, o *RecordOptions) error {
	if o == nil {
		o = &RecordOptions{}
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	ctx = context.WithoutCancel(ctx)
	in := Interruptible(reading, r)
	defer in.Close()
	lines := NewReader(in, &o.ReaderOptions)
	finished := false
	var failed error // of the sink, the last one
	for {
		record, err := lines.Next()
		switch line := (*LineError)(nil); {
		case err == io.EOF && failed == nil && !finished:
			return ErrNoResult
		case err == io.EOF:
			return failed
		case errors.As(err, &line):
			return errors.Join(failed, err)
		case err != nil && failed != nil:
			return failed // the lines on their way have been read
		case errors.Is(err, ErrInterrupted) && finished:
			return nil // the run has its result, and nothing more was on its way
		case errors.Is(err, ErrInterrupted):
			return ErrInterrupted
		case err != nil:
			return err
		}
		switch err := provider.Put(ctx, s, record); {
		case errors.Is(err, provider.ErrInvalid), errors.Is(err, provider.ErrOrder):
			return errors.Join(failed, &LineError{Line: lines.Line(), Err: err})
		case err != nil:
			failed = &SinkError{err}
			stop()
		default:
			finished = finished || record.RecordKind() == provider.KindResult
		}
		if o.Taken != nil {
			o.Taken()
		}
	}
}
