package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

func TestCopy(t *testing.T) {
	sample := providertest.Sample()
	for n := 1; n <= len(sample); n++ {
		again := new(provider.Live)
		if err := provider.Copy(t.Context(), again, providertest.Live(sample[:n])); err != nil {
			t.Fatalf("first %d records: %v", n, err)
		}
		if err := providertest.Check(t.Context(), again, sample[:n]); err != nil {
			t.Fatalf("first %d records: %v", n, err)
		}
		// Finished, with or without a result.
		if err := again.Note(t.Context(), &provider.Note{Kind: "k", Text: "x"}); !errors.Is(err, provider.ErrOrder) {
			t.Fatalf("first %d records: a note after Copy: got %v, want ErrOrder", n, err)
		}
	}
}

// A recorder notes which methods were called, and fails at the record it is told to.
type recorder struct {
	got    []string
	failAt int // from 1; 0 is never
	err    error
}

func (r *recorder) take(what string) error {
	r.got = append(r.got, what)
	if len(r.got) == r.failAt {
		return r.err
	}
	return nil
}

func (r *recorder) Begin(context.Context, *provider.Start) error { return r.take("experiment") }
func (r *recorder) Event(context.Context, *provider.Event) error { return r.take("event") }
func (r *recorder) Interaction(context.Context, *provider.Interaction) error {
	return r.take("llm_interaction")
}
func (r *recorder) Iteration(context.Context, *provider.Iteration) error { return r.take("iteration") }
func (r *recorder) Note(context.Context, *provider.Note) error           { return r.take("note") }
func (r *recorder) Attachment(context.Context, *provider.Attachment) error {
	return r.take("attachment")
}
func (r *recorder) Finish(_ context.Context, result *provider.Result) error {
	if result == nil {
		return r.take("cut short")
	}
	return r.take("result")
}

// kinds are the names of what a sink is to see of records.
func kinds(records []provider.Record) []string {
	var names []string
	for _, r := range records {
		names = append(names, r.RecordKind().String())
	}
	return names
}

func TestCopy_calls(t *testing.T) {
	sample := providertest.Sample()
	r := new(recorder)
	if err := provider.Copy(t.Context(), r, providertest.Live(sample)); err != nil {
		t.Fatal(err)
	}
	if want := kinds(sample); !slices.Equal(r.got, want) {
		t.Errorf("got %v, want %v", r.got, want)
	}
	r = new(recorder)
	if err := provider.Copy(t.Context(), r, providertest.Live(sample[:3])); err != nil {
		t.Fatal(err)
	}
	if want := append(kinds(sample[:3]), "cut short"); !slices.Equal(r.got, want) {
		t.Errorf("cut short: got %v, want %v", r.got, want)
	}
}

