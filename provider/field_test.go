package provider_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// empty gives a record of each kind with nothing in it.
func empty() []provider.Record {
	return []provider.Record{
		new(provider.Start), new(provider.Event), new(provider.Interaction), new(provider.Iteration), new(provider.Note),
		new(provider.Attachment), new(provider.Result),
	}
}

// The table of fields has each field of each record once, in ascending order of ids and under names of their own.
func TestKind_Fields(t *testing.T) {
	for _, r := range empty() {
		v := reflect.ValueOf(r).Elem()
		at := map[uintptr]string{}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Meta" {
				at[v.Field(i).UnsafeAddr()] = name
			}
		}
		last := byte(0)
		var names []string
		for f := range r.RecordKind().Fields() {
			if f.ID <= last || slices.Contains(names, f.Name) {
				t.Errorf("%s: %s: got id %d after %d, fields %q", r.RecordKind(), f.Name, f.ID, last, names)
			}
			last, names = f.ID, append(names, f.Name)
			p := reflect.ValueOf(f.Addr(r)).Pointer()
			if _, ok := at[p]; !ok {
				t.Errorf("%s: %s is the field of another or of none", r.RecordKind(), f.Name)
			}
			delete(at, p)
			if got, ok := r.RecordKind().Field(f.Name); !ok || got.ID != f.ID {
				t.Errorf("%s: Field(%q): got id %d, %t, want %d", r.RecordKind(), f.Name, got.ID, ok, f.ID)
			}
			for _, other := range empty() {
				if other.RecordKind() != r.RecordKind() && (f.Addr(other) != nil || f.In(other) || f.Value(other) != nil) {
					t.Errorf("%s: %s is in a %s", r.RecordKind(), f.Name, other.RecordKind())
				}
			}
		}
		if len(at) > 0 {
			t.Errorf("%s: the table lacks %v", r.RecordKind(), at)
		}
	}
	for _, k := range []provider.Kind{0, provider.KindResult + 1, 255} {
		if all := slices.Collect(k.Fields()); len(all) > 0 {
			t.Errorf("kind %d: got %d fields", k, len(all))
		}
		if _, ok := k.Field("iteration"); ok {
			t.Errorf("kind %d has a field", k)
		}
	}
	if (provider.Field{}).In(new(provider.Event)) {
		t.Error("the zero field is in an event")
	}
}

// What is in a record, its bytes, and that they can be taken out.
func TestField_Value(t *testing.T) {
	always := map[string]string{
		"costs_per_agent": "{}", "accepted_changes": "{}", "policies": "{}", "text": "", "data": "",
	}
	for _, r := range empty() {
		for f := range r.RecordKind().Committed() {
			value, has := always[f.Name]
			if got := f.Value(r); f.In(r) != has || (got != nil) != has || string(got) != value || !f.IsZero(r) {
				t.Errorf("empty %s: %s: got %q, in it: %t, want %q, %t", r.RecordKind(), f.Name, got, f.In(r), value, has)
			}
		}
	}
	want := map[string]string{
		"config": `{"a": 1}`, "salt": string(make([]byte, provider.SaltSize)), "event_data": "[]", "system_prompt": "s",
		"user_prompt": "", "response": "r", "parsed_policy": "{}", "parsing_error": "e", "extra": `{"x":1}`,
		"costs_per_agent": `{"A":-5}`, "accepted_changes": `{"A":false}`, "policies": `{"A":{ }}`, "text": "note",
		"data": "\x00", "convergence_reason": "stable",
	}
	n := 0
	for _, r := range filled() {
		for f := range r.RecordKind().Committed() {
			n++
			if got := f.Value(r); !f.In(r) || f.IsZero(r) || string(got) != want[f.Name] {
				t.Errorf("%s: %s: got %q, want %q", r.RecordKind(), f.Name, got, want[f.Name])
			}
			copied := r.Clone()
			f.Drop(copied)
			copied.RecordMeta().Redaction = &provider.Redaction{Withheld: map[string]provider.Commitment{f.Name: {1}}}
			if err := copied.Validate(); err != nil || f.In(copied) || !f.IsZero(copied) || f.Value(copied) != nil {
				t.Errorf("%s without %s: got %q, error %v", r.RecordKind(), f.Name, f.Value(copied), err)
			}
			if c, ok := copied.RecordMeta().Withheld(f.Name); !ok || c != (provider.Commitment{1}) {
				t.Errorf("%s: %s: got commitment %v, %t", r.RecordKind(), f.Name, c, ok)
			}
			if !f.In(r) {
				t.Errorf("%s: dropping %s from a clone dropped it from the record", r.RecordKind(), f.Name)
			}
		}
	}
	if n != len(want) {
		t.Errorf("got %d committed fields, want %d", n, len(want))
	}
}

// filled gives a record of each kind with a value in every committed field.
func filled() []provider.Record {
	return []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t", Config: []byte(`{"a": 1}`), Salt: make([]byte, provider.SaltSize)},
		&provider.Event{Type: "t", Data: []byte("[]")},
		&provider.Interaction{SystemPrompt: new("s"), UserPrompt: new(""), Response: new("r"), ParsedPolicy: []byte("{}"),
			ParsingError: new("e"), Extra: []byte(`{"x":1}`)},
		&provider.Iteration{Costs: map[string]provider.Cents{"A": -5}, AcceptedChanges: map[string]bool{"A": false},
			Policies: map[string]json.RawMessage{"A": json.RawMessage("{ }")}},
		&provider.Note{Kind: "k", Subject: "/final_cost", Text: "note"},
		&provider.Attachment{Name: "a", Data: []byte{0}},
		&provider.Result{Status: "completed", ConvergenceReason: new("stable")},
	}
}
