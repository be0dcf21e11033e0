package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
	"github.com/simexp/exparchive/provider/replay"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// text prints records.
func text(t testing.TB, records []provider.Record, o *replay.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := providertest.Play(context.Background(), replay.NewPrinter(&b, o), records); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			t.Errorf("%s line %d: got\n%q\nwant\n%q", path, i+1, g[i], append(w, "the end")[min(i, len(w))])
			return
		}
	}
	t.Errorf("%s: got %d lines, want %d", path, len(g), len(w))
}

// sections are the options that add lines.
var sections = []struct {
	name string
	o    replay.Options
}{
	{"default", replay.Options{}},
	{"iterations", replay.Options{Iterations: true}},
	{"bootstrap", replay.Options{Bootstrap: true}},
	{"llm", replay.Options{LLM: true}},
	{"policy", replay.Options{Policy: true}},
	{"rejections", replay.Options{Rejections: true}},
	{"metrics", replay.Options{Metrics: true}},
	{"verbose", replay.Options{Verbose: true}},
	{"audit", replay.Options{Audit: true}},
	{"range", replay.Options{Start: new(1), End: new(1), Verbose: true}},
	{"audit-range", replay.Options{Start: new(1), End: new(2), Audit: true}},
	{"audit-none", replay.Options{Start: new(3), End: new(9), Audit: true}},
}

func TestGolden_sample(t *testing.T) {
	for _, s := range sections {
		golden(t, "sample-"+s.name, text(t, providertest.Sample(), &s.o))
	}
}

const printerColor = `\x1b\[[0-9;]*m`

var sgr = regexp.MustCompile(printerColor)

func start() *provider.Start {
	return &provider.Start{RunID: "r", Name: "n", Type: "t"}
}

func event(iteration int, kind, data string) *provider.Event {
	return &provider.Event{Iteration: iteration, Type: kind, Data: json.RawMessage(data)}
}

func TestGolden_runs(t *testing.T) {
	sample := providertest.Sample()
	for _, run := range []struct {
		name    string
		records []provider.Record
	}{
		{"cut-short", sample[:20]},
		{"empty", []provider.Record{start()}},
		{"empty-finished", []provider.Record{start(), &provider.Result{Status: provider.StatusFailed}}},
		{"hostile", hostile()},
		{"odd-payloads", oddPayloads()},
		{"interleaved", interleaved()},
		{"retries", retries()},
		{"redacted", redacted()},
	} {
		golden(t, run.name, text(t, run.records, nil))
		golden(t, run.name+"-verbose", text(t, run.records, &replay.Options{Verbose: true}))
		golden(t, run.name+"-audit", text(t, run.records, &replay.Options{Audit: true}))
	}
}

