package lend_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/replay"
)

// A run lends its records, and spoils each when it takes it back.
type run struct {
	provider.Provider
	records []provider.Record
	checked bool // it says so of each
	lent    int
}

func (r *run) Records(context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for _, x := range r.records {
			if !yield(x.Clone(), nil) {
				return
			}
		}
	}
}

func (r *run) LentRecords(_ context.Context, loan *lend.Loan) (any, iter.Seq2[provider.Record, error]) {
	return r, func(yield func(provider.Record, error) bool) {
		for _, x := range r.records {
			x = x.Clone()
			loan.Checked = r.checked
			if !yield(x, nil) {
				return
			}
			loan.Checked = false
			r.lent++
			spoil(x)
		}
	}
}

// spoil overwrites what a record that was lent holds.
func spoil(r provider.Record) {
	texts := func(list ...[]byte) {
		for _, b := range list {
			for i := range b {
				b[i] = '!'
			}
		}
	}
	switch r := r.(type) {
	case *provider.Event:
		texts(r.Data)
		*r = provider.Event{}
	case *provider.Interaction:
		texts(r.ParsedPolicy, r.Extra)
		*r = provider.Interaction{}
	case *provider.Iteration:
		for _, p := range r.Policies {
			texts(p)
		}
		*r = provider.Iteration{}
	case *provider.Attachment:
		texts(r.Data)
		*r = provider.Attachment{}
	case *provider.Note:
		*r = provider.Note{}
	case *provider.Start:
		texts(r.Config, r.Salt)
		*r = provider.Start{}
	}
}

// digestSink writes the digest when the run ends.
type digestSink struct {
	digest.Sink
	w io.Writer
}

func (s *digestSink) Finish(ctx context.Context, r *provider.Result) error {
	err := s.Sink.Finish(ctx, r)
	_, _ = io.WriteString(s.w, s.Root().String())
	return err
}

// Borrows says again what it is that borrows.
func (s *digestSink) Borrows(loan *lend.Loan) any {
	s.Sink.Borrows(loan)
	return s
}

// TestBorrowers: what a Borrower makes of records that are taken back is what it makes of others.
func TestBorrowers(t *testing.T) {
	for name, sink := range map[string]func(io.Writer) provider.Sink{
		"digest": func(w io.Writer) provider.Sink { return &digestSink{w: w} },
		"jsonl":  func(w io.Writer) provider.Sink { return jsonl.NewWriter(w) },
		"replay": func(w io.Writer) provider.Sink { return replay.NewPrinter(w, nil) },
		"verbose": func(w io.Writer) provider.Sink {
			return replay.NewPrinter(w, &replay.Options{Verbose: true})
		},
		"audit": func(w io.Writer) provider.Sink { return replay.NewPrinter(w, &replay.Options{Audit: true}) },
	} {
		var got, want bytes.Buffer
		p := &run{records: providertest.Sample()}
		if err := provider.Copy(t.Context(), sink(&got), p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := provider.Copy(t.Context(), sink(&want), provider.Provider(struct{ provider.Provider }{p})); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.lent != len(p.records) {
			t.Errorf("%s: %d records were lent, want all %d", name, p.lent, len(p.records))
		}
		if got.String() != want.String() || got.Len() == 0 {
			t.Errorf("%s: of records that were lent:\n%s\nwant\n%s", name, &got, &want)
		}
	}
}

// keeper is a sink that keeps records, and so is no Borrower.
type keeper struct {
	provider.Sink
	events []*provider.Event
}

func (k *keeper) Event(_ context.Context, e *provider.Event) error {
	k.events = append(k.events, e)
	return nil
}

// TestOthers: a sink that is no Borrower is given what stays.
func TestOthers(t *testing.T) {
	p := &run{records: providertest.Sample()}
	k := &keeper{Sink: provider.Tee()}
	if err := provider.Copy(t.Context(), k, p); err != nil {
		t.Fatal(err)
	}
	if p.lent != 0 || len(k.events) == 0 || k.events[0].Type == "" {
		t.Errorf("%d records were lent, and of %d events the first is %+v", p.lent, len(k.events), k.events[0])
	}
}

// keptDigest has the methods of a Borrower from what is in it, and keeps records all the same.
type keptDigest struct {
	digest.Sink
	events []*provider.Event
}

func (k *keptDigest) Event(ctx context.Context, e *provider.Event) error {
	k.events = append(k.events, e)
	return k.Sink.Event(ctx, e)
}

// fewer has the methods of a Lender from what is in it, and other records.
type fewer struct{ *run }

func (f fewer) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range f.run.Records(ctx) {
			if r.RecordKind() != provider.KindEvent && !yield(r, err) {
				return
			}
		}
	}
}

// TestEmbedded: a type that has the method of a Borrower or a Lender only from what is embedded in it is none.
func TestEmbedded(t *testing.T) {
	p := &run{records: providertest.Sample()}
	k := &keptDigest{}
	if err := provider.Copy(t.Context(), k, p); err != nil {
		t.Fatal(err)
	}
	if p.lent != 0 || k.events[0].Type == "" {
		t.Errorf("%d records were lent, and the first event that was kept is %+v", p.lent, k.events[0])
	}
	var sink digest.Sink
	if err := provider.Copy(t.Context(), &sink, fewer{p}); err != nil {
		t.Fatal(err)
	}
	if n := sink.CountOf(provider.KindEvent); n != 0 || p.lent != 0 {
		t.Errorf("%d events, want those of the outer type, none", n)
	}
}

// TestChecked: a borrower looks into a record only unless its lender says that it has passed its Validate.
func TestChecked(t *testing.T) {
	records := providertest.Sample()
	for _, r := range records {
		if e, ok := r.(*provider.Event); ok {
			e.Data = []byte("{")
		}
	}
	sinks := map[string]func() provider.Sink{
		"digest": func() provider.Sink { return &digest.Sink{} },
		"jsonl":  func() provider.Sink { return jsonl.NewWriter(io.Discard) },
		"replay": func() provider.Sink { return replay.NewPrinter(io.Discard, &replay.Options{Verbose: true}) },
	}
	for name, sink := range sinks {
		p := &run{records: records}
		if err := provider.Copy(t.Context(), sink(), p); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
		p.checked = true
		s := sink()
		if err := provider.Copy(t.Context(), s, p); err != nil {
			t.Errorf("%s: error %v of records that were checked", name, err)
		}
	}
}
