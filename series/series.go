package series

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A Run is a run as rows.
type Run struct {
	provider.Experiment
	Columns []Column
	// Rows are those of the iterations, ascending, and in each those of the agents, sorted. A row without an agent
	// comes first in an iteration, and is there if a column has a value of the iteration as a whole.
	Rows []Row
	// Settings are the values of the columns of the configuration and of labels, which are also in every row; nil for
	// other columns.
	Settings []Value
	// Iterations is how many iterations were recorded to their end.
	Iterations int
	// Title is what people read for the id; empty for that.
	Title string
	// Withheld counts, by the names of fields, values that were asked for and that this copy of the run withholds. What is
	// made of them is absent.
	Withheld map[string]int
	// Base is the run that columns compare this one with; nil for none. See [Run.Against].
	Base *Run

	// Whole has the values of columns that have one for the whole run ([Column.OfRun]), which every row has too.
	Whole Row

	found  []bool  // of which columns something was recorded
	totals []total // of the iterations, if they were read instead of rows
}

// A Value is a JSON text as it was recorded; nil is absent.
type Value = json.RawMessage

// A Row is what is known of one agent in one iteration, or, without an agent, of the iteration as a whole.
type Row struct {
	Iteration int
	Agent     string // empty for the iteration as a whole
	Cost      *provider.Cents
	Accepted  *bool
	Decision  provider.Decision // if it was asked for
	Values    []Value           // one for each column, nil for an absent one; a value of the configuration is in every row
	Defaulted []bool            // of which values it holds that they are, or come from, defaults; nil if of none

	added bool    // to compute something into it
	known knownBy // of the agent
	open  bool    // the iteration was never finished
}

// A knownBy says what tells that an agent had part in an iteration, the surest first.
type knownBy byte

const (
	byRecord   knownBy = iota // the record of the iteration names the agent
	byProposal                // something was proposed for it
	byEvent                   // events of columns name it
)

// Options choose what [Read] reads. The zero value is what iterations cost, and whether changes were accepted.
type Options struct {
	Columns []Column
	// Decisions has rows say what came of what was proposed. A column of [SourceProposed] asks for it too.
	Decisions bool
	// Span is the iterations of which the events of columns are read; nil is all.
	Span *provider.Span
	// Also are fields of the start and the result of a run that are asked for besides, by their names in the line
	// protocol, such as config. A run says if it withholds them.
	Also []string
	// Outline leaves out rows, but for those that have values of columns: the iterations are only counted.
	Outline bool
	// Totals keeps, of an outline, what the iterations cost all agents together, for [Run.PartCost].
	Totals bool
}

// Of is [Read] with some columns.
func Of(ctx context.Context, p provider.Provider, columns []Column) (*Run, error) {
	return Read(ctx, p, Options{Columns: columns})
}

// Read reads a run. Of several events of a type in one iteration, for one agent, the last one that has the value
// counts. An event is of the agent that its member agent_id names; without one it is of the iteration as a whole. What
// is not asked for is not read, where the provider can leave it out ([provider.Selector]).
//
// Iterations that were never finished have rows if a column has values of them or something was proposed in them. A
// formula that cannot be computed is [ErrFormula].
func Read(ctx context.Context, p provider.Provider, o Options) (*Run, error) {
	e, err := p.Experiment(ctx)
	if err != nil {
		return nil, err
	}
	b := builder{columns: o.Columns, iterations: map[int][]*Row{}, config: make([]Value, len(o.Columns)),
		finished: map[int]bool{}, withheld: map[string]int{}}
	also := o.Also
	for i, c := range o.Columns {
		b.config[i] = c.label
		if c.computed() { // from all iterations, perhaps
			o.Outline, o.Span = false, nil
		}
		switch {
		case c.Source == SourceProposed:
			o.Decisions = true
		case c.Source == SourceConfig && len(e.Config) > 0:
			b.config[i] = c.Pointer.In(e.Config, "")
		case c.Source == SourceConfig && !slices.Contains(also, "config"):
			also = append(slices.Clone(also), "config")
		}
		b.policies = b.policies || c.Source == SourcePolicy
	}
	for _, field := range also {
		b.miss(&e.Start, field)
		if e.Result != nil {
			b.miss(e.Result, field)
		}
	}
	if o.Decisions {
		b.proposals = evolution.NewBuilder(p, evolution.Options{Brief: true})
	}
	if err := b.read(ctx, p, o); err != nil {
		return nil, err
	}
	b.decide()
	run := &Run{Experiment: e, Columns: o.Columns, Rows: b.rows(), Iterations: b.ended, Settings: b.config,
		Withheld: b.withheld, totals: b.totals}
	run.Whole.Values = slices.Clone(b.config)
	for i, c := range o.Columns {
		run.found = append(run.found, c.formula != nil ||
			b.config[i] != nil || slices.ContainsFunc(run.Rows, func(row Row) bool { return row.Values[i] != nil }))
	}
	return run, run.derive()
}