// hostile is a run whose every text tries to look like something else.
func hostile() []provider.Record {
	evil := "\x1b[2J\x1b[31mred\x1b[0m\r\nIteration 9\n  BANK_A  $0.00\n\nAUDIT: Iteration 7\n| x\x00\x07\x7f\u0085\u202etxt.exe\u2066\u200b\u2028\ufeff\U000e0041é🏦\t."
	name := strings.ReplaceAll(evil, "\x00", "") // which no name has
	j := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	return []provider.Record{
		&provider.Start{RunID: "run" + name, Name: "name" + name, Type: "type" + name, CreatedAt: "at" + name,
			Config: json.RawMessage("{}")},
		&provider.Note{Kind: "kind" + name, Text: "text" + evil},
		&provider.Note{Kind: "kind" + name, Subject: "/" + name, Text: "text" + evil},
		&provider.Attachment{Name: "a\u0085\u202etxt.exe\u2066\u200b\u2028[31m", MediaType: name},
		event(0, "experiment_start", `{"description":`+j(evil)+`,`+j("name"+evil)+`:`+j(evil)+`}`),
		event(0, "type"+name, `{"x":`+j(evil)+",\n\"raw\u202e\":1}"),
		event(0, "evaluation", `{"total_cost":`+j(evil)+`,"per_agent_costs":{`+j("agent"+evil)+`:`+j(evil)+`}}`),
		event(0, "llm_error", `{"agent_id":`+j("agent"+evil)+`,"error":`+j(evil)+`,"error_type":`+j(evil)+`}`),
		event(0, "policy_rejected", `{"agent_id":"B","rejection_reason":`+j(evil)+`,"validation_errors":[`+j(evil)+`]}`),
		&provider.Interaction{
			Iteration: 0, AgentID: "agent" + name, Model: new(name), SystemPrompt: new(evil), UserPrompt: new("| a\n  | b\n\n"),
			Response:     new(evil),
			ParsingError: new(evil), Extra: json.RawMessage("{\"x\":\n" + j(evil) + "}"),
		},
		&provider.Interaction{Iteration: 0, AgentID: "B", Response: new("{\"p\": " + j(evil) + ", \"raw\": \"\u202e\"}"),
			ParsedPolicy: json.RawMessage(`{"parameters":{` + j(evil) + `:` + j(evil) + `}}`)},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"B": 5, "agent" + name: -5},
			Policies: map[string]json.RawMessage{"B": json.RawMessage(`{"parameters":{` + j(evil) + `:1}}`)}},
		&provider.Result{Status: provider.Status("status" + name), ConvergenceReason: new(evil), CompletedAt: name},
	}
}

// oddPayloads is a run whose events have the known types, and members that are missing, of other types or unknown.
func oddPayloads() []provider.Record {
	run := []provider.Record{start()}
	for _, kind := range eventTypes {
		for _, data := range []string{
			"", "{}", "[1, 2]", `"text"`, "0",
			`{"agent_id":7,"iteration":99,"event_type":"evaluation","total_cost":10.5,"per_agent_costs":[1],"seed_results":{"seed":1},"mean_cost":"many","old_policy":"x","new_policy":[1],"proposed_policy":3,"policy":false,"old_cost":1e3,"new_cost":"5000","accepted":"yes","validation_errors":"one","errors":{"a":1},"error":{"code":429},"prompt_tokens":-1,"completion_tokens":1.5,"latency_seconds":"slow","per_agent_liquidity":0.5,"final_cost":9223372036854775808,"converged":"maybe","surprise":{"deep":[true, null]},"nothing":null}`,
		} {
			run = append(run, event(3, kind, data))
		}
	}
	return append(run, &provider.Result{Status: provider.StatusInterrupted})
}

// eventTypes are those that experiments are known to record.
var eventTypes = []string{
	"experiment_start", "iteration_start", "bootstrap_evaluation", "monte_carlo_evaluation", "llm_call", "llm_interaction",
	"policy_change", "policy_rejected", "experiment_end", "evaluation", "simulation_run", "context_simulation_complete",
	"llm_error", "iteration_metrics", "llm_stats", "experiment_summary", "policy_init", "validation_error",
	"policy_evaluation",
}

// interleaved is a run whose records of different iterations come mixed, as from concurrent writers.
func interleaved() []provider.Record {
	policy := func(x int) map[string]json.RawMessage {
		return map[string]json.RawMessage{"A": fmt.Appendf(nil, `{"parameters":{"x":%d}}`, x)}
	}
	return []provider.Record{
		start(),
		event(1, "evaluation", `{"total_cost":100,"per_agent_costs":{"A":100}}`),
		event(2, "evaluation", `{"total_cost":90,"per_agent_costs":{"A":90}}`),
		&provider.Iteration{Number: 1, Costs: map[string]provider.Cents{"A": 100}, Policies: policy(1)},
		&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: json.RawMessage(`{"parameters":{"x":2}}`)},
		&provider.Note{Kind: "k", Text: "between"},
		&provider.Iteration{Number: 2, Costs: map[string]provider.Cents{"A": 90}, Policies: policy(2),
			AcceptedChanges: map[string]bool{"A": false}},
		event(1, "late", `{}`),
		&provider.Iteration{Number: 7, Costs: map[string]provider.Cents{"A": 1<<53 + 1}, Policies: policy(3)},
		event(7, "experiment_end", `{"final_cost":1}`),
		event(7, "later", `{}`),
		&provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(1<<53 + 1))},
	}
}

