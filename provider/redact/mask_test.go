package redact

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

const token = "sk-ant-api03-abcdefghij0123456789"

// masking is [matching], and looks for secrets if there are no expressions.
func masking(exprs ...string) *Filter {
	f := matching(exprs...)
	if len(exprs) == 0 {
		f.Secrets = FindSecrets(nil)
	}
	f.Mask = true
	return f
}

// planFor plans for a run of one record between a beginning and an end.
func planFor(t *testing.T, f *Filter, r provider.Record) (*Plan, provider.Record) {
	t.Helper()
	run := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}, r,
		&provider.Result{Status: provider.StatusCompleted}}
	p, err := NewPlan(t.Context(), providertest.Live(run), f)
	if err != nil {
		t.Fatal(err)
	}
	copied := &provider.Live{}
	if err := provider.Copy(t.Context(), p.Sink(copied), providertest.Live(run)); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(t.Context(), copied, strings.NewReader("")); err != nil && len(p.Remaining) == 0 {
		t.Errorf("%T: %v", r, err)
	}
	n := 0
	for got, err := range copied.Records(t.Context()) {
		if n++; err == nil && n == 2 {
			return p, got
		}
	}
	t.Fatal("the copy has no record")
	return nil, nil
}

// TestMask: what is found is replaced where it stands, nothing else is changed, and what cannot be replaced goes.
func TestMask(t *testing.T) {
	packed := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.String()
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("DB_PASSWORD=hunter22"))
	const withheld = "\x00withheld"
	for _, c := range []struct {
		filter      *Filter
		value, want string
		json        bool
	}{
		{masking(), "use " + token + " twice: " + token + ".", "use [withheld] twice: [withheld].", false},
		{masking(), "password=hunter22, then hunter22 again", "password=[withheld], then [withheld] again", false},
		{masking(), "say pass='pw1!' to apw1!x", "say pass='[withheld]' to apw1!x", false},
		{masking(), "mail alice@lab.org or /home/alice/x", "mail [withheld] or [withheld]/x", false},
		{masking(), "see " + encoded + " there", "see [withheld]= there", false},
		{masking(), packed("DB_PASSWORD=hunter22"), withheld, false},
		{masking("A[l-z]ice"), "Alice, Alice2 and Bob", "[withheld], [withheld]2 and Bob", false},
		{masking(`\bal\b`), "al algorithm al", "[withheld] algorithm [withheld]", false},
		{masking(`^Dear \w+`), "Dear Bob, Dear Eve", "[withheld], Dear Eve", false},
		{masking("x", "y+"), "axbyyc", "a[withheld]b[withheld]c", false},
		{masking("held"), "with held", withheld, false}, // the stand-in matches too
		{masking("Zürich"), `{"a":"Z\u00fcrich"}`, withheld, false},

		{masking(), `{ "key":"` + token + `", "n": 1.50, "u":"\u00e9\/" }`,
			`{ "key":"[withheld]", "n": 1.50, "u":"\u00e9\/" }`, true},
		{masking(), `{"password":"a\"b<1","b":"a\"b<1!"}`, `{"password":"[withheld]","b":"[withheld]!"}`, true},
		{masking(), `{"name":"api_key","value":"Zf3D0LXCM3EIMbgJpUNnkRtO"}`, `{"name":"api_key","value":"[withheld]"}`, true},
		{masking(), `{"` + token + `":1}`, `{"[withheld]":1}`, true},
		{masking(), `"{\"a\":\"` + token + `\"}"`, `"{\"a\":\"[withheld]\"}"`, true},
		{masking("Zürich"), `["Z\u00fcrich <b>", "Zürich"]`, `["[withheld] <b>","[withheld]"]`, true},
		{masking("5000"), `{"cost":5000}`, withheld, true},
		{masking(`"a":1`), `{"a":1}`, withheld, true},
		{masking("x"), `"x \ud83d"`, withheld, true}, // which no text keeps
	} {
		var r provider.Record = &provider.Attachment{Name: "a", Data: []byte(c.value)}
		if c.json {
			r = &provider.Event{Type: "e", Data: json.RawMessage(c.value)}
		}
		p, got := planFor(t, c.filter, r)
		want := c.want
		if c.json { // blanks between tokens stay
			want = strings.ReplaceAll(want, `","[withheld]"]`, `", "[withheld]"]`)
		}
		value, goes := "", false
		for f := range got.RecordKind().Committed() {
			value = string(f.Value(got))
			_, goes = got.RecordMeta().Withheld(f.Name)
		}
		if goes {
			value = withheld
		}
		if value != want {
			t.Errorf("%s: got %q, want %q", c.value, value, want)
		}
		masked := int64(1)
		if goes {
			masked = 0
		}
		if p.Masked() != masked || p.Records != 1 || (p.Copied == p.Root) != goes {
			t.Errorf("%s: got %d masked of %d records, digest kept: %t", c.value, p.Masked(), p.Records, p.Copied == p.Root)
		}
	}
}

