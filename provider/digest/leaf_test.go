package digest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// The leaf hashes of these records were computed from the description of an entry by a program of its own, in another
// language.
func TestLeaf_golden(t *testing.T) {
	for _, test := range []struct {
		name string
		r    provider.Record
		want string
	}{
		{"start", &provider.Start{RunID: "r1", Name: "exp1", Type: "castro", CreatedAt: "2025-12-15",
			Config: json.RawMessage(`{"a": 1.0}`)},
			"0db9ee50075c77683039581e73c9c2f1e02eebb16c821ab29e371777a94f6c85"},
		{"start bare", &provider.Start{RunID: "r1", Name: "exp1", Type: "castro"},
			"7a4cd6da5a5509922cbafa4c7d406caa9dbeb6ab9fa4e0ae421379d844d74e07"},
		{"event", &provider.Event{Iteration: 7, Type: "evaluation", Timestamp: "T",
			Data: json.RawMessage(`{"total_cost": 10}`)},
			"250e28ad85da5677119bea520cad514d5210880194b29ad66a09ed6e11e175b6"},
		{"event bare", &provider.Event{Type: "x"},
			"4abb633a87ef30a358d21386822fadfbdc44ac436d2afac49d747fb1b33c3c97"},
		{"interaction", &provider.Interaction{Iteration: 2, AgentID: "A", Model: new("m"), Timestamp: "T",
			PromptTokens:     new(int64(1200)),
			CompletionTokens: new(int64(1<<53 + 1)), LatencySeconds: new(8.25), SystemPrompt: new("s"),
			UserPrompt: new("u\x00é"), Response: new(""),
			ParsedPolicy: json.RawMessage("{}"), ParsingError: new("e"), Extra: json.RawMessage(`{"x":1}`)},
			"cfb618508ba70725dbb60137691d423d2fddc788b334d0d976b82ea15e6dcb49"},
		{"interaction bare", &provider.Interaction{},
			"82975a0c499a5124cbcf161e239152333f0cf69f1061550235979d655bf52cc3"},
		{"iteration", &provider.Iteration{Number: 3, Timestamp: "T",
			Costs:           map[string]provider.Cents{"B": -5, "A": 1<<53 + 1},
			AcceptedChanges: map[string]bool{"B": false, "A": true},
			Policies:        map[string]json.RawMessage{"B": json.RawMessage("2"), "A": json.RawMessage(`{"x" : 1}`)}},
			"8a8d4cf809fa282f3b51d8afe9a0f68cd6015e183f71c0989f12c1e86328e78a"},
		{"iteration bare", &provider.Iteration{},
			"0334e9948f848db180757a9bf535e8ba7bf1954be07b08403969d6754c4c2da0"},
		{"note", &provider.Note{Kind: "derived", Text: "text"},
			"879892217708f31c127edac759c7d323194d0ae772b8ebaa60292222e49d5905"},
		{"note with a subject", &provider.Note{Kind: "derived", Text: "text",
			Subject: "/iterations/3/costs_per_agent/BANK~1A"},
			"2d568d8ff119a71a1392f218b79dcf8742ed002df19557494636de3b69f53e59"},
		{"attachment", &provider.Attachment{Name: "a/b.txt", MediaType: "text/plain", Data: []byte{0, 255}},
			"3e75eef1342cf1f8b2c4f22eed156bc8393f442a5ddc36ff43fb9e775364347a"},
		{"attachment bare", &provider.Attachment{Name: "a"},
			"2b5b0af94e867685eefbc13ae6aacc902feaa00cf844e887eda770c00f1ab62f"},
		{"result", &provider.Result{CompletedAt: "T", Status: "completed", Converged: new(true),
			FinalCost: new(provider.Cents(2000)),
			BestCost:  new(provider.Cents(-1)), ConvergenceReason: new("stable")},
			"160784687f6fd87e622d29657740b07d0614da05a400d3ff2a7c9a9b6cff60c3"},
		{"result bare", &provider.Result{Status: "failed"},
			"a16ae260185f065955c9a2848bfb1586daff6acde557f0d79601212eead2f22c"},
		{"result not converged", &provider.Result{Status: "failed", Converged: new(false), FinalCost: new(provider.Cents(0))},
			"feb3bb791854ccec7f8a6bd01a16af969aebdae940293cbf47f2ee87d76cc3f5"},
	} {
		if err := test.r.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := new(digest.Leaf).Hash(test.r).String(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestLeaf_goldenSalted(t *testing.T) {
	salt := make([]byte, provider.SaltSize)
	for i := range salt {
		salt[i] = byte(i)
	}
	var leaf digest.Leaf
	for _, test := range []struct {
		r    provider.Record
		want string
	}{
		{&provider.Start{RunID: "r1", Name: "exp1", Type: "castro", Config: json.RawMessage("{}"), Salt: salt},
			"d15b61ba924c7878584e987764d31265e375a245cc31640c9fe739cb77bfd8c6"},
		{&provider.Event{Type: "x", Data: json.RawMessage("{}")},
			"6a7dcaa4b22d6994f0bd57c9403025bf2d41320d46a74d53f151b6d76f29f32b"},
	} {
		if got := leaf.Hash(test.r).String(); got != test.want || leaf.Err() != nil {
			t.Errorf("%s: got %s, error %v, want %s", test.r.RecordKind(), got, leaf.Err(), test.want)
		}
	}
}

// A slowLeaf computes leaf hashes from the description of an entry, one string after the other.
type slowLeaf struct {
	salt   []byte
	salted bool
	seq    uint64
}

func (s *slowLeaf) hash(r provider.Record) digest.Hash {
	fields := map[int]string{}
	number := func(n int64) string { return "i" + string(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	text := func(v string) string { return "t" + string(binary.BigEndian.AppendUint32(nil, uint32(len(v)))) + v }
	red := r.RecordMeta().Redaction
	if start, ok := r.(*provider.Start); ok {
		s.salt = start.Salt
		s.salted = start.Salt != nil
		if red != nil {
			_, withheld := red.Withheld["salt"]
			s.salted = s.salted || withheld
		}
	}
	mac := func(key, data []byte) []byte {
		m := hmac.New(sha256.New, key)
		m.Write(data)
		return m.Sum(nil)
	}
	kind := byte(r.RecordKind())
	commit := func(id int, name string, value *string) {
		if red != nil {
			if c, ok := red.Withheld[name]; ok {
				fields[id] = "c" + string(c[:])
				return
			}
		}
		if value == nil {
			return
		}
		covered := string([]byte{2, kind, byte(id)}) + *value
		if s.salted && name != "salt" {
			var key []byte
			if s.salt != nil {
				key = mac(mac(s.salt, binary.BigEndian.AppendUint64(nil, s.seq)), []byte{byte(id)})
			}
			if red != nil {
				if k, ok := red.FieldKeys[name]; ok {
					key = k[:]
				}
			}
			covered = string([]byte{3, kind, byte(id)}) + string(key) + *value
		}
		sum := sha256.Sum256([]byte(covered))
		fields[id] = "c" + string(sum[:])
	}
	raw := func(id int, name string, value []byte) {
		if value == nil {
			commit(id, name, nil)
			return
		}
		commit(id, name, new(string(value)))
	}
	optional := func(id int, v string) {
		if v != "" {
			fields[id] = text(v)
		}
	}
	object := func(n int, member func(i int) string) *string {
		var parts []string
		for i := range n {
			parts = append(parts, member(i))
		}
		return new("{" + strings.Join(parts, ",") + "}")
	}
	quote := func(v string) string {
		var b strings.Builder
		for _, c := range v {
			switch {
			case c == '"' || c == '\\':
				fmt.Fprintf(&b, `\%c`, c)
			case c < ' ':
				fmt.Fprintf(&b, `\u%04x`, c)
			default:
				b.WriteRune(c)
			}
		}
		return `"` + b.String() + `"`
	}
	switch r := r.(type) {
	case *provider.Start:
		fields[1], fields[2], fields[3] = text(r.RunID), text(r.Name), text(r.Type)
		optional(4, r.CreatedAt)
		raw(5, "config", r.Config)
		raw(6, "salt", r.Salt)
	case *provider.Event:
		fields[1], fields[2] = number(int64(r.Iteration)), text(r.Type)
		optional(3, r.Timestamp)
		raw(4, "event_data", r.Data)
	case *provider.Interaction:
		fields[1] = number(int64(r.Iteration))
		optional(2, r.AgentID)
		if r.Model != nil {
			fields[3] = text(*r.Model)
		}
		optional(4, r.Timestamp)
		if r.PromptTokens != nil {
			fields[5] = number(*r.PromptTokens)
		}
		if r.CompletionTokens != nil {
			fields[6] = number(*r.CompletionTokens)
		}
		if r.LatencySeconds != nil {
			fields[7] = "f" + string(binary.BigEndian.AppendUint64(nil, math.Float64bits(*r.LatencySeconds)))
		}
		commit(8, "system_prompt", r.SystemPrompt)
		commit(9, "user_prompt", r.UserPrompt)
		commit(10, "response", r.Response)
		raw(11, "parsed_policy", r.ParsedPolicy)
		commit(12, "parsing_error", r.ParsingError)
		raw(13, "extra", r.Extra)
	case *provider.Iteration:
		fields[1] = number(int64(r.Number))
		optional(2, r.Timestamp)
		agents := slices.Sorted(maps.Keys(r.Costs))
		commit(3, "costs_per_agent", object(len(agents),
			func(i int) string { return fmt.Sprintf("%s:%d", quote(agents[i]), int64(r.Costs[agents[i]])) }))
		accepted := slices.Sorted(maps.Keys(r.AcceptedChanges))
		commit(4, "accepted_changes", object(len(accepted), func(i int) string {
			return fmt.Sprintf("%s:%t", quote(accepted[i]), r.AcceptedChanges[accepted[i]])
		}))
		policies := slices.Sorted(maps.Keys(r.Policies))
		commit(5, "policies", object(len(policies), func(i int) string {
			return quote(policies[i]) + ":" +
				string(r.Policies[policies[i]])
		}))
	case *provider.Note:
		fields[1] = text(r.Kind)
		commit(2, "text", &r.Text)
		optional(3, r.Subject)
	case *provider.Attachment:
		fields[1] = text(r.Name)
		optional(2, r.MediaType)
		commit(3, "data", new(string(r.Data)))
	case *provider.Result:
		optional(1, r.CompletedAt)
		fields[2] = text(string(r.Status))
		if r.Converged != nil {
			fields[3] = number(map[bool]int64{true: 1}[*r.Converged])
		}
		if r.FinalCost != nil {
			fields[4] = number(int64(*r.FinalCost))
		}
		if r.BestCost != nil {
			fields[5] = number(int64(*r.BestCost))
		}
		commit(6, "convergence_reason", r.ConvergenceReason)
	}
	s.seq++
	entry := "\x00\x01" + string([]byte{kind})
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		entry += string([]byte{byte(id)}) + fields[id]
	}
	return sha256.Sum256([]byte(entry))
}

func TestLeaf_random(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run, err := providertest.Kept(randomrun.Draw(t))
		if err != nil {
			t.Fatal(err)
		}
		var leaf digest.Leaf
		var slow slowLeaf
		for i, r := range run {
			if got, want := leaf.Hash(r), slow.hash(r); got != want {
				t.Fatalf("record %d, %s: got %v, want %v", i, r.RecordKind(), got, want)
			}
		}
		if err := leaf.Err(); err != nil {
			t.Fatal(err)
		}
	})
}

// full is a record of each kind with every field set.
func full() []provider.Record {
	return []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t", Config: json.RawMessage("{}"), CreatedAt: "c",
			Salt: make([]byte, provider.SaltSize)},
		&provider.Event{Iteration: 1, Type: "t", Timestamp: "s", Data: json.RawMessage("{}")},
		&provider.Interaction{Iteration: 1, AgentID: "a", Model: new("m"), SystemPrompt: new("s"), UserPrompt: new("u"),
			Response:     new("r"),
			ParsedPolicy: json.RawMessage("{}"), ParsingError: new("e"), PromptTokens: new(int64(1)),
			CompletionTokens: new(int64(2)),
			LatencySeconds:   new(1.5), Timestamp: "t", Extra: json.RawMessage("{}")},
		&provider.Iteration{Number: 1, Costs: map[string]provider.Cents{"A": 1}, AcceptedChanges: map[string]bool{"A": true},
			Policies: map[string]json.RawMessage{"A": json.RawMessage("{}")}, Timestamp: "t"},
		&provider.Note{Kind: "k", Text: "t", Subject: "/s"},
		&provider.Attachment{Name: "a", MediaType: "m", Data: []byte("d")},
		&provider.Result{CompletedAt: "c", Status: "completed", Converged: new(true), ConvergenceReason: new("r"),
			FinalCost: new(provider.Cents(1)), BestCost: new(provider.Cents(2))},
	}
}

