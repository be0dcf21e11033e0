package evolution

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A Step is what an iteration has to say about one agent. What was not recorded is nil.
type Step struct {
	Iteration int
	Policy    json.RawMessage // in force, as it was recorded
	Changes   []Change        // from the policy of the agent before this one; nil for its first policy
	First     bool            // there is no policy before this one
	Cost      *provider.Cents
	Accepted  *bool // whether a change was accepted in this iteration
	Proposal
	Explanation *string // that the proposal came with
	LLM         *Call   // the last call in this iteration; nil unless it was asked for
	// Withheld is the commitment to the policies of the iteration, if they were withheld. Changes then begin anew
	// behind it.
	Withheld *provider.Commitment
}

// A Call is a call of a language model.
type Call struct{ SystemPrompt, UserPrompt, Response *string }

// Options choose what [Of] gives.
type Options struct {
	LLM bool // keep the texts of calls, as far as the provider cannot find them again; needed for [Run.Call]
	// Brief gives no texts and explanations of calls, which then need not be read.
	Brief bool
}

// A Run holds the steps of all agents. Policies and explanations are in memory; the texts of calls are too, if they
// were asked for and the provider cannot give a record by its position.
type Run struct {
	p     provider.Provider
	steps map[string]map[int]*step
	have  []int
}

type step struct {
	Step
	seq     int64           // of the last call, or -1
	initial json.RawMessage // of an event policy_init, for runs that record their first policies so
	latest  latest
}

// Proposals are the records that tell what was proposed. Besides them a [Builder] makes use of the iterations.
var Proposals = provider.Selection{Calls: true, Events: []string{
	initialEvent, "policy_change", "policy_evaluation", "policy_rejected", "llm_interaction", "llm_error",
}}

const initialEvent = "policy_init"

// Of reads the run of p.
func Of(ctx context.Context, p provider.Provider, o Options) (*Run, error) {
	b := NewBuilder(p, o)
	var records iter.Seq2[provider.Record, error]
	if _, ok := p.(provider.Selector); !ok || !o.Brief {
		records = p.Records(ctx)
	} else {
		records = provider.Select(ctx, p, Proposals)
		for it, err := range provider.EachIteration(ctx, p) { // which takes less than their records
			if err != nil {
				return nil, err
			}
			b.Add(&it)
		}
	}
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		b.Add(record)
	}
	return b.Run(), nil
}

// A Builder makes a [Run] of records.
type Builder struct {
	r        *Run
	keep     bool // the texts of calls
	numbers  map[int]struct{}
	withheld map[int]provider.Commitment // policies of iterations
}

// NewBuilder gives a builder for records of p.
func NewBuilder(p provider.Provider, o Options) *Builder {
	_, seekable := p.(provider.Tail)
	return &Builder{
		r: &Run{p: p, steps: map[string]map[int]*step{}}, keep: o.LLM && !seekable,
		numbers: map[int]struct{}{}, withheld: map[int]provider.Commitment{},
	}
}

// Add takes the next record, in recorded order, but iterations at any time. Those that are no [Proposals] say nothing.
// It keeps texts of the record.
func (b *Builder) Add(record provider.Record) {
	r := b.r
	switch record := record.(type) {
	case *provider.Iteration:
		b.numbers[record.Number] = struct{}{}
		if c, ok := record.Withheld("policies"); ok {
			b.withheld[record.Number] = c
		}
		for agent, policy := range record.Policies {
			r.at(agent, record.Number).Policy = policy
		}
		for agent, cost := range record.Costs {
			r.at(agent, record.Number).Cost = &cost
		}
		for agent, accepted := range record.AcceptedChanges {
			r.at(agent, record.Number).Accepted = &accepted
		}
	case *provider.Event:
		if record.Type != initialEvent {
			if agent, note := proposalEvent(record); note != nil {
				b.numbers[record.Iteration] = struct{}{}
				note(&r.at(agent, record.Iteration).latest)
			}
			return
		}
		if agent, policy := initial(record.Data); agent != "" && policy != nil {
			b.numbers[record.Iteration] = struct{}{}
			r.at(agent, record.Iteration).initial = policy
		}
	case *provider.Interaction:
		if record.AgentID == "" {
			return
		}
		b.numbers[record.Iteration] = struct{}{}
		s := r.at(record.AgentID, record.Iteration)
		s.seq = record.Seq
		s.latest.call(record)
		if e := explanation(record); e != nil {
			s.Explanation = e
		}
		if b.keep {
			s.LLM = &Call{record.SystemPrompt, record.UserPrompt, record.Response}
		}
	}
}

