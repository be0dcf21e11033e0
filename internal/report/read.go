package report

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/series"
)

// Options say what a page is made of, besides the run. The zero value is a page of the run alone.
type Options struct {
	// Columns are drawn below the costs in the place of the parameters of policies that changed most.
	Columns []series.Column
	// File is what the file is called in the commands that check the report, and Archive says that verify takes it.
	File    string
	Archive bool
	// Running says that the run is being recorded at this moment.
	Running bool
	// Facts say where the run lies, in the order in which they are shown; names are words of the caller.
	Facts [][2]string
	// Annotations are what the archive says beside the run, without signatures.
	Annotations []Annotation
	// Vouched is called when the whole run has been read: it may refuse it, and gives the signatures over it.
	Vouched func(start *provider.Start, sink *digest.Sink) ([]Signature, error)
	// Outline leaves prompts, answers and the data of events where they are, for a server that gives them one by one.
	// Types are then the events by type, as the server knows them.
	Outline bool
	// Partly says that the provider gives decisions and calls of some iterations only, so that they are not counted.
	Partly bool
	Types  []EventType
}

// Read reads a run. Unless only an outline is wanted it reads all records once, in recorded order, and what came of
// them is in [Run.Sink]; columns are read besides. What of the records is kept is bounded by what the page can hold.
// Errors are those of the provider, and of columns that the run does not have or whose values are no numbers.
func Read(ctx context.Context, p provider.Provider, o Options) (*Run, error) {
	b := &builder{o: o, run: &Run{}, its: map[int]*iteration{}, types: map[string]*typeCount{},
		evo: evolution.NewBuilder(p, evolution.Options{Brief: o.Outline}), withheld: map[string]int64{},
		before: map[string]int64{}}
	b.run.data.init()
	if err := b.read(ctx, p); err != nil {
		return nil, err
	}
	tracks, err := b.readColumns(ctx, p)
	if err != nil {
		return nil, err
	}
	b.finish(tracks)
	return b.run, nil
}

// A builder gathers a run.
type builder struct {
	o                               Options
	run                             *Run
	start                           provider.Start
	result                          *provider.Result
	evo                             *evolution.Builder
	its                             map[int]*iteration
	types                           map[string]*typeCount
	withheld                        map[string]int64 // values by the names of their fields
	models                          []string
	before                          map[string]int64 // Seq of the last call of each agent
	calls                           int64
	tokens                          [2]int64 // of prompts and completions
	counted                         [2]int64 // calls that have them
	attached                        int      // bytes in the page
	moreNotes, moreFiles, moreTypes int64    // that the page does not list
	records                         int64
	counts                          [8]int64 // by kind
}

// An iteration is what was recorded of one.
type iteration struct {
	record *provider.Iteration // nil if it was not recorded to its end
	calls  []call
	trials map[string]*trial
	events int
	steps  map[string]evolution.Step
	prior  map[string]json.RawMessage // the policy before that of the step
}

// A call is what the list says of a call of a language model.
type call struct {
	seq                int64
	agent              string
	model              *string
	prompt, completion *int64
	latency            *float64
	time               string
	failure            *string
	extra              json.RawMessage
	held               *provider.Redaction
	parsed             bool
}

// A trial is what events say of how a proposal was tried.
type trial struct {
	old, new *provider.Cents
	specific []string // what is wrong with it, in detail
	reason   string
	samples  string
}

// A typeCount counts the events of a type.
type typeCount struct {
	total int64
	in    map[int]int64
}

func (b *builder) read(ctx context.Context, p provider.Provider) error {
	if !b.o.Outline {
		for r, err := range p.Records(ctx) {
			if err == nil {
				err = provider.Put(ctx, &b.run.Sink, r)
			}
			if err != nil {
				return err
			}
			b.add(r)
		}
		if b.o.Vouched == nil {
			return nil
		}
		var err error
		b.run.Provenance.Signatures, err = b.o.Vouched(&b.start, &b.run.Sink)
		return err
	}
	e, err := p.Experiment(ctx)
	if err != nil {
		return err
	}
	b.add(&e.Start)
	for i := range e.Notes {
		b.add(&e.Notes[i])
	}
	for it, err := range provider.EachIteration(ctx, p) {
		if err != nil {
			return err
		}
		b.add(&it)
	}
	for r, err := range provider.Select(ctx, p, evolution.Proposals) {
		if err != nil {
			return err
		}
		b.add(r)
	}
	if e.Result != nil {
		b.add(e.Result)
	}
	b.records = 0
	if c, ok := p.(provider.Counter); ok {
		b.records, err = c.RecordCount(ctx)
	}
	return err
}

// at gives the iteration of a number.
func (b *builder) at(n int) *iteration {
	it := b.its[n]
	if it == nil {
		it = &iteration{trials: map[string]*trial{}, steps: map[string]evolution.Step{},
			prior: map[string]json.RawMessage{}}
		b.its[n] = it
	}
	return it
}

// add takes the next record.
func (b *builder) add(r provider.Record) {
	b.records++
	b.counts[r.RecordKind()]++
	if red := r.RecordMeta().Redaction; red != nil {
		for field := range red.Withheld {
			b.withheld[field]++
		}
	}
	switch r := r.(type) {
	case *provider.Start:
		b.start = *r
	case *provider.Result:
		b.result = r
	case *provider.Note:
		b.note(r)
	case *provider.Attachment:
		b.file(r)
	case *provider.Iteration:
		b.evo.Add(r)
		b.at(r.Number).record = r
	case *provider.Interaction:
		b.evo.Add(r)
		b.interaction(r)
	case *provider.Event:
		b.evo.Add(r)
		b.event(r)
	}
}