// TestMask_iteration: a policy is masked, a cost is not, and neither is the name of an agent.
func TestMask_iteration(t *testing.T) {
	r := &provider.Iteration{Policies: map[string]json.RawMessage{"A": []byte(`{"by":"alice"}`),
		"B": []byte(`{"x": 0.5}`)},
		Costs: map[string]provider.Cents{"alice": 123456}}
	_, got := planFor(t, masking("alice", "123456"), r)
	it := got.(*provider.Iteration)
	if string(it.Policies["A"]) != `{"by":"[withheld]"}` || string(it.Policies["B"]) != `{"x": 0.5}` {
		t.Errorf("got policies %s", it.Policies)
	}
	if _, ok := it.Withheld("costs_per_agent"); !ok {
		t.Errorf("got costs %v, want them withheld", it.Costs)
	}
	_, got = planFor(t, masking("alice"), &provider.Iteration{Policies: map[string]json.RawMessage{"alice": []byte(`{}`)}})
	if _, ok := got.RecordMeta().Withheld("policies"); !ok {
		t.Errorf("an agent's name: got %v, want the policies withheld", got)
	}
}

// TestMask_elsewhere: a text that is found in one value is masked in another where it was not looked for, if secrets
// are looked for, and remains otherwise.
func TestMask_elsewhere(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Interaction{Response: new("it said hunter22-x")},
		&provider.Interaction{UserPrompt: new("password: hunter22-x")},
		&provider.Result{Status: provider.StatusCompleted},
	}
	p, err := NewPlan(t.Context(), providertest.Live(run), masking())
	if err != nil || p.Masked() != 2 || p.Records != 2 || len(p.Remaining) != 0 {
		t.Errorf("got %v, %d masked of %d records, remaining %v", err, p.Masked(), p.Records, p.Remaining)
	}
	p, err = NewPlan(t.Context(), providertest.Live(run), masking(`hunter22-x$`, `^password: `))
	if want := []Remainder(nil); err != nil || p.Masked() != 2 || !slices.Equal(p.Remaining, want) {
		t.Errorf("got %v, %d masked, remaining %v, want %v", err, p.Masked(), p.Remaining, want)
	}
	p, err = NewPlan(t.Context(), providertest.Live(run), masking(`^it said hunter22`))
	if want := []Remainder(nil); err != nil || p.Masked() != 1 || !slices.Equal(p.Remaining, want) {
		t.Errorf("got %v, %d masked, remaining %v, want %v", err, p.Masked(), p.Remaining, want)
	}
	run[1].(*provider.Interaction).Response = new("hunter22-x and hunter22-x")
	p, err = NewPlan(t.Context(), providertest.Live(run), masking(`^hunter22-x`))
	if want := []Remainder{{1, "response", MatchesElsewhere}, {2, "user_prompt", MatchesElsewhere}}; err != nil ||
		!slices.Equal(p.Remaining, want) {
		t.Errorf("got %v, remaining %v, want %v", err, p.Remaining, want)
	}
}

