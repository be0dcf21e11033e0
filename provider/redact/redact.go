// Package redact takes values out of a copy of a run and leaves their commitments, so that the digest of the run, the
// signatures over it and the proofs from it hold for the copy too, and puts values back and proves that they are the
// ones.
//
// What can be withheld are the fields that [provider.Kind.Committed] gives: configuration, event data, prompts,
// responses, policies, costs, notes, attachments. Names, numbers of iterations, event types, agents, models, timestamps
// and the subjects of notes are part of what identifies a record and stay.
//
// [NewPlan] decides what a [Filter] takes out of a run, [Plan.Sink] makes the copy and [Plan.Check] checks it; a [Sink]
// of its own has whoever wants another [Rule]. [Reveal] puts values back.
//
// A value may be masked instead: it stays, with [StandIn] in the place of what was found in it. A masked value has no
// commitment of the old one, so the copy has a digest of its own, and no signature, proof or original says anything of
// it.
//
// A commitment hides a value only as far as the value cannot be guessed: who guesses it can check. In a run with a salt
// that takes the salt, which a redacted copy does not have.
package redact

import (
	"bytes"
	"context"
	"errors"
	"maps"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Rule says whether a field of record seq is to be withheld. value is the field's bytes, as the commitment covers
// them; it must not be modified or kept.
type Rule func(seq int64, r provider.Record, field string, value []byte) bool

// A Sink passes a run on to another sink without the values that its rule picks.
type Sink struct {
	next provider.Sink
	rule Rule
	// changes a field and says so; nil for no masks
	mask     func(seq int64, r provider.Record, f provider.Field) (bool, error)
	check    provider.SaltRule
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
	if err := s.check.Check(r); err != nil {
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
	masked := map[string]bool{}
	for f := range r.RecordKind().Committed() {
		switch {
		case !f.In(r):
		case f.Name == "salt" || s.rule(seq, r, f.Name, f.Value(r)):
			drop = append(drop, f)
		case s.mask != nil:
			if masked[f.Name], err = s.mask(seq, r, f); err != nil {
				return err
			}
		}
	}
	s.withhold(r, seq, drop, masked, commitments)
	if err := r.Validate(); err != nil { // which drops an empty redaction
		return err
	}
	return provider.Put(ctx, s.next, r)
}

// withhold drops fields and makes the redaction that the record then needs. What is left of a salted run has its keys,
// since the salt goes, and what is masked new ones.
func (s *Sink) withhold(r provider.Record, seq int64, drop []provider.Field, masked map[string]bool,
	commitments map[string]provider.Commitment) {
	var old provider.Redaction
	if red := r.RecordMeta().Redaction; red != nil {
		old = *red
	}
	red := &provider.Redaction{Withheld: map[string]provider.Commitment{}, FieldKeys: map[string]provider.Key{}}
	maps.Copy(red.Withheld, old.Withheld)
	lost := 0
	for _, f := range drop {
		red.Withheld[f.Name] = commitments[f.Name]
		f.Drop(r)
		if f.Name != "salt" {
			lost++
		}
	}
	s.Withheld += lost
	if lost > 0 {
		s.Records++
	}
	r.RecordMeta().Redaction = red
	for f := range r.RecordKind().Committed() {
		switch key, ok := old.FieldKeys[f.Name]; {
		case !s.salted || !f.In(r):
		case ok:
			red.FieldKeys[f.Name] = key
		default: // the salt is there, or the hash of the record could not have been computed
			if key, ok := digest.FieldKey(digest.RecordKey(s.salt, seq), r.RecordKind(), f.Name); ok {
				red.FieldKeys[f.Name] = key
			}
		}
		if key, ok := red.FieldKeys[f.Name]; ok && masked[f.Name] {
			red.FieldKeys[f.Name] = maskedKey(key)
		}
	}
}

// ErrDiffers means that an original is not the run that a copy was made from.
var ErrDiffers = errors.New("not the run that the copy was made from")
