package redact

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// planned is a run in which the name of a person stands in places of every sort.
func planned() []provider.Record {
	return []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Interaction{AgentID: "Alice Smith", UserPrompt: new("no name")},
		&provider.Interaction{AgentID: "B", UserPrompt: new("ask Alice Smith"),
			Response: new("a long answer that nobody can guess, with no name in it")},
		&provider.Event{Iteration: 1, Type: "e", Data: []byte(`{"agent_id":"B","who":"\u0041lice Smith"}`)},
		&provider.Event{Iteration: 2, Type: "e", Data: []byte(`"Malice Smithers"`)},
		&provider.Result{Status: provider.StatusCompleted},
	}
}

func plan(t *testing.T, f *Filter) *Plan {
	t.Helper()
	p, err := NewPlan(t.Context(), providertest.Live(planned()), f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func matching(exprs ...string) *Filter {
	f := &Filter{}
	for _, expr := range exprs {
		f.Match = append(f.Match, regexp.MustCompile(expr))
	}
	return f
}

func copyOf(t *testing.T, rule Rule, records []provider.Record) *provider.Live {
	t.Helper()
	live := &provider.Live{}
	if err := provider.Copy(t.Context(), NewSink(live, rule), providertest.Live(records)); err != nil {
		t.Fatal(err)
	}
	return live
}

// TestPlan: each place in which the text is goes, or remains for its reason.
func TestPlan(t *testing.T) {
	p := plan(t, matching(`\bAlice \w+\b`))
	if list, n := p.Counts(); n != 2 || p.Records != 2 || p.Guessable != 2 ||
		!slices.Equal(list, []Count{{"event_data", 1, int64(len(`{"agent_id":"B","who":"\u0041lice Smith"}`)), 0},
			{"user_prompt", 1, 15, 0}}) {
		t.Errorf("got %v, %d values of %d records, %d to be guessed", list, n, p.Records, p.Guessable)
	}
	if want := []Remainder{{1, "agent_id", InEnvelope}}; !slices.Equal(p.Remaining, want) {
		t.Errorf("got remaining %v, want %v", p.Remaining, want)
	}
	if !p.Finds("x", "of Alice Smith") || p.Finds("Bob", "") {
		t.Error("Finds does not tell texts with the name from others")
	}
	p = plan(t, matching(`Alice Smith$`))
	if want := []Remainder{{1, "agent_id", InEnvelope}, {3, "event_data", MatchesElsewhere}}; !slices.Equal(p.Remaining,
		want) {
		t.Errorf("got remaining %v, want %v", p.Remaining, want)
	}
	f := matching(`Alice Smith`)
	f.Fields = []string{"user_prompt"}
	if p, want := plan(t, f), []Remainder{{1, "agent_id", InEnvelope},
		{3, "event_data", NotCovered}}; !slices.Equal(p.Remaining, want) {
		t.Errorf("got remaining %v, want %v", p.Remaining, want)
	}
	if p := plan(t, &Filter{Fields: []string{"response"}}); p.Guessable != 0 || p.SearchFull() || len(p.Remaining) != 0 {
		t.Errorf("by field: got %d to be guessed, remaining %v", p.Guessable, p.Remaining)
	}
}

// TestPlan_unmatched: entries that fit nothing together with the other lists are named, each once.
func TestPlan_unmatched(t *testing.T) {
	for _, test := range []struct {
		filter Filter
		want   []Selector
	}{
		{Filter{}, nil},
		{Filter{Agents: []string{"B", "NOBODY", "NOBODY"}}, []Selector{{"agent", "NOBODY"}}},
		{Filter{Seqs: Ranges{{1, 3}, {99, 99}, {5, 1<<63 - 1}}}, []Selector{{"seq", "99"}, {"seq", "5-"}}},
		{Filter{Iterations: Ranges{{1, 1}, {7, 9}}}, []Selector{{"iteration", "7-9"}}},
		{Filter{Fields: []string{"config", "event_data"}}, []Selector{{"field", "config"}}},
		{Filter{Fields: []string{"response", "event_data"}, Iterations: Ranges{{1, 2}}}, []Selector{{"field", "response"}}},
		{Filter{Fields: []string{"response"}, Match: matching("nowhere").Match}, nil},
	} {
		if got := plan(t, &test.filter).Unmatched; !slices.Equal(got, test.want) {
			t.Errorf("%+v: got %v, want %v", test.filter, got, test.want)
		}
	}
}

// TestPlan_check: a copy that is not what was planned is refused, whatever is wrong with it.
func TestPlan_check(t *testing.T) {
	f := matching(`\bAlice \w+\b`)
	p := plan(t, f)
	good := copyOf(t, p.rule, planned())
	file := "what every file has: magic words; agent Alice Smith"
	if err := p.Check(t.Context(), good, strings.NewReader(file)); err != nil {
		t.Errorf("good: got %v", err)
	}
	nothing := func(int64, provider.Record, string, []byte) bool { return false }
	if err := p.Check(t.Context(), copyOf(t, nothing, planned()), strings.NewReader("")); !errors.Is(err, ErrCopy) {
		t.Errorf("nothing withheld: got %v, want ErrCopy", err)
	}
	other := planned()
	other[2].(*provider.Interaction).Response = new("another")
	if err := p.Check(t.Context(), copyOf(t, p.rule, other), strings.NewReader("")); !errors.Is(err, ErrCopy) {
		t.Errorf("another run: got %v, want ErrCopy", err)
	}
	other[4].(*provider.Event).Data = []byte(`"of \u0041lice Smith"`)
	if err := p.Check(t.Context(), copyOf(t, p.rule, other), strings.NewReader("")); !errors.Is(err, ErrRemains) {
		t.Errorf("in another record: got %v, want ErrRemains", err)
	}

	// In the bytes only what identifies records, what is known to remain and what the caller names may be.
	f = matching(`ask Alice`)
	p = plan(t, f)
	good = copyOf(t, p.rule, planned())
	file = "SQLite ask Alice"
	if err := p.Check(t.Context(), good, strings.NewReader(file)); !errors.Is(err, ErrRemains) ||
		!strings.Contains(err.Error(), "byte 0x7: match 1, of 9 bytes") {
		t.Errorf("in the bytes: got %v, want ErrRemains at byte 7", err)
	}
	if err := p.Check(t.Context(), good, strings.NewReader(file), "always: ask Alice"); err != nil {
		t.Errorf("what every file has: got %v", err)
	}
}
