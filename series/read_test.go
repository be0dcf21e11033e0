package series

import (
	"context"
	"iter"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// selecting is a Provider that selects, and notes what it was asked for; its records may not be read.
type selecting struct {
	onlyIterations
	asked []provider.Selection
}

func (s *selecting) Select(ctx context.Context, sel provider.Selection) iter.Seq2[provider.Record, error] {
	s.asked = append(s.asked, sel)
	return provider.Select(ctx, s.Live, sel)
}

// What is read of a Provider that selects is what columns and decisions need, and comes to the same rows.
func TestRead_selects(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		live := play(t, randomrun.Draw(rt)...)
		o := Options{Columns: columns(t, "f=policy:/f", "tried=proposed:/parameters/initial_liquidity_fraction",
			"m=bootstrap_evaluation:/mean_cost",
			"t=evaluation:/total_cost")}
		want, err := Read(t.Context(), live, o)
		if err != nil {
			t.Fatal(err)
		}
		s := &selecting{onlyIterations: onlyIterations{live}}
		got, err := Read(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if show(got) != show(want) || decisions(got) != decisions(want) || got.Iterations != want.Iterations {
			rt.Errorf("got\n%s%s\nwant\n%s%s", show(got), decisions(got), show(want), decisions(want))
		}
		if len(s.asked) != 2 || s.asked[1].Calls || s.asked[1].Iterations || len(s.asked[1].Events) != 2 {
			rt.Errorf("got asked for %+v, want proposals and then events of two types", s.asked)
		}
	})
}

func decisions(r *Run) (text string) {
	for _, row := range r.Rows {
		text += string(row.Decision) + " "
	}
	return text
}

// The decisions of rows are those of the steps that package evolution gives.
func TestRead_decisions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		live := play(t, randomrun.Draw(rt)...)
		run, err := Read(t.Context(), live, Options{Decisions: true})
		if err != nil {
			t.Fatal(err)
		}
		steps, err := evolution.Of(t.Context(), live, evolution.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[int]map[string]provider.Decision{}
		n := 0
		for _, agent := range steps.Agents() {
			for _, step := range steps.Steps(agent) {
				if want[step.Iteration] == nil {
					want[step.Iteration] = map[string]provider.Decision{}
				}
				if want[step.Iteration][agent] = step.Decision; step.Decision != "" {
					n++
				}
			}
		}
		for _, r := range run.Rows {
			if r.Decision != want[r.Iteration][r.Agent] {
				rt.Errorf("iteration %d, %s: got %q, want %q", r.Iteration, r.Agent, r.Decision, want[r.Iteration][r.Agent])
			}
			if r.Decision != "" {
				n--
			}
		}
		if n != 0 {
			rt.Errorf("%d decisions are in no row", n)
		}
	})
}

