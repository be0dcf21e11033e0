package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// words gives what a row says of what changed and why.
func words(r report.Row) string {
	var parts []string
	for _, w := range r.Why {
		switch {
		case w.Concerns:
			parts = append(parts, string(w.Name+" "+w.Old+" → "+w.New))
		case w.Text != "":
			parts = append(parts, string(w.Text))
		default:
			parts = append(parts, w.Words)
		}
	}
	return strings.Join(parts, "; ")
}

// TestRows: what the row of a decision says, by what was recorded of it.
func TestRows(t *testing.T) {
	yes, no := true, false
	policy := func(x string) json.RawMessage {
		return json.RawMessage(`{"policy_id":"p` + x + `","parameters":{"x":` + x + `},"a":{"b":1,"c":2,"d":3}}`)
	}
	call := func(x string) provider.Record { return &provider.Interaction{AgentID: "A", ParsedPolicy: policy(x)} }
	event := func(kind, data string) provider.Record {
		return &provider.Event{Type: kind, Data: json.RawMessage(`{"agent_id":"A",` + data + `}`)}
	}
	record := func(accepted *bool) provider.Record {
		r := &provider.Iteration{Costs: map[string]provider.Cents{"A": 5000},
			Policies: map[string]json.RawMessage{"A": policy("1")}}
		if accepted != nil {
			r.AcceptedChanges = map[string]bool{"A": *accepted}
		}
		return r
	}
	for name, c := range map[string]struct {
		records     []provider.Record
		state, want string
	}{
		"accepted": {[]provider.Record{record(&yes), call("2"),
			event("policy_change", `"old_cost":5000,"new_cost":4000,"accepted":true,"reason":"it was cheaper"`)},
			"accepted", "x 1 → 2; $50.00 → $40.00 (−20.0 %)"},
		"rejected": {[]provider.Record{record(&no), call("2"),
			event("policy_rejected", `"old_cost":5000,"new_cost":6000,"rejection_reason":"cost_not_improved"`)},
			"rejected", "x 1 → 2; $50.00 → $60.00 (+20.0 %); cost_not_improved"},
		"not valid": {[]provider.Record{record(&no), call("2"),
			event("policy_rejected", `"validation_errors":["x: too large","y"],"rejection_reason":"validation_failed"`)},
			"rejected", "x 1 → 2; x: too large"},
		"kept": {[]provider.Record{record(&no), call("1")}, "kept", ""},
		"no answer": {[]provider.Record{record(&no), &provider.Interaction{AgentID: "A", ParsingError: new("no JSON")}},
			"no proposal", "no JSON"},
		"undecided": {[]provider.Record{record(nil), call("2")}, "undecided", "x 1 → 2"},
		"nothing":   {[]provider.Record{record(nil)}, "", ""},
		"only names": {[]provider.Record{record(&no), &provider.Interaction{AgentID: "A",
			ParsedPolicy: json.RawMessage(`{"policy_id":"q","parameters":{"x":1},"a":{"b":1,"c":2,"d":3}}`)}},
			"rejected", "only names changed"},
		"more": {[]provider.Record{record(&no), &provider.Interaction{AgentID: "A",
			ParsedPolicy: json.RawMessage(`{"policy_id":"p1","parameters":{},"a":{"b":2,"c":3,"d":4}}`)}}, "rejected",
			"x 1 → none; b 1 → 2; 2 more"},
	} {
		records := append([]provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}, c.records...)
		run, err := report.Read(t.Context(), providertest.Live(records), report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		row := run.Iterations[0].Rows[0]
		if row.State.Word != c.state || words(row) != c.want || row.ID != "i0/A" || row.Cost != "$50.00" {
			t.Errorf("%s: got %s: %s; want %s: %s", name, row.State.Word, words(row), c.state, c.want)
		}
	}
}

