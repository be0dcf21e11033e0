package redact

import (
	"bytes"
	"errors"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// someOf is a rule that picks about one field in n, always the same ones.
func someOf(n uint32) Rule {
	return func(_ int64, _ provider.Record, field string, value []byte) bool {
		h := fnv.New32a()
		h.Write([]byte(field))
		h.Write(value)
		return h.Sum32()%n == 0
	}
}

func root(t interface{ Fatal(...any) }, p provider.Provider) digest.Hash {
	h, _, err := digest.Of(t.(interface{ Context() ctx }).Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func redacted(t *rapid.T, p provider.Provider, rule Rule) (*provider.Live, *Sink) {
	live := &provider.Live{}
	s := NewSink(live, rule)
	if err := provider.Copy(t.Context(), s, p); err != nil {
		t.Fatal(err)
	}
	return live, s
}

// TestRedact: whatever is withheld, the digest stays, the copy holds none of it, and revealing brings back the run.
func TestRedact(t *testing.T) {
	dir := t.TempDir()
	n, withheld := 0, 0
	randomrun.Checks(t, longtest.Count(20, 150)) // each records, seals and verifies an archive
	rapid.Check(t, func(t *rapid.T) {
		records := randomrun.Draw(t)
		whole := providertest.Live(records)
		want := root(t, whole)
		once, s := redacted(t, whole, someOf(3))
		withheld += s.Withheld
		twice, _ := redacted(t, once, someOf(2))
		for name, p := range map[string]provider.Provider{"once": once, "twice": twice} {
			if got := root(t, p); got != want {
				t.Fatalf("redacted %s: got digest %v, want %v", name, got, want)
			}
			for r, err := range p.Records(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Validate(); err != nil {
					t.Fatal(err)
				}
				for f := range r.RecordKind().Committed() {
					if f.In(r) && (f.Name == "salt" || someOf(3)(0, r, f.Name, f.Value(r))) {
						t.Fatalf("redacted %s: %s is still there", name, f.Name)
					}
				}
			}
		}
		// The copy is a run like any other: through an archive and through lines.
		n++
		path := filepath.Join(dir, "copy.simexp")
		w, err := record.Create(path, &record.Options{Replace: true, Restart: true, Bulk: true})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := provider.Copy(t.Context(), w, twice); err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		var kept []provider.Record
		for r, err := range twice.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, r)
		}
		if err := providertest.Check(t.Context(), a, kept); err != nil {
			t.Fatalf("archive of the copy: %v", err)
		}
		var lines bytes.Buffer
		if err := provider.Copy(t.Context(), jsonl.NewWriter(&lines), a); err != nil {
			t.Fatal(err)
		}
		i := 0
		for r, err := range jsonl.NewReader(&lines, nil).Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if diff := providertest.Diff(r, kept[i]); diff != "" {
				t.Fatalf("lines of the copy, record %d: %s", i, diff)
			}
			i++
		}
		// Reveal everything, and only some.
		revealed := &provider.Live{}
		if _, err := Reveal(t.Context(), revealed, a, whole, nil); err != nil {
			t.Fatal(err)
		}
		if err := providertest.Check(t.Context(), revealed, slices.Collect(keptOf(t, whole))); err != nil {
			t.Fatalf("revealed: %v", err)
		}
		part := &provider.Live{}
		if _, err := Reveal(t.Context(), part, a, whole,
			&Filter{Fields: slices.DeleteFunc(Fields(), func(field string) bool {
				return !strings.Contains(field,
					"p")
			})}); err != nil {
			t.Fatal(err)
		}
		if got := root(t, part); got != want {
			t.Fatalf("revealed in part: got digest %v, want %v", got, want)
		}
		originals := slices.Collect(keptOf(t, whole))
		for i, r := range slices.Collect(keptOf(t, part)) {
			if red := r.RecordMeta().Redaction; red != nil {
				for field := range red.Withheld {
					f, _ := r.RecordKind().Field(field)
					if strings.Contains(field, "p") && f.In(originals[i]) {
						t.Fatalf("%s was to be revealed", field)
					}
				}
			}
		}
	})
	if withheld == 0 {
		t.Error("nothing was ever withheld")
	}
}

