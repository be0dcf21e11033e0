package redact

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Plan is what is known of a run before a copy of it is written: which values go, and what stays although it is what
// the filter looks for. [Plan.Rule] makes the copy, by a [Sink], and [Plan.Check] proves that it turned out right.
type Plan struct {
	Root      digest.Hash // of the run, and of every copy
	Records   int         // records that lose a value
	Guessable int         // values that go and may perhaps be guessed; 0 for a salted run
	// Remaining are the places that the copy shows although what the filter looks for is there, by record. They are to
	// be put before whoever publishes the copy.
	Remaining []Remainder
	// Unmatched are the entries of the filter's lists that fit no value: a name misspelt, a record that the run does
	// not have. What they were to withhold is in the copy.
	Unmatched []Selector

	filter *Filter
	watch  *watch
	fields map[string]*Count
	picks  map[int64]uint32 // fields that go, by the record: a bit for each of bits
	bits   map[string]uint32
	salted bool
	search Search         // for what the values to be withheld were picked for
	origin map[string]int // number of each of its texts, for messages
	known  map[place]bool // those of Remaining
}

// A Count counts the values of a field that go.
type Count struct {
	Field  string `json:"field"`
	Values int64  `json:"values"`
	Bytes  int64  `json:"bytes"`
}

// A Remainder is a place that a copy would show although what the filter looks for is there.
type Remainder struct {
	Seq   int64  `json:"seq"`   // of the record
	Field string `json:"field"` // by its name in the line protocol
	Why   Reason `json:"why"`
}

// A Reason says why something remains, as what a sentence about the field goes on with.
type Reason string

const (
	// InEnvelope is the reason for what identifies a record.
	InEnvelope Reason = "is part of what identifies the record and cannot be withheld"
	// NotCovered is the reason for a value that another list of the filter leaves in.
	NotCovered Reason = "is not covered by the other flags"
	// MatchesElsewhere is the reason for a text that was found in another value, and is in this one where it was not
	// looked for.
	MatchesElsewhere Reason = "holds a text that matches elsewhere, though it does not match here"
)

type place struct {
	seq   int64
	field string
}

// NewPlan reads the run of p, twice if the filter looks at values, and decides what of it goes. The run must not change
// until the copy is written.
func NewPlan(ctx context.Context, p provider.Provider, filter *Filter) (*Plan, error) {
	s := &Plan{filter: filter, watch: newWatch(filter), fields: map[string]*Count{}, picks: map[int64]uint32{}, bits: map[string]uint32{},
		origin: map[string]int{}, known: map[place]bool{}}
	for i, field := range Fields() {
		s.bits[field] = 1 << i
	}
	var sink digest.Sink
	for r, err := range valid(ctx, p) {
		if err != nil {
			return nil, err
		}
		if start, ok := r.(*provider.Start); ok {
			_, withheld := start.Withheld("salt")
			s.salted = withheld || start.Salt != nil
		}
		seq := sink.Count()
		if err := provider.Put(ctx, &sink, r); err != nil {
			return nil, err
		}
		s.record(seq, r)
	}
	s.Root = sink.Root()
	s.Unmatched = s.watch.unmatched()
	if !s.search.Empty() {
		seq := int64(0)
		for r, err := range valid(ctx, p) {
			if err != nil {
				return nil, err
			}
			s.again(seq, r)
			seq++
		}
	}
	slices.SortStableFunc(s.Remaining, func(a, b Remainder) int { return cmp.Compare(a.Seq, b.Seq) })
	s.Records = len(s.picks)
	if s.salted {
		s.Guessable = 0
	}
	return s, nil
}

