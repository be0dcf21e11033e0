package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

func TestValidate_refuses(t *testing.T) {
	long := strings.Repeat("x", provider.MaxName+1)
	huge := strings.Repeat("x", provider.MaxText+1)
	hugeJSON := json.RawMessage(`"` + huge + `"`)
	for _, test := range []struct {
		name  string
		r     provider.Record
		field string
	}{
		{"no run id", &provider.Start{Name: "n", Type: "t"}, "run_id"},
		{"no name", &provider.Start{RunID: "r", Type: "t"}, "experiment_name"},
		{"no type", &provider.Start{RunID: "r", Name: "n"}, "experiment_type"},
		{"long run id", &provider.Start{RunID: long, Name: "n", Type: "t"}, "run_id"},
		{"invalid UTF-8", &provider.Start{RunID: "r", Name: "\xff", Type: "t"}, "experiment_name"},
		{"long time", &provider.Start{RunID: "r", Name: "n", Type: "t", CreatedAt: long}, "created_at"},
		{"config", &provider.Start{RunID: "r", Name: "n", Type: "t", Config: json.RawMessage("{")}, "config"},
		{"negative iteration", &provider.Event{Iteration: -1, Type: "t"}, "iteration"},
		{"no event type", &provider.Event{}, "event_type"},
		{"data", &provider.Event{Type: "t", Data: json.RawMessage("NaN")}, "event_data"},
		{"two values", &provider.Event{Type: "t", Data: json.RawMessage("1 2")}, "event_data"},
		{"data in UTF-8", &provider.Event{Type: "t", Data: json.RawMessage("\"\xff\"")}, "event_data"},
		{"huge data", &provider.Event{Type: "t", Data: hugeJSON}, "event_data"},
		{"deep data", &provider.Event{Type: "t", Data: json.RawMessage(strings.Repeat("[", 501) + strings.Repeat("]", 501))},
			"event_data"},
		{"prompt in UTF-8", &provider.Interaction{UserPrompt: new("\xc3")}, "user_prompt"},
		{"huge prompt", &provider.Interaction{SystemPrompt: &huge}, "system_prompt"},
		{"response in UTF-8", &provider.Interaction{Response: new("\xed\xa0\x80")}, "response"},
		{"negative tokens", &provider.Interaction{PromptTokens: new(int64(-1))}, "prompt_tokens"},
		{"negative tokens", &provider.Interaction{CompletionTokens: new(int64(-1))}, "completion_tokens"},
		{"NaN", &provider.Interaction{LatencySeconds: new(math.NaN())}, "latency_seconds"},
		{"infinite", &provider.Interaction{LatencySeconds: new(math.Inf(1))}, "latency_seconds"},
		{"negative latency", &provider.Interaction{LatencySeconds: new(-0.1)}, "latency_seconds"},
		{"minus zero", &provider.Interaction{LatencySeconds: new(math.Copysign(0, -1))}, "latency_seconds"},
		{"extra", &provider.Interaction{Extra: json.RawMessage("[]")}, "extra"},
		{"parsed policy", &provider.Interaction{ParsedPolicy: json.RawMessage("{,}")}, "parsed_policy"},
		{"empty agent", &provider.Iteration{Costs: map[string]provider.Cents{"": 1}}, "costs_per_agent"},
		{"empty agent", &provider.Iteration{AcceptedChanges: map[string]bool{"": true}}, "accepted_changes"},
		{"agent in UTF-8", &provider.Iteration{Costs: map[string]provider.Cents{"\xff": 1}}, "costs_per_agent"},
		{"no policy", &provider.Iteration{Policies: map[string]json.RawMessage{"A": json.RawMessage("null")}}, "policies"},
		{"bad policy", &provider.Iteration{Policies: map[string]json.RawMessage{"A": json.RawMessage("{")}},
			`policies: agent "A"`},
		{"no kind", &provider.Note{Text: "x"}, "kind"},
		{"no text", &provider.Note{Kind: "k"}, "text"},
		{"subject", &provider.Note{Kind: "k", Text: "t", Subject: "final_cost"}, "subject"},
		{"subject with a tilde", &provider.Note{Kind: "k", Text: "t", Subject: "/a~2"}, "subject"},
		{"subject with a tilde at the end", &provider.Note{Kind: "k", Text: "t", Subject: "/a~"}, "subject"},
		{"subject in UTF-8", &provider.Note{Kind: "k", Text: "t", Subject: "/\xff"}, "subject"},
		{"long subject", &provider.Note{Kind: "k", Text: "t", Subject: "/" + strings.Repeat("x", provider.MaxName)},
			"subject"},
		{"no file name", &provider.Attachment{}, "name"},
		{"absolute", &provider.Attachment{Name: "/etc/passwd"}, "name"},
		{"outside", &provider.Attachment{Name: "../x"}, "name"},
		{"outside later", &provider.Attachment{Name: "a/../../x"}, "name"},
		{"dot", &provider.Attachment{Name: "."}, "name"},
		{"backslash", &provider.Attachment{Name: `..\x`}, "name"},
		{"drive", &provider.Attachment{Name: `C:x`}, "name"},
		{"NUL", &provider.Attachment{Name: "a\x00b"}, "name"},
		{"not clean", &provider.Attachment{Name: "a//b"}, "name"},
		{"folder", &provider.Attachment{Name: "a/"}, "name"},
		{"device", &provider.Attachment{Name: "a/con.txt"}, "name"},
		{"long part", &provider.Attachment{Name: strings.Repeat("é/", 1000) + strings.Repeat("é", 128)}, "name"},
		{"no status", &provider.Result{}, "status"},
		{"running", &provider.Result{Status: "running"}, "status"},
		{"unfinished", &provider.Result{Status: provider.StatusUnfinished}, "status"},
		{"reason in UTF-8", &provider.Result{Status: "x", ConvergenceReason: new("\xff")}, "convergence_reason"},
	} {
		err := test.r.Validate()
		fe := (*provider.FieldError)(nil)
		if !errors.As(err, &fe) || fe.Record != test.r.RecordKind().String() || fe.Field != test.field ||
			!errors.Is(err, provider.ErrInvalid) {
			t.Errorf("%s: got %v, want a FieldError of %s: %s", test.name, err, test.r.RecordKind(), test.field)
		}
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("%s: got a message of %d bytes", test.name, len(err.Error()))
		}
	}
}

