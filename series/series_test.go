package series

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// TestPointer has the examples of RFC 6901, section 5, and what else a pointer can meet.
func TestPointer(t *testing.T) {
	const text = `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
		"n": null, "d": {"x": {"y": 1.50}}, "~1": 9}`
	for pointer, want := range map[string]string{
		"": text, "/foo": `["bar", "baz"]`, "/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4",
		`/i\j`: "5",
		`/k"l`: "6", "/ ": "7", "/m~0n": "8", "/n": "", "/none": "", "/foo/2": "", "/foo/00": "", "/foo/-": "", "/foo/+1": "",
		"/d/x/y":   "1.50",
		"/d/x/y/z": "", "/~01": "9", "/foo/bar": "",
	} {
		p, err := ParsePointer(pointer)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.In([]byte(text), "")); got != want {
			t.Errorf("%q: got %q, want %q", pointer, got, want)
		}
		if p.String() != pointer {
			t.Errorf("got %q, want %q", p, pointer)
		}
	}
}

func TestParseColumn(t *testing.T) {
	for text, ok := range map[string]bool{
		"f=policy:/a/b": true, "f=day:": true, "f=a=b:/x": true, "f=day:/a:b": true, "f=policy:/{agent}": true,
		"x=config:/a": true,
		"":            false, "f": false, "f=policy": false, "=policy:/a": false, "f=:/a": false, "f=policy:a": false,
		"f=policy:/~": false, "f=day:/~2": false,
		"cost_cents=policy:/a": false, "\xff=policy:/a": false, "f=config:/{agent}": false,
	} {
		c, err := ParseColumn(text)
		if (err == nil) != ok || err != nil && !errors.Is(err, ErrColumn) {
			t.Errorf("%q: got %v, want ok %v", text, err, ok)
		}
		if ok && c.String() != text {
			t.Errorf("got %q, want %q", c, text)
		}
	}
	if _, err := ParseColumns([]string{"a=x:/b", "a=x:/c"}); !errors.Is(err, ErrColumn) {
		t.Errorf("got %v for two columns of one name, want ErrColumn", err)
	}
}

// play gives records as a run.
func play(t testing.TB, records ...provider.Record) *provider.Live {
	t.Helper()
	l := &provider.Live{}
	if err := providertest.Play(t.Context(), l, records); err != nil {
		t.Fatal(err)
	}
	return l
}

