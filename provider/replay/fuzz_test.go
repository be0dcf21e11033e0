package replay_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/replay"
)

// Whatever an event holds, printing it does not fail, and prints nothing that a terminal acts on.
func FuzzPrinter(f *testing.F) {
	for _, r := range append(providertest.Sample(), oddPayloads()...) {
		switch r := r.(type) {
		case *provider.Event:
			f.Add(r.Type, []byte(r.Data), "agent")
		case *provider.Interaction:
			f.Add("x", []byte(r.ParsedPolicy), *r.Response)
		}
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		e := &provider.Event{Iteration: 1, Type: kind, Data: json.RawMessage(data)}
		if e.Validate() != nil {
			return
		}
		run := []provider.Record{
			start(), e,
			&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: e.Data, Response: &s, SystemPrompt: &s,
				ParsingError: &s, Extra: json.RawMessage(`{}`)},
			&provider.Note{Kind: "k", Subject: provider.Subject(s), Text: "x" + s},
		}
		it := &provider.Iteration{Number: 1, Policies: map[string]json.RawMessage{"A": json.RawMessage(`{"parameters":{"x":1},"y":2}`), "B" + s: e.Data}}
		if it.Validate() == nil {
			run = append(run, it)
		}
		run = append(run, e)
		for _, o := range []replay.Options{{}, {Verbose: true}, {Audit: true}} {
			plain := text(t, run, &o)
			checkText(t, plain)
			o.Color = true
			if got := sgr.ReplaceAllString(text(t, run, &o), ""); got != plain {
				t.Errorf("colour changes more than colour")
			}
			for line := range strings.SplitSeq(plain, "\n") {
				if strings.HasPrefix(line, "Iteration ") && line != "Iteration 1" && line != "Iteration 1 (continued)" ||
					strings.HasPrefix(line, "AUDIT: ") && line != "AUDIT: Iteration 1" {
					if !strings.HasPrefix(line, "Iterations  ") {
						t.Errorf("a heading that is none: %q", line)
					}
				}
			}
		}
	})
}
