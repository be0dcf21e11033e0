package series

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// An UnknownError reports a column of which a run has no value. That may be right if it has a default.
type UnknownError struct {
	Column Column
	// Sources are the types of events of the run, if it has none of the column's; sorted.
	Sources []string
	// Near are the pointers into the source that are most like the column's, the nearest first.
	Near []string
}

// Error implements error.
func (e *UnknownError) Error() string {
	text := fmt.Sprintf("column %s: ", e.Column.Name)
	if e.Sources != nil {
		return text + fmt.Sprintf("no event of type %.80q; there are %s", e.Column.Source,
			strings.Join(quoteAll(e.Sources), ", "))
	}
	text += fmt.Sprintf("nothing at %.200q in any %s", e.Column.Pointer, e.Column.Source)
	if len(e.Near) > 0 {
		text += fmt.Sprintf("; did you mean %s?", strings.Join(quoteAll(e.Near), " or "))
	}
	return text
}

func quoteAll(list []string) []string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return quoted
}

const (
	maxKnown = 10_000 // pointers that are compared
	maxTexts = 100    // in which they are looked for
	maxNear  = 3      // that are named
	maxTypes = 20
)

// Unknown gives the error for a column of which runs have no value, with the nearest that the first of them has. It
// reads that run again.
func Unknown(ctx context.Context, p provider.Provider, c Column) error {
	e := &UnknownError{Column: c}
	var texts [][]byte
	types := map[string]bool{}
	switch c.Source {
	case SourceConfig:
		x, err := p.Experiment(ctx)
		if err != nil {
			return err
		}
		texts = append(texts, x.Config)
	case SourceLabel:
	case SourceProposed:
		run, err := evolution.Of(ctx, p, evolution.Options{Brief: true})
		if err != nil {
			return err
		}
		for _, agent := range run.Agents() {
			for _, step := range run.Steps(agent) {
				if step.Proposed != nil && len(texts) <= maxTexts {
					texts = append(texts, step.Proposed)
				}
			}
		}
	default:
		for record, err := range p.Records(ctx) {
			if err != nil {
				return err
			}
			switch r := record.(type) {
			case *provider.Iteration:
				for _, agent := range slices.Sorted(maps.Keys(r.Policies)) {
					if c.Source == SourcePolicy {
						texts = append(texts, r.Policies[agent])
					}
				}
			case *provider.Event:
				if len(types) < maxTypes {
					types[r.Type] = true
				}
				if r.Type == c.Source && c.ofEvents() {
					texts = append(texts, slices.Clone(r.Data))
				}
			}
			if len(texts) > maxTexts {
				break
			}
		}
	}
	if len(texts) == 0 && c.ofEvents() {
		e.Sources = slices.Sorted(maps.Keys(types))
		return e
	}
	e.Near = nearest(c.Pointer.String(), pointersOf(texts, strings.Contains(c.Pointer.String(), EachToken)))
	return e
}

// pointersOf gives the pointers to the values in some texts that are no objects, in the order in which they occur, with
// each into an array as one.
func pointersOf(texts [][]byte, each bool) (list []string) {
	seen := map[string]bool{}
	var walk func(text []byte, at string)
	walk = func(text []byte, at string) {
		text = jsontext.Trim(text)
		if len(list) >= maxKnown || len(text) == 0 {
			return
		}
		if text[0] == '{' {
			err := jsontext.Members(text, func(name string, value []byte) error {
				walk(value, at+"/"+jsontext.EscapePointer(name))
				if len(list) >= maxKnown {
					return errFound
				}
				return nil
			})
			if err == nil || errors.Is(err, errFound) {
				return
			}
		}
		if text[0] == '[' {
			var elements []json.RawMessage
			if json.Unmarshal(text, &elements) == nil {
				for i, x := range elements[:min(len(elements), 10)] {
					token := EachToken
					if !each {
						token = strconv.Itoa(i)
					}
					walk(x, at+"/"+token)
				}
			}
		}
		if !seen[at] {
			seen[at] = true
			list = append(list, at)
		}
	}
	for _, text := range texts {
		walk(text, "")
	}
	return list
}

// nearest gives those of a list that are most like a pointer: first those whose last part is the same, then those that
// are spelt alike.
func nearest(want string, list []string) []string {
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	type candidate struct {
		text     string
		distance int
	}
	var all []candidate
	for _, s := range list {
		d := min(distance(want, s), 1+distance(last(want), last(s)))
		if d <= max(2, len(want)/2) {
			all = append(all, candidate{s, d})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.distance - b.distance })
	var near []string
	for _, c := range all[:min(len(all), maxNear)] {
		near = append(near, c.text)
	}
	return near
}

// maxCompared is the length in bytes from which on the rest of a text is not compared.
const maxCompared = 200

// distance is the number of bytes to insert, remove or replace to make b of a (Levenshtein).
func distance(a, b string) int {
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}

// mostParameters bounds what [Parameters] gives.
const mostParameters = 4

// Parameters gives columns for the numbers that the policies of a run have, in the order of their pointers, but at most
// four, and none of those that another has the name of.
func Parameters(ctx context.Context, p provider.Provider) ([]Column, error) {
	numbers := map[string]bool{}
	texts := 0
	for it, err := range provider.EachIteration(ctx, p) {
		if err != nil {
			return nil, err
		}
		for _, agent := range slices.Sorted(maps.Keys(it.Policies)) {
			for _, at := range pointersOf([][]byte{it.Policies[agent]}, false) {
				pointer, err := ParsePointer(at)
				if err != nil || strings.Contains(at, AgentToken) {
					continue
				}
				if v := pointer.In(it.Policies[agent], agent); len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9') {
					numbers[at] = true
				}
			}
			texts++
		}
		if texts > maxTexts {
			break
		}
	}
	var list []Column
	for _, at := range slices.Sorted(maps.Keys(numbers)) {
		name := jsontext.UnescapePointer(at[strings.LastIndexByte(at, '/')+1:])
		c, err := ParseColumn(name+"="+SourcePolicy+":"+at, list...)
		if err == nil && len(list) < mostParameters {
			list = append(list, c)
		}
	}
	return list, nil
}