func columns(t testing.TB, texts ...string) []Column {
	t.Helper()
	list, err := ParseColumns(texts)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func show(r *Run) string {
	var b strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%d %s", row.Iteration, row.Agent)
		if row.Cost != nil {
			fmt.Fprintf(&b, " %d", int64(*row.Cost))
		}
		if row.Accepted != nil {
			fmt.Fprintf(&b, " %v", *row.Accepted)
		}
		for _, v := range row.Values {
			fmt.Fprintf(&b, " [%s]", v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var example = []provider.Record{
	&provider.Start{RunID: "r", Name: "n", Type: "t", Config: []byte(`{"seed": 42}`)},
	&provider.Event{Iteration: 0, Type: "day", Data: []byte(`{"settled": 1, "costs": {"B": {"delay": 7}, "A": {"delay": 0}}}`)},
	&provider.Event{Iteration: 0, Type: "day", Data: []byte(`{"settled": 2.50}`)},
	&provider.Event{Iteration: 0, Type: "day", Data: []byte(`{"settled": null}`)},
	&provider.Event{Iteration: 0, Type: "evaluation", Data: []byte(`{"agent_id": "A", "mean": 1e2}`)},
	&provider.Iteration{
		Number: 0, Costs: map[string]provider.Cents{"A": 0, "B": 9007199254740993},
		AcceptedChanges: map[string]bool{"B": false},
		Policies:        map[string]json.RawMessage{"A": []byte(`{"f": 0.10}`), "C": []byte(`{"f": "x"}`)},
	},
	&provider.Iteration{Number: 3, Costs: map[string]provider.Cents{"A": 5}},
	&provider.Iteration{Number: 4},
	&provider.Event{Iteration: 5, Type: "day", Data: []byte(`{"settled": 3}`)},
}

func TestOf(t *testing.T) {
	run, err := Of(t.Context(), play(t, example...), columns(t, "f=policy:/f", "settled=day:/settled",
		"delay=day:/costs/{agent}/delay",
		"mean=evaluation:/mean", "seed=config:/seed"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `0  [] [2.50] [] [] [42]
0 A 0 [0.10] [] [0] [1e2] [42]
0 B 9007199254740993 false [] [] [7] [] [42]
0 C ["x"] [] [] [] [42]
3 A 5 [] [] [] [] [42]
4  [] [] [] [] [42]
5  [] [3] [] [] [42]
`
	if got := show(run); got != want || run.Iterations != 3 {
		t.Errorf("got %d iterations,\n%s\nwant\n%s", run.Iterations, got, want)
	}
}

// TestOfReadsLittle: without columns of events, rows are the same, and no record is read.
func TestOfReadsLittle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		live := play(t, randomrun.Draw(rt)...)
		all, err := Of(t.Context(), live, columns(t, "f=policy:/f", "none=no such type:/x"))
		if err != nil {
			t.Fatal(err)
		}
		few, err := Of(t.Context(), onlyIterations{live}, columns(t, "f=policy:/f"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range all.Rows {
			all.Rows[i].Values = all.Rows[i].Values[:1]
		}
		if show(all) != show(few) || all.Iterations != few.Iterations {
			rt.Errorf("got\n%s\nwant\n%s", show(few), show(all))
		}
	})
}

// onlyIterations is a Provider whose records may not be read.
type onlyIterations struct{ *provider.Live }

func (onlyIterations) Records(context.Context) iter.Seq2[provider.Record, error] {
	panic("records are read")
}

func (o onlyIterations) EachIteration(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return provider.EachIteration(ctx, o.Live)
}

func TestCost(t *testing.T) {
	start, end := example[0], &provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(7))}
	iteration := func(n int, costs ...provider.Cents) *provider.Iteration {
		it := &provider.Iteration{Number: n, Costs: map[string]provider.Cents{}}
		for i, c := range costs {
			it.Costs[string(rune('A'+i))] = c
		}
		return it
	}
	partial := iteration(1, 3)
	partial.AcceptedChanges = map[string]bool{"B": true} // whose cost was not recorded
	for _, c := range []struct {
		name    string
		records []provider.Record
		want    map[CostOf]string
	}{
		{"whole", []provider.Record{start, iteration(0, 1, 2), iteration(1, 4, 5), iteration(2, 0, -1), end},
			map[CostOf]string{CostFinal: "7", CostBest: "absent", CostSum: "11", CostMean: "4"}}, // 3.67
		{"half to even", []provider.Record{start, iteration(0, 2), iteration(1, 3)},
			map[CostOf]string{CostFinal: "absent", CostBest: "absent", CostSum: "5", CostMean: "2"}},
		{"a part is absent", []provider.Record{start, iteration(0, 1, 2), partial, end},
			map[CostOf]string{CostFinal: "7", CostSum: "absent", CostMean: "absent"}},
		{"an iteration without costs", []provider.Record{start, iteration(0, 1), iteration(1)},
			map[CostOf]string{CostSum: "absent"}},
		{"none", []provider.Record{start}, map[CostOf]string{CostSum: "absent", CostMean: "absent"}},
		{"too much", []provider.Record{start, iteration(0, 1<<62, 1<<62)}, map[CostOf]string{CostSum: "error"}},
		{"a sum that fits again", []provider.Record{start, iteration(0, 1<<62, 1<<62, -1<<62)},
			map[CostOf]string{CostSum: "4611686018427387904"}},
	} {
		run, err := Of(t.Context(), play(t, c.records...), nil)
		if err != nil {
			t.Fatal(err)
		}
		for of, want := range c.want {
			got := "absent"
			if cost, err := run.Cost(of); err != nil {
				got = "error"
			} else if cost != nil {
				got = fmt.Sprint(int64(*cost))
			}
			if got != want {
				t.Errorf("%s: %s cost: got %s, want %s", c.name, of, got, want)
			}
		}
	}
}

func TestChange(t *testing.T) {
	for _, c := range []struct {
		x, base int64
		want    string
	}{
		{39393, 99600, "-60.4"}, {99600, 99600, "0.0"}, {200, 100, "100.0"}, {1, 0, ""}, {0, 5, "-100.0"}, {-5, -10, "50.0"},
		{-20, -10, "-100.0"}, {100025, 100000, "0.0"}, {100075, 100000, "0.1"}, {1<<62 + 1, 1 << 62, "0.0"},
	} {
		x, base := provider.Cents(c.x), provider.Cents(c.base)
		if got := Change(&x, &base, 1); got != c.want {
			t.Errorf("from %d to %d: got %q, want %q", c.base, c.x, got, c.want)
		}
	}
	if got := Change(nil, new(provider.Cents(1)), 1); got != "" {
		t.Errorf("got %q for an absent cost", got)
	}
}

func TestUnknown(t *testing.T) {
	live := play(t, example...)
	for text, want := range map[string][]string{
		"x=policy:/g":      {"/f"},
		"x=config:/sed":    {"/seed"},
		"x=day:/setled":    {"/settled"},
		"x=day:/A/delay":   {"/costs/A/delay", "/costs/B/delay"},
		"x=day:/zzzzzzzzz": nil,
	} {
		var e *UnknownError
		if err := Unknown(t.Context(), live, columns(t, text)[0]); !errors.As(err, &e) ||
			!slices.Equal(sorted(e.Near), want) || e.Sources != nil {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	var e *UnknownError
	if err := Unknown(t.Context(), live, columns(t, "x=dy:/settled")[0]); !errors.As(err, &e) ||
		!slices.Equal(e.Sources, []string{"day", "evaluation"}) {
		t.Errorf("got %v, want the types of events", err)
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
