package replay_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
	"github.com/simexp/exparchive/provider/replay"
)

// positions chooses records by their positions.
func positions(list ...int64) func(int64) bool {
	return func(seq int64) bool { return slices.Contains(list, seq) }
}

// filters are options that print less than whole iterations of the sample.
var filters = []struct {
	name string
	o    replay.Options
}{
	{"agent", replay.Options{Agents: []string{"BANK_B"}}},
	{"agent-verbose", replay.Options{Agents: []string{"BANK_B"}, Verbose: true}},
	{"agent-audit", replay.Options{Agents: []string{"BANK_B"}, Audit: true}},
	{"agent-range", replay.Options{Agents: []string{"BANK_A"}, Verbose: true, Start: new(3)}},
	{"seq-verbose", replay.Options{Records: positions(12, 13, 25), Verbose: true}},
	{"seq-audit", replay.Options{Records: positions(12, 13, 25), Audit: true}},
	{"seq-none", replay.Options{Records: positions(500), Verbose: true}},
}

func TestGolden_filters(t *testing.T) {
	for _, f := range filters {
		golden(t, "filter-"+f.name, text(t, providertest.Sample(), &f.o))
	}
}

// What a filter prints of an iteration is in what is printed without it, but for columns that are narrower.
func TestFilter_part(t *testing.T) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	rapid.Check(t, func(rt *rapid.T) {
		// What is about the experiment divides an iteration that it stands in, but where it is left out.
		run := slices.DeleteFunc(randomrun.Draw(rt), func(r provider.Record) bool {
			e, ok := r.(*provider.Event)
			return ok && strings.HasPrefix(e.Type, "experiment_")
		})
		var all []string // a summary says what no line above it does, so it may be that of a replay without sections
		for _, whole := range []replay.Options{{Verbose: true}, {}} {
			for line := range strings.Lines(text(t, run, &whole)) {
				all = append(all, squeeze(line))
			}
		}
		seq := rapid.Int64Range(0, int64(len(run))).Draw(rt, "seq")
		agent := rapid.SampledFrom([]string{"A", "B", "BANK_A", "BANK_B"}).Draw(rt, "agent")
		for _, o := range []replay.Options{{Verbose: true, Records: positions(seq)},
			{Verbose: true, Agents: []string{agent}}} {
			for line := range strings.Lines(text(t, run, &o)) {
				if s := squeeze(line); !slices.Contains(all, s) && !strings.HasPrefix(s, "parameter ") && !heads(s, all) {
					rt.Fatalf("%q is not in what is printed without the filter:\n%s", s, strings.Join(all, "\n"))
				}
			}
		}
	})
}

// heads reports whether a line is the head of a proposal that otherwise stands below the event that it comes from.
func heads(line string, all []string) bool {
	agent, ok := strings.CutSuffix(line, " proposal")
	return ok && slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, agent+" ") })
}

func TestPrinter_Found(t *testing.T) {
	for _, c := range []struct {
		o    replay.Options
		want string
	}{
		{replay.Options{}, ""},
		{replay.Options{Agents: []string{"BANK_A", "BANK_B"}}, ""},
		{replay.Options{Agents: []string{"BANK_A", "BANK_X"}}, `no agent "BANK_X" (the run has BANK_A, BANK_B)`},
		{replay.Options{Agents: []string{"BANK_X"}, Audit: true}, `no agent "BANK_X" (the run has BANK_A, BANK_B)`},
		{replay.Options{Records: positions(0)}, ""},
		{replay.Options{Records: positions(7, 500)}, ""},
		{replay.Options{Records: positions(500)}, "no such record"},
	} {
		p := replay.NewPrinter(new(discard), &c.o)
		if err := providertest.Play(t.Context(), p, providertest.Sample()); err != nil {
			t.Fatal(err)
		}
		err := p.Found()
		if (err == nil) != (c.want == "") || err != nil &&
			(!errors.Is(err, replay.ErrNotFound) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.o, err, c.want)
		}
	}
}

// Notes beyond what is kept for the end are printed where they come, and none is lost.
func TestNotes_many(t *testing.T) {
	run := []provider.Record{start()}
	const count, size = 300, 10_000
	for range count {
		run = append(run, &provider.Note{Kind: "k", Text: "marker " + strings.Repeat("x", size)})
	}
	run = append(run, event(0, "something", "{}"), &provider.Note{Kind: "k", Text: "marker of the iteration"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"A": 1}})
	got := text(t, run, nil)
	before, after, _ := strings.Cut(got, "The recording ends here")
	kept := (1 << 20) / size
	if n := strings.Count(got, "marker"); n != count+1 {
		t.Errorf("got %d notes, want %d", n, count+1)
	}
	if n := strings.Count(after, "marker"); n < kept-10 || n > kept+10 || strings.Count(before, "marker") == 0 {
		t.Errorf("got %d notes at the end, want about %d", n, kept)
	}
}

// An agent that is not in the iterations that are printed is in the run all the same.
func TestPrinter_Found_range(t *testing.T) {
	costs := func(n int, agent string) *provider.Iteration {
		return &provider.Iteration{Number: n, Costs: map[string]provider.Cents{agent: 1}}
	}
	p := replay.NewPrinter(new(discard), &replay.Options{Agents: []string{"A"}, Start: new(1)})
	if err := providertest.Play(t.Context(), p, []provider.Record{start(), costs(0, "A"), costs(1, "B")}); err != nil {
		t.Fatal(err)
	}
	if err := p.Found(); err != nil {
		t.Errorf("got %v, want none", err)
	}
}

// A proposal that repeats the policy in force is kept. One that is in the record of its iteration, and was not in force
// before, is not.
func TestKept(t *testing.T) {
	policy := func(x string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"A": json.RawMessage(`{"parameters":{"x":` + x + `}}`)}
	}
	for proposed, want := range map[string]string{"1": "kept", "2": ""} {
		got := text(t, []provider.Record{
			start(),
			&provider.Iteration{Number: 0, Policies: policy("1")},
			&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: policy(proposed)["A"]},
			&provider.Iteration{Number: 1, Policies: policy(proposed)},
		}, nil)
		if _, after, _ := strings.Cut(got, "Iteration 1\n"); strings.Contains(after, "kept") != (want == "kept") {
			t.Errorf("a proposal of %s: got %s, want %q", proposed, after, want)
		}
	}
}
