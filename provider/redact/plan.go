package redact

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Plan is what is known of a run before a copy of it is written: which values go, and what stays although it is what
// the filter looks for. [Plan.Sink] makes the copy, and [Plan.Check] proves that it turned out right.
type Plan struct {
	Root    digest.Hash // of the run
	Copied  digest.Hash // of the copy: the same, unless values are masked
	Records int         // records that lose a value, or of which one is masked
	// Guessable counts the values that go or are masked and may perhaps be guessed; 0 for a salted run. A guess can be
	// checked against the commitment of the value or, for a masked one, against the digest of the run.
	Guessable int
	// Remaining are the places that the copy shows although what the filter looks for is there, by record. They are to
	// be put before whoever publishes the copy.
	Remaining []Remainder
	// Unmatched are the entries of the filter's lists that fit no value: a name misspelt, a record that the run does
	// not have. What they were to withhold is in the copy.
	Unmatched []Selector
	// Unseen says what of the values was not looked into for secrets, such as a picture or what is encrypted.
	Unseen []string

	filter *Filter
	watch  *watch
	fields map[string]*Count
	picks  map[int64]uint32 // fields that go, by the record: a bit for each of bits
	masks  map[int64]uint32 // fields that are masked
	bits   map[string]uint32
	salted bool
	search Search         // for what the values to be withheld were picked for
	origin map[string]int // number of each of its texts, for messages
	known  map[place]bool // those of Remaining
}

// A Count counts the values of a field that go or are masked.
type Count struct {
	Field  string `json:"field"`
	Values int64  `json:"values"`
	Bytes  int64  `json:"bytes"`
	Masked int64  `json:"masked,omitempty"` // of Values
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

// NewPlan reads the run of p, twice if the filter looks at values and once more if it masks them, and decides what of
// it goes. The run must not change until the copy is written.
func NewPlan(ctx context.Context, p provider.Provider, filter *Filter) (*Plan, error) {
	s := &Plan{filter: filter, watch: newWatch(filter), fields: map[string]*Count{}, picks: map[int64]uint32{},
		masks: map[int64]uint32{}, bits: map[string]uint32{}, origin: map[string]int{}, known: map[place]bool{}}
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
	for seq := range s.masks {
		if s.picks[seq] == 0 {
			s.Records++
		}
	}
	if s.salted {
		s.Guessable = 0
	}
	s.Copied = s.Root
	if len(s.masks) > 0 {
		var sink digest.Sink
		if err := provider.Copy(ctx, s.Sink(&sink), p); err != nil {
			return nil, err
		}
		s.Copied = sink.Root()
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
		hits, unseen := s.filter.look(value)
		s.leaveOut(unseen)
		switch {
		case s.filter.ByContent() && len(hits) == 0:
		case covered:
			s.pick(seq, r, f, hits)
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

// maxUnseen bounds how much is said of what was not looked into.
const maxUnseen = 20

// leaveOut notes, once, what was not looked into.
func (s *Plan) leaveOut(unseen []string) {
	for _, what := range unseen {
		if len(s.Unseen) < maxUnseen && !slices.Contains(s.Unseen, what) {
			s.Unseen = append(s.Unseen, what)
		}
	}
}

// guessableValue is the length in bytes below which a value counts as one that can be guessed.
const guessableValue = 32

// pick marks a value as one to be withheld or masked. It is masked if that can be done.
func (s *Plan) pick(seq int64, r provider.Record, f provider.Field, hits []Hit) {
	field, value := f.Name, f.Value(r)
	count := s.fields[field]
	if count == nil {
		count = &Count{Field: field}
		s.fields[field] = count
	}
	count.Values++
	count.Bytes += int64(len(value))
	if s.filter.Mask && s.filter.ByContent() {
		for _, h := range hits {
			s.look(h.Text)
		}
		if _, ok := s.mask(r.Clone(), f); ok {
			s.masks[seq] |= s.bits[field]
			count.Masked++
			// The rest of the value is there, so what is missing is all there is to guess.
			if len(hits) == 0 || slices.ContainsFunc(hits, func(h Hit) bool { return h.Guessable }) {
				s.Guessable++
			}
			return
		}
	}
	s.picks[seq] |= s.bits[field]
	weak := len(value) < guessableValue || field == "costs_per_agent" || field == "accepted_changes"
	for _, h := range hits {
		weak = weak || h.Guessable
		s.look(h.Text)
	}
	if weak {
		s.Guessable++
	}
}

// look takes up a text to be looked for.
func (s *Plan) look(text string) {
	if _, ok := s.origin[text]; !ok && s.search.Add(text) {
		s.origin[text] = len(s.origin)
	}
}

// again looks for the texts that other values were picked for. Where secrets are looked for, a value that has one of
// them goes too.
func (s *Plan) again(seq int64, r provider.Record) {
	for f := range values(r) {
		field, value := f.Name, f.Value(r)
		if s.masked(seq, field) {
			if value, _ = s.mask(r.Clone(), f); value == nil { // since then more is looked for
				s.unmask(seq, r, f)
				continue
			}
		}
		switch {
		case s.goes(seq, field) || !s.has(value):
		case s.filter.Secrets != nil && s.filter.Covers(seq, r, field):
			s.pick(seq, r, f, nil)
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

// Sink gives a [Sink] that passes the run on to next without what goes. The run must be the one that was planned for.
func (s *Plan) Sink(next provider.Sink) *Sink {
	sink := NewSink(next, s.rule)
	if len(s.masks) > 0 {
		sink.mask = func(seq int64, r provider.Record, f provider.Field) (bool, error) {
			if !s.masked(seq, f.Name) {
				return false, nil
			}
			if _, ok := s.mask(r, f); !ok {
				return false, fmt.Errorf("%w: record %d: %s: not the value that was to be masked", ErrCopy, seq, f.Name)
			}
			return true, nil
		}
	}
	return sink
}

func (s *Plan) rule(seq int64, _ provider.Record, field string, _ []byte) bool {
	return s.goes(seq, field)
}

func (s *Plan) goes(seq int64, field string) bool { return s.picks[seq]&s.bits[field] != 0 }

func (s *Plan) masked(seq int64, field string) bool { return s.masks[seq]&s.bits[field] != 0 }

// unmask withholds a value that was to be masked.
func (s *Plan) unmask(seq int64, r provider.Record, f provider.Field) {
	if s.masks[seq] &^= s.bits[f.Name]; s.masks[seq] == 0 {
		delete(s.masks, seq)
	}
	s.picks[seq] |= s.bits[f.Name]
	s.fields[f.Name].Masked--
	if len(f.Value(r)) < guessableValue {
		s.Guessable++
	}
}

// Masked gives how many values are masked and not withheld.
func (s *Plan) Masked() (values int64) {
	for _, c := range s.fields {
		values += c.Masked
	}
	return values
}

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
