package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

// evaluate reads a run and gives its evaluations, one a line.
func evaluate(t testing.TB, sources []Source, places int, records ...provider.Record) (string, error) {
	t.Helper()
	run, err := Of(t.Context(), play(t, records...), Columns(sources))
	if err != nil {
		t.Fatal(err)
	}
	list, err := run.Evaluations(sources, 0, places)
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%d %s %s: mean %s, sd %s, %s to %s, n %s; derived %s\n",
			e.Iteration, e.Agent, e.Type, e.Mean, e.StdDev, e.Low, e.High, e.Count, strings.Join(e.Derived, ","))
	}
	return b.String(), err
}

func event(n int, kind, data string) *provider.Event {
	return &provider.Event{Iteration: n, Type: kind, Data: json.RawMessage(data)}
}

// The events of the original project: what was recorded stands, the rest is computed of the samples.
func TestEvaluations_documented(t *testing.T) {
	got, err := evaluate(t, Sources, 0, &provider.Start{RunID: "r", Name: "n", Type: "t"},
		event(0, "policy_evaluation",
			`{"agent_id": "A", "new_cost": 11000, "num_samples": 5, "cost_std_dev": 1581, "confidence_interval_95": [9037, 12962],
			"sample_details": [{"new_cost": 1}, {"new_cost": 2}]}`),
		event(0, "policy_evaluation", `{"agent_id": "B", "new_cost": 11000, "num_samples": 5,
			"sample_details": [{"new_cost": 10000}, {"new_cost": 12000}, {"new_cost": 11000}, {"new_cost": 13000}, {"new_cost": 9000}]}`),
		event(1, "policy_evaluation", `{"agent_id": "A", "new_cost": 2000, "num_samples": 1, "sample_details": null}`),
		event(1, "bootstrap_evaluation", `{"seed_results": [{"seed": 1, "cost": 5}, {"seed": 2, "cost": 6}]}`),
		event(1, "policy_evaluation",
			`{"agent_id": "B", "num_samples": 3, "sample_details": [{"new_cost": 1}, {"new_cost": 2}]}`),
		event(2, "monte_carlo_evaluation", `{"seed_results": [{"seed": 1, "cost": 5}], "mean_cost": 5.0, "std_cost": 0}`),
	)
	const want = `0 A policy_evaluation: mean 11000, sd 1581, 9037 to 12962, n 5; derived 
0 B policy_evaluation: mean 11000, sd 1581, 9037 to 12963, n 5; derived std_dev,ci95
1  bootstrap_evaluation: mean 6, sd 1, -1 to 12, n 2; derived mean,std_dev,ci95,n
1 A policy_evaluation: mean 2000, sd ,  to , n 1; derived 
1 B policy_evaluation: mean , sd ,  to , n 3; derived 
2  monte_carlo_evaluation: mean 5.0, sd 0,  to , n 1; derived n
`
	if got != want || err != nil {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

// One number an event is one sample; an array is all of them; of what is not all there nothing is computed.
func TestEvaluations_samples(t *testing.T) {
	for _, c := range []struct {
		name, pointer string
		events        []string
		want          string
	}{
		{"numbers of events", "/x", []string{`{"x": 1}`, `{"x": 2.5}`, `{"y": 7}`, `{"x": 4}`},
			"mean 2.50, sd 1.50, -1.23 to 6.23, n 3; derived mean,std_dev,ci95,n"},
		{"the last array", "/x", []string{`{"x": [1, 2, 3]}`, `{"x": [5]}`}, "mean 5.00, sd ,  to , n 1; derived mean,n"},
		{"an array behind numbers", "/x", []string{`{"x": 1}`, `{"x": [5, 5]}`},
			"mean 5.00, sd 0.00, 5.00 to 5.00, n 2; derived mean,std_dev,ci95,n"},
		{"an absent one", "/x/{each}/c", []string{`{"x": [{"c": 1}, {}]}`}, "mean , sd ,  to , n ; derived "},
		{"a text", "/x", []string{`{"x": [1, "2"]}`}, "mean , sd ,  to , n ; derived "},
		{"no array", "/x", []string{`{"x": {"a": 1}}`}, "mean , sd ,  to , n ; derived "},
		{"members", "/x/{each}", []string{`{"x": {"a": 1, "b": 2}}`},
			"mean 1.50, sd 0.71, -4.85 to 7.85, n 2; derived mean,std_dev,ci95,n"},
		{"exponents", "/x", []string{`{"x": [1e2, 1E+2]}`},
			"mean 100.00, sd 0.00, 100.00 to 100.00, n 2; derived mean,std_dev,ci95,n"},
		{"past what is computed with", "/x", []string{`{"x": [1e5000]}`}, "mean , sd ,  to , n ; derived "},
	} {
		sources, err := ParseSources(map[string][]string{Samples: {"e:" + c.pointer}}, false)
		if err != nil {
			t.Fatal(err)
		}
		records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
		for _, data := range c.events {
			records = append(records, event(0, "e", data))
		}
		if got, err := evaluate(t, sources, 2, records...); got != "0  e: "+c.want+"\n" || err != nil {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestEvaluations_interval(t *testing.T) {
	sources, err := ParseSources(map[string][]string{Interval: {"e:/ci"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evaluate(t, sources, 0, &provider.Start{RunID: "r", Name: "n", Type: "t"}, event(3, "e",
		`{"ci": [1, 2, 3]}`)); err == nil {
		t.Error("got no error for an interval of three numbers")
	}
}

func TestParseSources(t *testing.T) {
	list, err := ParseSources(map[string][]string{Samples: {"a:/x", "b:/{agent}/y"}, Mean: {"a:/m"}}, true)
	if err != nil || len(list) != 2 || !list[0].Cents || list[0].At[Mean].String() != "/m" ||
		list[1].At[Samples].String() != "/{agent}/y" {
		t.Errorf("got %+v, %v", list, err)
	}
	for _, text := range []string{"", "a", "a:x", ":/x", "config:/x", "policy:/x", "proposed:/x"} {
		if _, err := ParseSources(map[string][]string{Samples: {text}}, false); !errors.Is(err, ErrColumn) {
			t.Errorf("%q: got %v, want ErrColumn", text, err)
		}
	}
	if _, err := ParseSources(map[string][]string{Mean: {"a:/x", "a:/y"}}, false); !errors.Is(err, ErrColumn) {
		t.Errorf("got %v for two means of one type, want ErrColumn", err)
	}
}

// What is computed is what floating-point numbers give, as far as they are exact.
func TestEvaluations_reference(t *testing.T) {
	source, err := ParseSources(map[string][]string{Samples: {"e:/x"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1_000_000, 1_000_000), 2, 40).Draw(rt, "values")
		text, _ := json.Marshal(values)
		run, err := Of(t.Context(), play(t, &provider.Start{RunID: "r", Name: "n", Type: "t"}, event(0, "e",
			`{"x": `+string(text)+`}`)), Columns(source))
		if err != nil {
			t.Fatal(err)
		}
		list, err := run.Evaluations(source, 0, 6)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		n := float64(len(values))
		mean, squares := 0.0, 0.0
		for _, v := range values {
			mean += float64(v) / n
		}
		for _, v := range values {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		deviation := math.Sqrt(squares / (n - 1))
		e := list[0]
		near := func(what string, got Value, want float64) {
			x, err := strconv.ParseFloat(string(got), 64)
			if err != nil || math.Abs(x-want) > 1e-5 {
				rt.Errorf("%s of %v: got %s, want %f", what, values, got, want)
			}
		}
		near("mean", e.Mean, mean)
		near("deviation", e.StdDev, deviation)
		low, _ := strconv.ParseFloat(string(e.Low), 64)
		near("upper bound", e.High, 2*mean-low) // the interval lies evenly around the mean
		if half := (mean - low) * math.Sqrt(n); half < 1.95*deviation-1e-3 || half > 12.71*deviation+1e-3 {
			rt.Errorf("bound of %v: got %s, which is %f deviations away", values, e.Low, half/deviation)
		}
	})
}

func TestDollars(t *testing.T) {
	for v, want := range map[string]string{
		"5000": "$50.00", "5000.25": "$50.0025", "-0.5": "-$0.005", "0": "$0.00", "2.50": "$0.025", "1e2": "$1.00",
		`"x"`: "", "123456789": "$1,234,567.89",
		"1e30": "",
	} {
		if got := Dollars(Value(v)); got != want {
			t.Errorf("%s: got %q, want %q", v, got, want)
		}
	}
}

// The costs of a run are those of a plain computation with integers.
func TestCost_reference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
		agents := []string{"A", "B"}
		var totals []int64
		for n := range rapid.IntRange(1, 8).Draw(rt, "iterations") {
			it := &provider.Iteration{Number: n, Costs: map[string]provider.Cents{}}
			sum := int64(0)
			for _, a := range agents {
				c := rapid.Int64Range(-1000, 1_000_000).Draw(rt, "cost")
				it.Costs[a] = provider.Cents(c)
				sum += c
			}
			totals = append(totals, sum)
			records = append(records, it)
		}
		run, err := Of(t.Context(), play(t, records...), nil)
		if err != nil {
			t.Fatal(err)
		}
		first := rapid.IntRange(0, len(totals)-1).Draw(rt, "first")
		span := &provider.Span{First: first, Last: rapid.IntRange(first, len(totals)-1).Draw(rt, "last")}
		part := totals[span.First : span.Last+1]
		sum := int64(0)
		for _, x := range part {
			sum += x
		}
		n := int64(len(part))
		mean := sum / n // towards zero
		rest := sum - mean*n
		switch twice := 2 * max(rest, -rest); {
		case twice > n || twice == n && mean%2 != 0:
			mean += map[bool]int64{true: 1, false: -1}[rest > 0]
		}
		for of, want := range map[CostOf]int64{CostFinal: part[n-1], CostBest: slices.Min(part), CostSum: sum,
			CostMean: mean} {
			got, err := run.PartCost(of, agents, span)
			if err != nil || got == nil || int64(*got) != want {
				rt.Errorf("%s of %v: got %v, %v, want %d", of, part, got, err, want)
			}
		}
		var costs []*provider.Cents
		for _, x := range part {
			costs = append(costs, new(provider.Cents(x)), nil)
		}
		s := SpreadOf(costs)
		if s.N != len(part) || int64(*s.Mean) != mean || int64(*s.Least) != slices.Min(part) ||
			int64(*s.Most) != slices.Max(part) {
			rt.Errorf("spread of %v: got %d, %d, %d, %d, want mean %d", part, s.N, *s.Mean, *s.Least, *s.Most, mean)
		}
	})
}

func TestSpreadOf_none(t *testing.T) {
	if s := SpreadOf([]*provider.Cents{nil}); s.N != 0 || s.Mean != nil || s.Least != nil || s.Most != nil {
		t.Errorf("got %+v, want nothing", s)
	}
}