// Run gives what was added. Nothing may be added after it.
func (b *Builder) Run() *Run {
	r := b.r
	r.have = slices.Sorted(maps.Keys(b.numbers))
	for _, steps := range r.steps {
		var before, force json.RawMessage
		for _, n := range slices.Sorted(maps.Keys(steps)) {
			s := steps[n]
			if s.Policy == nil {
				s.Policy = s.initial
			}
			force = s.latest.decide(&s.Step, force)
			if s.Policy == nil {
				if c, ok := b.withheld[n]; ok {
					s.Withheld, before = &c, nil
				}
				continue
			}
			if s.First = before == nil; !s.First {
				s.Changes = Diff(before, s.Policy)
			}
			before = s.Policy
		}
	}
	return r
}

func (r *Run) at(agent string, n int) *step {
	if r.steps[agent] == nil {
		r.steps[agent] = map[int]*step{}
	}
	s := r.steps[agent][n]
	if s == nil {
		s = &step{Step: Step{Iteration: n}, seq: -1}
		r.steps[agent][n] = s
	}
	return s
}

// Agents gives the agents in ascending order.
func (r *Run) Agents() []string { return slices.Sorted(maps.Keys(r.steps)) }

// Iterations gives the numbers of the iterations that say something about an agent, ascending.
func (r *Run) Iterations() []int { return r.have }

// Steps gives the steps of an agent, ascending.
func (r *Run) Steps(agent string) []Step {
	steps := r.steps[agent]
	list := make([]Step, 0, len(steps))
	for _, n := range slices.Sorted(maps.Keys(steps)) {
		list = append(list, steps[n].Step)
	}
	return list
}

// Call gives the last call made for agent in iteration n, or nil if there is none.
func (r *Run) Call(ctx context.Context, agent string, n int) (*Call, error) {
	s := r.steps[agent][n]
	if s == nil || s.seq < 0 || s.LLM != nil {
		if s != nil {
			return s.LLM, nil
		}
		return nil, nil
	}
	tail, ok := r.p.(provider.Tail)
	if !ok {
		return nil, nil
	}
	for record, err := range tail.RecordsFrom(ctx, s.seq) {
		if err != nil {
			return nil, err
		}
		if i, ok := record.(*provider.Interaction); ok {
			return &Call{i.SystemPrompt, i.UserPrompt, i.Response}, nil
		}
		break
	}
	return nil, nil
}

// initial gives the agent and the policy of a policy_init event.
func initial(data json.RawMessage) (agent string, policy json.RawMessage) {
	if len(data) == 0 || data[0] != '{' {
		return "", nil
	}
	err := jsontext.Members(data, func(name string, value []byte) (err error) {
		switch {
		case name == "agent_id" && value[0] == '"':
			agent, err = jsontext.Unquote(value)
		case name == "policy" && !jsontext.IsNull(value):
			policy = value
		}
		return err
	})
	if err != nil {
		return "", nil
	}
	return agent, policy
}

// explanation gives what a call says about its reasons: the member "explanation", "reasoning" or "llm_reasoning" of its
// extra values, its policy, or its response if that is a JSON object, perhaps in a fence.
func explanation(i *provider.Interaction) *string {
	texts := []json.RawMessage{i.Extra, i.ParsedPolicy}
	if i.Response != nil && len(*i.Response) <= 1<<20 {
		text := strings.TrimSpace(*i.Response)
		if inside, fenced := strings.CutPrefix(text, "```json"); fenced {
			text = strings.TrimSpace(strings.TrimSuffix(inside, "```"))
		}
		if raw := []byte(text); jsontext.Check(raw) == nil {
			texts = append(texts, raw)
		}
	}
	for _, text := range texts {
		if len(text) == 0 || text[0] != '{' {
			continue
		}
		var found *string
		err := jsontext.Members(text, func(name string, value []byte) error {
			if found == nil && value[0] == '"' && (name == "explanation" || name == "reasoning" || name == "llm_reasoning") {
				if s, err := jsontext.Unquote(value); err == nil && s != "" {
					found = &s
				}
			}
			return nil
		})
		if err == nil && found != nil {
			return found
		}
	}
	return nil
}
