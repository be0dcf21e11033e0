package redact

import (
	"context"
	"fmt"
	"iter"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Revealed says what [Reveal] did.
type Revealed struct {
	Values    int        // put back
	Unmatched []Selector // entries of the filter's lists that fitted no value that was withheld and that the original has
}

// Reveal gives sink the run of a redacted copy with values put back from the original: those that the filter covers, or
// all for a nil or empty one, the salt included. Every record of the copy is compared with that of the original by its
// leaf hash, so what Reveal gives is proven to be what was withheld; a difference is [ErrDiffers] with the record. What
// the filter looks for in values does not matter.
func Reveal(ctx context.Context, sink provider.Sink, copied, original provider.Provider, filter *Filter) (Revealed,
	error) {
	v := revealer{}
	if filter != nil && !filter.Empty() {
		v.watch = newWatch(filter)
	}
	err := v.run(ctx, sink, copied, original)
	done := Revealed{Values: v.revealed}
	if err == nil && v.watch != nil {
		done.Unmatched = v.watch.unmatched()
	}
	return done, err
}

type revealer struct {
	watch    *watch // nil to put back everything
	seq      int64
	copyLeaf digest.Leaf
	origLeaf digest.Leaf
	copySalt provider.SaltRule
	origSalt provider.SaltRule
	salt     []byte // of the original
	salted   bool
	revealed int
}

func (v *revealer) run(ctx context.Context, sink provider.Sink, copied, original provider.Provider) error {
	next, stop := iter.Pull2(original.Records(ctx))
	defer stop()
	finished := false
	for r, err := range copied.Records(ctx) {
		if err != nil {
			return err
		}
		o, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("record %d: %w: the original ends before it", v.seq, ErrDiffers)
		}
		if r, err = v.record(r, o); err != nil {
			return err
		}
		if err := provider.Put(ctx, sink, r); err != nil {
			return err
		}
		finished = r.RecordKind() == provider.KindResult
	}
	// The error that an original may end with is one too.
	if _, err, more := next(); err != nil {
		return err
	} else if more {
		return fmt.Errorf("record %d: %w: the copy ends before it", v.seq, ErrDiffers)
	}
	if !finished {
		return sink.Finish(ctx, nil)
	}
	return nil
}

func (v *revealer) record(r, original provider.Record) (provider.Record, error) {
	seq := v.seq
	v.seq++
	for _, x := range []struct {
		r    provider.Record
		salt *provider.SaltRule
	}{{r, &v.copySalt}, {original, &v.origSalt}} {
		err := x.r.Validate()
		if err == nil {
			err = x.salt.Check(x.r)
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", seq, err)
		}
	}
	same := r.RecordKind() == original.RecordKind() && v.copyLeaf.Hash(r) == v.origLeaf.Hash(original)
	for _, err := range []error{v.copyLeaf.Err(), v.origLeaf.Err()} {
		if err != nil {
			return nil, err
		}
	}
	if !same {
		return nil, fmt.Errorf("record %d: %w", seq, ErrDiffers)
	}
	if s, ok := original.(*provider.Start); ok {
		_, withheld := s.Withheld("salt")
		v.salt, v.salted = s.Salt, s.Salt != nil || withheld
	}
	red := r.RecordMeta().Redaction
	if red == nil {
		return r, nil
	}
	if v.watch == nil && original.RecordMeta().Redaction == nil {
		v.revealed += len(red.Withheld)
		if _, ok := red.Withheld["salt"]; ok {
			v.revealed--
		}
		return original, nil
	}
	return v.merge(r, original, seq)
}

// merge starts from the original and withholds again whatever is not to be put back.
func (v *revealer) merge(r, original provider.Record, seq int64) (provider.Record, error) {
	keep := map[string]bool{}
	for field := range r.RecordMeta().Redaction.Withheld {
		f, _ := original.RecordKind().Field(field)
		if f.In(original) && field != "salt" && (v.watch == nil || v.watch.covers(seq, original, field)) {
			v.revealed++
		} else {
			keep[field] = true
		}
	}
	out := &one{}
	s := NewSink(out, func(_ int64, _ provider.Record, field string, _ []byte) bool { return keep[field] })
	s.salt, s.salted, s.seq = v.salt, v.salted, seq
	s.leaf = v.origLeaf
	s.leaf.SkipTo(seq)
	if err := s.put(context.Background(), original); err != nil {
		return nil, err
	}
	return out.r, nil
}

// one is a sink that keeps one record.
type one struct{ r provider.Record }

func (o *one) Begin(_ context.Context, r *provider.Start) error             { o.r = r; return nil }
func (o *one) Event(_ context.Context, r *provider.Event) error             { o.r = r; return nil }
func (o *one) Interaction(_ context.Context, r *provider.Interaction) error { o.r = r; return nil }
func (o *one) Iteration(_ context.Context, r *provider.Iteration) error     { o.r = r; return nil }
func (o *one) Note(_ context.Context, r *provider.Note) error               { o.r = r; return nil }
func (o *one) Attachment(_ context.Context, r *provider.Attachment) error   { o.r = r; return nil }
func (o *one) Finish(_ context.Context, r *provider.Result) error           { o.r = r; return nil }
