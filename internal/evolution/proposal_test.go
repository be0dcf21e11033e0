package evolution

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// What was proposed and what became of it, from calls, events and records of iterations.
func TestProposal(t *testing.T) {
	policy := func(x string) json.RawMessage { return json.RawMessage(`{"parameters":{"x":` + x + `}}`) }
	call := func(policy json.RawMessage) provider.Record {
		return &provider.Interaction{AgentID: "A", ParsedPolicy: policy}
	}
	failed := &provider.Interaction{AgentID: "A", ParsingError: new("no JSON")}
	event := func(kind, data string) provider.Record {
		return &provider.Event{Type: kind, Data: json.RawMessage(data)}
	}
	recorded := func(accepted map[string]bool) provider.Record {
		return &provider.Iteration{Policies: map[string]json.RawMessage{"A": policy("1")}, AcceptedChanges: accepted}
	}
	no, yes := recorded(map[string]bool{"A": false}), recorded(map[string]bool{"A": true})
	for name, c := range map[string]struct {
		records  []provider.Record
		proposes string
		want     provider.Decision
	}{
		"accepted": {[]provider.Record{call(policy("2")), yes}, "parameters.x:1>2", "accepted"},
		"rejected": {[]provider.Record{call(policy("2")), no}, "parameters.x:1>2", "rejected"},
		"kept":     {[]provider.Record{call(policy("1")), no}, "", "kept"},
		"kept, nothing said": {[]provider.Record{call(json.RawMessage(`{ "parameters" : {"x":1} }`)), recorded(nil)}, "",
			"kept"},
		"not decided":           {[]provider.Record{call(policy("2")), recorded(nil)}, "parameters.x:1>2", ""},
		"the call failed":       {[]provider.Record{failed, no}, "", "none"},
		"the call failed, else": {[]provider.Record{failed, recorded(nil)}, "", "none"},
		"no call":               {[]provider.Record{no}, "", "none"},
		"nothing known":         {[]provider.Record{recorded(nil)}, "", ""},
		"a second one": {[]provider.Record{call(policy("2")), call(policy("3")), yes}, "parameters.x:1>3",
			"accepted"},
		"failed behind it": {[]provider.Record{call(policy("2")), failed, no}, "parameters.x:1>2", "rejected"},
		"by an event": {[]provider.Record{call(policy("2")),
			event("policy_change", `{"agent_id":"A","new_policy":{"parameters":{"x":2}},"accepted":true}`), recorded(nil)},
			"parameters.x:1>2", "accepted"},
		"from an event": {[]provider.Record{event("policy_rejected",
			`{"agent_id":"A","proposed_policy":{"parameters":{"x":2}}}`), recorded(nil)}, "parameters.x:1>2", "rejected"},
		"rejected, not shown": {[]provider.Record{event("policy_rejected", `{"agent_id":"A"}`), recorded(nil)}, "",
			"rejected"},
		"old one in the event": {[]provider.Record{event("policy_evaluation",
			`{"agent_id":"A","old_policy":{"parameters":{"x":2}},"proposed_policy":{"parameters":{"x":2}},"accepted":false}`),
			recorded(nil)}, "", "kept"},
		"of another": {[]provider.Record{call(policy("2")), event("policy_rejected", `{"agent_id":"B"}`), yes},
			"parameters.x:1>2", "accepted"},
		"an event of a call": {[]provider.Record{event("llm_error", `{"agent_id":"A"}`), recorded(nil)}, "", "none"},
		"no object":          {[]provider.Record{event("policy_rejected", `["agent_id"]`), recorded(nil)}, "", ""},
		"the record counts": {[]provider.Record{event("policy_change",
			`{"agent_id":"A","new_policy":{"parameters":{"x":2}},"accepted":true}`), no}, "parameters.x:1>2", "rejected"},
	} {
		records := append([]provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}, c.records...)
		run, err := Of(t.Context(), providertest.Live(records), Options{})
		if err != nil {
			t.Fatal(err)
		}
		brief, err := Of(t.Context(), selecting{providertest.Live(records)}, Options{Brief: true})
		if err != nil {
			t.Fatal(err)
		}
		steps := brief.Steps("A")
		if len(steps) != 1 || steps[0].Decision != c.want || show(steps[0].Proposes) != c.proposes {
			t.Errorf("%s, of what is selected: got %+v, want %q and the changes %q", name, steps, c.want, c.proposes)
		}
		steps = run.Steps("A")
		if len(steps) != 1 || steps[0].Decision != c.want || show(steps[0].Proposes) != c.proposes {
			t.Errorf("%s: got %+v, want %q and the changes %q", name, steps, c.want, c.proposes)
		}
	}
}

// A proposal that was accepted is in force from then on, also where no record of an iteration says so.
func TestProposal_force(t *testing.T) {
	policy := json.RawMessage(`{"parameters":{"x":2}}`)
	run, err := Of(t.Context(), providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Iteration{Number: 0, Policies: map[string]json.RawMessage{"A": json.RawMessage(`{"parameters":{"x":1}}`)},
			AcceptedChanges: map[string]bool{"A": true}},
		&provider.Interaction{Iteration: 0, AgentID: "A", ParsedPolicy: policy},
		&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: policy},
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	steps := run.Steps("A")
	if len(steps) != 2 || steps[0].Decision != provider.DecisionAccepted || steps[1].Decision != provider.DecisionKept {
		t.Errorf("got %+v, want accepted and kept", steps)
	}
}

// A proposal that is in the record of its iteration was new: what was in force before is another one.
func TestProposal_recordedAfter(t *testing.T) {
	policy := func(x string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"A": json.RawMessage(`{"parameters":{"x":` + x + `}}`)}
	}
	run, err := Of(t.Context(), providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Iteration{Number: 0, Policies: policy("1")},
		&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: policy("2")["A"]},
		&provider.Iteration{Number: 1, Policies: policy("2")},
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if steps := run.Steps("A"); len(steps) != 2 || steps[1].Decision != "" {
		t.Errorf("got %+v, want no decision", steps)
	}
}

// selecting is a run that selects what of it is wanted, and may not be read whole.
type selecting struct{ *provider.Live }

func (s selecting) Select(ctx context.Context, sel provider.Selection) iter.Seq2[provider.Record, error] {
	return provider.Select(ctx, s.Live, sel)
}

func (selecting) Records(context.Context) iter.Seq2[provider.Record, error] {
	panic("the whole run is read")
}