// TestReveal_otherRun: values of another run are not taken, whichever field they differ in.
func TestReveal_otherRun(t *testing.T) {
	whole := providertest.Live(providertest.Sample())
	live := &provider.Live{}
	if err := provider.Copy(t.Context(), NewSink(live, someOf(1)), whole); err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, r := range providertest.Sample() {
		e, ok := r.(*provider.Event)
		if !ok || e.Data == nil {
			continue
		}
		other := providertest.Sample()
		other[i].(*provider.Event).Data = []byte(`{"other":1}`)
		if _, err := Reveal(t.Context(), &provider.Live{}, live, providertest.Live(other), nil); !errors.Is(err, ErrDiffers) {
			t.Errorf("record %d differs: got %v, want %v", i, err, ErrDiffers)
		}
		changed++
	}
	short := providertest.Sample()[:3]
	if _, err := Reveal(t.Context(), &provider.Live{}, live, providertest.Live(short), nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("a shorter run: got %v, want %v", err, ErrDiffers)
	}
	if changed == 0 {
		t.Error("the sample has no event data")
	}
	first := &provider.Live{}
	if err := provider.Copy(t.Context(), NewSink(first, someOf(1)), providertest.Live(short)); err != nil {
		t.Fatal(err)
	}
	if _, err := Reveal(t.Context(), &provider.Live{}, first, whole, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("a longer run: got %v, want %v", err, ErrDiffers)
	}
}

// TestReveal_unmatched: what fits nothing that could be put back is named.
func TestReveal_unmatched(t *testing.T) {
	whole, live := providertest.Live(providertest.Sample()), &provider.Live{}
	rule := func(_ int64, _ provider.Record, field string, _ []byte) bool { return field == "response" }
	if err := provider.Copy(t.Context(), NewSink(live, rule), whole); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		filter Filter
		values int
		want   []Selector
	}{
		{Filter{}, 4, nil},
		{Filter{Fields: []string{"response", "data"}, Agents: []string{"BANK_A", "NOBODY"}}, 2,
			[]Selector{{"field", "data"}, {"agent", "NOBODY"}}},
		{Filter{Agents: []string{"NOBODY"}}, 0, []Selector{{"agent", "NOBODY"}}},
	} {
		got, err := Reveal(t.Context(), &provider.Live{}, live, whole, &test.filter)
		if err != nil || got.Values != test.values || !slices.Equal(got.Unmatched, test.want) {
			t.Errorf("%+v: got %+v, %v, want %d values, unmatched %v", test.filter, got, err, test.values, test.want)
		}
	}
}

// TestNothingStays: a withheld value is nowhere in the file of the copy.
func TestNothingStays(t *testing.T) {
	secret := "sk-live-4f9a1c77e2"
	records := []provider.Record{
		&provider.Start{RunID: "r", Name: "n", Type: "t", Config: []byte(`{"key":"` + secret + `"}`)},
		&provider.Event{Type: "e", Data: []byte(`["` + secret + `"]`)},
		&provider.Interaction{SystemPrompt: new(strings.Repeat("x", 500) + "\n\n" + secret), UserPrompt: &secret,
			Response:     &secret,
			ParsedPolicy: []byte(`"` + secret + `"`), ParsingError: &secret, Extra: []byte(`{"a":"` + secret + `"}`)},
		&provider.Iteration{Number: 0, Policies: map[string]jsonText{"A": jsonText(`"` + secret + `"`)},
			Costs: map[string]provider.Cents{secret: 1}, AcceptedChanges: map[string]bool{secret: true}},
		&provider.Note{Kind: "k", Text: secret},
		&provider.Attachment{Name: "a", Data: []byte(secret)},
		&provider.Result{Status: "completed", ConvergenceReason: &secret},
	}
	path := filepath.Join(t.TempDir(), "copy.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := NewSink(w, func(_ int64, _ provider.Record, _ string, value []byte) bool {
		return bytes.Contains(value, []byte(secret))
	})
	if err := provider.Copy(t.Context(), s, providertest.Live(records)); err != nil {
		t.Fatal(err)
	}
	if s.Withheld != 14 || s.Records != len(records) {
		t.Errorf("got %d values of %d records withheld, want 14 of %d", s.Withheld, s.Records, len(records))
	}
	if b := readFile(t, path); bytes.Contains(b, []byte(secret)) {
		t.Error("the value is in the file of the copy")
	}
	if report, err := verify.File(t.Context(), path); err != nil || !report.OK() {
		t.Errorf("verify: got %v, %v", report.Problems, err)
	}
}