// retries is a run in which an agent needs several proposals, and costs go to the ends of their range.
func retries() []provider.Record {
	p := func(x string) json.RawMessage {
		return json.RawMessage(`{"parameters":{"x":` + x + `,"nested":{"y":[1, 2]}},"tree":{"a":1}}`)
	}
	return []provider.Record{
		start(),
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"A": -9223372036854775808, "B": 1},
			Policies: map[string]json.RawMessage{"A": p("1"), "B": p("1")}},
		&provider.Interaction{Iteration: 0, AgentID: "A", ParsingError: new("no JSON")},
		&provider.Interaction{Iteration: 0, AgentID: "A", ParsedPolicy: p("0")},
		event(0, "policy_rejected", `{"agent_id":"A","proposed_policy":`+string(p("0"))+
			`,"rejection_reason":"validation_failed","validation_errors":["x too small","y odd"]}`),
		&provider.Interaction{Iteration: 0, AgentID: "A",
			ParsedPolicy: json.RawMessage(`{"tree":{"a":2},"parameters":{"x":2,"new":true},"id":"p2"}`)},
		event(0, "policy_change", `{"agent_id":"A","old_cost":3,"new_cost":2,"accepted":true,"new_policy":{"tree":{"a":2},"parameters":{"x":2,"new":true},"id":"p2"}}`),
		&provider.Interaction{Iteration: 0, AgentID: "B",
			ParsedPolicy: json.RawMessage(" {\"tree\":\n{\"a\":1},\"parameters\":{\"nested\":{\"y\":[1,2]},\"x\":1}} ")},
		&provider.Interaction{Iteration: 0, AgentID: "C", ParsedPolicy: json.RawMessage(`[1]`)},
		&provider.Interaction{Iteration: 0, ParsedPolicy: json.RawMessage(`{"parameters":{"a":1,"b":2,"c":3,"d":4,"e":5}}`)},
		&provider.Iteration{Number: 1, Costs: map[string]provider.Cents{"A": 9223372036854775807, "B": 1},
			AcceptedChanges: map[string]bool{"A": false, "B": true},
			Policies:        map[string]json.RawMessage{"A": json.RawMessage(`{"tree":{"a":2},"parameters":{"x":2,"new":true},"id":"p2"}`), "B": p("5")}},
		&provider.Interaction{Iteration: 1, AgentID: "A", ParsedPolicy: p("0")},
		&provider.Interaction{Iteration: 1, AgentID: "A", ParsingError: new("timed out")},
	}
}

// TestMissingCost: the sum of some agents' costs is no total, and nothing is compared with one.
func TestMissingCost(t *testing.T) {
	policies := map[string]json.RawMessage{"A": json.RawMessage(`{"x":1}`), "B": json.RawMessage(`{"x":1}`)}
	iteration := func(n int, costs map[string]provider.Cents) *provider.Iteration {
		return &provider.Iteration{Number: n, Costs: costs, Policies: policies}
	}
	got := text(t, []provider.Record{
		start(),
		iteration(0, map[string]provider.Cents{"A": 100, "B": 200}),
		iteration(1, map[string]provider.Cents{"A": 90}),
		iteration(2, map[string]provider.Cents{"A": 80, "B": 180}),
		event(3, "evaluation", `{"total_cost":250,"per_agent_costs":{"A":70,"B":179.5}}`),
		iteration(3, map[string]provider.Cents{"A": 70}),
		event(4, "evaluation", `{"per_agent_costs":{"A":60,"B":179.5}}`),
		event(5, "evaluation", `{"per_agent_costs":{"A":50}}`),
		&provider.Interaction{Iteration: 5, AgentID: "B"},
		&provider.Interaction{Iteration: 6},
		iteration(6, map[string]provider.Cents{"A": 40, "B": 170}),
	}, nil)
	var totals []string
	for line := range strings.Lines(got) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == "total" {
			totals = append(totals, strings.Join(f[1:], " "))
		}
	}
	want := []string{"$3.00", "-", "$2.60", "$2.50 -$0.10", "-", "-", "$2.10"}
	if !slices.Equal(totals, want) {
		t.Errorf("got totals %q, want %q, in\n%s", totals, want, got)
	}
}

