package castro

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// core reads the core generation, and the unified one, which is the same by other names. Iterations count from 0.
type core struct {
	*tables
	names coreTableNames
}

// coreTableNames are the tables and the column with the run's id.
type coreTableNames struct {
	runs, iterations, events role
	id                       string
}

var (
	coreNames    = coreTableNames{coreRuns, coreIterations, coreEvents, "run_id"}
	unifiedNames = coreTableNames{unifiedRuns, unifiedIterations, unifiedEvents, "experiment_id"}
)

func (c *core) runs(ctx context.Context) ([]RunInfo, error) {
	var all []RunInfo
	err := c.tables[c.names.runs].each(ctx, "", nil, func(r *row) error {
		i := RunInfo{
			ID: r.text(c.names.id), Name: r.text("experiment_name"), Type: r.text("experiment_type"),
			Status:    provider.StatusUnfinished,
			CreatedAt: r.text("created_at"), CompletedAt: r.text("completed_at"),
		}
		if i.CompletedAt != "" {
			i.Status = provider.StatusCompleted
		}
		i.Generation = string(generationUnified)
		if c.names.runs == coreRuns {
			i.Generation = string(c.tables.core(i.Type))
		}
		all = append(all, i)
		return nil
	})
	return all, err
}

// A coreRun is what is gathered while a run is read.
type coreRun struct {
	*builder
	events     []placed
	others     []placed
	iterations map[int]*provider.Iteration
	stored     bool // some accepted_changes are true, so that the column means something
	decided    map[int]map[string]bool
	proposals  map[int]map[string]json.RawMessage
	totals     map[int]*provider.Cents // total_cost of the evaluation event; nil for one that is not whole cents
	partial    map[int]bool            // iterations of which a cost was left out
	halved     bool                    // the costs of the agents may add up to less than the total
	calls      calls
}

func (c *core) build(b *builder, id string) error {
	c = &core{b.tables(c.tables), c.names}
	run := &coreRun{
		builder: b, iterations: map[int]*provider.Iteration{}, decided: map[int]map[string]bool{},
		proposals: map[int]map[string]json.RawMessage{}, totals: map[int]*provider.Cents{}, partial: map[int]bool{},
	}
	b.start = provider.Start{RunID: id}
	var result provider.Result
	err := c.tables[c.names.runs].each(b.ctx, c.names.id, is(id), func(r *row) error {
		r.about = aboutRun
		b.drop(r, c.names.id)
		b.start.Name, b.start.Type = b.str(r, "experiment_name"), b.str(r, "experiment_type")
		b.start.Config, b.start.CreatedAt = b.json(r, "config"), b.str(r, "created_at")
		result = provider.Result{
			CompletedAt: b.str(r, "completed_at"), Converged: b.boolean(r, "converged"),
			ConvergenceReason: b.optional(r, "convergence_reason"),
			FinalCost:         b.cents(r, "final_cost"), BestCost: b.cents(r, "best_cost"),
		}
		var o object
		if result.CompletedAt == "" {
			o.unended(&result)
		}
		b.recorded(r, r.t.t.Name(), &o)
		b.valid(r, &b.start)
		return b.err
	})
	if err == nil {
		err = c.readEvents(run, id)
	}
	if err == nil {
		err = c.readIterations(run, id)
	}
	if err == nil && c.names.runs == coreRuns {
		err = c.readEvaluations(run, id)
	}
	if err == nil && c.names.runs == coreRuns {
		err = c.readSimulations(run, id)
	}
	if err != nil {
		return err
	}
	run.accept()
	b.records = merge(run.events, run.others)
	run.checkCosts()
	run.finishCore(&result)
	b.checkCalls()
	return b.err
}

func (c *core) readEvents(run *coreRun, id string) error {
	type numbered struct {
		id int64
		p  placed
	}
	var all []numbered
	err := c.tables[c.names.events].each(run.ctx, c.names.id, is(id), func(r *row) error {
		n, ok := run.iteration(r, "iteration")
		if !ok {
			return run.err
		}
		number, _ := r.raw("id").(int64)
		run.drop(r, c.names.id, "id")
		record := eventRecord(n, run.str(r, "event_type"), run.str(r, "timestamp"), run.json(r, "event_data"))
		run.recorded(r, fmt.Sprintf("experiment_events, iteration %d", n), nil)
		if !run.valid(r, record) {
			return run.err
		}
		all = append(all, numbered{number, placed{record, n, r.text("timestamp"), 0}})
		return run.err
	})
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(a.id, b.id) })
	for _, n := range all { // of several proposals or evaluations the last one counts
		run.events = append(run.events, n.p)
		run.learn(n.p)
	}
	return err
}

