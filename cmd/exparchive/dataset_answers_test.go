package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"github.com/simexp/exparchive/provider"
)

// answers are those to the questions of a dataset's README.md, as they come from the records of runs.
type answers struct {
	cheapest               map[string][]any
	converged, costs       grouped
	tokens, decided, types grouped
	last                   map[[2]string][]any
	unread, ended          grouped
	slowest                map[string]float64
	tried, notes           grouped
	seen                   map[string]bool // what was counted in a run already
}

func newAnswers() *answers {
	return &answers{map[string][]any{}, grouped{}, grouped{}, grouped{}, grouped{}, grouped{}, map[[2]string][]any{},
		grouped{}, grouped{}, map[string]float64{}, grouped{}, grouped{}, nil}
}

// once counts 1 the first time that it is asked of the key in a run.
func (a *answers) once(key string) int64 {
	if a.seen[key] {
		return 0
	}
	a.seen[key] = true
	return 1
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// add counts a run.
func (a *answers) add(records []provider.Record, sealed bool) {
	a.seen = map[string]bool{}
	start := records[0].(*provider.Start)
	result := &provider.Result{Status: provider.StatusUnfinished}
	var ends *provider.Iteration
	iterations := int64(0)
	for _, r := range records {
		switch r := r.(type) {
		case *provider.Event:
			n := a.types.of(2, r.Type)
			addTo(&n[0], 1)
			addTo(&n[1], a.once("event "+r.Type))
		case *provider.Interaction:
			a.addCall(r)
		case *provider.Iteration:
			iterations++
			if ends == nil || r.Number > ends.Number {
				ends = r
			}
			a.addIteration(start.Name, r)
		case *provider.Note:
			n := a.notes.of(2, r.Kind)
			addTo(&n[0], 1)
			addTo(&n[1], a.once("note "+r.Kind))
		case *provider.Result:
			result = r
		}
	}
	a.addRun(start, result, ends)
	n := a.ended.of(3, start.Name, string(result.Status))
	addTo(&n[0], 1)
	addTo(&n[1], iterations)
	addTo(&n[2], truth(!sealed))
}

func (a *answers) addCall(r *provider.Interaction) {
	model := ""
	if r.Model != nil {
		model = *r.Model
	}
	n := a.tokens.of(4, model)
	addTo(&n[0], 1)
	if r.PromptTokens != nil {
		addTo(&n[1], *r.PromptTokens)
	}
	if r.CompletionTokens != nil {
		addTo(&n[2], *r.CompletionTokens)
	}
	addTo(&n[3], truth(r.PromptTokens != nil))
	addTo(&a.unread.of(1, model)[0], truth(r.ParsingError != nil))
	if r.LatencySeconds != nil {
		a.slowest[model] = max(a.slowest[model], *r.LatencySeconds)
	}
}

func (a *answers) addIteration(experiment string, r *provider.Iteration) {
	number := strconv.Itoa(r.Number)
	for _, cents := range r.Costs {
		n := a.costs.of(4, experiment, number)
		addTo(&n[0], a.once("cost "+number))
		addTo(&n[1], int64(cents))
		c := big.NewInt(int64(cents))
		if n[2] == nil || c.Cmp(n[2]) < 0 {
			n[2] = c
		}
		if n[3] == nil || c.Cmp(n[3]) > 0 {
			n[3] = c
		}
	}
	agents := map[string]bool{}
	for agent := range r.Policies {
		agents[agent] = true
	}
	for agent := range r.AcceptedChanges {
		agents[agent] = true
	}
	for agent := range agents {
		accepted, known := r.AcceptedChanges[agent]
		n := a.decided.of(2, experiment, agent)
		addTo(&n[0], truth(known))
		addTo(&n[1], truth(accepted))
		var policy struct {
			Parameters struct {
				Fraction json.Number `json:"initial_liquidity_fraction"`
			} `json:"parameters"`
		}
		if p := r.Policies[agent]; p != nil {
			_ = json.Unmarshal(p, &policy)
		}
		addTo(&a.tried.of(1, experiment, number, policy.Parameters.Fraction.String())[0], 1)
	}
}

func (a *answers) addRun(start *provider.Start, result *provider.Result, ends *provider.Iteration) {
	if result.Status == provider.StatusCompleted && result.BestCost != nil {
		best := int64(*result.BestCost)
		least := a.cheapest[start.Name]
		if least == nil || best < least[2].(int64) || best == least[2].(int64) && start.RunID < least[1].(string) {
			a.cheapest[start.Name] = []any{start.Name, start.RunID, best}
		}
	}
	n := a.converged.of(3, start.Name)
	addTo(&n[0], 1)
	addTo(&n[1], truth(result.Converged != nil))
	addTo(&n[2], truth(result.Converged != nil && *result.Converged))
	if ends == nil || len(ends.Costs) == 0 {
		return
	}
	sum := new(big.Int)
	for _, c := range ends.Costs {
		sum.Add(sum, big.NewInt(int64(c)))
	}
	dollars := new(big.Rat).SetFrac(sum, big.NewInt(100)).FloatString(2) // which is exact
	a.last[[2]string{start.Name, start.RunID}] = []any{start.Name, start.RunID, ends.Number, dollars}
}

// list gives the answers in the order of the questions.
func (a *answers) list() [][][]any {
	var cheapest, last [][]any
	for _, row := range a.cheapest {
		cheapest = append(cheapest, row)
	}
	for _, row := range a.last {
		last = append(last, row)
	}
	for _, rows := range [][][]any{cheapest, last} {
		sortRows(rows)
	}
	converged := a.converged.rows()
	for i, row := range converged {
		known, yes := row[2].(*big.Int).Int64(), row[3].(*big.Int).Int64()
		converged[i] = append(row, nil)
		if known > 0 {
			converged[i][4] = floating(100 * float64(yes) / float64(known))
		}
	}
	unread := a.unread.rows()
	for i, row := range unread {
		model, _ := row[0].(string)
		unread[i] = append(row, floating(a.slowest[model]))
	}
	return [][][]any{cheapest, converged, a.costs.rows(1), a.tokens.rows(), a.decided.rows(), a.types.rows(), last, unread,
		a.ended.rows(), a.tried.rows(1), a.notes.rows()}
}

// A floating is a number that is one of floats in the answers too: it always has a point.
type floating float64

// MarshalJSON implements [json.Marshaler].
func (f floating) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%.12f", float64(f)), nil }
