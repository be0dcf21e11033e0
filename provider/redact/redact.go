// Package redact takes values out of a copy of a run and leaves their commitments, so that the digest of the run, the
// signatures over it and the proofs from it hold for the copy too, and puts values back and proves that they are the ones.
//
// What can be withheld are the fields that [provider.Kind.Committed] gives: configuration, event data, prompts, responses,
// policies, costs, notes, attachments. Names, numbers of iterations, event types, agents, models and timestamps are part
// of what identifies a record and stay.
//
// A commitment hides a value only as far as the value cannot be guessed: who guesses it can check. In a run with a salt that
// takes the salt, which a redacted copy does not have.
package redact

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Rule says whether a field of record seq is to be withheld. value is the field's bytes, as the commitment covers them; it must
// not be modified or kept.
type Rule func(seq int64, r provider.Record, field string, value []byte) bool

// A Sink passes a run on to another sink without the values that its rule picks.
type Sink struct {
	next     provider.Sink
	rule     Rule
	leaf     digest.Leaf
	seq      int64
	salt     []byte
	salted   bool
	Withheld int // values taken out so far
	Records  int // records that lost a value so far
}

var _ provider.Sink = (*Sink)(nil)

// NewSink gives a Sink in front of next.
func NewSink(next provider.Sink, rule Rule) *Sink { return &Sink{next: next, rule: rule} }

// Begin implements [provider.Sink]. The salt of a salted run is always withheld.
func (s *Sink) Begin(ctx context.Context, r *provider.Start) error {
	_, withheld := r.Withheld("salt")
	s.salt, s.salted = bytes.Clone(r.Salt), r.Salt != nil || withheld
	return s.put(ctx, r)
}

// Event implements [provider.Sink].
func (s *Sink) Event(ctx context.Context, r *provider.Event) error { return s.put(ctx, r) }

// Interaction implements [provider.Sink].
func (s *Sink) Interaction(ctx context.Context, r *provider.Interaction) error { return s.put(ctx, r) }

// Iteration implements [provider.Sink].
func (s *Sink) Iteration(ctx context.Context, r *provider.Iteration) error { return s.put(ctx, r) }

// Note implements [provider.Sink].
func (s *Sink) Note(ctx context.Context, r *provider.Note) error { return s.put(ctx, r) }

// Attachment implements [provider.Sink].
func (s *Sink) Attachment(ctx context.Context, r *provider.Attachment) error { return s.put(ctx, r) }

// Finish implements [provider.Sink].
func (s *Sink) Finish(ctx context.Context, r *provider.Result) error {
	if r == nil {
		return s.next.Finish(ctx, nil)
	}
	return s.put(ctx, r)
}

func (s *Sink) put(ctx context.Context, r provider.Record) error {
	r = r.Clone()
	if err := r.Validate(); err != nil {
		return err
	}
	entry := s.leaf.Entry(r)
	if err := s.leaf.Err(); err != nil {
		return err
	}
	commitments, err := digest.Commitments(entry)
	if err != nil {
		return err
	}
	seq := s.seq
	s.seq++
	var drop []provider.Field
	for f := range r.RecordKind().Committed() {
		if f.In(r) && (f.Name == "salt" || s.rule(seq, r, f.Name, f.Value(r))) {
			drop = append(drop, f)
		}
	}
	if err := s.withhold(r, seq, drop, commitments); err != nil {
		return err
	}
	return provider.Put(ctx, s.next, r)
}

// withhold drops fields and makes the redaction that the record then needs.
func (s *Sink) withhold(r provider.Record, seq int64, drop []provider.Field, commitments map[string]provider.Commitment) error {
	old := r.RecordMeta().Redaction
	if old == nil {
		old = &provider.Redaction{}
	}
	red := &provider.Redaction{Withheld: map[string]provider.Commitment{}}
	for field, c := range old.Withheld {
		red.Withheld[field] = c
	}
	// Keys are taken before the fields go.
	keys := map[string]provider.Key{}
	if s.salted {
		for f := range r.RecordKind().Committed() {
			if !f.In(r) || f.Name == "salt" {
				continue
			}
			key, err := s.key(r, seq, f.Name, old)
			if err != nil {
				return err
			}
			keys[f.Name] = key
		}
	}
	for _, f := range drop {
		red.Withheld[f.Name] = commitments[f.Name]
		f.Drop(r)
		delete(keys, f.Name)
		if f.Name != "salt" {
			s.Withheld++
		}
	}
	if len(drop) > 1 || len(drop) == 1 && drop[0].Name != "salt" {
		s.Records++
	}
	whole := len(red.Withheld) == 0
	if _, ok := red.Withheld["salt"]; ok && len(red.Withheld) == 1 {
		whole = true
	}
	switch {
	case !s.salted:
	case !whole:
		red.FieldKeys = keys
	case len(keys) == 0: // nothing to compute a commitment of: a key that nothing depends on could be changed unseen
	case old.Key != nil:
		red.Key = old.Key
	case s.salt != nil:
		red.Key = new(digest.RecordKey(s.salt, seq))
	}
	r.RecordMeta().Redaction = red
	return r.Validate() // drops an empty redaction
}

// key gives the key of a field that is there.
func (s *Sink) key(r provider.Record, seq int64, field string, old *provider.Redaction) (provider.Key, error) {
	if key, ok := old.FieldKeys[field]; ok {
		return key, nil
	}
	var record provider.Key
	switch {
	case old.Key != nil:
		record = *old.Key
	case s.salt != nil:
		record = digest.RecordKey(s.salt, seq)
	default:
		return record, fmt.Errorf("record %d: %s: %w", seq, field, digest.ErrKey)
	}
	key, _ := digest.FieldKey(record, r.RecordKind(), field)
	return key, nil
}

// ErrDiffers means that an original is not the run that a copy was made from.
var ErrDiffers = errors.New("not the run that the copy was made from")