// learn takes what an event tells of its iteration.
func (run *coreRun) learn(p placed) {
	n := p.iteration
	switch e := p.record.(type) {
	case *provider.Interaction:
		if _, repeats := run.calls.add(e); !repeats && e.ParsedPolicy != nil && e.AgentID != "" {
			if run.proposals[n] == nil {
				run.proposals[n] = map[string]json.RawMessage{}
			}
			run.proposals[n][e.AgentID] = e.ParsedPolicy
		}
	case *provider.Event:
		if e.Type == "evaluation" {
			if total := member(e.Data, "total_cost"); total != nil {
				run.totals[n] = centsOf(total)
			}
		}
	}
}

func (c *core) readIterations(run *coreRun, id string) error {
	return c.tables[c.names.iterations].each(run.ctx, c.names.id, is(id), func(r *row) error {
		n, ok := run.iteration(r, "iteration")
		if !ok {
			run.homeless = true
			return run.err
		}
		r.about = aboutIteration(n)
		run.drop(r, c.names.id)
		costs, complete := run.costs(r, n, "costs_per_agent")
		record := &provider.Iteration{
			Number: n, Costs: costs, Timestamp: run.str(r, "timestamp"), Policies: run.policies(r, n),
		}
		accepted, err := provider.ParseAcceptedChanges(run.json(r, "accepted_changes"))
		if err != nil {
			run.bad(r, "accepted_changes", r.text("accepted_changes"), err)
		}
		record.AcceptedChanges = accepted
		for _, yes := range accepted {
			run.stored = run.stored || yes
		}
		run.recorded(r, fmt.Sprintf("experiment_iterations, iteration %d", n), nil)
		if run.err != nil || run.iterations[n] != nil {
			return run.err
		}
		if !run.valid(r, record) {
			run.homeless = true
			return run.err
		}
		run.iterations[n], run.partial[n] = record, !complete
		run.others = append(run.others, placed{record, n, record.Timestamp, 0})
		return nil
	})
}

// members calls f for the members of an object of JSON. It reports whether there is one that could be read.
func (b *builder) members(r *row, column string, f func(string, json.RawMessage) error) bool {
	text := b.json(r, column)
	if text == nil || jsontext.IsNull(text) {
		return false
	}
	if err := jsontext.Members(text, func(name string, value []byte) error { return f(name, value) }); err != nil {
		b.bad(r, column, string(text), err)
		return false
	}
	return true
}

// costs reads an object of the costs of iteration n by agent. With lenient only those that are not whole cents are left
// out; complete is false then, and where there is no object.
func (b *builder) costs(r *row, n int, column string) (costs map[string]provider.Cents, complete bool) {
	costs = map[string]provider.Cents{}
	left := false
	there := b.members(r, column, func(agent string, value json.RawMessage) error {
		if !b.agent(r, iterationSubject(n, "costs_per_agent"), column, agent, value) {
			left = true
			return nil
		}
		c, err := provider.ParseCents(string(value))
		if err != nil {
			left = true
			b.badAbout(iterationSubject(n, "costs_per_agent", agent), r, column, string(value),
				&provider.CostError{Agent: agent, Value: string(value), Err: ErrFraction})
			return nil
		}
		costs[agent] = c
		return nil
	})
	return costs, there && !left
}

// policies reads the object of the policies of iteration n by agent.
func (b *builder) policies(r *row, n int) map[string]json.RawMessage {
	policies := map[string]json.RawMessage{}
	b.members(r, "policies", func(agent string, value json.RawMessage) error {
		if !jsontext.IsNull(value) && b.agent(r, iterationSubject(n, "policies"), "policies", agent, value) {
			policies[agent] = value
		}
		return nil
	})
	return policies
}

// agent reports whether a member of an object by agent has a name that can be kept.
func (b *builder) agent(r *row, subject, column, agent string, value json.RawMessage) bool {
	err := provider.CheckName(agent)
	if err != nil {
		b.badAbout(subject, r, column, string(value), fmt.Errorf("agent %.80q %w", agent, err))
	}
	return err == nil
}

// isAgent reports whether every record takes a name for that of an agent.
func isAgent(name string) bool {
	return name != "" && len(name) <= provider.MaxName && provider.CheckName(name) == nil
}

func (c *core) readEvaluations(run *coreRun, id string) error {
	return c.tables[coreEvaluations].each(run.ctx, "run_id", is(id), func(r *row) error {
		n, ok := run.iteration(r, "iteration")
		if !ok {
			return run.err
		}
		run.drop(r, "run_id")
		time := run.str(r, "timestamp")
		agent := r.text("agent_id")
		if accepted, ok := r.raw("accepted").(bool); ok && isAgent(agent) {
			if run.decided[n] == nil {
				run.decided[n] = map[string]bool{}
			}
			run.decided[n][agent] = accepted
		}
		event := &provider.Event{Iteration: n, Type: "policy_evaluation", Timestamp: time, Data: run.payload(r)}
		if run.valid(r, event) {
			run.others = append(run.others, placed{event, n, time, 1})
		}
		return run.err
	})
}

