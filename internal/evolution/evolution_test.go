package evolution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

func show(changes []Change) string {
	var parts []string
	for _, c := range changes {
		parts = append(parts, fmt.Sprintf("%s:%s>%s", c.Path, c.Old, c.New))
	}
	return strings.Join(parts, " ")
}

func TestDiff(t *testing.T) {
	deep := strings.Repeat("[", 300) + "1" + strings.Repeat("]", 300)
	for _, c := range []struct{ old, new, want string }{
		{`{}`, `{}`, ``},
		{`{"a":1,"b":2}`, `{ "b" : 2 , "a" : 1 }`, ``},
		{`{"a":"\u0041"}`, `{"a":"A"}`, ``},
		{`{"a":{"b":0.5}}`, `{"a":{"b":0.4}}`, `a.b:0.5>0.4`},
		{`{"a":1,"b":2}`, `{"b":3,"c":4}`, `a:1> b:2>3 c:>4`},
		{`[1,2,3]`, `[1,5]`, `[1]:2>5 [2]:3>`},
		{`{"a":[{"x":1}]}`, `{"a":[{"x":2},7]}`, `a[0].x:1>2 a[1]:>7`},
		{`1`, `1.0`, `:1>1.0`},
		{`9007199254740992`, `9007199254740993`, `:9007199254740992>9007199254740993`},
		{`{"a":1}`, `[1]`, `:{"a":1}>[1]`},
		{`{"a":1,"a":2}`, `{"a":1}`, `:{"a":1,"a":2}>{"a":1}`}, // no object to go into
		{deep, deep, ``},
	} {
		if got := show(Diff(json.RawMessage(c.old), json.RawMessage(c.new))); got != c.want {
			t.Errorf("%s and %s: got %q, want %q", c.old, c.new, got, c.want)
		}
	}
	big := `"` + strings.Repeat("x", 4<<20) + `"`
	if got := Diff(json.RawMessage(`{"a":`+big+`}`), json.RawMessage(`{"a": `+big+`}`)); got != nil {
		t.Errorf("a large value and the same: got %d changes, want none", len(got))
	}
	if got := Diff(json.RawMessage(`{"a":`+big+`}`), json.RawMessage(`{"b":`+big+`}`)); len(got) != 1 ||
		got[0].Path != "" {
		t.Errorf("large values: got %d changes, want one of the whole", len(got))
	}
}

// Equal values have no difference, and a difference can be seen from both sides.
func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\u00e4"}]}`), []byte(`{"a":[1,{"b":"ä","c":null}]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if !json.Valid(a) || !json.Valid(b) {
			return
		}
		a, b = []byte(strings.TrimSpace(string(a))), []byte(strings.TrimSpace(string(b)))
		if got := Diff(a, a); got != nil {
			t.Errorf("%s with itself: got %s", a, show(got))
		}
		if x, y := Diff(a, b), Diff(b, a); (x == nil) != (y == nil) {
			t.Errorf("%s and %s: got %s one way, %s the other", a, b, show(x), show(y))
		}
	})
}

// forward hides that a provider can begin in the middle.
type forward struct{ provider.Provider }

var _ provider.Provider = forward{}

func (f forward) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return f.Provider.Records(ctx)
}

