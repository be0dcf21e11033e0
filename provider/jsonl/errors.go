package jsonl

import (
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/provider"
)

// A LineError says which line of the input was refused, and why. The lines before it are good.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// A SinkError is what the sink of [Record] failed with, as against what is wrong with the lines.
type SinkError struct{ Err error }

func (e *SinkError) Error() string { return e.Err.Error() }
func (e *SinkError) Unwrap() error { return e.Err }

// A RejectedError says that not everything came to [Record] as it should. [RecordOptions].Rejected is told which lines
// could not be recorded, why, and where each is kept.
type RejectedError struct {
	Lines    int64 // that could not be recorded
	FilledIn bool  // the run began without an experiment line that could be
	Err      error // what else is wrong, nil if nothing is
}

func (e *RejectedError) Error() string {
	text := "1 line could not be recorded"
	if e.Lines != 1 {
		text = fmt.Sprintf("%d lines could not be recorded", e.Lines)
	}
	if e.FilledIn {
		text += "; the experiment is filled in"
	}
	if e.Err != nil {
		text = fmt.Sprintf("%v; %s", e.Err, text)
	}
	return text
}

func (e *RejectedError) Unwrap() error { return e.Err }

// A LostResultError is an [ErrNoResult] of an input that had a line which claims to be the result, but could not be
// recorded and is kept as it came: nothing is taken out of it. A run of which such a line is the last one is continued
// with a result that can be recorded, or stays without one.
type LostResultError struct{ Line int } // the last one of them, from 1

func (e *LostResultError) Error() string {
	return fmt.Sprintf("the input ends without a result that can be recorded: line %d was to be it", e.Line)
}

// Unwrap gives [ErrNoResult].
func (e *LostResultError) Unwrap() error { return ErrNoResult }

var (
	// ErrLineTooLong means that a line is longer than the limit.
	ErrLineTooLong = errors.New("line too long")
	// ErrNoResult means that [Record] came to the end of the lines without a result.
	ErrNoResult = errors.New("the input ends without a result")
	// ErrInterrupted means that the context of [Record] was done before the lines came to their end.
	ErrInterrupted = errors.New("interrupted")
	// ErrContinue means that a continue line is wrong, or not of the run that is continued.
	ErrContinue = errors.New("the recording cannot go on with these lines")
	// ErrUnknown means that a line has a type or a member that the protocol does not have.
	ErrUnknown = errors.New("unknown")

	errNoStart    = noRun("the input ends before an experiment line")
	errNoID       = noRun("comes before an experiment line that can be recorded, and there is no run id to begin the run with")
	errMissing    = errors.New("missing")
	errEmpty      = errors.New("empty; what is not known is left out, or null")
	errEmptyJSON  = errors.New("empty, which is no JSON; what is not known is left out, or null")
	errMinusZero  = errors.New("minus zero")
	errBothForms  = errors.New("given in both forms, as JSON and as text")
	errIsArray    = errors.New("want a JSON object")
	errNotBase64  = errors.New("not base64")
	errLineBreak  = errors.New("line break")
	errOutOfRange = errors.New("out of range")

	errWithheldThere = errors.New("withheld, but it is there; a member that is withheld is left out")
)

// noRun is [provider.ErrNoRun] in other words: nobody asked for a run by its id.
type noRun string

func (e noRun) Error() string { return string(e) }
func (noRun) Unwrap() error   { return provider.ErrNoRun }

// errNoNewline is io.ErrUnexpectedEOF, which errors.Is finds in it, of a line.
var errNoNewline error = noNewline{}

type noNewline struct{}

func (noNewline) Error() string { return "the last line is cut off" }
func (noNewline) Unwrap() error { return io.ErrUnexpectedEOF }