// valid yields the records of p in the form in which they are kept.
func valid(ctx context.Context, p provider.Provider) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range p.Records(ctx) {
			if err == nil {
				err = r.Validate()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// values yields the committed fields of a record that it has, and that a rule is asked about.
func values(r provider.Record) iter.Seq[provider.Field] {
	return func(yield func(provider.Field) bool) {
		for f := range r.RecordKind().Committed() {
			if f.Name != "salt" && f.In(r) && !yield(f) {
				return
			}
		}
	}
}

// record decides about one record.
func (s *Plan) record(seq int64, r provider.Record) {
	for f := range values(r) {
		field, value := f.Name, f.Value(r)
		covered := s.watch.covers(seq, r, field)
		hits := s.filter.Hits(value)
		switch {
		case s.filter.ByContent() && len(hits) == 0:
		case covered:
			s.pick(seq, field, value, hits)
		case len(hits) > 0:
			s.remain(seq, field, NotCovered)
		}
	}
	for _, at := range Envelope(r) {
		if len(s.filter.Hits([]byte(at.Text))) > 0 {
			s.remain(seq, at.Field, InEnvelope)
		}
	}
}

// guessableValue is the length in bytes below which a value counts as one that can be guessed.
const guessableValue = 32

// pick marks a value as one to be withheld.
func (s *Plan) pick(seq int64, field string, value []byte, hits []Hit) {
	s.picks[seq] |= s.bits[field]
	count := s.fields[field]
	if count == nil {
		count = &Count{Field: field}
		s.fields[field] = count
	}
	count.Values++
	count.Bytes += int64(len(value))
	weak := len(value) < guessableValue || field == "costs_per_agent" || field == "accepted_changes"
	for _, h := range hits {
		weak = weak || h.Guessable
		if s.search.Add(h.Text) {
			if _, ok := s.origin[h.Text]; !ok {
				s.origin[h.Text] = len(s.origin)
			}
		}
	}
	if weak {
		s.Guessable++
	}
}

// again looks for the texts that other values were picked for. Where secrets are looked for, a value that has one of
// them goes too.
func (s *Plan) again(seq int64, r provider.Record) {
	for f := range values(r) {
		field, value := f.Name, f.Value(r)
		switch {
		case s.goes(seq, field) || !s.has(value):
		case s.filter.Secrets != nil && s.filter.Covers(seq, r, field):
			s.pick(seq, field, value, nil)
		default:
			s.remain(seq, field, MatchesElsewhere)
		}
	}
	for _, at := range Envelope(r) {
		if s.has([]byte(at.Text)) {
			s.remain(seq, at.Field, InEnvelope)
		}
	}
}

// has reports whether a text has one of those that are looked for, also behind escapes of JSON.
func (s *Plan) has(text []byte) bool {
	return !s.search.Empty() && slices.ContainsFunc(secrets.Views(text), s.search.Has)
}

// remain notes a place once.
func (s *Plan) remain(seq int64, field string, why Reason) {
	if at := (place{seq, field}); !s.known[at] {
		s.known[at] = true
		s.Remaining = append(s.Remaining, Remainder{seq, field, why})
	}
}

// Finds reports whether something that the filter looks for is in one of the texts. It is for what lies beside the run,
// such as annotations, and should not be copied then.
func (s *Plan) Finds(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return len(s.filter.Hits([]byte(text))) > 0 || s.has([]byte(text))
	})
}

// Rule is the [Rule] of a [Sink] that makes the copy.
func (s *Plan) Rule(seq int64, _ provider.Record, field string, _ []byte) bool {
	return s.goes(seq, field)
}

func (s *Plan) goes(seq int64, field string) bool { return s.picks[seq]&s.bits[field] != 0 }

// Counts gives the fields of which values go, in order of their names, and how many values go in all.
func (s *Plan) Counts() (list []Count, values int64) {
	for _, field := range Fields() {
		if c := s.fields[field]; c != nil {
			list = append(list, *c)
			values += c.Values
		}
	}
	return list, values
}

// SearchFull reports whether too much was found to look for all of it in the bytes of the copy. All values in which it
// was found are withheld nonetheless.
func (s *Plan) SearchFull() bool { return s.search.Full() }
