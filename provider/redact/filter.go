package redact

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider"
)

// A Filter picks values to withhold or to reveal. What stands in one list widens it, the lists narrow each other, and
// an empty list picks everything.
type Filter struct {
	Fields []string // names of committed fields
	Seqs   Ranges   // positions of records in the run
	// calls of language models on behalf of these, and events whose data has a member agent_id with one of them
	Agents     []string
	Iterations Ranges // records that belong to these iterations
	// Match and Secrets pick values by what is in them, also behind escapes of JSON. They are one list.
	Match   []*regexp.Regexp
	Secrets func(text []byte) (hits []Hit, unseen []string) // see [FindSecrets]
	// Mask keeps the values that Match and Secrets pick, with [StandIn] in the place of what was found, where that can
	// be done.
	Mask bool
}

// FindSecrets gives a function for [Filter].Secrets that finds keys, tokens, passwords, e-mail addresses and home
// directories, other than those that are allowed, and says what of a text it did not look into. A nil allowed allows
// none.
func FindSecrets(allowed func(kind, secret string) bool) func(text []byte) (hits []Hit, unseen []string) {
	return func(text []byte) (hits []Hit, unseen []string) {
		found, left := secrets.Look(text)
		for _, u := range left {
			unseen = append(unseen, u.What)
		}
		for _, s := range found {
			if allowed != nil && allowed(s.Kind, s.Secret) {
				continue
			}
			for _, form := range s.Forms {
				hits = append(hits, Hit{Text: form, Kind: s.Kind, Guessable: s.Guessable()})
			}
		}
		return hits, unseen
	}
}

// Empty reports whether f has no list, and so picks everything.
func (f *Filter) Empty() bool {
	return len(f.Fields) == 0 && len(f.Seqs) == 0 && len(f.Agents) == 0 && len(f.Iterations) == 0 && !f.ByContent()
}

// ByContent reports whether f looks at values.
func (f *Filter) ByContent() bool { return len(f.Match) > 0 || f.Secrets != nil }

// Covers reports whether f picks a field of record seq as far as its value does not matter.
func (f *Filter) Covers(seq int64, r provider.Record, field string) bool {
	if field == "salt" || len(f.Fields) > 0 && !slices.Contains(f.Fields, field) || len(f.Seqs) > 0 &&
		!f.Seqs.Contains(seq) {
		return false
	}
	if len(f.Iterations) > 0 {
		if n, ok := provider.IterationOf(r); !ok || !f.Iterations.Contains(int64(n)) {
			return false
		}
	}
	return len(f.Agents) == 0 || slices.Contains(f.Agents, agentOf(r))
}

// agentOf gives the agent that r is about, empty for none.
func agentOf(r provider.Record) string {
	switch r := r.(type) {
	case *provider.Interaction:
		return r.AgentID
	case *provider.Event:
		var data struct {
			AgentID string `json:"agent_id"`
		}
		if json.Unmarshal(r.Data, &data) == nil {
			return data.AgentID
		}
	}
	return ""
}

// A Hit is a part of a value that a [Filter] looks for.
type Hit struct {
	Text      string // as it stands in the value, or without the escapes of JSON
	Kind      string // of the secret; empty for a match of an expression
	Guessable bool   // it may be found by trying
}

// guessable is the length in bytes below which a text that matched an expression counts as one that can be guessed.
const guessable = 16

// Hits gives what f looks for in a text, none if it does not look at values.
func (f *Filter) Hits(text []byte) []Hit {
	hits, _ := f.look(text)
	return hits
}

// look gives what f looks for in a text, and what of the text it did not look into.
func (f *Filter) look(text []byte) (hits []Hit, unseen []string) {
	seen := map[string]bool{}
	add := func(h Hit) {
		if h.Text != "" && !seen[h.Text] {
			seen[h.Text] = true
			hits = append(hits, h)
		}
	}
	if len(f.Match) > 0 {
		for _, view := range secrets.Views(text) {
			for _, m := range f.Match {
				if !m.Match(view) {
					continue
				}
				found := m.FindAll(view, -1)
				for _, text := range found {
					add(Hit{Text: string(text), Guessable: len(text) < guessable})
				}
				if len(hits) == 0 { // it matches the empty text
					hits = append(hits, Hit{Text: string(view)})
				}
			}
		}
	}
	if f.Secrets != nil {
		found, left := f.Secrets(text)
		for _, h := range found {
			add(h)
		}
		unseen = left
	}
	return hits, unseen
}

// Fields gives the names of all fields that can be withheld, sorted.
func Fields() []string {
	var all []string
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		for f := range k.Committed() {
			if f.Name != "salt" && !slices.Contains(all, f.Name) {
				all = append(all, f.Name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// A Place is a text of a record's envelope, which cannot be withheld, or a number in digits.
type Place struct{ Field, Text string }

// Envelope gives the texts of a record that cannot be withheld, by their names in the line protocol, and its tokens,
// costs and seconds as they stand there.
func Envelope(r provider.Record) []Place {
	var all []Place
	for f := range r.RecordKind().Fields() {
		if f.Committed || f.IsZero(r) {
			continue
		}
		switch p := f.Addr(r).(type) {
		case *string:
			all = append(all, Place{f.Name, *p})
		case **string:
			all = append(all, Place{f.Name, **p})
		case **int64:
			all = append(all, Place{f.Name, strconv.FormatInt(**p, 10)})
		case **provider.Cents:
			all = append(all, Place{f.Name, strconv.FormatInt(int64(**p), 10)})
		case **float64:
			all = append(all, Place{f.Name, strconv.FormatFloat(**p, 'g', -1, 64)})
		}
	}
	return slices.DeleteFunc(all, func(p Place) bool { return p.Text == "" })
}

// Ranges is a set of numbers.
type Ranges []Range

// A Range holds the numbers from First to Last.
type Range struct{ First, Last int64 }

// Contains reports whether n is in the set.
func (s Ranges) Contains(n int64) bool {
	return slices.ContainsFunc(s, func(r Range) bool { return r.contains(n) })
}

// ParseRanges reads a set of numbers from 0: "7", "3-9", "12-" for all from 12 on, or several of them with commas.
func ParseRanges(text string) (Ranges, error) {
	var set Ranges
	for _, part := range strings.Split(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		var r Range
		var err error
		if r.First, err = parseNumber(first); err != nil {
			return nil, notRange(part)
		}
		switch {
		case !isRange:
			r.Last = r.First
		case last == "":
			r.Last = math.MaxInt64
		default:
			if r.Last, err = parseNumber(last); err != nil {
				return nil, notRange(part)
			}
		}
		if r.Last < r.First {
			return nil, fmt.Errorf("%q ends before it begins", part)
		}
		set = append(set, r)
	}
	return set, nil
}

func parseNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || text[0] == '+' {
		return 0, strconv.ErrSyntax
	}
	return n, nil
}

func notRange(part string) error {
	return fmt.Errorf("%q: want numbers from 0, such as 7, 3-9 or 12-", part)
}
