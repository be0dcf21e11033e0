package jsonl

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// RecordOptions for [Record]. The zero value, or nil, gives the defaults.
type RecordOptions struct {
	ReaderOptions
	// Strict ends the recording at the first line that cannot be recorded, with a [*LineError].
	Strict bool
	// Rejected is told of each line that could not be recorded, in their order, as soon as the line is kept; nil is
	// not.
	Rejected func(Rejection)
	// Taken is called after each record that was given to the sink; nil is not.
	Taken func()
	// Held is told of each line that could not be recorded and waits for the run to begin; nil is not.
	Held func(*LineError)
	// Given is called when what stands in the input up to the end of a line was given to the sink, with the number of the
	// line; not before the run begins, not for the result and what follows it, and no more after the sink has failed. Nil
	// is not.
	Given func(line int)
	// Continue, with Resume, is given what a continue line at the beginning of the input says: the records that follow
	// are those of the run behind the first of so many, and some of them may be recorded already. The sink has to know
	// them. An error ends the recording before anything is recorded, as a [*LineError] that wraps [ErrContinue]. If it is
	// nil such a line is one of an unknown type.
	Continue func(runID string, records int64) error
	// Name is the name of the experiment if no line tells it; empty for "unknown". See [Record].
	Name string
	// Recorded says, with Resume, how many records the run has already: the rejected lines of each input are kept
	// apart.
	Recorded int64
}

