package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/replay"
)

type records = []provider.Record

// TestSkip: a printer from which records are kept knows whether it would have had to print something of them.
func TestSkip(t *testing.T) {
	iteration := func(n int, cost provider.Cents, policy string) *provider.Iteration {
		it := &provider.Iteration{Number: n, AcceptedChanges: map[string]bool{"A": true}}
		if cost != 0 {
			it.Costs = map[string]provider.Cents{"A": cost}
		}
		if policy != "" {
			it.Policies = map[string]json.RawMessage{"A": json.RawMessage(policy)}
		}
		return it
	}
	event := func(n int, typ string, data string) *provider.Event {
		return &provider.Event{Iteration: n, Type: typ, Data: json.RawMessage(data)}
	}
	proposal := func(n int, policy string) *provider.Event {
		return event(n, "policy_change", fmt.Sprintf(`{"agent_id":"A","new_policy":%s,"accepted":true}`, policy))
	}
	tick := func(n int) *provider.Event { return event(n, "tick", "{}") }
	one, two := `{"parameters":{"f":1}}`, `{"parameters":{"f":2}}`
	head := records{tick(1)}
	skipped := records{iteration(1, 10, one), proposal(2, two), iteration(2, 20, two)}
	for _, test := range []struct {
		name  string
		after records // what is skipped
		whole bool
	}{
		{"all that is compared", records{tick(2), iteration(3, 30, one), tick(4), iteration(4, 40, two)}, true},
		{"no costs before", records{tick(2), iteration(3, 0, one), tick(4), iteration(4, 40, two)}, false},
		{"no costs before, none to compare", records{tick(2), iteration(3, 0, one), iteration(4, 0, two)}, true},
		{"no policy before", records{tick(2), iteration(3, 30, ""), iteration(4, 40, two)}, false},
		{"no policy before, none to compare", records{tick(2), iteration(3, 30, ""), iteration(4, 40, "")}, true},
		{"a proposal before", records{tick(2), proposal(3, one), iteration(3, 30, ""), proposal(4, two),
			iteration(4, 40, "")}, true},
		{"no proposal before", records{tick(2), iteration(3, 30, ""), proposal(4, two), iteration(4, 40, "")}, false},
		{"the one before begins with what is skipped", records{iteration(3, 30, one), iteration(4, 40, two)}, false},
		{"it begins with what is skipped", records{iteration(4, 40, two)}, false},
		{"it goes on behind another", records{tick(2), iteration(3, 30, one), tick(4), tick(5), iteration(4, 40, one)}, true},
		{"experiment_end elsewhere", records{tick(2), iteration(3, 30, one), iteration(4, 40, two),
			event(5, "experiment_end", "{}")}, true},
		{"experiment_end", records{tick(2), iteration(3, 30, one), iteration(4, 40, two), tick(5),
			event(5, "experiment_end", "{}"), &provider.Note{Kind: "x", Text: "y"}}, true},
		{"nothing of an iteration", records{event(5, "experiment_end", "{}")}, false},
	} {
		o := &replay.Options{Start: new(4), End: new(4), Metrics: true, Policy: true}
		var got, want bytes.Buffer
		whole, part := replay.NewPrinter(&want, o), replay.NewPrinter(&got, o)
		put := func(p *replay.Printer, list ...provider.Record) {
			for _, r := range list {
				if err := provider.Put(t.Context(), p, r); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, p := range []*replay.Printer{whole, part} {
			put(p, &provider.Start{RunID: "r", Name: "n", Type: "t"})
			put(p, event(0, "experiment_start", `{"description":"d"}`))
			if p.Begun() {
				t.Errorf("%s: begun with what is about the whole run", test.name)
			}
			put(p, head...)
			if p == whole {
				put(p, skipped...)
			} else {
				p.Skip(int64(len(skipped)), 2)
			}
			put(p, test.after...)
			put(p, &provider.Result{Status: provider.StatusCompleted})
			if !p.Begun() {
				t.Errorf("%s: not begun", test.name)
			}
		}
		if !whole.Whole() || part.Whole() != test.whole {
			t.Errorf("%s: Whole gives %v and %v, want true and %v", test.name, whole.Whole(), part.Whole(), test.whole)
		}
		if test.whole && got.String() != want.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, &got, &want)
		}
	}
}

// TestSkip_front: what comes in front of the first iteration is not known if it is skipped.
func TestSkip_front(t *testing.T) {
	p := replay.NewPrinter(&bytes.Buffer{}, nil)
	if err := p.Begin(t.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	p.Skip(1, 0)
	if p.Whole() {
		t.Error("the front was skipped, and the printer says that it has all")
	}
}
