package redact

import (
	"fmt"
	"math"
	"slices"

	"github.com/simexp/exparchive/provider"
)

// A Selector is one entry of a list of a [Filter].
type Selector struct {
	List  string `json:"list"`  // field, seq, agent or iteration
	Value string `json:"value"` // a name, or a [Range] as text
}

// A watch is a filter that notes which entries of its lists fit something, each together with entries of the other
// lists. What is in values does not matter: that a search finds nothing is no mistake.
type watch struct {
	*Filter
	fields, agents   map[string]bool // those that fitted
	seqs, iterations []bool          // likewise, by index
}

func newWatch(f *Filter) *watch {
	return &watch{Filter: f, fields: map[string]bool{}, agents: map[string]bool{},
		seqs: make([]bool, len(f.Seqs)), iterations: make([]bool, len(f.Iterations))}
}

// covers is [Filter.Covers].
func (w *watch) covers(seq int64, r provider.Record, field string) bool {
	if !w.Covers(seq, r, field) {
		return false
	}
	w.fields[field] = true
	w.Seqs.mark(w.seqs, seq)
	if len(w.Agents) > 0 {
		w.agents[agentOf(r)] = true
	}
	if n, ok := provider.IterationOf(r); ok {
		w.Iterations.mark(w.iterations, int64(n))
	}
	return true
}

// mark sets the marks of the ranges that contain n.
func (s Ranges) mark(marks []bool, n int64) {
	for i, r := range s {
		marks[i] = marks[i] || r.contains(n)
	}
}

// unmatched gives the entries that fitted nothing, each once, in the order of the lists.
func (w *watch) unmatched() (list []Selector) {
	add := func(s Selector) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, field := range w.Fields {
		if !w.fields[field] {
			add(Selector{"field", field})
		}
	}
	for i, r := range w.Seqs {
		if !w.seqs[i] {
			add(Selector{"seq", r.String()})
		}
	}
	for _, agent := range w.Agents {
		if !w.agents[agent] {
			add(Selector{"agent", agent})
		}
	}
	for i, r := range w.Iterations {
		if !w.iterations[i] {
			add(Selector{"iteration", r.String()})
		}
	}
	return list
}

func (r Range) contains(n int64) bool { return r.First <= n && n <= r.Last }

// String gives r in a form that [ParseRanges] reads.
func (r Range) String() string {
	switch r.Last {
	case r.First:
		return fmt.Sprint(r.First)
	case math.MaxInt64:
		return fmt.Sprintf("%d-", r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
