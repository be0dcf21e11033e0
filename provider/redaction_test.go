package provider_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// What a redaction says has to fit the record: keys only of values that are there.
func TestValidate_redaction(t *testing.T) {
	withheld := func(fields ...string) map[string]provider.Commitment {
		m := map[string]provider.Commitment{}
		for _, f := range fields {
			m[f] = provider.Commitment{1}
		}
		return m
	}
	keys := func(fields ...string) map[string]provider.Key {
		m := map[string]provider.Key{}
		for _, f := range fields {
			m[f] = provider.Key{1}
		}
		return m
	}
	start := func() *provider.Start { return &provider.Start{RunID: "r", Name: "n", Type: "t"} }
	salted := func() *provider.Start {
		s := start()
		s.Salt = make([]byte, provider.SaltSize)
		return s
	}
	bare := func() *provider.Event { return &provider.Event{Type: "t"} }
	whole := func() *provider.Event { return &provider.Event{Type: "t", Data: json.RawMessage("{}")} }
	call := func() *provider.Interaction { return &provider.Interaction{Response: new("")} }
	for _, test := range []struct {
		name  string
		r     provider.Record
		red   provider.Redaction
		field string // "" if it is valid
	}{
		{"field key", call(), provider.Redaction{Withheld: withheld("extra"), FieldKeys: keys("response")}, ""},
		{"field key of an iteration", &provider.Iteration{},
			provider.Redaction{FieldKeys: keys("costs_per_agent", "policies")}, ""},
		{"field key of an attachment", &provider.Attachment{Name: "a"}, provider.Redaction{FieldKeys: keys("data")}, ""},
		{"withheld note", &provider.Note{Kind: "k"}, provider.Redaction{Withheld: withheld("text")}, ""},

		{"field key of nothing", bare(), provider.Redaction{FieldKeys: keys("event_data")}, "event_data"},
		{"field key of nothing in a call", call(), provider.Redaction{FieldKeys: keys("extra")}, "extra"},
		{"field key of what is withheld", bare(),
			provider.Redaction{Withheld: withheld("event_data"), FieldKeys: keys("event_data")}, "event_data"},
		{"field key of the envelope", whole(), provider.Redaction{FieldKeys: keys("event_type")}, "field_keys"},
		{"field key of another kind", whole(), provider.Redaction{FieldKeys: keys("config")}, "field_keys"},
		{"field key of the salt", salted(), provider.Redaction{FieldKeys: keys("salt")}, "field_keys"},
		{"withheld envelope", whole(), provider.Redaction{Withheld: withheld("timestamp")}, "withheld"},
		{"withheld of another kind", whole(), provider.Redaction{Withheld: withheld("config")}, "withheld"},
		{"withheld and there", whole(), provider.Redaction{Withheld: withheld("event_data")}, "event_data"},
		{"withheld and there, empty", call(), provider.Redaction{Withheld: withheld("response")}, "response"},
		{"withheld costs and there", &provider.Iteration{Costs: map[string]provider.Cents{"A": 0}},
			provider.Redaction{Withheld: withheld("costs_per_agent")}, "costs_per_agent"},
	} {
		test.r.RecordMeta().Redaction = &test.red
		err := test.r.Validate()
		fe := (*provider.FieldError)(nil)
		switch {
		case test.field == "":
			if err != nil {
				t.Errorf("%s: got %v, want no error", test.name, err)
			}
		case !errors.As(err, &fe) || fe.Field != test.field || !errors.Is(err, provider.ErrInvalid):
			t.Errorf("%s: got %v, want a FieldError of %s", test.name, err, test.field)
		}
	}
	e := bare()
	e.Redaction = new(provider.Redaction)
	if err := e.Validate(); err != nil || e.Redaction != nil {
		t.Errorf("empty redaction: got %v, error %v, want none", e.Redaction, err)
	}
	e.Redaction = &provider.Redaction{Withheld: withheld("z", "b", "m")}
	for range 20 {
		if err := e.Validate(); err == nil || !strings.Contains(err.Error(), `"b"`) {
			t.Fatalf("three unknown fields: got %v, want an error about the first of them", err)
		}
	}
}