// variants gives other values of a field: changed in different ways, and absent where it may be.
func variants(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v + "x", v + "\x00", "", strings.ToUpper(v) + "y"}
	case int:
		return []any{v + 1, 0, provider.MaxIteration}
	case provider.Status:
		return []any{provider.StatusFailed, v + " "}
	case json.RawMessage:
		return []any{json.RawMessage(nil), json.RawMessage("{ }"), json.RawMessage(`{"a":1}`), json.RawMessage(`{"a":1.0}`)}
	case []byte:
		if len(v) == provider.SaltSize {
			return []any{[]byte(nil), append([]byte{1}, v[1:]...)}
		}
		return []any{[]byte(nil), append(slices.Clone(v), 0)}
	case *string:
		return []any{(*string)(nil), new(""), new(*v + "x")}
	case *bool:
		return []any{(*bool)(nil), new(!*v)}
	case *int64:
		return []any{(*int64)(nil), new(int64(0)), new(int64(1 << 40))}
	case *provider.Cents:
		return []any{(*provider.Cents)(nil), new(provider.Cents(0)), new(provider.Cents(1<<53 + 1)),
			new(provider.Cents(1 << 53)), new(provider.Cents(-1))}
	case *float64:
		return []any{(*float64)(nil), new(0.0), new(math.Nextafter(*v, 2))}
	case map[string]provider.Cents:
		return []any{map[string]provider.Cents{}, map[string]provider.Cents{"A": 2}, map[string]provider.Cents{"B": 1},
			map[string]provider.Cents{"A": 1, "B": 0}}
	case map[string]bool:
		return []any{map[string]bool{}, map[string]bool{"A": false}, map[string]bool{"A": true, "B": false}}
	case map[string]json.RawMessage:
		return []any{map[string]json.RawMessage{}, map[string]json.RawMessage{"A": json.RawMessage("{ }")},
			map[string]json.RawMessage{"B": json.RawMessage("{}")}}
	}
	return nil
}

