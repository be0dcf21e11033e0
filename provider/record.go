package provider

import (
	"encoding/json"
)

// A Record is one element of a run: *[Start], *[Event], *[Interaction], *[Iteration], *[Note], *[Attachment] or
// *[Result].
type Record interface {
	// RecordKind says which record it is.
	RecordKind() Kind
	// RecordMeta gives what records of all kinds have, to be read and set.
	RecordMeta() *Meta
	// Validate checks the record and puts its JSON texts in the form in which they are kept: no white space around
	// them, null as nil. It returns an error that wraps [ErrInvalid]. Every sink that keeps records calls it first.
	Validate() error
	// Clone gives a copy that shares nothing with the record but its redaction. None of the copy's maps is nil.
	Clone() Record
}

// Meta is what records of all kinds have. It is no part of what was recorded: the hash of a record does not cover it.
type Meta struct {
	Seq       int64      // position in the run, from 0; sinks ignore it and number records themselves
	Redaction *Redaction // nil unless the run comes from a redacted copy
}

// RecordMeta implements [Record].
func (m *Meta) RecordMeta() *Meta { return m }

// Withheld gives the commitment of a field that was withheld from the record, by its name in the line protocol, and
// false for one that was not.
func (m *Meta) Withheld(field string) (Commitment, bool) {
	if m.Redaction == nil {
		return Commitment{}, false
	}
	c, ok := m.Redaction.Withheld[field]
	return c, ok
}

// Kind numbers the kinds of record. The numbers are part of the archive format and never change.
type Kind uint8

const (
	KindStart       Kind = 1
	KindEvent       Kind = 2
	KindInteraction Kind = 3
	KindIteration   Kind = 4
	KindNote        Kind = 5
	KindAttachment  Kind = 6
	KindResult      Kind = 7
)

// String gives the name of k in the line protocol.
func (k Kind) String() string {
	switch k {
	case KindStart:
		return "experiment"
	case KindEvent:
		return "event"
	case KindInteraction:
		return "llm_interaction"
	case KindIteration:
		return "iteration"
	case KindNote:
		return "note"
	case KindAttachment:
		return "attachment"
	case KindResult:
		return "result"
	}
	return "unknown"
}

// A Start is the first record of a run: what is known when it begins.
type Start struct {
	Meta
	RunID     string          // required; unique among the runs of a collection
	Name      string          // of the experiment, such as "exp1"; required
	Type      string          // of the experiment, such as "castro"; required
	Config    json.RawMessage // nil if none was recorded
	CreatedAt string          // when the run began; empty if not recorded
	Salt      []byte          // [SaltSize] random bytes that make withheld values unguessable; nil for a run without
}

// An Event is something that happened during an iteration.
type Event struct {
	Meta
	Iteration int             // number of the iteration, from 0
	Type      string          // such as "evaluation"; required
	Timestamp string          // empty if not recorded
	Data      json.RawMessage // payload, usually an object; nil if none was recorded
}

// An Interaction is one call of a language model and what came of it. It costs money and cannot be repeated.
type Interaction struct {
	Meta
	Iteration        int
	AgentID          string // on whose behalf; empty if not recorded
	Model            *string
	SystemPrompt     *string
	UserPrompt       *string
	Response         *string         // raw, as the model gave it
	ParsedPolicy     json.RawMessage // what the response proposed; nil if nothing could be read from it
	ParsingError     *string         // why not
	PromptTokens     *int64
	CompletionTokens *int64
	LatencySeconds   *float64 // finite, not negative, and not minus zero
	Timestamp        string
	Extra            json.RawMessage // an object with whatever else the caller wants to keep; nil if none
}

// An Iteration is recorded at the end of an iteration.
type Iteration struct {
	Meta
	Number          int // from 0; each number occurs once in a run
	Costs           map[string]Cents
	AcceptedChanges map[string]bool // agents whose acceptance is not known are left out
	Policies        map[string]json.RawMessage
	Timestamp       string
}

