package redact

import (
	"context"
	"fmt"
	"iter"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Reveal gives sink the run of a redacted copy with values put back from the original: those that pick chooses by record and
// field, or all for a nil pick, the salt included. Every record of the copy is compared with that of the original by its
// leaf hash, so what Reveal gives is proven to be what was withheld; a difference is [ErrDiffers] with the record.
// It returns how many values it put back.
func Reveal(ctx context.Context, sink provider.Sink, copied, original provider.Provider, pick func(seq int64, r provider.Record, field string) bool) (revealed int, err error) {
	next, stop := iter.Pull2(original.Records(ctx))
	defer stop()
	v := revealer{pick: pick}
	finished := false
	for r, err := range copied.Records(ctx) {
		if err != nil {
			return v.revealed, err
		}
		o, err, ok := next()
		if err != nil {
			return v.revealed, err
		}
		if !ok {
			return v.revealed, fmt.Errorf("record %d: %w: the original ends before it", v.seq, ErrDiffers)
		}
		r, err = v.record(r, o)
		if err != nil {
			return v.revealed, err
		}
		if err := provider.Put(ctx, sink, r); err != nil {
			return v.revealed, err
		}
		finished = r.RecordKind() == provider.KindResult
	}
	if !finished {
		return v.revealed, sink.Finish(ctx, nil)
	}
	return v.revealed, nil
}

type revealer struct {
	pick     func(int64, provider.Record, string) bool
	seq      int64
	copyLeaf digest.Leaf
	origLeaf digest.Leaf
	salt     []byte // of the original
	salted   bool
	revealed int
}

func (v *revealer) record(r, original provider.Record) (provider.Record, error) {
	seq := v.seq
	v.seq++
	for _, x := range []provider.Record{r, original} {
		if err := x.Validate(); err != nil {
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
	if v.pick == nil && original.RecordMeta().Redaction == nil {
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
		if f.In(original) && field != "salt" && (v.pick == nil || v.pick(seq, original, field)) {
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
