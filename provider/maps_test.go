package provider_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// The maps of an iteration come back from their canonical objects, and the objects are what encoding/json understands.
func TestMaps_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range randomrun.Draw(t) {
			it, ok := r.(*provider.Iteration)
			if !ok {
				continue
			}
			text := provider.AppendCosts(nil, it.Costs)
			costs, err := provider.ParseCosts(text)
			if err != nil || !maps.Equal(costs, it.Costs) {
				t.Fatalf("costs: got %v, error %v, want %v", costs, err, it.Costs)
			}
			var std map[string]int64
			if err := json.Unmarshal(text, &std); err != nil || len(std) != len(it.Costs) {
				t.Fatalf("costs: encoding/json reads %v, error %v, want %v", std, err, it.Costs)
			}
			for agent, c := range it.Costs {
				if std[agent] != int64(c) {
					t.Fatalf("costs of %q: encoding/json reads %d, want %d", agent, std[agent], c)
				}
			}
			accepted, err := provider.ParseAcceptedChanges(provider.AppendAcceptedChanges(nil, it.AcceptedChanges))
			if err != nil || !maps.Equal(accepted, it.AcceptedChanges) {
				t.Fatalf("accepted changes: got %v, error %v, want %v", accepted, err, it.AcceptedChanges)
			}
			text = provider.AppendPolicies(nil, it.Policies)
			if err := jsontext.Check(text); err != nil {
				t.Fatalf("policies: %v", err)
			}
			policies, err := provider.ParsePolicies(text)
			if err != nil || !maps.EqualFunc(policies, it.Policies,
				func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Fatalf("policies: got %q, error %v, want %q", policies, err, it.Policies)
			}
		}
	})
}

// A policy of the greatest depth that is accepted can be read back, and one level more is refused.
func TestPolicies_depth(t *testing.T) {
	nested := func(n int) json.RawMessage {
		return json.RawMessage(strings.Repeat("[", n) + strings.Repeat("]", n))
	}
	it := &provider.Iteration{Policies: map[string]json.RawMessage{"A": nested(jsontext.MaxDepth - 1)}}
	if err := it.Validate(); err != nil {
		t.Fatalf("%d levels: got %v, want no error", jsontext.MaxDepth-1, err)
	}
	if _, err := provider.ParsePolicies(provider.AppendPolicies(nil, it.Policies)); err != nil {
		t.Errorf("read back: got %v, want no error", err)
	}
	it.Policies["A"] = nested(jsontext.MaxDepth)
	if err := it.Validate(); err == nil {
		t.Errorf("%d levels: got no error", jsontext.MaxDepth)
	}
}

func TestParsePolicies(t *testing.T) {
	got, err := provider.ParsePolicies([]byte("{\"A\" : {\"x\" :1.0} ,\"B\":null, \"C\":\n[ ]\n}"))
	if err != nil || len(got) != 2 || string(got["A"]) != `{"x" :1.0}` || string(got["C"]) != "[ ]" {
		t.Errorf("got %q, error %v", got, err)
	}
}
