package provider

import (
	"errors"
	"fmt"
)

var (
	// ErrNoIteration means that the run has no record of the iteration asked for.
	ErrNoIteration = errors.New("no such iteration")
	// ErrNoRun means that the source holds no run of the id asked for.
	ErrNoRun = errors.New("no such run")
	// ErrInvalid means that a record breaks a rule of this package and was refused. Nothing of it was recorded.
	ErrInvalid = errors.New("invalid record")
	// ErrOrder means that a Sink was called out of order: a record before Begin or after Finish, or a second Begin.
	ErrOrder = errors.New("record out of order")
	// ErrKey means that the salt of a run is withheld and that a record lacks the key to compute its hash with.
	ErrKey = errors.New("the key of a value is missing, and the salt of the run is withheld")
)

// A CostError reports a cost that is not a whole number of cents.
type CostError struct {
	Agent string // whose cost; empty for a cost of the whole run
	Value string // as it was given
	Err   error  // what is wrong with it
}

func (e *CostError) Error() string {
	value := e.Value
	if len(value) > 80 {
		value = value[:77] + "..."
	}
	if e.Agent == "" {
		return fmt.Sprintf("cost %s: %v", value, e.Err)
	}
	return fmt.Sprintf("cost of agent %q is %s: %v", e.Agent, value, e.Err)
}

// Unwrap gives both the particular error and [ErrInvalid].
func (e *CostError) Unwrap() []error { return []error{ErrInvalid, e.Err} }

// A TextsError reports a call of a language model that a recorder refused, since with it the texts of the calls of the
// run would be longer than an archive of it may hold. Prompts share much, and what they share is stored once: without a
// limit a small file could keep its readers busy for as long as it likes.
type TextsError struct {
	Bytes int64 // of the texts of all calls, the one that was refused included
	Limit int64 // that the archive may hold, for what it stores of them
}

func (e *TextsError) Error() string {
	return fmt.Sprintf("llm_interaction: the texts of all calls of this run together have %d bytes, more than the %d that an archive of it may hold",
		e.Bytes, e.Limit)
}

// Unwrap gives [ErrInvalid].
func (e *TextsError) Unwrap() error { return ErrInvalid }

// A FieldError reports a value that a record may not hold.
type FieldError struct {
	Record string // kind of record, such as "event"
	Field  string // name in the line protocol, such as "event_data"
	Err    error
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Record, e.Field, e.Err) }

// Unwrap gives both the particular error and [ErrInvalid].
func (e *FieldError) Unwrap() []error { return []error{ErrInvalid, e.Err} }