// Changing any field of any kind of record changes the leaf hash, each change to another one. Only Seq does not count.
func TestLeaf_everyField(t *testing.T) {
	for _, base := range full() {
		seen := map[digest.Hash]string{new(digest.Leaf).Hash(base): "unchanged"}
		typ := reflect.TypeOf(base).Elem()
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			if name == "Meta" {
				r := base.Clone()
				r.RecordMeta().Seq = 99
				if new(digest.Leaf).Hash(r) != new(digest.Leaf).Hash(base) {
					t.Errorf("%s: Seq changes the hash", typ.Name())
				}
				continue
			}
			values := variants(reflect.ValueOf(base).Elem().Field(i).Interface())
			if len(values) == 0 {
				t.Errorf("%s.%s: the test has no other values of a %v", typ.Name(), name, typ.Field(i).Type)
			}
			for j, value := range values {
				r := base.Clone()
				reflect.ValueOf(r).Elem().Field(i).Set(reflect.ValueOf(value))
				what := fmt.Sprintf("%s variant %d", name, j)
				h := new(digest.Leaf).Hash(r)
				if before, ok := seen[h]; ok {
					t.Errorf("%s: %s and %s have one hash", typ.Name(), what, before)
				}
				seen[h] = what
			}
		}
	}
}

// One text in another field, or another kind of record, has another hash.
func TestLeaf_fieldsApart(t *testing.T) {
	seen := map[digest.Hash]string{}
	for name, r := range map[string]provider.Record{
		"system prompt": &provider.Interaction{SystemPrompt: new("x")},
		"user prompt":   &provider.Interaction{UserPrompt: new("x")},
		"response":      &provider.Interaction{Response: new("x")},
		"parsing error": &provider.Interaction{ParsingError: new("x")},
		"agent":         &provider.Interaction{AgentID: "x"},
		"model":         &provider.Interaction{Model: new("x")},
		"timestamp":     &provider.Interaction{Timestamp: "x"},
		"event type":    &provider.Event{Type: "x"},
		"prompt tokens": &provider.Interaction{PromptTokens: new(int64(1))},
		"completion":    &provider.Interaction{CompletionTokens: new(int64(1))},
		"final cost":    &provider.Result{Status: "x", FinalCost: new(provider.Cents(1))},
		"best cost":     &provider.Result{Status: "x", BestCost: new(provider.Cents(1))},
		"name ab, c":    &provider.Start{RunID: "ab", Name: "c", Type: "t"},
		"name a, bc":    &provider.Start{RunID: "a", Name: "bc", Type: "t"},
		"empty model":   &provider.Interaction{Model: new("")},
		"nothing":       &provider.Interaction{},
		"note xy":       &provider.Note{Kind: "x", Text: "y"},
		"note x, y":     &provider.Note{Kind: "x", Text: "y", Subject: "y"},
		"note x of y":   &provider.Note{Kind: "x", Subject: "y"},
	} {
		h := new(digest.Leaf).Hash(r)
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[h] = name
	}
}