func TestValidate_keeps(t *testing.T) {
	e := &provider.Event{Type: "t", Data: json.RawMessage(" \r\n\t{\"a\" : 1.0,\"a\":2}\n")}
	if err := e.Validate(); err != nil || string(e.Data) != `{"a" : 1.0,"a":2}` {
		t.Errorf("got %s, error %v, want the text without the space around it", e.Data, err)
	}
	for _, null := range []string{"", "null", " null ", "\n"} {
		e := &provider.Event{Type: "t", Data: json.RawMessage(null)}
		if err := e.Validate(); err != nil || e.Data != nil {
			t.Errorf("%q: got %q, error %v, want nil", null, e.Data, err)
		}
	}
	i := &provider.Interaction{LatencySeconds: new(0.0), SystemPrompt: new("a\x00b")}
	if err := i.Validate(); err != nil || *i.LatencySeconds != 0 || *i.SystemPrompt != "a\x00b" {
		t.Errorf("got %v, error %v, want 0 and the prompt with its NUL", *i.LatencySeconds, err)
	}
	for _, subject := range []string{"", "/", "/final_cost", "/iterations/3/costs_per_agent/BANK~1A~0", "//",
		"/" + strings.Repeat("x", provider.MaxName-1)} {
		n := &provider.Note{Kind: "k", Text: "t", Subject: subject}
		if err := n.Validate(); err != nil || n.Subject != subject {
			t.Errorf("subject %.40q: got %.40q, error %v, want it as it is", subject, n.Subject, err)
		}
	}
	exact := strings.Repeat("n", provider.MaxName)
	if err := (&provider.Start{RunID: exact, Name: exact, Type: exact}).Validate(); err != nil {
		t.Errorf("names of the greatest length: got %v", err)
	}
	if err := (&provider.Attachment{Name: "a/b c/é..x"}).Validate(); err != nil {
		t.Errorf("got %v, want a good name", err)
	}
	if err := (&provider.Event{Type: "t", Iteration: provider.MaxIteration}).Validate(); err != nil {
		t.Errorf("highest iteration: got %v", err)
	}
}

// TestValidate_maps: a value by agent is a JSON value too, and as long as the object that holds it is.
func TestValidate_maps(t *testing.T) {
	costs, accepted := map[string]provider.Cents{}, map[string]bool{}
	quotes := strings.Repeat(`"`, provider.MaxName-5) // each takes two bytes in JSON
	for i := range provider.MaxText/(2*provider.MaxName) + 50 {
		agent := fmt.Sprintf("%05d", i) + quotes
		costs[agent], accepted[agent] = provider.Cents(i), true
	}
	policy := func(size int) map[string]json.RawMessage {
		return map[string]json.RawMessage{"A": json.RawMessage(`"` + strings.Repeat("x", size-len(`{"A":""}`)) + `"`)}
	}
	for field, it := range map[string]*provider.Iteration{
		"costs_per_agent": {Costs: costs}, "accepted_changes": {AcceptedChanges: accepted},
		"policies": {Policies: policy(provider.MaxText + 1)},
	} {
		err := it.Validate()
		var of *provider.FieldError
		if !errors.As(err, &of) || of.Field != field {
			t.Errorf("%s of more than %d bytes: got %v", field, provider.MaxText, err)
		}
	}
	if err := (&provider.Iteration{Policies: policy(provider.MaxText)}).Validate(); err != nil {
		t.Errorf("policies of %d bytes: %v", provider.MaxText, err)
	}
}