// TestRows_undecided: where no decision was recorded at all, a row says how the policy differs from the one before.
func TestRows_undecided(t *testing.T) {
	it := func(n int, x string, costs map[string]provider.Cents) provider.Record {
		return &provider.Iteration{Number: n, Costs: costs,
			Policies: map[string]json.RawMessage{"a0": json.RawMessage(`{"x":` + x + `}`)}}
	}
	run, err := report.Read(t.Context(), providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		it(0, "1", map[string]provider.Cents{"a0": 100, "<b>": 100000}), it(1, "2", map[string]provider.Cents{"a0": 90}),
		it(3, "2", nil), &provider.Result{Status: "completed"}}), report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if run.Costs.Decided || run.Costs.Total.Strip != nil {
		t.Error("there is a strip of decisions")
	}
	one := run.Iterations[1]
	if got := words(one.Rows[0]); got != "x 1 → 2" || one.Rows[0].Change != "−$0.10" || one.Change != "−$1,000.10" {
		t.Errorf("got %s, changes %s and %s", got, one.Rows[0].Change, one.Change)
	}
	three := run.Iterations[2]
	if got := words(three.Rows[0]); got != "" || three.Total != "–" ||
		three.Rows[0].Cost != "–" || three.Rows[0].Change != "" {
		t.Errorf("got %q, %s, %s", got, three.Total, three.Rows[0].Cost)
	}
	// Agents whose names cannot stand in an address are numbered, and no other has such a name.
	if first := run.Iterations[0]; first.Rows[0].ID != "i0/a0" || first.Rows[1].ID != "i0/a1" {
		t.Errorf("got %s and %s", first.Rows[0].ID, first.Rows[1].ID)
	}
	if got := strings.Join(run.Costs.Legend, "; "); got != "Each agent on a scale of its own; "+
		"Logarithmic scales where the largest cost is over 200 times the smallest" {
		t.Errorf("got %s", got)
	}
}

// TestNotes: a note stands where its subject is.
func TestNotes(t *testing.T) {
	start := &provider.Start{RunID: "r", Name: "n", Type: "t"}
	note := func(text string, subject ...string) provider.Record {
		return &provider.Note{Kind: "derived", Text: text, Subject: provider.Subject(subject...)}
	}
	run, err := report.Read(t.Context(), providertest.Live([]provider.Record{start,
		&provider.Iteration{Number: 7, Costs: map[string]provider.Cents{"A/B": 1, "C": 2}},
		note("cost", "iterations", "7", "costs_per_agent", "A/B"), note("iteration", "iterations", "7", "timestamp"),
		note("all", "iterations"), note("end", "final_cost"), note("run"),
		&provider.Note{Kind: "doubtful", Text: "doubt"}, &provider.Result{Status: "completed"}}), report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := func(notes []report.Note) string {
		var all []string
		for _, n := range notes {
			all = append(all, string(n.Text))
		}
		return strings.Join(all, " ")
	}
	it := run.Iterations[0]
	for what, got := range map[string][2]string{"row": {list(it.Rows[0].Notes), "cost"},
		"other row": {list(it.Rows[1].Notes), ""},
		"iteration": {list(it.Notes), "iteration"}, "costs": {list(run.Head.CostNotes), "cost all"},
		"end": {list(run.Head.EndNotes), "end"}, "margin": {list(run.Head.Margin), "doubt all end run"},
		"all": {list(run.Notes), "cost iteration all end run doubt"}} {
		if got[0] != got[1] {
			t.Errorf("%s: got %q, want %q", what, got[0], got[1])
		}
	}
}

// TestMany: what there is too much of for a page is left out, and the page says how much.
func TestMany(t *testing.T) {
	records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
	costs := map[string]provider.Cents{}
	for i := range 1500 {
		costs[fmt.Sprintf("agent%04d", i)] = provider.Cents(i)
		records = append(records, &provider.Event{Type: fmt.Sprintf("type%d", i%700)},
			&provider.Note{Kind: "k", Text: fmt.Sprint(i)}, &provider.Attachment{Name: fmt.Sprint(i)})
	}
	records = append(records, &provider.Iteration{Costs: costs}, &provider.Result{Status: "completed"})
	page := written(t, providertest.Live(records), report.Options{})
	want := "leaves out 1,000 notes, 200 types of events, rows of up to 1,000 agents, 500 attachments."
	if len(page) > 2<<20 || !strings.Contains(page, want) ||
		!strings.Contains(page, "to keep it small: 1,000 agents.") ||
		!strings.Contains(page, "first 24 of 1500 agents") {
		_, got, _ := strings.Cut(page, "leaves out ")
		t.Errorf("got %d bytes, %.200s; want %s", len(page), got, want)
	}
}