// TestMask_salted: a masked value has another key than the value it stands for, all others have theirs.
func TestMask_salted(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t", Salt: bytes.Repeat([]byte{7}, provider.SaltSize)},
		&provider.Interaction{UserPrompt: new("key " + token), Response: new("fine")},
		&provider.Result{Status: provider.StatusCompleted},
	}
	keys := func(f *Filter) map[string]provider.Key {
		p, err := NewPlan(t.Context(), providertest.Live(run), f)
		if err != nil {
			t.Fatal(err)
		}
		copied := &provider.Live{}
		if err := provider.Copy(t.Context(), p.Sink(copied), providertest.Live(run)); err != nil {
			t.Fatal(err)
		}
		if root, _, err := digest.Of(t.Context(), copied); err != nil || root != p.Copied {
			t.Errorf("got digest %s, %v, want %s", root, err, p.Copied)
		}
		var all map[string]provider.Key
		for r, err := range copied.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if r.RecordKind() == provider.KindInteraction {
				all = r.RecordMeta().Redaction.FieldKeys
			}
		}
		return all
	}
	masked := keys(masking())
	f := matching("nowhere")
	plain := keys(f)
	if plain["response"] != masked["response"] || plain["user_prompt"] == masked["user_prompt"] ||
		masked["user_prompt"] == (provider.Key{}) {
		t.Errorf("got keys %v, of the unmasked copy %v", masked, plain)
	}
}

// TestMask_check: a copy in which a value is not masked is refused, and so is another run.
func TestMask_check(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Interaction{UserPrompt: new("ask al twice")},
		&provider.Result{Status: provider.StatusCompleted},
	}
	p, err := NewPlan(t.Context(), providertest.Live(run), masking(`\bal\b`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(t.Context(), providertest.Live(run), strings.NewReader("")); !errors.Is(err, ErrRemains) {
		t.Errorf("not masked: got %v, want ErrRemains", err)
	}
	run[1].(*provider.Interaction).UserPrompt = new("ask [withheld] thrice")
	if err := p.Check(t.Context(), providertest.Live(run), strings.NewReader("")); !errors.Is(err, ErrCopy) {
		t.Errorf("another: got %v, want ErrCopy", err)
	}
	run[1].(*provider.Interaction).UserPrompt = new("held al by [withheld]")
	p, err = NewPlan(t.Context(), providertest.Live(run), masking(`\bal\b`))
	if err != nil {
		t.Fatal(err)
	}
	other := slices.Clone(run)
	other[1] = &provider.Interaction{UserPrompt: new(`no such text, but { "a": "\u0061l" }`)}
	if err := provider.Copy(t.Context(), p.Sink(&provider.Live{}), providertest.Live(other)); !errors.Is(err, ErrCopy) {
		t.Errorf("a value that cannot be masked: got %v, want ErrCopy", err)
	}
}

// TestEnvelope: numbers are looked at as they are written, so that what must not be seen is not passed over.
func TestEnvelope(t *testing.T) {
	run := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t"},
		&provider.Interaction{AgentID: "A", PromptTokens: new(int64(31337)), CompletionTokens: new(int64(7)),
			LatencySeconds: new(8.25)},
		&provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(-4242)),
			BestCost: new(provider.Cents(10))},
	}
	for expr, want := range map[string][]Remainder{
		"31337":    {{1, "prompt_tokens", InEnvelope}},
		"^8\\.25$": {{1, "latency_seconds", InEnvelope}},
		"-4242":    {{2, "final_cost", InEnvelope}},
		"^10$":     {{2, "best_cost", InEnvelope}},
		"^7$":      {{1, "completion_tokens", InEnvelope}},
		"999":      nil,
	} {
		p, err := NewPlan(t.Context(), providertest.Live(run), &Filter{Match: []*regexp.Regexp{regexp.MustCompile(expr)}})
		if err != nil || !slices.Equal(p.Remaining, want) {
			t.Errorf("%s: got %v, %v, want %v", expr, p.Remaining, err, want)
		}
	}
}