func TestOf(t *testing.T) {
	policy := func(f string) json.RawMessage { return json.RawMessage(`{"parameters":{"f":` + f + `}}`) }
	live := providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Iteration{Number: 7, Policies: map[string]json.RawMessage{"B": policy("0.5"), "A": policy("1")},
			Costs: map[string]provider.Cents{"B": 0}},
		// Recorded behind its iteration, as in the databases of the original; two calls, the second one counts.
		&provider.Interaction{Iteration: 7, AgentID: "B", UserPrompt: new("first")},
		&provider.Interaction{Iteration: 7, AgentID: "B", UserPrompt: new("second"),
			Response: new("```json\n{\"explanation\":\"because\",\"f\":1}\n```")},
		&provider.Interaction{Iteration: 8, AgentID: "B", Extra: json.RawMessage(`{"llm_reasoning":"no"}`),
			Response: new("{")},
		&provider.Interaction{Iteration: 8, UserPrompt: new("nobody's")},
		&provider.Iteration{Number: 8, AcceptedChanges: map[string]bool{"B": false}},
		&provider.Iteration{Number: 3, Policies: map[string]json.RawMessage{"B": policy("0.6")}},
		&provider.Iteration{Number: 9, Policies: map[string]json.RawMessage{"B": policy("0.5")}},
	})
	for _, p := range []provider.Provider{live, forward{live}} {
		run, err := Of(t.Context(), p, Options{LLM: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := run.Agents(), []string{"A", "B"}; !slices.Equal(got, want) {
			t.Errorf("agents: got %q, want %q", got, want)
		}
		if got, want := run.Iterations(), []int{3, 7, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("iterations: got %v, want %v", got, want)
		}
		steps := run.Steps("B")
		if len(steps) != 4 {
			t.Fatalf("got %d steps, want 4", len(steps))
		}
		third, seventh, eighth, ninth := steps[0], steps[1], steps[2], steps[3]
		if !third.First || third.Changes != nil || third.Cost != nil || third.Accepted != nil || third.Explanation != nil {
			t.Errorf("iteration 3: got %+v", third)
		}
		if got, want := show(seventh.Changes), "parameters.f:0.6>0.5"; got != want || seventh.First {
			t.Errorf("iteration 7: got changes %s, want %s", got, want)
		}
		if seventh.Cost == nil || *seventh.Cost != 0 || seventh.Explanation == nil || *seventh.Explanation != "because" {
			t.Errorf("iteration 7: got %+v, want cost 0 and an explanation", seventh)
		}
		if eighth.Policy != nil || eighth.Accepted == nil || *eighth.Accepted || eighth.Explanation == nil ||
			*eighth.Explanation != "no" {
			t.Errorf("iteration 8: got %+v, want no policy, not accepted, an explanation", eighth)
		}
		if ninth.Changes != nil || ninth.First {
			t.Errorf("iteration 9: got %+v, want no change from iteration 7", ninth)
		}
		call, err := run.Call(t.Context(), "B", 7)
		if err != nil || call == nil || *call.UserPrompt != "second" || call.SystemPrompt != nil {
			t.Errorf("call: got %+v, %v, want the second", call, err)
		}
		for agent, n := range map[string]int{"A": 7, "B": 9, "C": 7} {
			if call, err := run.Call(t.Context(), agent, n); err != nil || call != nil {
				t.Errorf("call of %s in iteration %d: got %+v, %v, want none", agent, n, call, err)
			}
		}
	}
}

// A run that failed at once still has its first policies; an iteration's own record comes before the event.
func TestInitialPolicies(t *testing.T) {
	event := func(n int, data string) *provider.Event {
		return &provider.Event{Iteration: n, Type: "policy_init", Data: json.RawMessage(data)}
	}
	run, err := Of(t.Context(), providertest.Live([]provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		event(0, `{"agent_id":"A","policy":{"f": 1}}`),
		event(1, `{"agent_id":"B","policy":{"f": 1}}`),
		event(0, `{"agent_id":7,"policy":{}}`), event(0, `{"agent_id":"C","policy":null}`), event(0, `[]`), event(0, ``),
		event(0, `{"agent_id":"D","agent_id":"E","policy":{}}`),
		&provider.Iteration{Number: 1, Policies: map[string]json.RawMessage{"B": json.RawMessage(`{"f":2}`)}},
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := run.Agents(), []string{"A", "B"}; !slices.Equal(got, want) {
		t.Fatalf("agents: got %q, want %q", got, want)
	}
	for agent, want := range map[string]string{"A": `{"f": 1}`, "B": `{"f":2}`} {
		if steps := run.Steps(agent); len(steps) != 1 || string(steps[0].Policy) != want || !steps[0].First {
			t.Errorf("%s: got %+v, want the policy %s", agent, steps, want)
		}
	}
}

// The text keeps what policies say as they say it, and leaves out what was not recorded.
func TestWriteJSON(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Interaction{Iteration: 0, AgentID: "B", Response: new("<a>\n")},
		&provider.Iteration{Number: 0, Policies: map[string]json.RawMessage{"B": json.RawMessage(`{ "z" : 1e3, "a" : "\u0041<" }`)}},
		&provider.Iteration{
			Number: 7, Costs: map[string]provider.Cents{"A": -5, "B": 9007199254740993},
			AcceptedChanges: map[string]bool{"B": false},
			Policies:        map[string]json.RawMessage{"B": json.RawMessage(`{"z":1e3,"b":[]}`)},
		},
	}
	r, err := Of(t.Context(), providertest.Live(run), Options{LLM: true})
	if err != nil {
		t.Fatal(err)
	}
	const last = `"iteration_7":{"policy":{"z":1e3,"b":[]},"diff":[{"path":"a","old":"\u0041<"},{"path":"b","new":[]}],` +
		`"cost":9007199254740993,"decision":"none","accepted":false}`
	for name, c := range map[string]struct {
		o    JSONOptions
		want string
	}{
		"all": {JSONOptions{Compact: true}, `{"A":{"iteration_7":{"cost":-5}},"B":{"iteration_0":{"policy":{"z":1e3,"a":"\u0041<"}},` + last + "}}\n"},
		"with calls": {JSONOptions{Compact: true, LLM: true, Agents: []string{"B"},
			Wanted: func(n int) bool { return n == 0 }},
			`{"B":{"iteration_0":{"policy":{"z":1e3,"a":"\u0041<"},"llm":{"response":"<a>\u000a"}}}}` + "\n"},
		"none of them": {JSONOptions{Compact: true, Wanted: func(n int) bool { return n == 1 }}, `{"A":{},"B":{}}` + "\n"},
		"no agent":     {JSONOptions{Agents: []string{}}, "{}\n"},
		"lines": {JSONOptions{Agents: []string{"A"}},
			"{\n  \"A\": {\n    \"iteration_7\": {\n      \"cost\": -5\n    }\n  }\n}\n"},
	} {
		var b strings.Builder
		if err := r.WriteJSON(t.Context(), &b, c.o); err != nil || b.String() != c.want {
			t.Errorf("%s: got %s, %v, want %s", name, b.String(), err, c.want)
		}
	}
	broken := errors.New("broken")
	if err := r.WriteJSON(t.Context(), failingWriter{broken}, JSONOptions{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