// redacted is a published copy: the second half of the sample with everything withheld, a result without its reason.
func redacted() []provider.Record {
	return providertest.Redact(providertest.Sample(), func(r provider.Record, field string) bool {
		n, ok := provider.IterationOf(r)
		return !ok && field != "text" || ok && n > 0 || field == "user_prompt"
	})
}

// Without its SGR sequences coloured text is the text, and all other text is the same whatever was recorded.
func TestColor(t *testing.T) {
	runs := [][]provider.Record{providertest.Sample(), hostile(), oddPayloads(), interleaved(), retries(), redacted()}
	for i, run := range runs {
		for _, s := range slices.Concat(sections, filters) {
			plain := text(t, run, &s.o)
			o := s.o
			o.Color = true
			colored := text(t, run, &o)
			if got := sgr.ReplaceAllString(colored, ""); got != plain {
				t.Errorf("run %d, %s: colour changes more than colour", i, s.name)
			}
			if colored == plain {
				t.Errorf("run %d, %s: got no colour", i, s.name)
			}
			checkText(t, plain)
		}
	}
}

// checkText checks that nothing in printed text can act on a terminal.
func checkText(t interface{ Errorf(string, ...any) }, s string) {
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 &&
			r <= 0x2069 ||
			r == 0x200e || r == 0x200f || r == 0x061c || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe {
			t.Errorf("printed %U", r)
			return
		}
	}
	if s != "" && !strings.HasSuffix(s, "\n") {
		t.Errorf("printed text does not end with a line end: ...%q", s[max(0, len(s)-40):])
	}
}

// Live and replayed output are the same: through Tee beside the run in memory, from it, and from lines.
func TestReplayIdentity(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := randomrun.Draw(rt)
		s := rapid.SampledFrom(slices.Concat(sections, filters)).Draw(rt, "section")
		var live, again, fromLines, lines bytes.Buffer
		kept := new(provider.Live)
		if err := providertest.Play(t.Context(), provider.Tee(kept, replay.NewPrinter(&live, &s.o), jsonl.NewWriter(&lines)),
			run); err != nil {
			rt.Fatal(err)
		}
		if err := provider.Copy(t.Context(), replay.NewPrinter(&again, &s.o), kept); err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "run.jsonl")
		if err := os.WriteFile(path, lines.Bytes(), 0o666); err != nil {
			rt.Fatal(err)
		}
		p, err := jsonl.Open(path)
		if err != nil {
			rt.Fatal(err)
		}
		if err := provider.Copy(t.Context(), replay.NewPrinter(&fromLines, &s.o), p); err != nil {
			rt.Fatal(err)
		}
		if live.String() != again.String() || live.String() != fromLines.String() {
			rt.Fatalf("live:\n%s\nfrom memory:\n%s\nfrom lines:\n%s", live.String(), again.String(), fromLines.String())
		}
		checkText(rt, live.String())
	})
}

// What a printer is given unkept (white space around JSON, null) prints as it does once kept.
func TestUnkept(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t", Config: json.RawMessage(" null ")},
		event(0, "custom", " \n{} "), event(0, "custom", "null"),
		&provider.Interaction{ParsedPolicy: json.RawMessage("null"), Extra: json.RawMessage(" {} ")},
	}
	kept, err := providertest.Kept(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		if got, want := text(t, run, &s.o), text(t, kept, &s.o); got != want {
			t.Errorf("%s: got %q, want %q", s.name, got, want)
		}
	}
	if string(run[1].(*provider.Event).Data) != " \n{} " {
		t.Error("the printer changed the event it was given")
	}
}

