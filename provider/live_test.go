package provider_test

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// The time for one attachment does not depend on how many records there are: compare the sizes.
func BenchmarkLive_Attachment(b *testing.B) {
	for _, before := range []int{100, 10_000, 100_000} {
		b.Run(strconv.Itoa(before), func(b *testing.B) {
			ctx := b.Context()
			l := new(provider.Live)
			if err := l.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
				b.Fatal(err)
			}
			n := 0
			attach := func() {
				n++
				if err := l.Attachment(ctx, &provider.Attachment{Name: strconv.Itoa(n)}); err != nil {
					b.Fatal(err)
				}
			}
			for range before {
				attach()
			}
			for b.Loop() {
				attach()
			}
		})
	}
}

// onceThrough is a Provider that takes as long for one iteration as for all records.
type onceThrough struct {
	*provider.Live
	times int
}

func (o *onceThrough) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	o.times++
	return o.Live.Records(ctx)
}

func (o *onceThrough) IterationAt(context.Context, int) (provider.Iteration, error) {
	panic("an iteration is read by itself")
}

// All iterations of a provider that cannot read them together are read in one go, in the order of their numbers.
func TestEachIteration_once(t *testing.T) {
	live := new(provider.Live)
	for _, r := range []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}, &provider.Iteration{Number: 2},
		&provider.Iteration{Number: 0}, &provider.Iteration{Number: 1}, &provider.Result{Status: provider.StatusCompleted}} {
		if err := provider.Put(t.Context(), live, r); err != nil {
			t.Fatal(err)
		}
	}
	p := &onceThrough{Live: live}
	var got []int
	for it, err := range provider.EachIteration(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, it.Number)
	}
	if !slices.Equal(got, []int{0, 1, 2}) || p.times != 1 {
		t.Errorf("got iterations %d of a run that was read %d times, want 0, 1, 2 and once", got, p.times)
	}
}