// Record gives the sink the records of the lines that r gives, each as soon as its line is there, until the end of r.
// It is what a recorder does whose source is another program, and made for that what was paid for is not lost:
//
//   - A line that cannot be recorded, be it for the reader or since the sink refuses its record with [provider.ErrInvalid] or
//     [provider.ErrOrder], is kept byte for byte in the run, as PROTOCOL.md says, before the next line is read; what
//     follows is recorded as if the line were not there. The sink must go on after a record that it refused, as archive's writer does.
//   - The result is given to the sink when r ends, so that lines behind it can still be kept. A process that is killed before then
//     leaves a run without its result.
//   - When ctx is done, what is on its way is still read, as by [Interruptible], and recorded; a line that is cut off there is kept
//     as one that cannot be recorded. The error is then [ErrInterrupted], unless the result had come.
//   - When the sink fails, the lines on their way are read in the same manner and given to it all the same: a sink such as
//     archive's writer keeps elsewhere what its file cannot take. The error is the last one of the sink, a [*SinkError].
//   - The sink's own context is never done.
//
// A run begins with the first line that is an experiment. Lines before it that cannot be recorded wait in memory. If a
// record of another kind comes first, or a line that says that it is a call of a language model, or more than 16 MiB
// wait, the run begins with an experiment that is filled in, and a note says so. If nothing of that comes, or the run
// would have no id since neither a line nor the options give one, nothing is recorded, and the error is a [*LineError]
// that wraps [provider.ErrNoRun].
//
// If lines were rejected or the experiment filled in the error is a [*RejectedError], which wraps any other; the sink
// is finished all the same. Lines that end without a result give [ErrNoResult], a [*LostResultError] if one of them
// claims to be it, and the sink is not finished. In all other cases it is when Record returns nil.
//
// Record reads ahead: what is left in r after an error does not begin where the lines recorded end.
func Record(ctx context.Context, s provider.Sink, r io.Reader, o *RecordOptions) error {
	if o == nil {
		o = &RecordOptions{}
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	in := Interruptible(reading, r)
	defer in.Close()
	rec := recorder{ctx: context.WithoutCancel(ctx), stop: stop, sink: s, o: o, begun: o.Resume || o.Strict}
	options := o.ReaderOptions
	options.Resume = options.Resume || !o.Strict // or the run begins with what is filled in
	rec.lines = NewReader(in, &options)
	rec.lines.keepPart = !o.Strict
	if o.Resume {
		rec.lines.onContinue = o.Continue
	}
	rec.event = lend.CheckedEvents(s)
	rec.lines.fields.lent = rec.event != nil
	return rec.run()
}

// A recorder is a call of [Record].
type recorder struct {
	ctx   context.Context
	stop  context.CancelFunc // of reading
	sink  provider.Sink
	event func(context.Context, *provider.Event) error // takes those of lines, lent; nil if sink has no such way
	lines *Reader
	o     *RecordOptions

	begun  bool
	result *provider.Result // that has come; the sink gets it at the end
	last   line             // where it stood, should the sink refuse it
	failed error            // of the sink, the last one

	rejections
}

func (r *recorder) run() error {
	for {
		record, err := r.lines.next()
		if err == nil {
			err = r.take(record)
		}
		line := (*LineError)(nil)
		switch {
		case err == nil:
		case errors.As(err, &line) && !r.o.Strict && !errors.Is(err, errNoID) && !errors.Is(err, ErrContinue):
			err = r.reject(line)
		}
		if err != nil {
			return r.end(err)
		}
		if r.o.Given != nil && r.begun && r.result == nil && r.failed == nil {
			r.o.Given(r.lines.Line())
		}
	}
}

// take gives the sink a record. A [*LineError] says that the sink refused it, or that the run cannot begin.
func (r *recorder) take(record provider.Record) error {
	kind := record.RecordKind()
	if !r.begun && kind != provider.KindStart {
		if err := r.begin(); err != nil {
			return err
		}
	}
	if kind == provider.KindResult {
		r.result = record.(*provider.Result)
		r.last = line{r.lines.Line(), bytes.Clone(r.lines.text()), false}
		return nil
	}
	if err := r.put(record); isRefusal(err) {
		r.lines.takeBack(record)
		return &LineError{Line: r.lines.Line(), Err: err}
	}
	if !r.begun {
		r.begun = true
		r.keepHeld()
	}
	return nil
}

// put gives the sink a record. An error that is no refusal is noted, and ends the reading.
func (r *recorder) put(record provider.Record) error {
	var err error
	if e, ok := record.(*provider.Event); ok && r.event != nil {
		err = r.event(r.ctx, e)
	} else {
		err = provider.Put(r.ctx, r.sink, record)
	}
	if isRefusal(err) {
		return err
	}
	if err != nil {
		r.fail(err)
	}
	if r.o.Taken != nil {
		r.o.Taken()
	}
	return err
}

func (r *recorder) fail(err error) {
	r.failed = &SinkError{err}
	r.stop()
}

func isRefusal(err error) bool {
	return errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrOrder)
}

// end ends the recording after what reading ended with, and gives the error of [Record].
func (r *recorder) end(cause error) error {
	finished := false
	if r.result != nil {
		err := r.put(r.result)
		if finished = err == nil; isRefusal(err) {
			r.result = nil
			_ = r.rejectLine(&LineError{Line: r.last.number, Err: err}, r.last) // the run has begun
		}
	}
	interrupted := errors.Is(cause, ErrInterrupted)
	switch {
	case errors.As(cause, new(*LineError)): // which ends a strict recording
	case r.failed != nil: // the lines on their way have been read
		cause = nil
	case cause == io.EOF && !r.begun:
		cause = &LineError{Line: max(r.lines.Line(), 1), Err: errNoStart}
	case finished && (interrupted || cause == io.EOF):
		cause = nil
	case cause == io.EOF && r.lostResult > 0:
		cause = &LostResultError{r.lostResult}
	case cause == io.EOF:
		cause = ErrNoResult
	case interrupted:
		cause = ErrInterrupted
	}
	r.dropHeld()
	err := cause
	if r.failed != nil && cause != nil {
		err = errors.Join(r.failed, cause)
	} else if r.failed != nil {
		err = r.failed
	}
	if r.count > 0 || r.filledIn {
		err = &RejectedError{Lines: r.count, FilledIn: r.filledIn, Err: err}
	}
	return err
}
