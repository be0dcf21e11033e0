package jsonl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// lines writes records as lines.
func lines(t testing.TB, records []provider.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := providertest.Play(context.Background(), jsonl.NewWriter(&b), records); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads lines to their end or the first error.
func read(text string, o *jsonl.ReaderOptions) (records []provider.Record, err error) {
	for r, err := range jsonl.NewReader(strings.NewReader(text), o).Records(context.Background()) {
		if err != nil {
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

func TestWriter_golden(t *testing.T) {
	got := lines(t, providertest.Sample())
	path := filepath.Join("testdata", "sample.jsonl")
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %d bytes that differ from the %d of %s; look at the difference that -update makes", len(got), len(want),
			path)
	}
}

func TestWriter_everyMember(t *testing.T) {
	records := []provider.Record{
		&provider.Start{RunID: "r\x01\x1f\"\\/é\u2028", Name: "n", Type: "t", Config: json.RawMessage(` {"b" :1, "a":1.0} `),
			CreatedAt: "c"},
		&provider.Event{Iteration: 7, Type: "e", Timestamp: "t", Data: json.RawMessage("[\n1]")},
		&provider.Event{Iteration: 7, Type: "e"},
		&provider.Interaction{Iteration: 8, AgentID: "A", Model: new("m"), SystemPrompt: new(""), UserPrompt: new("u"),
			Response:     new("r"),
			ParsedPolicy: json.RawMessage("{\r}"), ParsingError: new("p"), PromptTokens: new(int64(0)),
			CompletionTokens: new(int64(1<<53 + 1)),
			LatencySeconds:   new(0.1), Timestamp: "t", Extra: json.RawMessage("{\"x\":\n1}")},
		&provider.Interaction{Iteration: 8, LatencySeconds: new(1e21)},
		&provider.Iteration{Number: 8, Costs: map[string]provider.Cents{"B": 1<<53 + 1, "A": -1},
			Policies: map[string]json.RawMessage{"B": json.RawMessage(`{"x" : 1}`), "A": json.RawMessage(`1E400`)}},
		&provider.Iteration{Number: 2, AcceptedChanges: map[string]bool{"B": false, "A": true},
			Policies: map[string]json.RawMessage{"B": json.RawMessage("{\n}"), "A": json.RawMessage(`{ }`)}, Timestamp: "t"},
		&provider.Note{Kind: "k", Text: "x"},
		&provider.Note{Kind: "k", Subject: `/iterations/8/costs_per_agent/"A~1"`, Text: "x"},
		&provider.Attachment{Name: "a/b", MediaType: "m", Data: []byte{0, 255}},
		&provider.Result{CompletedAt: "c", Status: "stopped", Converged: new(false), ConvergenceReason: new(""),
			FinalCost: new(provider.Cents(0)), BestCost: new(provider.Cents(-5))},
	}
	want := `{"type":"experiment","run_id":"r\u0001\u001f\"\\/é` + "\u2028" + `","experiment_name":"n","experiment_type":"t","config":{"b" :1, "a":1.0},"created_at":"c"}
{"type":"event","iteration":7,"event_type":"e","timestamp":"t","event_data_text":"[\u000a1]"}
{"type":"event","iteration":7,"event_type":"e"}
{"type":"llm_interaction","iteration":8,"agent_id":"A","model":"m","system_prompt":"","user_prompt":"u","response":"r","parsed_policy_text":"{\u000d}","parsing_error":"p","prompt_tokens":0,"completion_tokens":9007199254740993,"latency_seconds":0.1,"timestamp":"t","extra_text":"{\"x\":\u000a1}"}
{"type":"llm_interaction","iteration":8,"latency_seconds":1e+21}
{"type":"iteration","iteration":8,"costs_per_agent":{"A":-1,"B":9007199254740993},"accepted_changes":{},"policies":{"A":1E400,"B":{"x" : 1}}}
{"type":"iteration","iteration":2,"costs_per_agent":{},"accepted_changes":{"A":true,"B":false},"policies_text":"{\"A\":{ },\"B\":{\u000a}}","timestamp":"t"}
{"type":"note","kind":"k","text":"x"}
{"type":"note","kind":"k","subject":"/iterations/8/costs_per_agent/\"A~1\"","text":"x"}
{"type":"attachment","name":"a/b","media_type":"m","data":"AP8="}
{"type":"result","completed_at":"c","status":"stopped","converged":false,"convergence_reason":"","final_cost":0,"best_cost":-5}
`
	got := string(lines(t, records))
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	checkSame(t, got, records)
	// The records given were not changed.
	if got := string(records[0].(*provider.Start).Config); got != ` {"b" :1, "a":1.0} ` {
		t.Errorf("the writer changed the config it was given to %q", got)
	}
}

// checkSame reads text and compares what it holds with want.
func checkSame(t testing.TB, text string, want []provider.Record) {
	t.Helper()
	got, err := read(text, nil)
	if err != nil {
		t.Fatalf("got error %v, want %d records", err, len(want))
	}
	kept, err := providertest.Kept(want)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(kept) {
		t.Fatalf("got %d records, want %d", len(got), len(kept))
	}
	for i := range got {
		if d := providertest.Diff(got[i], kept[i]); d != "" {
			t.Errorf("record %d: %s", i, d)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		run := randomrun.Draw(rt)
		text := lines(t, run)
		again := new(bytes.Buffer)
		w := jsonl.NewWriter(again)
		var hash digest.Sink
		if err := copyLines(text, provider.Tee(w, &hash)); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(again.Bytes(), text) {
			rt.Fatalf("read and written again: got\n%s\nwant\n%s", again.Bytes(), text)
		}
		for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
			if !json.Valid(line) || bytes.ContainsRune(line, '\r') {
				rt.Fatalf("line %d is not one JSON text without line breaks: %q", i+1, line)
			}
		}
		var want digest.Sink
		if err := providertest.Play(t.Context(), &want, run); err != nil {
			rt.Fatal(err)
		}
		if hash.Root() != want.Root() || hash.Count() != want.Count() {
			rt.Fatalf("got digest %v of %d, want %v of %d", hash.Root(), hash.Count(), want.Root(), want.Count())
		}
		if n++; n%4 == 0 { // the slow half: as a provider, from a file
			path := filepath.Join(dir, fmt.Sprintf("%d.jsonl", n))
			if err := os.WriteFile(path, text, 0o666); err != nil {
				rt.Fatal(err)
			}
			p, err := jsonl.Open(path)
			if err != nil {
				rt.Fatal(err)
			}
			if err := providertest.Check(t.Context(), p, run); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func copyLines(text []byte, s provider.Sink) error {
	finished := false
	for r, err := range jsonl.NewReader(bytes.NewReader(text), nil).Records(context.Background()) {
		if err != nil {
			return err
		}
		if err := provider.Put(context.Background(), s, r); err != nil {
			return err
		}
		finished = r.RecordKind() == provider.KindResult
	}
	if finished {
		return nil
	}
	return s.Finish(context.Background(), nil)
}

func TestRun(t *testing.T) {
	sample := providertest.Sample()
	for _, n := range []int{1, 5, len(sample)} {
		path := filepath.Join(t.TempDir(), "a run #%&.jsonl")
		if err := os.WriteFile(path, lines(t, sample[:n]), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := jsonl.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		providertest.Test(t, p, sample[:n])
	}
}

func TestOpen_errors(t *testing.T) {
	dir := t.TempDir()
	if _, err := jsonl.Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v, want ErrNotExist", err)
	}
	for text, line := range map[string]int{"": 1, "\n\n": 2, "SQLite format 3\x00": 1} {
		path := filepath.Join(dir, "f")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := jsonl.Open(path)
		if le := (*jsonl.LineError)(nil); !errors.As(err, &le) || le.Line != line {
			t.Errorf("%q: got %v, want a LineError of line %d", text, err, line)
		}
		if strings.TrimSpace(text) == "" && !errors.Is(err, provider.ErrNoRun) {
			t.Errorf("%q: got %v, want ErrNoRun", text, err)
		}
	}
}

const experiment = `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t"}` + "\n"

func TestReader_refuses(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	deep := strings.Repeat("[", jsontext.MaxDepth+1) + strings.Repeat("]", jsontext.MaxDepth+1)
	for _, test := range []struct {
		name, text string // text comes after an experiment line and a blank line
		want       string // in the error
		is         error
	}{
		{"unknown type", `{"type":"events"}`, `unknown type "events": want one of experiment, event,`, jsonl.ErrUnknown},
		{"no type", `{"iteration":1}`, `"type": missing`, nil},
		{"null type", `{"type":null}`, `"type": missing`, nil},
		{"type of another type", `{"type":5}`, `"type": got 5, want a string`, nil},
		{"unknown member", `{"type":"event","iteration":1,"event_typ":"x"}`,
			`unknown member "event_typ": event has iteration, event_type,`, jsonl.ErrUnknown},
		{"text form of a text", `{"type":"event","iteration":1,"event_type":"x","timestamp_text":"x"}`,
			`unknown member "timestamp_text"`, jsonl.ErrUnknown},
		{"text form of another line's member", `{"type":"event","iteration":1,"event_type":"x","config_text":"1"}`,
			`unknown member "config_text"`, jsonl.ErrUnknown},
		{"seq", `{"type":"note","kind":"k","text":"x","seq":1}`, `unknown member "seq"`, jsonl.ErrUnknown},
		{"duplicate member", `{"type":"event","iteration":1,"iteration":1,"event_type":"x"}`, `"iteration" stands twice`,
			nil},
		{"duplicate by escape", `{"type":"note","kind":"k","text":"x","\u0074ext":"y"}`, `"text" stands twice`, nil},
		{"both forms", `{"type":"event","iteration":1,"event_type":"x","event_data":1,"event_data_text":"1"}`,
			`event_data: given in both forms`, nil},
		{"no iteration", `{"type":"event","event_type":"x"}`, `event: iteration: missing`, nil},
		{"null iteration", `{"type":"event","event_type":"x","iteration":null}`, `event: iteration: missing`, nil},
		{"no event type", `{"type":"event","iteration":1}`, `event: event_type: missing`, nil},
		{"no iteration of a call", `{"type":"llm_interaction"}`, `llm_interaction: iteration: missing`, nil},
		{"no number", `{"type":"iteration"}`, `iteration: iteration: missing`, nil},
		{"no kind", `{"type":"note","text":"x"}`, `note: kind: missing`, nil},
		{"no text", `{"type":"note","kind":"x"}`, `note: text: missing`, nil},
		{"empty text", `{"type":"note","kind":"x","text":""}`, `note: text: empty`, provider.ErrInvalid},
		{"no name", `{"type":"attachment","data":""}`, `attachment: name: missing`, nil},
		{"no data", `{"type":"attachment","name":"a"}`, `attachment: data: missing`, nil},
		{"empty run id", `{"type":"experiment","run_id":"","experiment_name":"n","experiment_type":"t"}`,
			`experiment: run_id: empty; what is not known is left out`, provider.ErrInvalid},
		{"empty start", `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t","created_at":""}`,
			`experiment: created_at: empty`, provider.ErrInvalid},
		{"empty time of an event", `{"type":"event","iteration":1,"event_type":"x","timestamp":""}`,
			`event: timestamp: empty`, provider.ErrInvalid},
		{"empty agent", `{"type":"llm_interaction","iteration":1,"agent_id":""}`, `llm_interaction: agent_id: empty`,
			provider.ErrInvalid},
		{"empty time of a call", `{"type":"llm_interaction","iteration":1,"timestamp":""}`,
			`llm_interaction: timestamp: empty`, provider.ErrInvalid},
		{"empty time of an iteration", `{"type":"iteration","iteration":1,"timestamp":""}`, `iteration: timestamp: empty`,
			provider.ErrInvalid},
		{"empty subject", `{"type":"note","kind":"k","text":"x","subject":""}`, `note: subject: empty`, provider.ErrInvalid},
		{"empty media type", `{"type":"attachment","name":"a","data":"","media_type":""}`, `attachment: media_type: empty`,
			provider.ErrInvalid},
		{"empty end", `{"type":"result","status":"x","completed_at":""}`, `result: completed_at: empty`, provider.ErrInvalid},
		{"empty status", `{"type":"result","status":""}`, `result: status: empty`, provider.ErrInvalid},
		{"empty text form of a config", `{"type":"experiment","run_id":"r","experiment_name":"n","experiment_type":"t","config_text":""}`, `experiment: config_text: empty, which is no JSON`, provider.ErrInvalid},
		{"empty text form of a payload", `{"type":"event","iteration":1,"event_type":"x","event_data_text":""}`,
			`event: event_data_text: empty, which is no JSON`, provider.ErrInvalid},
		{"text form of white space", `{"type":"event","iteration":1,"event_type":"x","event_data_text":" \n\t\r"}`,
			`event: event_data_text: empty, which is no JSON`, provider.ErrInvalid},
		{"empty text form of a policy", `{"type":"llm_interaction","iteration":1,"parsed_policy_text":""}`,
			`llm_interaction: parsed_policy_text: empty`, provider.ErrInvalid},
		{"empty text form of extra", `{"type":"llm_interaction","iteration":1,"extra_text":""}`,
			`llm_interaction: extra_text: empty`, provider.ErrInvalid},
		{"empty text form of policies", `{"type":"iteration","iteration":1,"policies_text":""}`,
			`iteration: policies_text: empty`, provider.ErrInvalid},
		{"subject", `{"type":"note","kind":"k","text":"x","subject":"final_cost"}`,
			`note: subject: "final_cost" is not a JSON pointer`, provider.ErrInvalid},
		{"subject not text", `{"type":"note","kind":"k","text":"x","subject":["final_cost"]}`,
			`note: subject: got ["final_cost"], want a string`, nil},
		{"name of a device", `{"type":"attachment","name":"src/Aux.py","data":""}`,
			`attachment: name: "src/Aux.py" is not a name that a file can have`, provider.ErrNotPortable},
		{"bad path", `{"type":"attachment","name":"../a","data":""}`, `attachment: name: "../a" is not a plain relative path`,
			provider.ErrInvalid},
		{"not base64", `{"type":"attachment","name":"a","data":"AP8"}`, `data: not base64`, nil},
		{"base64 with a line break", `{"type":"attachment","name":"a","data":"AP\n8="}`, `data: not base64: line break`, nil},
		{"base64 with loose bits", `{"type":"attachment","name":"a","data":"AP9="}`, `data: not base64`, nil},
		{"no status", `{"type":"result"}`, `result: status: missing`, nil},
		{"running", `{"type":"result","status":"running"}`, `result: status: "running" is for`, provider.ErrInvalid},
		{"converged", `{"type":"result","status":"completed","converged":"yes"}`,
			`result: converged: got "yes", want true or false`, nil},
		{"fraction in iteration", `{"type":"iteration","iteration":1.0}`, `iteration: got 1.0, want an integer`, nil},
		{"exponent in iteration", `{"type":"iteration","iteration":1e3}`, `iteration: got 1e3, want an integer`, nil},
		{"iteration as text", `{"type":"iteration","iteration":"1"}`, `iteration: got "1", want an integer`, nil},
		{"negative iteration", `{"type":"iteration","iteration":-1}`, `iteration: -1 is out of range`, nil},
		{"huge iteration", `{"type":"iteration","iteration":2147483648}`, `iteration: 2147483648 is out of range`, nil},
		{"iteration past 64 bits", `{"type":"iteration","iteration":18446744073709551616}`,
			`want an integer of at most 64 bits`, nil},
		{"negative tokens", `{"type":"llm_interaction","iteration":1,"prompt_tokens":-1}`, `prompt_tokens: -1 is negative`,
			provider.ErrInvalid},
		{"latency of minus zero", `{"type":"llm_interaction","iteration":1,"latency_seconds":-0}`,
			`latency_seconds: minus zero`, provider.ErrInvalid},
		{"latency of minus zero, fraction", `{"type":"llm_interaction","iteration":1,"latency_seconds":-0.0}`,
			`latency_seconds: minus zero`, provider.ErrInvalid},
		{"latency of minus zero, exponent", `{"type":"llm_interaction","iteration":1,"latency_seconds":-0e5}`,
			`latency_seconds: minus zero`, provider.ErrInvalid},
		{"latency that is rounded to minus zero", `{"type":"llm_interaction","iteration":1,"latency_seconds":-1e-999}`,
			`latency_seconds: minus zero`, provider.ErrInvalid},
		{"iteration of minus zero", `{"type":"iteration","iteration":-0}`, `iteration: iteration: minus zero`,
			provider.ErrInvalid},
		{"tokens of minus zero", `{"type":"llm_interaction","iteration":1,"prompt_tokens":-0}`, `prompt_tokens: minus zero`,
			provider.ErrInvalid},
		{"latency as text", `{"type":"llm_interaction","iteration":1,"latency_seconds":"1"}`,
			`latency_seconds: got "1", want a number`, nil},
		{"latency past float64", `{"type":"llm_interaction","iteration":1,"latency_seconds":1e999}`,
			`latency_seconds: 1e999 is out of range`, nil},
		{"negative latency", `{"type":"llm_interaction","iteration":1,"latency_seconds":-1}`,
			`latency_seconds: -1 is negative`, provider.ErrInvalid},
		{"prompt not text", `{"type":"llm_interaction","iteration":1,"user_prompt":{}}`, `user_prompt: got {}, want a string`,
			nil},
		{"extra not an object", `{"type":"llm_interaction","iteration":1,"extra":[]}`, `extra: not a JSON object`,
			provider.ErrInvalid},
		{"text form not text", `{"type":"event","iteration":1,"event_type":"x","event_data_text":{}}`,
			`event_data_text: got {}, want a string`, nil},
		{"text form not JSON", `{"type":"event","iteration":1,"event_type":"x","event_data_text":"{"}`,
			`event_data: not valid JSON`, provider.ErrInvalid},
		{"too deep", `{"type":"event","iteration":1,"event_type":"x","event_data":` + deep + `}`,
			`event_data: nested too deep`, provider.ErrInvalid},
		{"policies not an object", `{"type":"iteration","iteration":1,"policies":[]}`,
			`policies: invalid record: not a JSON object`, provider.ErrInvalid},
		{"accepted not boolean", `{"type":"iteration","iteration":1,"accepted_changes":{"A":1}}`,
			`accepted change of agent "A" is 1, want true or false`, provider.ErrInvalid},
		{"agent twice", `{"type":"iteration","iteration":1,"costs_per_agent":{"A":1,"A":2}}`,
			`costs_per_agent: invalid record: bad member name: "A" stands twice`, nil},
		{"invalid JSON", `{"type":"event",}`, `not valid JSON: byte 17`, jsontext.ErrSyntax},
		{"two objects", `{"type":"note","kind":"k","text":"x"}{}`, `not valid JSON`, jsontext.ErrSyntax},
		{"not an object", `["type","event"]`, `want a JSON object`, nil},
		{"NaN", `{"type":"result","status":"x","final_cost":NaN}`, `not valid JSON`, jsontext.ErrSyntax},
		{"invalid UTF-8", "{\"type\":\"note\",\"kind\":\"k\",\"text\":\"\xff\"}", `not valid UTF-8`, jsontext.ErrUTF8},
		{"unpaired surrogate", `{"type":"note","kind":"k","text":"\ud800"}`, `text: unpaired surrogate`, nil},
		{"second experiment", strings.TrimSpace(experiment), `the experiment began already`, provider.ErrOrder},
		{"torn", `{"type":"event","iteration":1,"event_ty`, `the last line is cut off (not valid JSON`, io.ErrUnexpectedEOF},
		{"withheld not an object", `{"type":"note","kind":"k","text":"x","withheld":[]}`, `withheld: []: not a JSON object`,
			nil},
		{"commitment not hex", `{"type":"note","kind":"k","withheld":{"text":"` + strings.Repeat("g", 64) + `"}}`,
			`withheld: got "ggg`, nil},
		{"commitment too short", `{"type":"note","kind":"k","withheld":{"text":"00"}}`,
			`withheld: got "00", want a string of 64 hexadecimal digits`, nil},
		{"commitment not text", `{"type":"note","kind":"k","withheld":{"text":null}}`, `withheld: got null`, nil},
		{"commitment twice", `{"type":"note","kind":"k","withheld":{"text":"` + zeros + `","text":"` + zeros + `"}}`,
			`withheld: `, nil},
		{"withheld and there", `{"type":"note","kind":"k","text":"x","withheld":{"text":"` + zeros + `"}}`,
			`note: text: withheld, but it is there`, provider.ErrInvalid},
		{"withheld and empty", `{"type":"note","kind":"k","text":"","withheld":{"text":"` + zeros + `"}}`, `note: text: `,
			provider.ErrInvalid},
		{"withheld and an empty file", `{"type":"attachment","name":"a","data":"","withheld":{"data":"` + zeros + `"}}`,
			`attachment: data: withheld, but it is there`, provider.ErrInvalid},
		{"withheld and an empty object", `{"type":"iteration","iteration":1,"costs_per_agent":{},"withheld":{"costs_per_agent":"` + zeros + `"}}`, `iteration: costs_per_agent: withheld, but it is there`, provider.ErrInvalid},
		{"withheld and the text of null", `{"type":"event","iteration":1,"event_type":"x","event_data_text":"null","withheld":{"event_data":"` + zeros + `"}}`, `event: event_data_text: withheld, but it is there`, provider.ErrInvalid},
		{"cannot be withheld", `{"type":"note","kind":"k","text":"x","withheld":{"kind":"` + zeros + `"}}`,
			`note: withheld: "kind" cannot be withheld`, provider.ErrInvalid},
		{"key of a record", `{"type":"note","kind":"k","text":"x","key":"` + zeros + `"}`,
			`unknown member "key": note has kind, text, subject`, jsonl.ErrUnknown},
		{"field key too long", `{"type":"note","kind":"k","text":"x","field_keys":{"text":"` + zeros + `00"}}`,
			`note: field_keys: got "000`, nil},
		{"key without a salt", `{"type":"note","kind":"k","text":"x","field_keys":{"text":"` + zeros + `"}}`,
			`note: text: a key, but the salt of the run is not withheld`, provider.ErrInvalid},
		{"field key of nothing", `{"type":"event","iteration":1,"event_type":"x","field_keys":{"event_data":"` + zeros +
			`"}}`, `event_data: a key for a field that is not there`, provider.ErrInvalid},
		{"NUL", "\x00", `not valid JSON`, nil},
	} {
		text := experiment + " \t\r\n" + test.text
		if test.name != "torn" {
			text += "\n"
		}
		records, err := read(text, nil)
		le := (*jsonl.LineError)(nil)
		if !errors.As(err, &le) || le.Line != 3 || !strings.Contains(err.Error(), test.want) || len(records) != 1 {
			t.Errorf("%s: got %d records and error %v, want one and line 3: ...%s", test.name, len(records), err, test.want)
		}
		if test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: got %v, which is not %v", test.name, err, test.is)
		}
	}
}

func TestReader_costs(t *testing.T) {
	for _, value := range []string{"10.0", "1e3", `"100"`, "9223372036854775808", "-9223372036854775809", "0.5", "-0",
		"-0.0", "null", "true", "[]", "{}"} {
		_, err := read(experiment+`{"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":1,"BANK_B":`+value+`}}`+"\n",
			nil)
		ce, le := (*provider.CostError)(nil), (*jsonl.LineError)(nil)
		if !errors.As(err, &ce) || ce.Agent != "BANK_B" || ce.Value != value || !errors.As(err, &le) || le.Line != 2 {
			t.Errorf("%s: got %v, want a CostError that names it and BANK_B, in line 2", value, err)
		}
		if value == "null" {
			continue
		}
		_, err = read(experiment+`{"type":"result","status":"completed","final_cost":`+value+`}`, nil)
		if !errors.As(err, &ce) || ce.Agent != "" || ce.Value != value {
			t.Errorf("final cost %s: got %v, want a CostError that names it", value, err)
		}
	}
	for _, value := range []int64{0, -5, 9007199254740993, 9223372036854775807, -9223372036854775808} {
		records, err := read(fmt.Sprintf("%s{\"type\":\"iteration\",\"iteration\":0,\"costs_per_agent\":{\"A\":%d}}",
			experiment, value), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := records[1].(*provider.Iteration).Costs["A"]; int64(got) != value {
			t.Errorf("got %d, want %d", got, value)
		}
	}
}

func TestReader_order(t *testing.T) {
	result := `{"type":"result","status":"completed"}` + "\n"
	note := `{"type":"note","kind":"k","text":"x"}` + "\n"
	iteration := `{"type":"iteration","iteration":4}` + "\n"
	attachment := `{"type":"attachment","name":"a","data":""}` + "\n"
	resume := &jsonl.ReaderOptions{Resume: true}
	for _, test := range []struct {
		name, text string
		o          *jsonl.ReaderOptions
		line       int // of the error, or 0
		is         error
	}{
		{"no experiment", note, nil, 1, provider.ErrOrder},
		{"result only", result, nil, 1, provider.ErrOrder},
		{"empty", "", nil, 1, provider.ErrNoRun},
		{"after the result", experiment + result + note, nil, 3, provider.ErrOrder},
		{"second result", experiment + result + result, nil, 3, provider.ErrOrder},
		{"blank after the result", experiment + result + "\n \n", nil, 0, nil},
		{"iteration twice", experiment + iteration + note + iteration, nil, 4, provider.ErrInvalid},
		{"attachment twice", experiment + attachment + attachment, nil, 3, provider.ErrInvalid},
		{"attachment in another case", experiment + attachment + strings.Replace(attachment, `"a"`, `"A"`, 1), nil, 3,
			provider.ErrInvalid},
		{"attachment in a file", experiment + attachment + strings.Replace(attachment, `"a"`, `"a/b"`, 1), nil, 3,
			provider.ErrInvalid},
		{"withheld beside the salt", strings.Replace(experiment, "}", `,"salt":"`+strings.Repeat("0", 64)+`"}`, 1) +
			`{"type":"note","kind":"k","withheld":{"text":"` + strings.Repeat("0", 64) + `"}}` + "\n", nil, 2,
			provider.ErrInvalid},
		{"no key, and the salt is withheld", strings.Replace(experiment, "}",
			`,"withheld":{"salt":"`+strings.Repeat("0", 64)+`"}}`, 1) + note, nil, 2, provider.ErrKey},
		{"resumed", note + iteration + result, resume, 0, nil},
		{"resumed with the experiment", experiment + note, resume, 0, nil},
		{"resumed, experiment later", note + experiment, resume, 2, provider.ErrOrder},
		{"resumed, nothing", "", resume, 0, nil},
		{"resumed, only a result", result, resume, 0, nil},
		{"no line end", experiment + strings.TrimSpace(note), nil, 0, nil},
		{"carriage returns", strings.ReplaceAll(experiment+note, "\n", "\r\n"), nil, 0, nil},
		{"byte order mark", "\ufeff" + experiment, nil, 0, nil},
		{"byte order mark later", experiment + "\ufeff" + note, nil, 2, jsontext.ErrSyntax},
	} {
		_, err := read(test.text, test.o)
		le := (*jsonl.LineError)(nil)
		switch {
		case test.line == 0 && err != nil:
			t.Errorf("%s: got %v, want no error", test.name, err)
		case test.line > 0 && (!errors.As(err, &le) || le.Line != test.line || !errors.Is(err, test.is)):
			t.Errorf("%s: got %v, want line %d and %v", test.name, err, test.line, test.is)
		}
	}
}

// Cut at every byte, a run gives the whole lines and then, unless a line ends there, an error with the number of its
// line.
func TestReader_cut(t *testing.T) {
	whole := lines(t, providertest.Sample())
	for n := range whole {
		if n > 3000 && n%17 > 0 {
			continue
		}
		records, err := read(string(whole[:n]), nil)
		ends := bytes.Count(whole[:n], []byte("\n"))
		if whole[n] == '\n' || n > 0 && whole[n-1] == '\n' {
			if n > 0 && whole[n] == '\n' {
				ends++ // complete but for its line end
			}
			if err != nil || len(records) != ends {
				t.Fatalf("first %d bytes: got %d records, error %v, want %d and none", n, len(records), err, ends)
			}
			continue
		}
		if le := (*jsonl.LineError)(nil); !errors.As(err, &le) || le.Line != ends+1 || len(records) != ends {
			t.Fatalf("first %d bytes: got %d records, error %v, want %d and a LineError of line %d", n, len(records), err, ends,
				ends+1)
		}
	}
}

func TestReader_maxLine(t *testing.T) {
	exact := experiment[:len(experiment)-1]
	for _, end := range []string{"", "\n", "\r\n"} {
		if _, err := read(exact+end, &jsonl.ReaderOptions{MaxLine: len(exact)}); err != nil {
			t.Errorf("a line of the greatest length with end %q: got %v, want no error", end, err)
		}
	}
	_, err := read(exact+"\n", &jsonl.ReaderOptions{MaxLine: len(exact) - 1})
	if le := (*jsonl.LineError)(nil); !errors.As(err, &le) || le.Line != 1 || !errors.Is(err, jsonl.ErrLineTooLong) {
		t.Errorf("one byte more: got %v, want line 1 and ErrLineTooLong", err)
	}
	// An endless line is given up at the limit, not read to its end.
	endless := &endless{}
	_, err = jsonl.NewReader(endless, &jsonl.ReaderOptions{MaxLine: 1 << 20}).Next()
	if !errors.Is(err, jsonl.ErrLineTooLong) || endless.n > 2<<20 {
		t.Errorf("endless line: got %v after %d bytes, want ErrLineTooLong soon after %d", err, endless.n, 1<<20)
	}
}

type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.n += len(p)
	return len(p), nil
}

func TestReader_fillsIn(t *testing.T) {
	ticks := 0
	o := &jsonl.ReaderOptions{
		RunID: func(name string) string { return name + "-1" },
		Now:   func() string { ticks++; return fmt.Sprintf("T%d", ticks) },
	}
	records, err := read(`{"type":"experiment","experiment_name":"n","experiment_type":"t"}
{"type":"event","iteration":1,"event_type":"e","timestamp":null}
{"type":"llm_interaction","iteration":1,"timestamp":"given"}
{"type":"llm_interaction","iteration":1}
{"type":"iteration","iteration":1}
{"type":"note","kind":"k","text":"x"}
{"type":"result","status":"completed"}`, o)
	if err != nil {
		t.Fatal(err)
	}
	start := records[0].(*provider.Start)
	got := []string{
		start.RunID, start.CreatedAt, records[1].(*provider.Event).Timestamp, records[2].(*provider.Interaction).Timestamp,
		records[3].(*provider.Interaction).Timestamp, records[4].(*provider.Iteration).Timestamp,
		records[6].(*provider.Result).CompletedAt,
	}
	if want := "[n-1 T1 T2 given T3 T4 T5]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if _, err := read(`{"type":"experiment","experiment_name":"n","experiment_type":"t"}`, nil); !errors.Is(err,
		provider.ErrInvalid) {
		t.Errorf("no run id and nobody to give one: got %v, want ErrInvalid", err)
	}
}

// Both forms of a JSON member, members in any order and escaped in any way give the same record.
func TestReader_forms(t *testing.T) {
	a, err := read(experiment+`{"type":"iteration","iteration":1,"policies":{"B":{"x": 1},"A":2, "C":null},"accepted_changes":{"A":null,"B":true}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := read(experiment+` { "accepted_changes" : {"B":true}, "policies_text":"{\"\u0041\":2,\n\"B\":{\"x\": 1}}","policies":null , "iteration" : 1 , "typ\u0065":"iteration"} `, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := providertest.Diff(a[1], b[1]); d != "" {
		t.Error(d)
	}
}

// What was withheld may be missing, even where it is required, and absent is not withheld.
func TestReader_withheld(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	salted := strings.Replace(experiment, "}", `,"withheld":{"salt":"`+zeros+`"}}`, 1)
	records, err := read(salted+`{"type":"note","kind":"k","withheld":{"text":"`+zeros+`"}}
{"type":"attachment","name":"a","data":null,"withheld":{"data":"`+zeros+`"},"field_keys":null}
{"type":"iteration","iteration":1,"costs_per_agent":{"A":1},"withheld":{"policies":"`+zeros+`"},"field_keys":{"costs_per_agent":"`+zeros+`","accepted_changes":"`+zeros+`"}}
{"type":"event","iteration":1,"event_type":"x","withheld":{},"field_keys":{}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, field := range map[int]string{1: "text", 2: "data", 3: "policies"} {
		if _, ok := records[i].RecordMeta().Withheld(field); !ok {
			t.Errorf("record %d: got no commitment to %s", i, field)
		}
	}
	if it := records[3].(*provider.Iteration); it.Costs["A"] != 1 || len(it.Redaction.FieldKeys) != 2 {
		t.Errorf("got %+v, want costs and two keys", it)
	}
	if red := records[4].RecordMeta().Redaction; red != nil {
		t.Errorf("nothing withheld: got %+v, want nil", red)
	}
}

type failing struct{ after int }

var errDisk = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestWriter_errors(t *testing.T) {
	ctx := t.Context()
	w := jsonl.NewWriter(&failing{after: 100})
	sample := providertest.Sample()
	if err := providertest.Play(ctx, w, sample); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the writer's error", err)
	}
	if err := w.Note(ctx, &provider.Note{Kind: "k", Text: "x"}); !errors.Is(err, errDisk) {
		t.Errorf("afterwards: got %v, want the same error", err)
	}
	var b bytes.Buffer
	w = jsonl.NewWriter(&b)
	if err := w.Note(ctx, &provider.Note{Kind: "k", Text: "x"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("before Begin: got %v, want ErrOrder", err)
	}
	w = jsonl.NewWriter(&b)
	_ = w.Begin(ctx, sample[0].(*provider.Start))
	n := b.Len()
	if err := w.Event(ctx, &provider.Event{Type: "x", Data: json.RawMessage("{")}); !errors.Is(err, provider.ErrInvalid) {
		t.Errorf("invalid event: got %v, want ErrInvalid", err)
	}
	if b.Len() != n {
		t.Errorf("an event that was refused left %q", b.Bytes()[n:])
	}
	w = jsonl.NewWriter(&b)
	_ = w.Begin(ctx, sample[0].(*provider.Start))
	n = b.Len()
	needless := &provider.Redaction{FieldKeys: map[string]provider.Key{"text": {}}}
	if err := w.Note(ctx, &provider.Note{Kind: "k", Text: "x", Meta: provider.Meta{Redaction: needless}}); !errors.Is(err,
		provider.ErrInvalid) {
		t.Errorf("key without a salt: got %v, want ErrInvalid", err)
	}
	if b.Len() != n {
		t.Errorf("a record that was refused left %q", b.Bytes()[n:])
	}
}

func TestWriter_flushes(t *testing.T) {
	ctx := t.Context()
	var b bytes.Buffer
	w := jsonl.NewWriter(&b)
	seen := func(what string, flushed bool) {
		t.Helper()
		if got := bytes.HasSuffix(b.Bytes(), []byte("\n")) && b.Len() > 0; got != flushed {
			t.Errorf("%s: got seen %t, want %t", what, got, flushed)
		}
		b.Reset()
	}
	_ = w.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"})
	seen("experiment", true)
	_ = w.Event(ctx, &provider.Event{Type: "e"})
	seen("event", false)
	_ = w.Interaction(ctx, &provider.Interaction{})
	seen("interaction", true)
	_ = w.Event(ctx, &provider.Event{Type: "e"})
	_ = w.Iteration(ctx, &provider.Iteration{})
	seen("iteration", true)
	_ = w.Event(ctx, &provider.Event{Type: "e"})
	_ = w.Finish(ctx, nil)
	seen("finish", true)
}

func FuzzReader(f *testing.F) {
	for _, line := range bytes.SplitAfter(lines(f, providertest.Sample()), []byte("\n")) {
		f.Add(append([]byte(experiment), line...), false)
		f.Add(line, true)
	}
	f.Add([]byte("\ufeff"+experiment+`{"type":"event","iteration":1,"event_type":"x","event_data_text":"[\n1]"}`), false)
	f.Fuzz(func(t *testing.T, text []byte, resume bool) {
		var kept []provider.Record
		for r, err := range jsonl.NewReader(bytes.NewReader(text),
			&jsonl.ReaderOptions{Resume: resume, MaxLine: 1 << 20}).Records(t.Context()) {
			if err != nil {
				if r != nil {
					t.Fatalf("got a record with error %v", err)
				}
				if le := (*jsonl.LineError)(nil); !errors.As(err, &le) || le.Line < 1 ||
					le.Line > bytes.Count(text, []byte("\n"))+1 {
					t.Fatalf("got %v, want a LineError with a line of the input", err)
				}
				break
			}
			kept = append(kept, r)
		}
		if len(kept) == 0 || kept[0].RecordKind() != provider.KindStart {
			return
		}
		checkSame(t, string(lines(t, kept)), kept)
	})
}

func BenchmarkReader(b *testing.B) {
	events := []provider.Record{providertest.Sample()[0]}
	for i := range 10000 {
		events = append(events, &provider.Event{Iteration: i / 100, Type: "evaluation",
			Timestamp: "2025-12-15T08:49:01.123456",
			Data:      fmt.Appendf(nil, `{"total_cost": %d, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`, i)})
	}
	text := lines(b, events)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range jsonl.NewReader(bytes.NewReader(text), nil).Records(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	event := &provider.Event{Type: "evaluation", Timestamp: "2025-12-15T08:49:01.123456",
		Data: json.RawMessage(`{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)}
	w := jsonl.NewWriter(io.Discard)
	_ = w.Begin(b.Context(), &provider.Start{RunID: "r", Name: "n", Type: "t"})
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Event(b.Context(), event); err != nil {
			b.Fatal(err)
		}
	}
}
