package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// compare gives what differs between two runs, and checks what holds for any two.
func compare(t interface {
	Fatalf(string, ...any)
	Helper()
}, a, b []provider.Record, ignore ...string) ([]Difference, Summary) {
	t.Helper()
	ig, err := ParseIgnore(ignore)
	if err != nil {
		t.Fatalf("ignore %q: %v", ignore, err)
	}
	p, q := providertest.Live(a), providertest.Live(b)
	var all []Difference
	s, err := Compare(ctx, p, q, &Options{Ignore: ig}, func(d Difference) error {
		all = append(all, d)
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, x := range []struct {
		p     provider.Provider
		root  digest.Hash
		count int64
	}{{p, s.DigestA, s.RecordsA}, {q, s.DigestB, s.RecordsB}} {
		if root, n, err := digest.Of(ctx, x.p); err != nil || root != x.root || n != x.count {
			t.Fatalf("digest %s of %d records, want %s of %d (%v)", x.root, x.count, root, n, err)
		}
	}
	if s.Differences != int64(len(all)) || (s.First == nil) != (len(all) == 0) {
		t.Fatalf("%d differences, first %v; reported %d", s.Differences, s.First, len(all))
	}
	if ignore == nil && (len(all) == 0) != (s.DigestA == s.DigestB) {
		t.Fatalf("%d differences, digests %s and %s: %s", len(all), s.DigestA, s.DigestB, show(all))
	}
	return all, s
}

var ctx = context.Background()

func show(all []Difference) string {
	var b strings.Builder
	for _, d := range all {
		agent := ""
		if d.Agent != "" {
			agent = " " + d.Agent
		}
		iteration := ""
		if d.Iteration != nil {
			iteration = fmt.Sprintf(" #%d", *d.Iteration)
		}
		fmt.Fprintf(&b, "%d/%d %s%s%s %s %s %s | %s\n", d.SeqA, d.SeqB, d.Kind, iteration, agent, d.Pointer, d.Sort,
			showValue(d.A), showValue(d.B))
	}
	return b.String()
}

func showValue(v *Value) string {
	switch {
	case v == nil:
		return "-"
	case v.JSON == nil:
		return fmt.Sprintf("%x", v.Bytes)
	}
	return string(v.JSON)
}

// TestCompare_digests: two runs have no difference exactly when their digests are equal, which compare checks, whatever
// was changed, withheld or left out of one.
func TestCompare_digests(t *testing.T) {
	randomrun.Checks(t, longtest.Count(300, 3000))
	equal, different := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		a := randomrun.Draw(t)
		b := slices.Clone(a)
		switch rapid.IntRange(0, 5).Draw(t, "how") {
		case 0:
			b = randomrun.Draw(t)
		case 1:
			if redacted(a) {
				t.Skip("redacted")
			}
			b = providertest.Redact(a, func(provider.Record,
				string) bool {
				return rapid.IntRange(0, 2).Draw(t, "withhold") == 0
			})
		case 2, 3:
			for range rapid.IntRange(0, 3).Draw(t, "dropped") {
				if n := len(b) - 1; n > 1 {
					at := rapid.IntRange(1, n-1).Draw(t, "at")
					b = slices.Delete(slices.Clone(b), at, at+1)
				}
			}
		case 4:
			if c := randomrun.Draw(t); !redacted(c) && !redacted(a) {
				b[0] = c[0]
			}
		}
		if _, s := compare(t, a, b); s.Differences == 0 {
			equal++
		} else {
			different++
		}
		compare(t, b, a)
	})
	if equal == 0 || different == 0 {
		t.Errorf("%d equal pairs, %d different ones", equal, different)
	}
}