// readSimulations adds the simulations of the run and what happened in them, in the order of the tables: the ids of the
// events are random, so that nothing else keeps their order within a tick.
func (c *core) readSimulations(run *coreRun, id string) error {
	type simulation struct {
		iteration int
		at        string
	}
	known := map[string]simulation{}
	rows, err := c.simulations(run, id)
	if err != nil {
		return err
	}
	for _, r := range rows {
		n := 0
		if r.raw("experiment_iteration") != nil {
			var ok bool
			if n, ok = run.iteration(r, "experiment_iteration"); !ok {
				if run.err != nil {
					return run.err
				}
				continue
			}
		} else {
			run.note(noteDoubtful, "/iterations/0", "simulations without the number of an iteration are under iteration 0")
		}
		run.drop(r, "experiment_run_id")
		time := run.str(r, "started_at")
		known[r.text("simulation_id")] = simulation{n, time}
		event := &provider.Event{Iteration: n, Type: "simulation", Timestamp: time, Data: run.payload(r)}
		if run.valid(r, event) {
			run.others = append(run.others, placed{event, n, time, 2})
		}
		if run.err != nil {
			return run.err
		}
	}
	belongs := &wanted{keys: map[string]bool{}, prefix: id + "-sim-"}
	for name := range known {
		belongs.keys[name] = true
	}
	for _, part := range []struct {
		role role
		kind string
	}{{coreSimulationEvents, "simulation_event"}, {coreRegisters, "agent_state_register"}} {
		err := c.tables[part.role].each(run.ctx, "simulation_id", belongs, func(r *row) error {
			s := known[r.text("simulation_id")]
			time := ""
			if part.role == coreSimulationEvents {
				time = run.str(r, "event_timestamp")
				run.note(noteDoubtful, "", "the events of a simulation are in the order of their table, since their ids are random and a tick may hold several")
			}
			event := &provider.Event{Iteration: s.iteration, Type: part.kind, Timestamp: time, Data: run.payload(r)}
			if run.valid(r, event) {
				run.others = append(run.others, placed{event, s.iteration, s.at, 3 + int(part.role)})
			}
			return run.err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// simulations gives the rows of the simulations of a run, in the order of the table: those that name the run, and those
// that name none and have an id that begins with that of the run.
func (c *core) simulations(run *coreRun, id string) (rows []*row, err error) {
	t := c.tables[coreSimulations]
	if t == nil {
		return nil, nil
	}
	const owner, name = "experiment_run_id", "simulation_id"
	if t.columns[t.index[owner]].Err == nil {
		err = t.each(run.ctx, owner, &wanted{keys: map[string]bool{id: true}, none: !t.isText(owner)}, func(r *row) error {
			if r.text(owner) == id {
				rows = append(rows, r)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if t.columns[t.index[name]].Err != nil {
		return rows, nil
	}
	err = t.each(run.ctx, name, &wanted{prefix: id + "-sim-", none: !t.isText(name)}, func(r *row) error {
		if r.text(owner) == "" && strings.HasPrefix(r.text(name), id+"-sim-") {
			rows = append(rows, r)
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.n, b.n) })
	return rows, err
}

// accept finds out which proposals were accepted.
func (run *coreRun) accept() {
	if len(run.iterations) == 0 {
		return
	}
	if run.stored {
		return
	}
	recorded := 0
	for _, it := range run.iterations {
		recorded += len(it.AcceptedChanges)
		it.AcceptedChanges = map[string]bool{}
	}
	if recorded > 0 {
		run.note(noteDoubtful, aboutIterations, "accepted_changes is false for every agent of every iteration: it was written before the decision, and is not used")
	}
	if len(run.decided) > 0 {
		for n, it := range run.iterations {
			maps.Copy(it.AcceptedChanges, run.decided[n])
		}
		run.note(noteDerived, aboutIterations, "accepted changes are the decisions in policy_evaluations")
		return
	}
	unchanged, derived := 0, 0
	for n, it := range run.iterations {
		next := run.iterations[n+1]
		if next == nil {
			continue
		}
		for agent, proposal := range run.proposals[n] {
			now, then := it.Policies[agent], next.Policies[agent]
			switch {
			case then == nil:
			case now != nil && sameJSON(proposal, now):
				unchanged++
			default:
				derived++
				it.AcceptedChanges[agent] = sameJSON(proposal, then)
			}
		}
	}
	if derived > 0 {
		run.note(noteDerived, aboutIterations, "accepted changes: a proposal counts as accepted if it is the policy of the next iteration")
	}
	if unchanged > 0 {
		run.note(noteDerived, aboutIterations, "%d proposals repeat the policy in force; whether they were accepted cannot be told", unchanged)
	}
}

// checkCosts adds a note if each agent was given an equal part of the total.
func (run *coreRun) checkCosts() {
	if mode, _ := stringOf(member(run.start.Config, "evaluation", "mode")); mode != "bootstrap" {
		return
	}
	policiesDiffer, compared := false, 0
	for n, it := range run.iterations {
		agents := slices.Sorted(maps.Keys(it.Costs))
		if len(agents) < 2 {
			continue
		}
		compared++
		for _, agent := range agents[1:] {
			if it.Costs[agent] != it.Costs[agents[0]] {
				return
			}
			if !sameJSON(member(it.Policies[agent], "parameters"), member(it.Policies[agents[0]], "parameters")) {
				policiesDiffer = true
			}
		}
		if sum, total := sumOf(it.Costs, nil), run.totals[n]; sum != nil && total != nil && *total > *sum {
			policiesDiffer = true // a cent was lost when the total was divided
		}
	}
	if compared > 0 && policiesDiffer {
		run.halved = true
		run.note(noteDoubtful, aboutIterations, "the agents have equal costs in every iteration: in bootstrap mode each was given an equal part of the total, rounded down; total_cost of the evaluation events is right")
	}
}

// finishCore adds the result.
func (run *coreRun) finishCore(result *provider.Result) {
	if result.CompletedAt == "" {
		run.note(noteDoubtful, aboutStatus, "no end was recorded: the run went on when the file was written, or its process died; %d iterations are complete", len(run.iterations))
		return
	}
	result.Status = provider.StatusCompleted
	run.result = result
	final, best := centsOf(member(run.start.Config, "final_cost")), centsOf(member(run.start.Config, "best_cost"))
	if result.FinalCost == nil && final != nil {
		result.FinalCost = final
		run.note(noteDerived, "/final_cost", "final cost: final_cost of the configuration, where the runner put it")
	}
	if result.BestCost == nil && best != nil {
		result.BestCost = best
		run.note(noteDerived, "/best_cost", "best cost: best_cost of the configuration, where the runner put it")
	}
	all := run.iterationTotals()
	if result.FinalCost == nil {
		last := all.last()
		if result.FinalCost = run.derive("final cost", "iteration", last); result.FinalCost != nil {
			run.note(noteDerived, "/final_cost", "final cost: the total of the last iteration, %d; the runner did not record one", last.iteration)
		}
	}
	if result.BestCost == nil {
		lowest := all.lowest()
		if result.BestCost = run.derive("best cost", "iteration", lowest); result.BestCost != nil {
			run.note(noteDerived, "/best_cost", "best cost: the lowest total of an iteration, that of %d; the runner did not record one", lowest.iteration)
		}
	}
	run.checkStability(slices.Sorted(maps.Keys(run.iterations)), result)
}

// iterationTotals gives the total cost of each iteration: that of its evaluation, else the sum over the agents.
func (run *coreRun) iterationTotals() (all totals) {
	agents := map[string]bool{}
	for _, it := range run.iterations {
		for agent := range it.Costs {
			agents[agent] = true
		}
	}
	for n, it := range run.iterations {
		t := total{iteration: n}
		if evaluated, ok := run.totals[n]; ok {
			t.cents = evaluated
		} else if !run.halved && !run.partial[n] {
			t.cents = sumOf(it.Costs, agents)
		}
		if run.homeless {
			t.cents = nil // a row that was left out may be that of this iteration, or of a later one
		}
		all = append(all, t)
	}
	return all
}

// checkStability adds a note if a run is said to be stable although policies were still changing.
func (run *coreRun) checkStability(numbers []int, result *provider.Result) {
	const window = 5
	if result.ConvergenceReason == nil || !strings.HasPrefix(*result.ConvergenceReason, "Stability achieved") ||
		len(numbers) < 2 {
		return
	}
	changed := 0
	from := max(1, len(numbers)-window)
	for i := from; i < len(numbers); i++ {
		before, after := run.iterations[numbers[i-1]].Policies, run.iterations[numbers[i]].Policies
		for agent, p := range after {
			if before[agent] != nil && !sameJSON(member(p, "parameters"), member(before[agent], "parameters")) {
				changed++
			}
		}
	}
	if changed > 0 {
		run.note(noteDoubtful, "/convergence_reason", "the run ended because of %q, but parameters of policies changed %d times in its last %d iterations: the test looks only at the total cost", *result.ConvergenceReason, changed, len(numbers)-from)
	}
}
