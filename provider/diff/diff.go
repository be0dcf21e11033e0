package diff

import (
	"context"
	"encoding/json"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Sort is what kind of difference there is.
type Sort string

const (
	// Changed: the two runs have different values, or only one has a value.
	Changed Sort = "changed"
	// Rewritten: the same JSON value, written differently: spacing, order of members, escapes, spelling of a number.
	Rewritten Sort = "rewritten"
	// OnlyA and OnlyB: a record that the other run lacks.
	OnlyA Sort = "only_in_a"
	OnlyB Sort = "only_in_b"
	// Withheld: a value is withheld in one run or in both, and its commitment does not fit, or only one run has the field.
	Withheld Sort = "withheld"
	// Unknown: a value is withheld, and whether the other one is the same cannot be told, since the commitment depends on
	// the salt and the place of the record, and these differ.
	Unknown Sort = "unknown"
	// Rekeyed: the same value, but the copies of the run hold different keys for it.
	Rekeyed Sort = "rekeyed"
)

// A Difference is one thing that differs between run A and run B.
type Difference struct {
	Sort Sort
	Kind provider.Kind
	// SeqA and SeqB are the positions of the record in the two runs, -1 in a run that lacks it.
	SeqA, SeqB int64
	// Iteration is that of the record, nil for a record of the whole run.
	Iteration *int
	// Agent is whom it is about: the agent of a call, of an entry of costs, policies or accepted changes, or the agent_id
	// of an event's data. It is empty if it is about none.
	Agent string
	// Label is the type of an event, the kind of a note or the name of an attachment.
	Label string
	// Pointer is a JSON pointer (RFC 6901) into the record as the line protocol writes it, such as /policies/BANK_A/f. It
	// is empty for a record that only one run has.
	Pointer string
	// A and B are the values, nil where absent or withheld.
	A, B *Value
	// WithheldA and WithheldB are the commitments that stand in for withheld values.
	WithheldA, WithheldB *provider.Commitment
}

// A Value is one of two values that differ: JSON text as it was recorded, a text, an amount, or bytes.
type Value struct {
	JSON  json.RawMessage // a value of any field but those below; the text of a text field is a JSON string
	Text  *string         // of a field that holds text, beside JSON
	Cents *provider.Cents // of a field that holds amounts, beside JSON
	Bytes []byte          // of an attachment or a salt, without JSON
}

// A Summary is what [Compare] found out about the two runs.
type Summary struct {
	First              *Difference // in the order of the runs; nil if there is none
	Differences        int64       // how many were reported
	OnlyA, OnlyB       int64       // of them, records that only one run has
	RecordsA, RecordsB int64
	DigestA, DigestB   digest.Hash
	// WithheldA and WithheldB count by field the values that one run withholds and whose commitment fits the value, or the
	// commitment, of the other.
	WithheldA, WithheldB map[string]int64
}

// Options for [Compare]. The zero value, or nil, compares everything.
type Options struct {
	// Ignore has what does not count, as [ParseIgnore] gives it.
	Ignore Ignore
}

// Compare reports what differs between two runs, in the order of their records, and stops at the first error of report.
// The error of a run is a [*RunError].
func Compare(ctx context.Context, a, b provider.Provider, o *Options, report func(Difference) error) (Summary, error) {
	if o == nil {
		o = new(Options)
	}
	c := &comparer{ignore: o.Ignore, report: report}
	c.summary.WithheldA, c.summary.WithheldB = map[string]int64{}, map[string]int64{}
	for i, p := range []provider.Provider{a, b} {
		stop := c.sides[i].open(ctx, p, i == 1, o.Ignore)
		defer stop()
	}
	err := c.run()
	c.summary.RecordsA, c.summary.RecordsB = c.sides[0].tree.Len(), c.sides[1].tree.Len()
	c.summary.DigestA, c.summary.DigestB = c.sides[0].tree.Root(), c.sides[1].tree.Root()
	return c.summary, err
}

// A RunError is the failure to read one of the two runs.
type RunError struct {
	B   bool // it is the second
	Err error
}

func (e *RunError) Error() string {
	if e.B {
		return "second run: " + e.Err.Error()
	}
	return "first run: " + e.Err.Error()
}

func (e *RunError) Unwrap() error { return e.Err }

type comparer struct {
	sides   [2]side
	ignore  Ignore
	report  func(Difference) error
	summary Summary
	// otherSalt tells that the two runs have not the same salt, so that commitments to the same value differ.
	otherSalt bool
	salted    bool
}

func (c *comparer) found(d Difference) error {
	if c.summary.First == nil {
		c.summary.First = &d
	}
	c.summary.Differences++
	switch d.Sort {
	case OnlyA:
		c.summary.OnlyA++
	case OnlyB:
		c.summary.OnlyB++
	}
	return c.report(d)
}