func TestRead_proposed(t *testing.T) {
	run, err := Of(t.Context(), play(t,
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Iteration{Number: 0, Policies: map[string]Value{"A": Value(`{"f": 1}`)},
			AcceptedChanges: map[string]bool{"A": false}},
		&provider.Interaction{Iteration: 0, AgentID: "A", ParsedPolicy: Value(`{"f": 2}`)},
		&provider.Interaction{Iteration: 1, AgentID: "B", ParsedPolicy: Value(`{"f": 3.0}`)},
	), columns(t, "f=policy:/f", "tried=proposed:/f"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(run)+decisions(run), "0 A false [1] [2]\n1 B [] [3.0]\nrejected  "; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Of events only those of the span are read; of the rest of the run nothing changes.
func TestRead_span(t *testing.T) {
	live := play(t, example...)
	const want = "0 A 0 [0.10] []\n0 B 9007199254740993 false [] []\n0 C [\"x\"] []\n3 A 5 [] []\n4  [] []\n5  [] [3]\n"
	for _, p := range []provider.Provider{live, &selecting{onlyIterations: onlyIterations{live}}} {
		run, err := Read(t.Context(), p, Options{Columns: columns(t, "f=policy:/f", "settled=day:/settled"),
			Span: &provider.Span{First: 4, Last: 5}})
		if err != nil {
			t.Fatal(err)
		}
		if got := show(run); got != want || run.Iterations != 3 {
			t.Errorf("%T: got\n%s\nwant\n%s", p, got, want)
		}
	}
}

// An outline counts iterations and has the settings; rows are made where values need them.
func TestRead_outline(t *testing.T) {
	live := play(t, example...)
	run, err := Read(t.Context(), live, Options{Columns: columns(t, "seed=config:/seed"), Outline: true})
	if err != nil || len(run.Rows) != 0 || run.Iterations != 3 || string(run.Settings[0]) != "42" || !run.Has(0) {
		t.Errorf("got %+v, %v, want 3 iterations, no rows and the seed", run, err)
	}
	run, err = Read(t.Context(), live, Options{Columns: columns(t, "f=policy:/f"), Outline: true})
	if err != nil || !run.Has(0) || run.Iterations != 3 {
		t.Errorf("got %+v, %v, want values of policies", run, err)
	}
}

func TestPointer_each(t *testing.T) {
	const text = `{"a": [{"x": 1}, {"x": 2.50}, {"y": 3}], "o": {"p": {"x": 4}, "q": {"x": 5}}, "e": [], "s": "t", "n": [[1, 2], [3]],
		"agents": {"A": [{"c": 7}]}}`
	for pointer, want := range map[string]string{
		"/a/{each}/x": "[1,2.50,null]", "/a/{each}": `[{"x": 1},{"x": 2.50},{"y": 3}]`, "/o/{each}/x": "[4,5]",
		"/e/{each}/x": "[]", "/s/{each}": "",
		"/none/{each}": "", "/a/{each}/z": "", "/n/{each}/0": "[1,3]", "/n/{each}/{each}": "[[1,2],[3]]",
		"/agents/{agent}/{each}/c": "[7]",
	} {
		p, err := ParsePointer(pointer)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.In([]byte(text), "A")); got != want {
			t.Errorf("%q: got %q, want %q", pointer, got, want)
		}
	}
}

// A costLister leaves out of iterations what it may.
type costLister struct{ *provider.Live }

func (c costLister) EachIteration(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return provider.EachIteration(ctx, c.Live)
}

func (c costLister) EachCost(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return func(yield func(provider.Iteration, error) bool) {
		for it, err := range c.EachIteration(ctx) {
			known := true
			for agent := range it.AcceptedChanges {
				_, has := it.Costs[agent]
				known = known && has
			}
			for agent := range it.Policies {
				_, has := it.Costs[agent]
				known = known && has
			}
			if known {
				it.AcceptedChanges, it.Policies = nil, nil
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// TestTotals: what a run cost is the same from rows and without them.
func TestTotals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		live := play(t, randomrun.Draw(rt)...)
		span := &provider.Span{First: rapid.IntRange(0, 3).Draw(rt, "first"), Last: rapid.IntRange(0, 5).Draw(rt, "last")}
		rows, err := Read(t.Context(), live, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		totals, err := Read(t.Context(), costLister{live}, Options{Outline: true, Totals: true})
		if err != nil || len(totals.Rows) > 0 || totals.Iterations != rows.Iterations {
			rt.Fatalf("got %d rows of %d iterations, %v", len(totals.Rows), totals.Iterations, err)
		}
		for _, of := range CostsOf {
			for _, span := range []*provider.Span{nil, span} {
				want, wantErr := rows.PartCost(of, nil, span)
				got, err := totals.PartCost(of, nil, span)
				if (err == nil) != (wantErr == nil) || (got == nil) != (want == nil) || got != nil && *got != *want {
					rt.Errorf("%s of %v: got %v, %v, want %v, %v", of, span, got, err, want, wantErr)
				}
			}
		}
	})
}

// TestSumOf has sums at the ends of the range, and past it.
func TestSumOf(t *testing.T) {
	const most, least = math.MaxInt64, math.MinInt64
	for _, c := range []struct {
		costs []provider.Cents
		want  provider.Cents
		ok    bool
	}{
		{nil, 0, true}, {[]provider.Cents{1, -2}, -1, true}, {[]provider.Cents{most}, most, true},
		{[]provider.Cents{least}, least, true},
		{[]provider.Cents{most, 1}, 0, false}, {[]provider.Cents{least, -1}, 0, false},
		{[]provider.Cents{most, 1, -1}, most, true}, {[]provider.Cents{least, -1, 2}, least + 1, true},
		{[]provider.Cents{most, least}, -1, true}, {[]provider.Cents{most, most, least, least}, -2, true},
		{[]provider.Cents{most, most}, 0, false}, {[]provider.Cents{1<<32 - 1, 1<<32 - 1}, 1<<33 - 2, true},
	} {
		got, err := sumOf(slices.Values(c.costs))
		if (err == nil) != c.ok || err == nil && *got != c.want {
			t.Errorf("%d: got %v, %v, want %d, %v", c.costs, got, err, c.want, c.ok)
		}
	}
}