// Every event has lines of its own when everything is asked for: nothing recorded is lost.
func TestVerbose_losesNothing(t *testing.T) {
	for _, kind := range append([]string{"something_else"}, eventTypes...) {
		got := text(t, []provider.Record{start(), event(0, kind, `{"marker_member": "marker_value"}`)},
			&replay.Options{Verbose: true})
		if !strings.Contains(got, "marker_member") || !strings.Contains(got, "marker_value") {
			t.Errorf("%s: got\n%s\nwant its unknown member", kind, got)
		}
		got = text(t, []provider.Record{start(), event(0, kind, `["marker_value"]`)}, &replay.Options{Verbose: true})
		if !strings.Contains(got, "marker_value") || !strings.Contains(got, kind) {
			t.Errorf("%s: got\n%s\nwant its payload, which is no object", kind, got)
		}
	}
}

// The audit never cuts a prompt.
func TestAudit_whole(t *testing.T) {
	long := strings.Repeat("0123456789 ", 20000) + "\n" + strings.Repeat("line\n", 20000) + "the end"
	got := text(t, []provider.Record{start(), &provider.Interaction{SystemPrompt: &long, UserPrompt: &long,
		Response: &long}}, &replay.Options{Audit: true})
	if want := "  | " + strings.ReplaceAll(long, "\n", "\n  | ") + "\n"; strings.Count(got, want) != 3 {
		t.Errorf("got %d of 3 texts whole, in %d bytes", strings.Count(got, want), len(got))
	}
	// A response that would grow without bound if it was laid out is printed as it is.
	deep := strings.Repeat("[", 400) + strings.Repeat("1,", 100000) + "1" + strings.Repeat("]", 400)
	got = text(t, []provider.Record{start(), &provider.Interaction{Response: &deep}}, &replay.Options{Audit: true})
	if !strings.Contains(got, deep) || len(got) > 2*len(deep) {
		t.Errorf("got %d bytes for a response of %d", len(got), len(deep))
	}
}

func TestOptions_Validate(t *testing.T) {
	for _, test := range []struct {
		o  replay.Options
		ok bool
	}{
		{replay.Options{}, true},
		{replay.Options{Start: new(0), End: new(0)}, true},
		{replay.Options{Start: new(3)}, true},
		{replay.Options{Start: new(-1)}, false},
		{replay.Options{End: new(-1)}, false},
		{replay.Options{Start: new(2), End: new(1)}, false},
	} {
		if err := test.o.Validate(); (err == nil) != test.ok {
			t.Errorf("%+v: got error %v, want ok %t", test.o, err, test.ok)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPrinter_errors(t *testing.T) {
	ctx := t.Context()
	gone := errors.New("gone")
	p := replay.NewPrinter(failing{gone}, nil)
	if err := p.Begin(ctx, start()); err != gone {
		t.Errorf("got %v, want the writer's error", err)
	}
	if err := p.Finish(ctx, nil); err != gone {
		t.Errorf("afterwards: got %v, want the same error", err)
	}
	p = replay.NewPrinter(new(bytes.Buffer), nil)
	if err := p.Event(ctx, event(0, "x", "")); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("before Begin: got %v, want ErrOrder", err)
	}
	p = replay.NewPrinter(new(bytes.Buffer), nil)
	_ = p.Begin(ctx, start())
	if err := p.Event(ctx, event(0, "evaluation", "{")); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("invalid event: got %v, want ErrInvalid", err)
	}
}

// The printer's memory does not grow with the run: what it allocates per event stays small and is given back.
func BenchmarkPrinter(b *testing.B) {
	e := event(0, "evaluation", `{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)
	for _, s := range sections[:2] {
		b.Run(s.name, func(b *testing.B) {
			p := replay.NewPrinter(new(discard), &s.o)
			_ = p.Begin(b.Context(), start())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.Iteration = i / 100
				if err := p.Event(b.Context(), e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
