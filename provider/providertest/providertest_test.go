package providertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

func TestLive(t *testing.T) {
	sample := providertest.Sample()
	providertest.Test(t, providertest.Live(sample), sample)
}

func TestLive_cutShort(t *testing.T) {
	sample := providertest.Sample()
	for _, n := range []int{1, 2, 11, len(sample) - 1} {
		if err := providertest.Check(t.Context(), providertest.Live(sample[:n]), sample[:n]); err != nil {
			t.Errorf("first %d records: %v", n, err)
		}
	}
}

func TestLive_random(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := randomrun.Draw(rt)
		if err := providertest.Check(t.Context(), providertest.Live(run), run); err != nil {
			rt.Fatal(err)
		}
	})
}

// broken is a provider with one fault; the suite must find each of them.
type broken struct {
	provider.Provider
	fault string
}

func (b broken) Experiment(ctx context.Context) (provider.Experiment, error) {
	e, err := b.Provider.Experiment(ctx)
	switch b.fault {
	case "notes lost":
		e.Notes = nil
	case "result invented":
		e.Result.BestCost = new(provider.Cents(0))
	}
	return e, err
}

func (b broken) Iterations(ctx context.Context) ([]int, error) {
	n, err := b.Provider.Iterations(ctx)
	if b.fault == "iterations by position" {
		for i := range n {
			n[i] = i
		}
	}
	return n, err
}

func (b broken) IterationAt(ctx context.Context, n int) (provider.Iteration, error) {
	it, err := b.Provider.IterationAt(ctx, n)
	if err != nil && b.fault == "unknown is empty" {
		return provider.Iteration{Number: n}, nil
	}
	return it, err
}

func (b broken) IterationRecords(ctx context.Context, n int) iter.Seq2[provider.Record, error] {
	if b.fault == "cancel ignored" {
		ctx = context.WithoutCancel(ctx)
	}
	return b.filter(b.Provider.IterationRecords(ctx, n), "event of iteration lost")
}

func (b broken) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return b.filter(b.Provider.Records(ctx), "event lost")
}

func (b broken) filter(records iter.Seq2[provider.Record, error], lost string) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		done := false
		for r, err := range records {
			e, isEvent := r.(*provider.Event)
			if isEvent && b.fault == lost && !done {
				done = true
				continue
			}
			if isEvent && b.fault == "payload reformatted" {
				e.Data = json.RawMessage(strings.ReplaceAll(string(e.Data), ": ", ":"))
			}
			if isEvent && b.fault == "sequence from 1" {
				e.Seq++
			}
			if n, ok := r.(*provider.Note); ok && b.fault == "subject lost" {
				n.Subject = ""
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestCheck_findsFaults(t *testing.T) {
	sample := providertest.Sample()
	for _, fault := range []string{
		"notes lost", "result invented", "iterations by position", "unknown is empty", "cancel ignored", "event lost",
		"event of iteration lost", "payload reformatted", "sequence from 1", "subject lost",
	} {
		err := providertest.Check(t.Context(), broken{providertest.Live(sample), fault}, sample)
		if err == nil {
			t.Errorf("%s: got no error", fault)
		}
	}
	if err := providertest.Check(t.Context(), broken{providertest.Live(sample), ""}, sample); err != nil {
		t.Errorf("no fault: got %v", err)
	}
	err := providertest.Check(t.Context(), new(provider.Live), sample)
	if !errors.Is(err, provider.ErrNoRun) {
		t.Errorf("empty: got %v, want ErrNoRun", err)
	}
}

// A redacted run has the digest of the whole one, with and without a salt, and fields of it can be withheld one by one.
func TestRedact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := providertest.Sample()
		if rapid.Bool().Draw(rt, "salted") {
			run[0].(*provider.Start).Salt = rapid.SliceOfN(rapid.Byte(), provider.SaltSize, provider.SaltSize).Draw(rt, "salt")
		}
		withheld := 0
		redacted := providertest.Redact(run, func(_ provider.Record, field string) bool {
			w := rapid.Bool().Draw(rt, field)
			if w {
				withheld++
			}
			return w
		})
		want, _, err := digest.Of(t.Context(), providertest.Live(run))
		if err != nil {
			rt.Fatal(err)
		}
		got, _, err := digest.Of(t.Context(), providertest.Live(redacted))
		if err != nil || got != want {
			rt.Fatalf("%d fields withheld: got digest %v, error %v, want %v", withheld, got, err, want)
		}
	})
}
