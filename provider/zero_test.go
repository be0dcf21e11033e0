package provider_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/simexp/exparchive/provider"
)

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"": true, "a": true, "a b\n\t\x01\x7f": true, "␀": true, "é\xff": true, "\x00": false, "a\x00": false, "\x00a": false,
		"a\x00b": false,
	} {
		if err := provider.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: got %v, want ok %t", name, err, ok)
		}
	}
}

// No name, time, subject or model has U+0000, whatever kind of record it is of; texts and JSON may.
func TestValidate_zero(t *testing.T) {
	const bad = "a\x00b"
	policy := json.RawMessage(`{}`)
	for _, test := range []struct {
		field string
		r     provider.Record
	}{
		{"run_id", &provider.Start{RunID: bad, Name: "n", Type: "t"}},
		{"experiment_name", &provider.Start{RunID: "r", Name: bad, Type: "t"}},
		{"experiment_type", &provider.Start{RunID: "r", Name: "n", Type: bad}},
		{"created_at", &provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: bad}},
		{"event_type", &provider.Event{Type: bad}},
		{"timestamp", &provider.Event{Type: "t", Timestamp: bad}},
		{"agent_id", &provider.Interaction{AgentID: bad}},
		{"model", &provider.Interaction{Model: new(bad)}},
		{"timestamp", &provider.Interaction{Timestamp: bad}},
		{"timestamp", &provider.Iteration{Timestamp: bad}},
		{"costs_per_agent", &provider.Iteration{Costs: map[string]provider.Cents{bad: 1}}},
		{"accepted_changes", &provider.Iteration{AcceptedChanges: map[string]bool{bad: true}}},
		{"policies", &provider.Iteration{Policies: map[string]json.RawMessage{bad: policy}}},
		{"kind", &provider.Note{Kind: bad, Text: "t"}},
		{"subject", &provider.Note{Kind: "k", Text: "t", Subject: "/" + bad}},
		{"name", &provider.Attachment{Name: bad}},
		{"media_type", &provider.Attachment{Name: "n", MediaType: bad}},
		{"status", &provider.Result{Status: bad}},
		{"completed_at", &provider.Result{Status: "s", CompletedAt: bad}},
	} {
		var fe *provider.FieldError
		if err := test.r.Validate(); !errors.As(err, &fe) || fe.Field != test.field || !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: got %v, want a FieldError of %s", test.r.RecordKind(), err, test.field)
		}
	}
	for _, r := range []provider.Record{
		&provider.Event{Type: "t", Data: json.RawMessage(`"\u0000"`)},
		&provider.Interaction{SystemPrompt: new(bad), UserPrompt: new(bad), Response: new(bad), ParsingError: new(bad)},
		&provider.Note{Kind: "k", Text: bad},
		&provider.Attachment{Name: "n", Data: []byte(bad)},
		&provider.Result{Status: "s", ConvergenceReason: new(bad)},
	} {
		if err := r.Validate(); err != nil {
			t.Errorf("%s: got %v, want that a text may have it", r.RecordKind(), err)
		}
	}
	// Neither do objects by agent that are read from their text, and a subject leads only up to such a name.
	if _, err := provider.ParseCosts([]byte(`{"a\u0000b":1}`)); err == nil {
		t.Error("costs: got no error")
	}
	if _, err := provider.ParseAcceptedChanges([]byte(`{"a\u0000b":true}`)); err == nil {
		t.Error("accepted changes: got no error")
	}
	if _, err := provider.ParsePolicies([]byte(`{"a\u0000b":{}}`)); err == nil {
		t.Error("policies: got no error")
	}
	if got := provider.Subject("iterations", "3", bad, "x"); got != "/iterations/3" {
		t.Errorf("got the subject %q, want /iterations/3", got)
	}
}