// A large value between small ones leaves no trace in the reused buffers.
func TestLeaf_reuse(t *testing.T) {
	small := &provider.Event{Type: "t", Data: json.RawMessage("{}")}
	var leaf digest.Leaf
	want := leaf.Hash(small)
	leaf.Hash(&provider.Interaction{Response: new(strings.Repeat("x", 3<<20))})
	if got := leaf.Hash(small); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The digest depends on the order of the records and on each of them, and is that of the tree of their leaves.
func TestOf(t *testing.T) {
	sample := providertest.Sample()
	root, count, err := digest.Of(t.Context(), providertest.Live(sample))
	if err != nil || count != int64(len(sample)) {
		t.Fatalf("got %d records, error %v, want %d", count, err, len(sample))
	}
	var tree digest.Tree
	var slow slowLeaf
	for _, r := range sample {
		tree.Add(slow.hash(r))
	}
	if tree.Root() != root {
		t.Errorf("got %v, want %v", root, tree.Root())
	}
	swapped := slices.Clone(sample)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	for name, run := range map[string][]provider.Record{
		"two records swapped": swapped, "last record gone": sample[:len(sample)-1],
		"one record gone":  slices.Delete(slices.Clone(sample), 3, 4),
		"one record twice": slices.Insert(slices.Clone(sample), 3, sample[3]),
	} {
		if other, _, err := digest.Of(t.Context(), providertest.Live(run)); err != nil || other == root {
			t.Errorf("%s: got %v, error %v, want another digest", name, other, err)
		}
	}
}

func TestSink_errors(t *testing.T) {
	ctx := context.Background()
	var s digest.Sink
	if err := s.Event(ctx, &provider.Event{Type: "t"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("event first: got %v, want ErrOrder", err)
	}
	if err := s.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
		t.Fatal(err)
	}
	before := s.Root()
	if err := s.Event(ctx, &provider.Event{}); !errors.Is(err, provider.ErrInvalid) || s.Root() != before ||
		s.Count() != 1 {
		t.Errorf("invalid event: got %v and %d records, want ErrInvalid and the same digest", err, s.Count())
	}
	if err := s.Finish(ctx, nil); err != nil || s.Root() != before {
		t.Errorf("cut short: got %v, want the same digest", err)
	}
	if err := s.Note(ctx, &provider.Note{Kind: "k", Text: "x"}); !errors.Is(err, provider.ErrOrder) {
		t.Errorf("note after the end: got %v, want ErrOrder", err)
	}
	// A salted run whose salt and keys are gone has no digest.
	var lost digest.Sink
	_ = lost.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t", Meta: provider.Meta{
		Redaction: &provider.Redaction{Withheld: map[string]provider.Commitment{"salt": {}}}}})
	event := &provider.Event{Type: "t", Data: json.RawMessage("{}")}
	if err := lost.Event(ctx, event); !errors.Is(err, provider.ErrKey) {
		t.Errorf("no key: got %v, want ErrKey", err)
	}
	var leaf digest.Leaf
	leaf.Hash(&provider.Start{RunID: "r", Name: "n", Type: "t", Meta: provider.Meta{
		Redaction: &provider.Redaction{Withheld: map[string]provider.Commitment{"salt": {}}}}})
	if leaf.Hash(event); !errors.Is(leaf.Err(), provider.ErrKey) {
		t.Errorf("leaf without a key: got %v, want ErrKey", leaf.Err())
	}
	// Nor has a run that withholds something of a record and not the salt, or has keys for nothing.
	for name, red := range map[string]*provider.Redaction{
		"withheld": {Withheld: map[string]provider.Commitment{"event_data": {}}},
		"key":      {FieldKeys: map[string]provider.Key{"event_data": {}}},
	} {
		event := &provider.Event{Type: "t", Meta: provider.Meta{Redaction: red}}
		if name == "key" {
			event.Data = json.RawMessage("{}")
		}
		for _, sink := range []provider.Sink{new(digest.Sink), digest.NewRecordProver(1, nil)} {
			if err := sink.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t",
				Salt: make([]byte, provider.SaltSize)}); err != nil {
				t.Fatal(err)
			}
			if err := sink.Event(ctx, event); !errors.Is(err, provider.ErrInvalid) {
				t.Errorf("%s beside the salt, %T: got %v, want ErrInvalid", name, sink, err)
			}
		}
	}
}

func BenchmarkLeaf_event(b *testing.B) {
	e := &provider.Event{Iteration: 7, Type: "evaluation", Timestamp: "2025-12-15T08:49:01.123456",
		Data: json.RawMessage(`{"total_cost": 10000, "per_agent_costs": {"BANK_A": 5000, "BANK_B": 5000}}`)}
	var leaf digest.Leaf
	b.ReportAllocs()
	for b.Loop() {
		leaf.HashEvent(e)
	}
}
