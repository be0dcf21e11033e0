package provider_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// What is withheld and what has a key fits the salt of the run: no more and no less.
func TestSaltRule(t *testing.T) {
	start := func(salt bool, withheld ...string) *provider.Start {
		s := &provider.Start{RunID: "r", Name: "n", Type: "t", Config: json.RawMessage("{}")}
		if salt {
			s.Salt = make([]byte, provider.SaltSize)
		}
		if s.Redaction = redaction(withheld, nil); slices.Contains(withheld, "config") {
			s.Config = nil
		}
		return s
	}
	event := func(data string, withheld, keys []string) *provider.Event {
		e := &provider.Event{Type: "t", Meta: provider.Meta{Redaction: redaction(withheld, keys)}}
		if data != "" {
			e.Data = json.RawMessage(data)
		}
		return e
	}
	is := func(names ...string) []string { return names }
	keyed := start(false, "salt")
	keyed.Redaction = redaction(is("salt"), is("config"))
	needless := start(true)
	needless.Redaction = redaction(nil, is("config"))
	none := start(false)
	none.Redaction = redaction(nil, is("config"))
	for _, test := range []struct {
		name  string
		start *provider.Start // nil for a run of which it is not known
		r     provider.Record // nil for the start itself
		field string          // of the error, "" for none
		text  string
	}{
		{"no salt", start(false), event("{}", nil, nil), "", ""},
		{"no salt, withheld", start(false), event("", is("event_data"), nil), "", ""},
		{"no salt, withheld from the start", start(false, "config"), nil, "", ""},
		{"no salt, key", start(false), event("{}", nil, is("event_data")), "event_data", "salt of the run is not withheld"},
		{"no salt, key of the start", none, nil, "config", "salt of the run is not withheld"},
		{"salt", start(true), event("{}", nil, nil), "", ""},
		{"salt, withheld", start(true), event("", is("event_data"), nil), "event_data", "salt of the run is there"},
		{"salt, withheld from the start", start(true, "config"), nil, "config", "salt of the run is there"},
		{"salt, key", start(true), event("{}", nil, is("event_data")), "event_data", "salt of the run is not withheld"},
		{"salt, key of the start", needless, nil, "config", "salt of the run is not withheld"},
		{"salt withheld, no key of the start", start(false, "salt"), nil, "config", "key of a value is missing"},
		{"salt withheld, config withheld", start(false, "salt", "config"), event("{}", nil, is("event_data")), "", ""},
		{"salt withheld", keyed, event("{}", nil, is("event_data")), "", ""},
		{"salt withheld, nothing there", keyed, event("", nil, nil), "", ""},
		{"salt withheld, withheld", keyed, event("", is("event_data"), nil), "", ""},
		{"salt withheld, no key", keyed, event("{}", nil, nil), "event_data", "key of a value is missing"},
		{"salt withheld, no key of an empty map", keyed, &provider.Iteration{}, "costs_per_agent",
			"key of a value is missing"},
		{"salt withheld, one key of two", keyed, &provider.Interaction{Response: new(""), Extra: json.RawMessage("{}"),
			Meta: provider.Meta{Redaction: redaction(is("user_prompt"), is("extra"))}}, "response", "key of a value is missing"},
		{"salt withheld, no committed field", keyed, &provider.Result{Status: "completed"}, "", ""},
		{"not known, key", nil, event("{}", nil, is("event_data")), "", ""},
		{"not known, none", nil, event("{}", nil, nil), "", ""},
	} {
		var rule provider.SaltRule
		var err error
		if test.start != nil {
			err = rule.Check(test.start)
		}
		if test.r != nil {
			if err != nil {
				t.Errorf("%s: start: got %v", test.name, err)
			}
			err = rule.Check(test.r)
		}
		fe := (*provider.FieldError)(nil)
		switch {
		case test.field == "":
			if err != nil {
				t.Errorf("%s: got %v, want no error", test.name, err)
			}
		case !errors.As(err, &fe) || fe.Field != test.field || !errors.Is(err, provider.ErrInvalid) ||
			!strings.Contains(err.Error(), test.text):
			t.Errorf("%s: got %v, want a FieldError of %s: %s", test.name, err, test.field, test.text)
		}
		if missing := strings.Contains(test.text, "missing"); errors.Is(err, provider.ErrKey) != missing {
			t.Errorf("%s: got %v, want it to be ErrKey: %t", test.name, err, missing)
		}
	}
}