func TestCopy_errors(t *testing.T) {
	bad := errors.New("bad")
	sample := providertest.Live(providertest.Sample())
	for _, at := range []int{1, 2, 5} {
		r := &recorder{failAt: at, err: bad}
		if err := provider.Copy(t.Context(), r, sample); err != bad || len(r.got) != at {
			t.Errorf("sink fails at %d: got %v after %d calls, want its error at once", at, err, len(r.got))
		}
	}
	r := new(recorder)
	if err := provider.Copy(t.Context(), r, failing{sample, bad}); err != bad || len(r.got) != 2 {
		t.Errorf("source fails: got %v after %v, want its error after 2 records and no Finish", err, r.got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r = new(recorder)
	if err := provider.Copy(ctx, r, sample); !errors.Is(err, context.Canceled) || len(r.got) != 0 {
		t.Errorf("canceled: got %v after %v, want context.Canceled", err, r.got)
	}
}

// failing is a run that cannot be read past two records.
type failing struct {
	provider.Provider
	err error
}

func (f failing) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		n := 0
		for r := range f.Provider.Records(ctx) {
			if n++; n > 2 {
				yield(nil, f.err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestTee(t *testing.T) {
	sample := providertest.Sample()
	a, b := new(recorder), new(recorder)
	if err := providertest.Play(t.Context(), provider.Tee(a, b), sample); err != nil {
		t.Fatal(err)
	}
	if want := kinds(sample); !slices.Equal(a.got, want) || !slices.Equal(b.got, want) {
		t.Errorf("got %v and %v, want %v twice", a.got, b.got, want)
	}
	bad := errors.New("bad")
	for at := 1; at <= len(sample); at++ {
		a, b, c := new(recorder), &recorder{failAt: at, err: bad}, new(recorder)
		err := providertest.Play(t.Context(), provider.Tee(a, b, c), sample)
		if !errors.Is(err, bad) || len(a.got) != at || len(b.got) != at || len(c.got) != at-1 {
			t.Errorf("second sink fails at %d: got %v after %d, %d and %d calls", at, err, len(a.got), len(b.got), len(c.got))
		}
	}
	if err := providertest.Play(t.Context(), provider.Tee(), sample); err != nil {
		t.Errorf("no sinks: got %v", err)
	}
}

func TestOrder(t *testing.T) {
	type step = func(*provider.Order) error
	begin, finish := (*provider.Order).Begin, (*provider.Order).Finish
	record := func(o *provider.Order) error { return o.Record(provider.KindEvent) }
	for _, test := range []struct {
		name  string
		steps []step
		want  string // what the last step says; the others say nothing
	}{
		{"whole", []step{begin, record, record, finish}, ""},
		{"record first", []step{record}, "event before the experiment"},
		{"finish first", []step{finish}, "result before the experiment"},
		{"begin twice", []step{begin, begin}, "the experiment began already"},
		{"record after the end", []step{begin, finish, record}, "event after the result"},
		{"finish twice", []step{begin, finish, finish}, "result after the result"},
		{"begin after the end", []step{begin, finish, begin}, "the experiment began already"},
	} {
		var o provider.Order
		for i, s := range test.steps {
			err := s(&o)
			if i < len(test.steps)-1 || test.want == "" {
				if err != nil {
					t.Errorf("%s: step %d: got %v", test.name, i, err)
				}
				continue
			}
			if !errors.Is(err, provider.ErrOrder) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want ErrOrder: %s", test.name, err, test.want)
			}
		}
	}
}

func TestPut_unknown(t *testing.T) {
	if err := provider.Put(t.Context(), new(recorder), nil); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

// What a live run was given can be changed afterwards, and a record that it refused leaves nothing behind.
func TestLive_keepsCopies(t *testing.T) {
	ctx := t.Context()
	l := new(provider.Live)
	if _, err := l.Experiment(ctx); !errors.Is(err, provider.ErrNoRun) {
		t.Errorf("before Begin: got %v, want ErrNoRun", err)
	}
	if err := l.Event(ctx, &provider.Event{Type: "t"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("event before Begin: got %v, want ErrOrder", err)
	}
	start := &provider.Start{RunID: "r", Name: "n", Type: "t"}
	it := &provider.Iteration{Number: 5, Costs: map[string]provider.Cents{"A": 1},
		Policies: map[string]json.RawMessage{"A": json.RawMessage(" 1 ")}}
	want := []provider.Record{start.Clone(), it.Clone()}
	for _, err := range []error{l.Begin(ctx, start), l.Iteration(ctx, it)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if string(it.Policies["A"]) != " 1 " {
		t.Errorf("the sink changed the policy it was given to %q", it.Policies["A"])
	}
	start.RunID, it.Number, it.Costs["A"] = "changed", 6, 2
	clear(it.Policies)
	for what, err := range map[string]error{
		"iteration twice": l.Iteration(ctx, &provider.Iteration{Number: 5}),
		"invalid event":   l.Event(ctx, &provider.Event{}),
		"invalid cost":    l.Iteration(ctx, &provider.Iteration{Number: 7, Costs: map[string]provider.Cents{"": 1}}),
	} {
		if !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", what, err)
		}
	}
	if err := l.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("second Begin: got %v, want ErrOrder", err)
	}
	if err := l.Attachment(ctx, &provider.Attachment{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Attachment(ctx, &provider.Attachment{Name: "a", Data: []byte("x")}); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("attachment twice: got %v, want ErrInvalid", err)
	}
	var clash *provider.NameClashError
	if err := l.Attachment(ctx, &provider.Attachment{Name: "A/b"}); !errors.As(err, &clash) || clash.Name != "A/b" ||
		clash.Other != "a" {
		t.Errorf("attachment in a folder of the name of another: got %v, want a clash of the two", err)
	}
	providertest.Test(t, l, append(want, &provider.Attachment{Name: "a"}))
}