// change gives the field of a record another value, or none.
func change(t *rapid.T, f provider.Field, r provider.Record) {
	text := func(s string) string { return s + "x" }
	object := func() json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"planted":%d}`, rapid.IntRange(0, 99).Draw(t, "n")))
	}
	switch p := f.Addr(r).(type) {
	case *int:
		*p += 100
	case *string:
		*p = text(*p)
	case **string:
		old := ""
		if *p != nil {
			old = **p
		}
		*p = new(text(old))
	case *[]byte:
		switch f.Name {
		case "data":
			*p = append(slices.Clone(*p), 'x')
		case "salt":
			*p = slices.Repeat([]byte{byte(len(*p))}, provider.SaltSize)
		default:
			*p = object()
		}
	case **int64:
		if *p == nil {
			*p = new(int64)
		} else {
			*p = new(**p/2 + 7)
		}
	case **float64:
		*p = new(1234.5)
	case **bool:
		*p = new(*p == nil || !**p)
	case **provider.Cents:
		if *p == nil {
			*p = new(provider.Cents)
		} else {
			*p = new(**p/2 + 7)
		}
	case *map[string]provider.Cents:
		*p = maps.Clone(*p)
		(*p)["PLANTED"] = 7
	case *map[string]bool:
		*p = maps.Clone(*p)
		(*p)["PLANTED"] = true
	case *map[string]json.RawMessage:
		*p = maps.Clone(*p)
		(*p)["PLANTED"] = object()
	default:
		t.Fatalf("field %s is a %T", f.Name, p)
	}
}

// TestCompare_planted: a change of one field of one record is the only difference, and is named, for every field of
// every kind.
func TestCompare_planted(t *testing.T) {
	type planting struct {
		kind  provider.Kind
		field string
	}
	var planted []planting
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		for f := range k.Fields() {
			planted = append(planted, planting{k, f.Name})
		}
	}
	if len(planted) < 30 {
		t.Fatalf("%d fields", len(planted))
	}
	randomrun.Checks(t, longtest.Count(10, 50)) // of each field, so more than 300 in all
	for _, what := range planted {
		t.Run(fmt.Sprint(what.kind, " ", what.field), func(t *testing.T) { testPlanted(t, what.kind, what.field) })
	}
}

func testPlanted(t *testing.T, kind provider.Kind, field string) {
	rapid.Check(t, func(t *rapid.T) {
		a := randomrun.Draw(t)
		sample, err := providertest.Kept(providertest.Sample())
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "sample") || redacted(a) {
			a = sample
		}
		b := make([]provider.Record, len(a))
		for i, r := range a {
			b[i] = r.Clone()
		}
		f, _ := kind.Field(field)
		var places []int
		for i, r := range b {
			if r.RecordKind() == kind {
				places = append(places, i)
			}
		}
		if places == nil {
			t.Skip("no such record")
		}
		at := places[rapid.IntRange(0, len(places)-1).Draw(t, "record")]
		change(t, f, b[at])
		if b[at].Validate() != nil || providertest.Play(ctx, new(provider.Live), b) != nil {
			t.Skip("no run")
		}
		all, _ := compare(t, a, b)
		if digestsEqual(a, b) {
			t.Skip("no change")
		}
		// A record that counts as another one after the change of what identifies it is only in one run.
		if identity(a[at]) != identity(b[at]) && a[at].RecordKind() != provider.KindStart {
			if len(all) != 2 || all[0].Pointer != "" || all[1].Pointer != "" || max(all[0].SeqA, all[1].SeqA) != int64(at) ||
				max(all[0].SeqB, all[1].SeqB) != int64(at) {
				t.Fatalf("planted a change of %s in record %d:\n%s", f.Name, at, show(all))
			}
		} else {
			for _, d := range all {
				rest, ok := strings.CutPrefix(d.Pointer, "/"+f.Name)
				if !ok || rest != "" && rest[0] != '/' || d.SeqA != int64(at) || d.SeqB != int64(at) || d.Sort != Changed {
					t.Fatalf("planted a change of %s in record %d:\n%s", f.Name, at, show(all))
				}
			}
		}
	})
}

func digestsEqual(a, b []provider.Record) bool {
	x, _, _ := digest.Of(ctx, providertest.Live(a))
	y, _, _ := digest.Of(ctx, providertest.Live(b))
	return x == y
}

func redacted(run []provider.Record) bool {
	return slices.ContainsFunc(run, func(r provider.Record) bool { return r.RecordMeta().Redaction != nil })
}

func start(config string) *provider.Start {
	return &provider.Start{RunID: "r", Name: "n", Type: "t", Config: json.RawMessage(config)}
}

func event(iteration int, data string) *provider.Event {
	return &provider.Event{Iteration: iteration, Type: "e", Data: json.RawMessage(data)}
}

// TestCompare_json: what differs in JSON values is named by a pointer, numbers are compared exactly.
func TestCompare_json(t *testing.T) {
	for _, x := range []struct{ a, b, want string }{
		{`{"a":1,"b":{"c":[1,2]}}`, `{"a":1,"b":{"c":[1,3]}}`, "/config/b/c/1 changed 2 | 3\n"},
		{`{"a":1}`, `{"b":1}`, "/config/a changed 1 | -\n/config/b changed - | 1\n"},
		{`[1,2]`, `[1]`, "/config/1 changed 2 | -\n"},
		{`{"a/b":1,"c~d":2}`, `{"a/b":2,"c~d":1}`, "/config/a~1b changed 1 | 2\n/config/c~0d changed 2 | 1\n"},
		{`9007199254740993`, `9007199254740992`, "/config changed 9007199254740993 | 9007199254740992\n"},
		{`{"a":1.10}`, `{"a":1.1}`, "/config/a rewritten 1.10 | 1.1\n"},
		{`[100,1e2,-0]`, `[1E+2,1e3,0]`, "/config/0 rewritten 100 | 1E+2\n/config/1 changed 1e2 | 1e3\n/config/2 rewritten -0 | 0\n"},
		{`1e99999999999999999999`, `1e99999999999999999998`,
			"/config changed 1e99999999999999999999 | 1e99999999999999999998\n"},
		{`0.001e3`, `1`, "/config rewritten 0.001e3 | 1\n"},
		{`-1`, `1`, "/config changed -1 | 1\n"},
		{`{"a": 1}`, `{"a":1}`, "/config rewritten {\"a\": 1} | {\"a\":1}\n"},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, "/config rewritten {\"a\":1,\"b\":2} | {\"b\":2,\"a\":1}\n"},
		{`{"a":{"b": 1},"c":1}`, `{"a":{"b":1},"c":2}`, "/config/c changed 1 | 2\n"},
		{`"A"`, `"\u0041"`, "/config rewritten \"A\" | \"\\u0041\"\n"},
		{`"1"`, `1`, "/config changed \"1\" | 1\n"},
		{`{}`, `[]`, "/config changed {} | []\n"},
		{``, `{}`, "/config changed - | {}\n"},
	} {
		all, _ := compare(t, []provider.Record{start(x.a)}, []provider.Record{start(x.b)})
		if got := strings.ReplaceAll(show(all), "0/0 experiment ", ""); got != x.want {
			t.Errorf("%s against %s: got\n%swant\n%s", x.a, x.b, got, x.want)
		}
	}
}

// TestCompare_rewritten: a value that is only written differently is reported also where something else differs before
// it.
func TestCompare_rewritten(t *testing.T) {
	a, b := start(`{"a": 1}`), start(`{"a":1}`)
	b.Name = "other"
	all, _ := compare(t, []provider.Record{a}, []provider.Record{b})
	if len(all) != 2 || all[1].Pointer != "/config" || all[1].Sort != Rewritten {
		t.Errorf("got %s", show(all))
	}
}

// TestSide_bounded: of large records no more are read ahead than memory allows.
func TestSide_bounded(t *testing.T) {
	run := []provider.Record{start("1")}
	large := `"` + strings.Repeat("x", 1<<20) + `"`
	for range 2 * windowBytes >> 20 {
		run = append(run, event(0, large))
	}
	var s side
	defer s.open(ctx, providertest.Live(run), false, Ignore{})()
	for range len(run) {
		if err := s.read(Window); err != nil {
			t.Fatal(err)
		}
		if s.size < 1<<20 && !s.ended || s.size > windowBytes+2<<20 {
			t.Fatalf("%d bytes ahead", s.size)
		}
		s.take(1)
	}
	if s.size != 0 || s.ahead != nil {
		t.Errorf("%d bytes, %d records ahead", s.size, len(s.ahead))
	}
}

// TestCompare_align: a record that one run has more does not make the rest different, also one that is like its
// neighbours, and neither does an iteration that is longer than the window.
func TestCompare_align(t *testing.T) {
	a := []provider.Record{start("1")}
	for i := range 10 {
		for k := range 50 {
			a = append(a, event(i, fmt.Sprint(i*50+k)))
		}
	}
	b := slices.Clone(a)
	b = slices.Insert(b, 100, provider.Record(event(1, `"more"`)))
	b = slices.Delete(b, 300, 302)
	want := `-1/100 event #1  only_in_b - | -