func redaction(withheld, keys []string) *provider.Redaction {
	r := &provider.Redaction{Withheld: map[string]provider.Commitment{}, FieldKeys: map[string]provider.Key{}}
	for _, field := range withheld {
		r.Withheld[field] = provider.Commitment{1}
	}
	for _, field := range keys {
		r.FieldKeys[field] = provider.Key{1}
	}
	return r
}

// A run in memory takes no record that breaks the rule, and goes on without it.
func TestLive_saltRule(t *testing.T) {
	ctx := t.Context()
	var l provider.Live
	if err := l.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t",
		Salt: make([]byte, provider.SaltSize)}); err != nil {
		t.Fatal(err)
	}
	bad := &provider.Event{Type: "t", Meta: provider.Meta{Redaction: redaction([]string{"event_data"}, nil)}}
	if err := l.Event(ctx, bad); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if n, err := l.RecordCount(ctx); n != 1 || err != nil {
		t.Errorf("got %d records, %v, want 1", n, err)
	}
}

// A record that is made to fit has the keys that it must have, those that were there among them, and no others; what is
// withheld stays so. Its redaction, which it may share, is not changed.
func TestSaltRule_Fit(t *testing.T) {
	start := func(withheld ...string) *provider.Start {
		return &provider.Start{RunID: "r", Name: "n", Type: "t", Meta: provider.Meta{Redaction: redaction(withheld, nil)}}
	}
	call := func(withheld, keys []string) *provider.Interaction {
		i := &provider.Interaction{Extra: json.RawMessage("{}"), Meta: provider.Meta{Redaction: redaction(withheld, keys)}}
		if !slices.Contains(withheld, "response") {
			i.Response = new("")
		}
		return i
	}
	is := func(names ...string) []string { return names }
	for _, test := range []struct {
		name        string
		start, r    provider.Record
		given, zero []string // keys afterwards
	}{
		{"sound", start("salt"), call(nil, is("response", "extra")), is("extra", "response"), nil},
		{"none", start("salt"), call(nil, nil), nil, is("extra", "response")},
		{"one", start("salt"), call(is("user_prompt"), is("extra")), is("extra"), is("response")},
		{"withheld", start("salt"), call(is("response"), nil), nil, is("extra")},
		{"no redaction", start("salt"), &provider.Note{Kind: "k", Text: "t"}, nil, is("text")},
		{"nothing to have a key", start("salt"), &provider.Result{Status: "x"}, nil, nil},
		{"no salt", start(), call(is("response"), is("extra")), nil, nil},
		{"no salt, no redaction", start(), &provider.Note{Kind: "k", Text: "t"}, nil, nil},
	} {
		before := test.r.Clone()
		var fit, check provider.SaltRule
		fit.Fit(test.start)
		fit.Fit(test.r)
		if err := errors.Join(check.Check(test.start), test.r.Validate(), check.Check(test.r)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var given, zero []string
		if red := test.r.RecordMeta().Redaction; red != nil {
			for name, key := range red.FieldKeys {
				if key == (provider.Key{}) {
					zero = append(zero, name)
				} else {
					given = append(given, name)
				}
			}
		}
		slices.Sort(given)
		slices.Sort(zero)
		if !slices.Equal(given, test.given) || !slices.Equal(zero, test.zero) {
			t.Errorf("%s: got keys %q and zero keys %q, want %q and %q", test.name, given, zero, test.given, test.zero)
		}
		old := before.RecordMeta().Redaction
		for f := range test.r.RecordKind().Committed() {
			_, was := before.RecordMeta().Withheld(f.Name)
			if _, is := test.r.RecordMeta().Withheld(f.Name); is != was {
				t.Errorf("%s: %s is withheld: %t, want %t", test.name, f.Name, is, was)
			}
		}
		if test.name == "one" && len(old.FieldKeys) != 1 {
			t.Errorf("%s: the redaction that was shared has keys %v", test.name, old.FieldKeys)
		}
	}
}