// read reads as little as there is a way to.
func (b *builder) read(ctx context.Context, p provider.Provider, o Options) error {
	events := provider.Selection{Span: o.Span}
	for _, c := range o.Columns {
		if c.ofEvents() && !slices.Contains(events.Events, c.Source) {
			events.Events = append(events.Events, c.Source)
		}
	}
	_, selects := p.(provider.Selector)
	if !selects && (len(events.Events) > 0 || b.proposals != nil) {
		return b.take(p.Records(ctx), o.Span)
	}
	if o.Outline && o.Totals && !b.policies && b.proposals == nil {
		if err := b.readTotals(ctx, p); err != nil {
			return err
		}
	} else if o.Outline && !b.policies && b.proposals == nil {
		numbers, err := p.Iterations(ctx)
		if err != nil {
			return err
		}
		b.ended = len(numbers)
	} else if err := b.readIterations(ctx, p); err != nil {
		return err
	}
	if b.proposals != nil {
		for record, err := range provider.Select(ctx, p, evolution.Proposals) {
			if err != nil {
				return err
			}
			b.propose(record)
		}
	}
	if len(events.Events) == 0 {
		return nil
	}
	for record, err := range provider.Select(ctx, p, events) {
		if err != nil {
			return err
		}
		b.event(record.(*provider.Event))
	}
	return nil
}

// Has reports whether the run has a value of the column at index i that was recorded, or it is one that is computed.
func (r *Run) Has(i int) bool { return r.found[i] }

// Heading gives what people read for the id.
func (r *Run) Heading() string {
	if r.Title != "" {
		return r.Title
	}
	return r.RunID
}

// Shown gives the run without the columns that are there for others only.
func (r *Run) Shown() *Run {
	if !slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Hidden }) {
		return r
	}
	shown := *r
	shown.Columns, shown.Rows, shown.Settings, shown.found = Visible(r.Columns), slices.Clone(r.Rows), nil, nil
	for i, c := range r.Columns {
		if !c.Hidden {
			shown.Settings, shown.found = append(shown.Settings, r.Settings[i]), append(shown.found, r.found[i])
		}
	}
	for k := range shown.Rows {
		shown.Rows[k].show(r.Columns)
	}
	shown.Whole.show(r.Columns)
	return &shown
}

// show leaves out the values of columns that are there for others only.
func (r *Row) show(columns []Column) {
	values, defaulted := []Value{}, []bool(nil)
	for i, c := range columns {
		if c.Hidden {
			continue
		}
		values = append(values, r.Values[i])
		if r.Defaulted != nil {
			defaulted = append(defaulted, r.Defaulted[i])
		}
	}
	r.Values, r.Defaulted = values, defaulted
}

// Visible gives the columns that are not there for others only.
func Visible(columns []Column) []Column {
	return slices.DeleteFunc(slices.Clone(columns), func(c Column) bool { return c.Hidden })
}