func (b *builder) interaction(r *provider.Interaction) {
	it := b.at(r.Iteration)
	c := call{seq: r.Seq, agent: r.AgentID, model: r.Model, prompt: r.PromptTokens, completion: r.CompletionTokens,
		latency: r.LatencySeconds, time: r.Timestamp, failure: r.ParsingError, extra: r.Extra, held: r.Redaction,
		parsed: r.ParsedPolicy != nil}
	it.calls = append(it.calls, c)
	b.calls++
	for i, n := range []*int64{r.PromptTokens, r.CompletionTokens} {
		if n != nil {
			b.tokens[i] += *n
			b.counted[i]++
		}
	}
	if r.Model != nil && !slices.Contains(b.models, *r.Model) && len(b.models) < maxModels {
		b.models = append(b.models, *r.Model)
	}
	before, had := b.before[r.AgentID]
	if !had {
		before = -1
	}
	b.before[r.AgentID] = r.Seq
	if !b.o.Outline {
		b.run.data.call(r, before)
	}
}

// maxModels is how many models are named.
const maxModels = 8

func (b *builder) event(r *provider.Event) {
	it := b.at(r.Iteration)
	it.events++
	if agent, note := trialOf(r); note != nil {
		t := it.trials[agent]
		if t == nil {
			t = &trial{}
			it.trials[agent] = t
		}
		note(t)
	}
	if b.o.Outline {
		return
	}
	c := b.types[r.Type]
	if c == nil {
		c = &typeCount{in: map[int]int64{}}
		b.types[r.Type] = c
	}
	c.total++
	c.in[r.Iteration]++
	b.run.data.event(r)
}

// trialOf gives what an event says of the trial of a proposal, and of whose it is; nil for other events.
func trialOf(e *provider.Event) (agent string, note func(*trial)) {
	switch e.Type {
	case "policy_change", "policy_evaluation", "policy_rejected", "llm_error":
	default:
		return "", nil
	}
	m := map[string][]byte{}
	if jsontext.Members(e.Data, func(name string, value []byte) error {
		if !jsontext.IsNull(value) {
			m[name] = value
		}
		return nil
	}) != nil {
		return "", nil
	}
	if agent = stringIn(m["agent_id"]); agent == "" {
		return "", nil
	}
	return agent, func(t *trial) {
		if c, err := provider.ParseCents(string(m["old_cost"])); err == nil {
			t.old = &c
		}
		if c, err := provider.ParseCents(string(m["new_cost"])); err == nil {
			t.new = &c
		}
		for _, name := range []string{"acceptance_reason", "rejection_reason", "reason", "error"} {
			t.reason = cmp.Or(stringIn(m[name]), t.reason)
		}
		var list []json.RawMessage
		if json.Unmarshal(m["validation_errors"], &list) == nil && len(list) > 0 {
			t.specific = nil
			for _, text := range list {
				t.specific = append(t.specific, cmp.Or(stringIn(text), string(text)))
			}
		}
		if n := m["num_samples"]; n != nil && n[0] != '"' && n[0] != '{' && n[0] != '[' {
			t.samples = string(n)
		}
	}
}

// stringIn gives a JSON string, empty for anything else.
func stringIn(text []byte) string {
	if len(text) == 0 || text[0] != '"' {
		return ""
	}
	s, err := jsontext.Unquote(text)
	if err != nil {
		return ""
	}
	return s
}

// finish makes the parts of the page.
func (b *builder) finish(tracks []track) {
	evo := b.evo.Run()
	for _, agent := range evo.Agents() {
		var prior json.RawMessage
		for _, s := range evo.Steps(agent) {
			it := b.at(s.Iteration)
			it.steps[agent] = s
			it.prior[agent] = prior
			if s.Policy != nil {
				prior = s.Policy
			} else if s.Withheld != nil {
				prior = nil
			}
		}
	}
	numbers := slices.Sorted(maps.Keys(b.its))
	l := b.list(numbers)
	b.run.Costs = b.costs(l, tracks)
	b.run.Events = b.eventTypes(numbers)
	b.run.Provenance = b.provenance(l)
	b.run.Head = b.head(l)
	b.bound()
	b.run.data.finish(l)
}

// bound leaves out what the page has no room for, and says so.
func (b *builder) bound() {
	left, rows, agents := b.run.data.leftOut(), int64(0), 0
	if !b.o.Outline {
		room := maxBodies
		for i := range b.run.Iterations {
			it := &b.run.Iterations[i]
			if more := len(it.Rows) - maxRowsOf; more > 0 {
				it.Rows, it.More = it.Rows[:maxRowsOf], plural(more, "agent")
				agents = max(agents, more)
			}
			for k := range it.Rows {
				r := &it.Rows[k]
				if room -= r.Body.size(); room < 0 {
					r.Body, r.BodyLeft = Body{}, true
					rows++
				}
			}
		}
	}
	if b.moreNotes > 0 {
		left = append(left, plural(b.moreNotes, "note"))
	}
	if b.moreTypes > 0 {
		left = append(left, plural(b.moreTypes, "type")+" of events")
	}
	if agents > 0 {
		left = append(left, "rows of up to "+plural(agents, "agent"))
	}
	if b.moreFiles > 0 {
		left = append(left, plural(b.moreFiles, "attachment"))
	}
	if rows > 0 {
		left = append(left, "policies and facts of "+plural(rows, "decision"))
	}
	_, _, skipped := b.run.bounded()
	if len(left) == 0 && (skipped == "" || b.o.Outline) {
		return
	}
	if !b.o.Outline && skipped != "" {
		left = append(left, skipped)
	}
	text := "To keep this page small it leaves out " + strings.Join(left, ", ") + ". "
	b.run.LeftOut = left
	b.run.Head.Warnings = append(b.run.Head.Warnings, text+"The run itself has all of it: exparchive view shows it.")
}