299/-1 event #5  only_in_a - | -
300/-1 event #5  only_in_a - | -
401/400 event #8 /event_data changed 400 | "other"
`
	b[400] = event(8, `"other"`)
	all, s := compare(t, a, b)
	if show(all) != want {
		t.Errorf("got\n%swant\n%s", show(all), want)
	}
	if s.OnlyA != 2 || s.OnlyB != 1 {
		t.Errorf("only in one: %d and %d", s.OnlyA, s.OnlyB)
	}

	// Changed records where a window ends.
	b = slices.Clone(a)
	for i := range 10 {
		b[1+Window-5+i] = event((Window-5+i)/50, `"other"`)
	}
	b[1] = event(0, `"other"`)
	if all, s = compare(t, a, b); s.Differences != 11 || s.OnlyA+s.OnlyB != 0 {
		t.Errorf("got %s", show(all))
	}

	// Equal but for what is ignored.
	for i, r := range b[1:] {
		e := *r.(*provider.Event)
		e.Timestamp = fmt.Sprint("t", i)
		b[i+1] = &e
	}
	b = slices.Insert(b, 100, provider.Record(event(1, `"more"`)))
	if all, s = compare(t, a, b, "timestamp"); s.Differences != 12 || s.OnlyB != 1 || s.OnlyA != 0 {
		t.Errorf("got %s", show(all))
	}

	// Three windows more in iteration 4.
	b = slices.Clone(a)
	for k := range 3 * Window {
		b = slices.Insert(b, 251, provider.Record(event(4, fmt.Sprint(-k))))
	}
	if all, s = compare(t, a, b); s.OnlyB != 3*Window || s.Differences != s.OnlyB {
		t.Errorf("%d differences, %d only in B, want %d of both:\n%.2000s", s.Differences, s.OnlyB, 3*Window, show(all))
	}
	if _, s = compare(t, b, a); s.OnlyA != 3*Window || s.Differences != s.OnlyA {
		t.Errorf("%d differences, %d only in A, want %d of both", s.Differences, s.OnlyA, 3*Window)
	}
	// Another run of the same form: every record has a partner.
	b = []provider.Record{start("1")}
	for _, r := range a[1:] {
		e := *r.(*provider.Event)
		e.Data = json.RawMessage(`{"x":` + string(e.Data) + `}`)
		b = append(b, &e)
	}
	if _, s = compare(t, a, b); s.OnlyA+s.OnlyB != 0 || s.Differences != int64(len(a)-1) {
		t.Errorf("%d differences, only in one: %d and %d", s.Differences, s.OnlyA, s.OnlyB)
	}
}

// TestCompare_withheld: a withheld value is no difference if its commitment fits.
func TestCompare_withheld(t *testing.T) {
	for _, salt := range [][]byte{nil, slices.Repeat([]byte{7}, provider.SaltSize)} {
		a := []provider.Record{start(`{"a":1}`), event(0, `{"b":2}`), event(0, `{"c":3}`)}
		a[0].(*provider.Start).Salt = salt
		public := providertest.Redact(a, func(_ provider.Record, field string) bool { return field == "event_data" })
		_, s := compare(t, a, public)
		if s.Differences != 0 || s.WithheldB["event_data"] != 2 || len(s.WithheldA) != 0 {
			t.Errorf("%d differences, withheld %v and %v", s.Differences, s.WithheldA, s.WithheldB)
		}
		if _, s = compare(t, public, public); s.WithheldA["event_data"] != 2 || s.WithheldB["event_data"] != 2 {
			t.Errorf("withheld %v and %v", s.WithheldA, s.WithheldB)
		}
		other := slices.Clone(a)
		other[2] = event(0, `{"c":4}`)
		all, _ := compare(t, other, public)
		if len(all) != 1 || all[0].Sort != Withheld || all[0].Pointer != "/event_data" || all[0].WithheldB == nil ||
			all[0].SeqA != 2 {
			t.Errorf("got %s", show(all))
		}
		// At another place the commitment of a salted run says nothing.
		moved := slices.Insert(slices.Clone(other), 1, provider.Record(&provider.Note{Kind: "k", Text: "t"}))
		all, _ = compare(t, moved, public)
		want := []Sort{OnlyA, Withheld}
		if salt != nil {
			want = []Sort{OnlyA, Unknown, Unknown}
		}
		var got []Sort
		for _, d := range all {
			got = append(got, d.Sort)
		}
		if !slices.Equal(got, want) {
			t.Errorf("salt %x: got %v, want %v", salt, got, want)
		}
	}
	// Another key of the same value makes another digest.
	salted := []provider.Record{start(`1`), event(0, `2`)}
	salted[0].(*provider.Start).Salt = slices.Repeat([]byte{7}, provider.SaltSize)
	public := providertest.Redact(salted, func(_ provider.Record, field string) bool { return field == "config" })
	forged := slices.Clone(public)
	forged[1] = public[1].Clone()
	forged[1].RecordMeta().Redaction = &provider.Redaction{FieldKeys: map[string]provider.Key{"event_data": {1}}}
	if all, _ := compare(t, public, forged); len(all) != 1 || all[0].Sort != Rekeyed {
		t.Errorf("got %s", show(all))
	}
}

// TestCompare_ignore: what is ignored does not count, and does not hide what does.
func TestCompare_ignore(t *testing.T) {
	a := []provider.Record{start(`{"a":1,"b":1.0,"c":{"d":1}}`), &provider.Note{Kind: "k", Text: "t"},
		&provider.Interaction{AgentID: "A", LatencySeconds: new(1.5), PromptTokens: new(int64(3)), Timestamp: "x"}}
	b := []provider.Record{start(`{"a":2,"b":1,"c":{"d":2}}`),
		&provider.Interaction{AgentID: "A", LatencySeconds: new(2.5), PromptTokens: new(int64(4)), Timestamp: "y"}}
	b[0].(*provider.Start).CreatedAt = "z"
	for _, x := range []struct {
		ignore string
		want   int
	}{
		{"note", 7}, {"timestamp", 6}, {"latency,timestamp,tokens,note", 3}, {"latency,timestamp,tokens,note,spelling", 2},
		{"latency,timestamp,tokens,note,/config/c", 2}, {"latency,timestamp,tokens,note,/config/c/d,/config/a", 1},
		{"latency,timestamp,tokens,note,/config/c/d,/config/a,/config/b", 0}, {"config", 5}, {"/config", 5},
		{"config,latency_seconds,timestamp,prompt_tokens,note", 0},
	} {
		if all, _ := compare(t, a, b, strings.Split(x.ignore, ",")...); len(all) != x.want {
			t.Errorf("--ignore %s: got %d, want %d:\n%s", x.ignore, len(all), x.want, show(all))
		}
	}
	all, _ := compare(t, []provider.Record{start(`{"a":1,"ab":1}`)}, []provider.Record{start(`{"a":2,"ab":2}`)},
		"/config/a")
	if len(all) != 1 || all[0].Pointer != "/config/ab" {
		t.Errorf("got %s", show(all))
	}
	for _, word := range []string{"", "/", "latencies", "/nothing/a", "Note"} {
		if _, err := ParseIgnore([]string{word}); err == nil {
			t.Errorf("%q is ignored", word)
		}
	}
}

// TestCompare_ignoredMembers: a word stands for fields and for members of the same names in the experiment's own data,
// and each of them.
func TestCompare_ignoredMembers(t *testing.T) {
	for _, word := range IgnoreWords() {
		if _, isKind := kindWords[word]; isKind || word == spellingWord {
			continue
		}
		names := WordMembers(word)
		if names == nil {
			names = []string{word}
		}
		for _, name := range names {
			data := func(n int) string { return fmt.Sprintf(`{"agent_id":"B","calls":[{%q:%d,"n":1}]}`, name, n) }
			run := func(n int) []provider.Record {
				return []provider.Record{start(data(1)), event(0, data(n)), &provider.Interaction{Extra: json.RawMessage(data(n))}}
			}
			if all, _ := compare(t, run(1), run(2)); len(all) != 2 {
				t.Errorf("%s: got %s", name, show(all))
			}
			if all, _ := compare(t, run(1), run(2), word); len(all) != 0 {
				t.Errorf("%s: ignored %s: got %s", name, word, show(all))
			}
		}
	}
	// Configurations and policies have members of their own meaning.
	one, two := []provider.Record{start(`{"timestamp":1}`)}, []provider.Record{start(`{"timestamp":2}`)}
	all, _ := compare(t, one, two, "timestamp", "latency")
	if len(all) != 1 {
		t.Errorf("got %s", show(all))
	}
	// What is ignored does not hide which records belong together.
	var a []provider.Record
	a = append(a, start("1"))
	for i := range 200 {
		a = append(a, event(0, fmt.Sprintf(`{"n":%d,"latency_ms":%d}`, i, i)))
	}
	b := slices.Clone(a)
	for i, r := range b[1:] {
		b[i+1] = event(0, strings.Replace(string(r.(*provider.Event).Data), `ms":`, `ms":9`, 1))
	}
	b = slices.Delete(b, 50, 51)
	if all, _ := compare(t, a, b, "latency"); len(all) != 1 || all[0].Sort != OnlyA || all[0].SeqA != 50 {
		t.Errorf("got %s", show(all))
	}
}

// TestCompare_agent: who a difference is about.
func TestCompare_agent(t *testing.T) {
	run := func(cents provider.Cents, policy string) []provider.Record {
		return []provider.Record{start("1"), event(0, fmt.Sprintf(`{"agent_id":"B","x":%d}`, cents)),
			&provider.Iteration{Costs: map[string]provider.Cents{"A/1": cents},
				Policies: map[string]json.RawMessage{"C~": json.RawMessage(policy)}}}
	}
	all, _ := compare(t, run(1, `{"f":1}`), run(2, `{"f":2}`))
	want := `1/1 event #0 B /event_data/x changed 1 | 2
2/2 iteration #0 A/1 /costs_per_agent/A~11 changed 1 | 2
2/2 iteration #0 C~ /policies/C~0/f changed 1 | 2
`
	if show(all) != want {
		t.Errorf("got\n%swant\n%s", show(all), want)
	}
	if c := all[1].A.Cents; c == nil || *c != 1 {
		t.Errorf("cost %v", c)
	}
}