// ByIteration yields the rows of each iteration.
func (r *Run) ByIteration() iter.Seq[[]Row] {
	return func(yield func([]Row) bool) {
		for rest := r.Rows; len(rest) > 0; {
			end := 1
			for end < len(rest) && rest[end].Iteration == rest[0].Iteration {
				end++
			}
			if !yield(rest[:end:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}

// A builder gathers rows by iteration and agent.
type builder struct {
	columns    []Column
	config     []Value            // values that every row has
	proposals  *evolution.Builder // nil if decisions are not asked for
	iterations map[int][]*Row     // in each those of the agents, sorted
	free       []Row              // to take rows from
	made       int                // so many rows
	policies   bool               // a column is of them
	withheld   map[string]int     // see [Run.Withheld]
	ended      int
	finished   map[int]bool // iterations of which the record was read
	totals     []total
}

func (b *builder) readIterations(ctx context.Context, p provider.Provider) error {
	for it, err := range provider.EachIteration(ctx, p) {
		if err != nil {
			return err
		}
		b.iteration(&it)
		b.propose(&it)
	}
	return nil
}

func (b *builder) readTotals(ctx context.Context, p provider.Provider) error {
	b.totals = []total{}
	for it, err := range provider.EachCost(ctx, p) {
		if err != nil {
			return err
		}
		b.ended++
		b.miss(&it, "costs_per_agent")
		b.totals = append(b.totals, totalOf(&it))
	}
	return nil
}

// take takes in records, and the events of a span for columns.
func (b *builder) take(records iter.Seq2[provider.Record, error], events *provider.Span) error {
	for record, err := range records {
		if err != nil {
			return err
		}
		switch r := record.(type) {
		case *provider.Iteration:
			b.iteration(r)
		case *provider.Event:
			if events.Has(r.Iteration) {
				b.event(r)
			}
		}
		b.propose(record)
	}
	return nil
}

// propose takes in what is proposed in a record, if that is asked for.
func (b *builder) propose(record provider.Record) {
	if b.proposals == nil {
		return
	}
	b.proposals.Add(record)
	switch record.RecordKind() {
	case provider.KindInteraction:
		b.miss(record, "parsed_policy")
	case provider.KindIteration:
		b.miss(record, "accepted_changes")
	}
}

// miss counts a field that is withheld.
func (b *builder) miss(record provider.Record, field string) {
	if _, withheld := record.RecordMeta().Withheld(field); withheld {
		b.withheld[field]++
	}
}

// decide adds what came of proposals.
func (b *builder) decide() {
	if b.proposals == nil {
		return
	}
	run := b.proposals.Run()
	for _, agent := range run.Agents() {
		for _, step := range run.Steps(agent) {
			if _, ok := b.find(step.Iteration, agent); !ok && step.Decision == "" && step.Proposed == nil {
				continue
			}
			r := b.row(step.Iteration, agent, byProposal)
			r.Decision = step.Decision
			for i, c := range b.columns {
				if c.Source == SourceProposed && len(step.Proposed) > 0 {
					r.Values[i] = c.Pointer.In(step.Proposed, agent)
				}
			}
		}
	}
}

// row gives the row of an agent in an iteration, which it makes if there is none.
func (b *builder) row(number int, agent string, known knownBy) *Row {
	i, ok := b.find(number, agent)
	if ok {
		r := b.iterations[number][i]
		r.known = min(r.known, known)
		return r
	}
	if len(b.free) == 0 {
		b.free = make([]Row, 64)
	}
	r := &b.free[0]
	b.free = b.free[1:]
	*r = Row{Iteration: number, Agent: agent, Values: slices.Clone(b.config), known: known}
	b.iterations[number] = slices.Insert(b.iterations[number], i, r)
	b.made++
	return r
}

// find gives the place of an agent among the rows of an iteration, and whether it has one there.
func (b *builder) find(number int, agent string) (int, bool) {
	return slices.BinarySearchFunc(b.iterations[number], agent, func(r *Row, agent string) int {
		return strings.Compare(r.Agent, agent)
	})
}

func (b *builder) iteration(it *provider.Iteration) {
	b.ended++
	b.finished[it.Number] = true
	if b.iterations[it.Number] == nil {
		b.iterations[it.Number] = make([]*Row, 0, len(it.Costs))
	}
	b.miss(it, "costs_per_agent")
	if b.policies {
		b.miss(it, "policies")
	}
	for agent, c := range it.Costs {
		b.row(it.Number, agent, byRecord).Cost = &c
	}
	for agent, accepted := range it.AcceptedChanges {
		b.row(it.Number, agent, byRecord).Accepted = &accepted
	}
	for agent, policy := range it.Policies {
		r := b.row(it.Number, agent, byRecord)
		for i, c := range b.columns {
			if c.Source == SourcePolicy {
				r.Values[i] = slices.Clone(c.Pointer.In(policy, agent))
			}
		}
	}
}

func (b *builder) event(e *provider.Event) {
	if slices.ContainsFunc(b.columns, func(c Column) bool { return c.ofEvents() && c.Source == e.Type }) {
		b.miss(e, "event_data")
	}
	for i, c := range b.columns {
		if c.Source != e.Type || !c.ofEvents() || len(e.Data) == 0 {
			continue
		}
		agents := []string{agentOf(e.Data)}
		if c.Pointer.PerAgent() {
			agents = c.Pointer.Agents(e.Data)
		}
		for _, agent := range agents {
			if v := c.Pointer.In(e.Data, agent); v != nil {
				r := b.row(e.Iteration, agent, byEvent)
				if c.gather {
					r.Values[i] = gathered(r.Values[i], v)
				} else {
					r.Values[i] = slices.Clone(v)
				}
			}
		}
	}
}

// agentOf gives the agent that the payload of an event names, empty if it names none.
func agentOf(data []byte) string {
	v := member(data, "agent_id")
	if len(v) == 0 || v[0] != '"' {
		return ""
	}
	name, err := jsontext.Unquote(v)
	if err != nil {
		return ""
	}
	return name
}

func (b *builder) rows() (list []Row) {
	list = make([]Row, 0, max(b.made, len(b.iterations)))
	for _, n := range slices.Sorted(maps.Keys(b.iterations)) {
		rows := b.iterations[n]
		if len(rows) == 0 { // it was recorded, and nothing of it
			list = append(list, Row{Iteration: n, Values: slices.Clone(b.config)})
		}
		for _, r := range rows {
			r.open = !b.finished[n]
			list = append(list, *r)
		}
	}
	return list
}