// A Note tells a reader of the run what cannot be seen from its records: that a value was derived, that one is
// doubtful.
type Note struct {
	Meta
	Kind string // such as "derived", "doubtful", "invalidated"; required
	Text string // required
	// Subject says what the note is about, as a JSON pointer into the run that [Subject] describes; empty for the run
	// as a whole.
	Subject string
}

// Label gives the kind of the note and, in brackets, its subject, for people.
func (n *Note) Label() string {
	if n.Subject == "" {
		return n.Kind
	}
	return n.Kind + " (" + n.Subject + ")"
}

// An Attachment is a file that belongs to the run: configuration, code, a figure.
type Attachment struct {
	Meta
	Name      string // a relative path with slashes; see [CheckPlain], [CheckPortable] and [AttachmentNames]
	MediaType string // such as "text/x-python"; empty if not known
	Data      []byte
}

// A Result is the last record of a finished run.
type Result struct {
	Meta
	CompletedAt       string // empty if not recorded
	Status            Status // required
	Converged         *bool
	ConvergenceReason *string
	FinalCost         *Cents
	BestCost          *Cents
}

// Status says how far a run got.
type Status string

const (
	// StatusUnfinished is the status of a run without a [Result]: it goes on, or its recording was cut short.
	StatusUnfinished Status = "unfinished"
	// StatusRunning is what those say in the place of unfinished who know that a process records the run at this
	// moment. No file says it, since its recorder may be killed.
	StatusRunning Status = "running"
	// StatusCompleted means that the experiment came to its own end.
	StatusCompleted Status = "completed"
	// StatusFailed means that the experiment ended with an error.
	StatusFailed Status = "failed"
	// StatusInterrupted means that somebody stopped the experiment.
	StatusInterrupted Status = "interrupted"
)

// Reserved reports that no result can have the status: it is said of runs that have none.
func (s Status) Reserved() bool { return s == StatusUnfinished || s == StatusRunning }

// Known reports whether s is one of the statuses named here, which programs that read runs know.
func (s Status) Known() bool {
	switch s {
	case StatusUnfinished, StatusCompleted, StatusFailed, StatusInterrupted:
		return true
	}
	return false
}

// An Experiment describes a run: how it began, what it came to, and what is to be said about it.
type Experiment struct {
	Start
	Result *Result // nil while there is none
	Notes  []Note  // in recorded order
}

// Status is the result's status, or [StatusUnfinished] while there is no result.
func (e Experiment) Status() Status {
	if e.Result == nil {
		return StatusUnfinished
	}
	return e.Result.Status
}

func (*Start) RecordKind() Kind       { return KindStart }
func (*Event) RecordKind() Kind       { return KindEvent }
func (*Interaction) RecordKind() Kind { return KindInteraction }
func (*Iteration) RecordKind() Kind   { return KindIteration }
func (*Note) RecordKind() Kind        { return KindNote }
func (*Attachment) RecordKind() Kind  { return KindAttachment }
func (*Result) RecordKind() Kind      { return KindResult }

// Clone implements [Record].
func (s *Start) Clone() Record { return own(new(*s)) }

// Clone implements [Record].
func (e *Event) Clone() Record { return own(new(*e)) }

// Clone implements [Record].
func (i *Interaction) Clone() Record { return own(new(*i)) }

// Clone implements [Record].
func (i *Iteration) Clone() Record { return own(new(*i)) }

// Clone implements [Record].
func (n *Note) Clone() Record { return own(new(*n)) }

// Clone implements [Record].
func (a *Attachment) Clone() Record { return own(new(*a)) }

// Clone implements [Record].
func (r *Result) Clone() Record { return own(new(*r)) }

// IterationOf gives the number of the iteration that r belongs to, and false for a record of the whole run.
func IterationOf(r Record) (int, bool) {
	switch r := r.(type) {
	case *Event:
		return r.Iteration, true
	case *Interaction:
		return r.Iteration, true
	case *Iteration:
		return r.Number, true
	}
	return 0, false
}
