package redact

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// records is a run that nothing has checked.
type records struct {
	provider.Provider
	list []provider.Record
}

func (r records) Records(context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for _, r := range r.list {
			if !yield(r.Clone(), nil) {
				return
			}
		}
	}
}

// No copy is made, and nothing is put back, of a run whose salt opens what it withholds, that lacks a key, or that has
// one which no hash depends on.
func TestSaltRule(t *testing.T) {
	salted := providertest.Sample()
	salted[0].(*provider.Start).Salt = make([]byte, provider.SaltSize)
	everything := func(provider.Record, string) bool { return true }
	nothing := func(provider.Record, string) bool { return false }
	at := 2 // an event of the sample
	for name, test := range map[string]struct {
		list []provider.Record
		want error // nil for a sound one
	}{
		"sound":          {providertest.Redact(salted, nothing), nil},
		"sound, no salt": {providertest.Redact(providertest.Sample(), everything), nil},
		"salt beside what is withheld": {func() []provider.Record {
			list := providertest.Redact(salted, everything)
			list[0] = salted[0].Clone()
			return list
		}(), provider.ErrInvalid},
		"key missing": {func() []provider.Record {
			list := providertest.Redact(salted, nothing)
			list[at].RecordMeta().Redaction = nil
			return list
		}(), provider.ErrKey},
		"key beside the salt": {func() []provider.Record {
			list, err := providertest.Kept(salted)
			if err != nil {
				t.Fatal(err)
			}
			key, _ := digest.FieldKey(digest.RecordKey(list[0].(*provider.Start).Salt, int64(at)), provider.KindEvent,
				"event_data")
			list[at].RecordMeta().Redaction = &provider.Redaction{FieldKeys: map[string]provider.Key{"event_data": key}}
			return list
		}(), provider.ErrInvalid},
	} {
		whole := salted
		if name == "sound, no salt" {
			whole = providertest.Sample()
		}
		run := records{list: test.list}
		_, errPlan := NewPlan(t.Context(), run, &Filter{})
		var taken digest.Sink
		errSink := provider.Copy(t.Context(), NewSink(&taken, someOf(2)), run)
		_, errCopy := Reveal(t.Context(), new(provider.Live), run, records{list: whole}, nil)
		_, errOriginal := Reveal(t.Context(), new(provider.Live), records{list: providertest.Redact(whole, everything)}, run,
			nil)
		for what, err := range map[string]error{"plan": errPlan, "sink": errSink, "copy": errCopy, "original": errOriginal} {
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("%s, %s: got %v, want %v", name, what, err, test.want)
			}
		}
	}
}

// A copy of a salted run has a key for each value that it shows, and the one that the salt gives; so has a copy of a
// copy.
func TestSink_keys(t *testing.T) {
	run := providertest.Sample()
	salt := make([]byte, provider.SaltSize)
	run[0].(*provider.Start).Salt = salt
	whole := providertest.Live(run)
	for _, n := range []uint32{1 << 31, 3} { // hardly anything is withheld, and a third
		once, twice := new(provider.Live), new(provider.Live)
		if err := provider.Copy(t.Context(), NewSink(once, someOf(n)), whole); err != nil {
			t.Fatal(err)
		}
		if err := provider.Copy(t.Context(), NewSink(twice, someOf(2)), once); err != nil {
			t.Fatal(err)
		}
		for _, copied := range []provider.Provider{once, twice} {
			keys := 0
			for r, err := range copied.Records(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				m := r.RecordMeta()
				for f := range r.RecordKind().Committed() {
					want, keyed := digest.FieldKey(digest.RecordKey(salt, m.Seq), r.RecordKind(), f.Name)
					keyed = keyed && f.In(r)
					got, has := provider.Key{}, false
					if m.Redaction != nil {
						got, has = m.Redaction.FieldKeys[f.Name]
					}
					if has != keyed || has && got != want {
						t.Errorf("record %d: %s: got key %v, %t, want %v, %t", m.Seq, f.Name, got, has, want, keyed)
					}
					if has {
						keys++
					}
				}
			}
			if keys < 10 {
				t.Errorf("got %d keys, want more", keys)
			}
		}
	}
}
