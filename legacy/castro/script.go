package castro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// script reads the script generation. Its iterations count from 1; number 0 holds the initial policies.
type script struct{ t *tables }

// scriptAgents are the agents of that time; the columns of the tables name them.
var scriptAgents = []string{"BANK_A", "BANK_B"}

func (s *script) runs(ctx context.Context) ([]RunInfo, error) {
	ended, last := map[string]bool{}, map[string]int64{}
	err := s.t[scriptMetrics].each(ctx, "", nil, func(r *row) error {
		id := r.text("experiment_id")
		if converged, _ := r.raw("converged").(bool); converged {
			ended[id] = true
		}
		if n, ok := r.raw("iteration_number").(int64); ok {
			last[id] = max(last[id], n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var all []RunInfo
	err = s.t[scriptConfig].each(ctx, "", nil, func(r *row) error {
		i := RunInfo{
			ID: r.text("experiment_id"), Name: r.text("experiment_name"), Type: "castro-script",
			Generation: string(s.t.script()),
			Status:     provider.StatusUnfinished, CreatedAt: r.text("created_at"),
		}
		if limit, ok := r.raw("max_iterations").(int64); ended[i.ID] || ok && limit > 0 && last[i.ID] >= limit {
			i.Status = provider.StatusCompleted
		}
		all = append(all, i)
		return nil
	})
	return all, err
}

// A scriptIteration is what is known of one iteration.
type scriptIteration struct {
	seeds    int
	sum      map[string]int64 // of the cost of each agent over the seeds
	past     bool             // the sum is past int64
	partial  bool             // a seed has no cost: the sum is not that of all seeds
	short    bool             // a seed's costs of the banks do not add up to its total
	halves   bool             // both banks have the same cost in every seed
	accepted map[string]bool
	metrics  *row // the last one
}

func (s *script) build(b *builder, id string) error {
	s = &script{b.tables(s.t)}
	b.start = provider.Start{RunID: id, Type: "castro-script"}
	maxIterations := int64(-1)
	err := s.t[scriptConfig].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		r.about = aboutRun
		b.drop(r, "experiment_id")
		b.start.Name, b.start.CreatedAt = b.str(r, "experiment_name"), b.str(r, "created_at")
		if n, ok := r.raw("max_iterations").(int64); ok {
			maxIterations = n
		}
		b.start.Config = b.payload(r)
		b.valid(r, &b.start)
		return b.err
	})
	if err != nil {
		return err
	}
	var all []placed
	iterations := map[int]*scriptIteration{}
	at := func(n int) *scriptIteration {
		if iterations[n] == nil {
			iterations[n] = &scriptIteration{sum: map[string]int64{}, accepted: map[string]bool{}, halves: true}
		}
		return iterations[n]
	}
	policies := map[string]map[int]json.RawMessage{} // by agent and the number of the row
	place := func(r *row, rank int, record provider.Record, n int, time string) {
		if b.valid(r, record) {
			all = append(all, placed{record, n, time, rank})
		}
	}

	err = s.t[scriptPolicies].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			return b.err
		}
		b.drop(r, "experiment_id")
		agent, at0, by := b.str(r, "agent_id"), b.str(r, "created_at"), r.text("created_by")
		policy, accepted := b.json(r, "policy_json"), b.boolean(r, "was_accepted")
		kind, name, made := "policy_change", "new_policy", n
		rank := 5 // behind the call that proposed it
		if by == "init" {
			kind, name, rank = "policy_init", "policy", 0
		} else {
			if by == "llm" && n > 0 {
				made = n - 1 // the call of an iteration proposes the policy of the next one
			}
			if accepted != nil {
				at(made).accepted[agent] = *accepted
			}
		}
		var o object
		o.addText("agent_id", agent)
		o.add("iteration_number", fmt.Append(nil, n))
		o.add(name, policy)
		o.addBool("accepted", accepted)
		b.rest(r, &o)
		if policy != nil {
			if policies[agent] == nil {
				policies[agent] = map[int]json.RawMessage{}
			}
			policies[agent][n] = policy
		}
		place(r, rank, &provider.Event{Iteration: made, Type: kind, Timestamp: at0, Data: o.json()}, made, at0)
		return b.err
	})
	if err != nil {
		return err
	}

	err = s.t[scriptRuns].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			b.homeless = true
			return b.err
		}
		b.drop(r, "experiment_id")
		time := b.str(r, "created_at")
		it := at(n)
		total, totalOK := r.raw("total_cost").(int64)
		first, firstOK := r.raw("bank_a_cost").(int64)
		second, secondOK := r.raw("bank_b_cost").(int64)
		it.seeds++
		if firstOK && secondOK {
			it.add("BANK_A", first)
			it.add("BANK_B", second)
			it.short = it.short || totalOK && first+second != total
			it.halves = it.halves && first == second
		} else {
			it.partial = true
		}
		place(r, 1, &provider.Event{Iteration: n, Type: "simulation_run", Timestamp: time, Data: b.payload(r)}, n, time)
		return b.err
	})
	if err != nil {
		return err
	}

	for _, it := range iterations {
		it.partial = it.partial || b.homeless // the row may be a seed of any iteration
	}
	converged := false
	b.homeless = false
	err = s.t[scriptMetrics].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			b.homeless = true
			return b.err
		}
		b.drop(r, "experiment_id")
		time := b.str(r, "created_at")
		it := at(n)
		if it.metrics != nil {
			b.note(noteDoubtful, iterationSubject(n), "iteration %d has several rows in iteration_metrics; the last one counts",
				n)
		}
		it.metrics = r
		yes, _ := r.raw("converged").(bool)
		converged = converged || yes
		var o object
		if mean, err := whole(r.raw("total_cost_mean")); err == nil {
			o.addCents("total_cost", &mean)
		}
		if costs := it.costs(); len(costs) > 0 {
			o.add("per_agent_costs", provider.AppendCosts(nil, costs))
		}
		b.rest(r, &o)
		place(r, 2, &provider.Event{Iteration: n, Type: "evaluation", Timestamp: time, Data: o.json()}, n, time)
		return b.err
	})
	if err != nil {
		return err
	}
	if err := s.calls(b, id, place); err != nil {
		return err
	}
	b.placeIterations(iterations, policies, &all)
	inOrder(all)
	b.records = recordsOf(all)
	b.scriptNotes(s, iterations, converged, maxIterations)
	return b.err
}

// calls adds the calls of the language model and the answers that were refused.
func (s *script) calls(b *builder, id string, place func(*row, int, provider.Record, int, string)) error {
	tokens := map[string]int{}
	err := s.t[scriptCalls].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			return b.err
		}
		b.drop(r, "experiment_id")
		i := &provider.Interaction{
			Iteration: n, Model: b.optional(r, "model_name"), UserPrompt: b.optional(r, "prompt_text"),
			Response:     b.optional(r, "response_text"),
			ParsingError: b.optional(r, "error_message"), LatencySeconds: b.seconds(r, "latency_seconds"),
			Timestamp: b.str(r, "created_at"),
		}
		if t := r.text("tokens_used"); t != "" {
			tokens[t]++
		}
		i.Extra = b.payload(r)
		place(r, 3, i, n, i.Timestamp)
		return b.err
	})
	if err != nil {
		return err
	}
	if n := tokens["4000"]; n > 0 && len(tokens) == 1 {
		b.note(noteDoubtful, "", "tokens_used is 4000 in all %d calls of the language model: the script wrote that number without counting", n)
	}
	if len(tokens) > 0 {
		b.note(noteDoubtful, "", "the prompt of a call is only the short instruction; the context that the language model was given was not recorded, and one call answers for both banks")
	}
	return s.t[scriptErrors].each(b.ctx, "experiment_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			return b.err
		}
		b.drop(r, "experiment_id")
		if agent := r.text("agent_id"); strings.HasPrefix(agent, "Bank ") {
			b.note(noteDoubtful, "", "validation errors name the agents as %q, the other tables as %q", "Bank A", "BANK_A")
		}
		time := b.str(r, "created_at")
		place(r, 4, &provider.Event{Iteration: n, Type: "validation_error", Timestamp: time, Data: b.payload(r)}, n, time)
		return b.err
	})
}

func (it *scriptIteration) add(agent string, cost int64) {
	before := it.sum[agent]
	if it.sum[agent] += cost; cost != 0 && (cost > 0) != (it.sum[agent] > before) {
		it.past = true
	}
}

// costs gives the mean over the seeds for each agent for which it is a whole number of cents.
func (it *scriptIteration) costs() map[string]provider.Cents {
	costs := map[string]provider.Cents{}
	if it.seeds == 0 || it.past || it.partial {
		return costs
	}
	for agent, sum := range it.sum {
		if sum%int64(it.seeds) == 0 {
			costs[agent] = provider.Cents(sum / int64(it.seeds))
		}
	}
	return costs
}

// placeIterations adds the record of each iteration that was evaluated.
func (b *builder) placeIterations(iterations map[int]*scriptIteration, policies map[string]map[int]json.RawMessage,
	all *[]placed) {
	var unfinished, partial []string
	for _, n := range slices.Sorted(maps.Keys(iterations)) {
		it := iterations[n]
		if it.metrics == nil {
			if it.seeds > 0 {
				unfinished = append(unfinished, fmt.Sprint(n))
			}
			continue
		}
		record := &provider.Iteration{
			Number: n, Costs: it.costs(), AcceptedChanges: it.accepted, Policies: map[string]json.RawMessage{},
			Timestamp: it.metrics.text("created_at"),
		}
		for agent, rows := range policies {
			last := -1
			for number := range rows {
				if number <= n {
					last = max(last, number)
				}
			}
			if last >= 0 {
				record.Policies[agent] = rows[last]
			}
		}
		if b.valid(it.metrics, record) {
			*all = append(*all, placed{record, n, record.Timestamp, 2}) // behind the evaluation
		}
		if it.partial {
			partial = append(partial, fmt.Sprint(n))
			continue
		}
		if it.past {
			b.note(noteLeftOut, iterationSubject(n, "costs_per_agent"),
				"iteration %d: the costs of its seeds add up to more than a 64-bit integer holds: the iteration has no costs", n)
		}
		for _, agent := range scriptAgents {
			if _, whole := record.Costs[agent]; !whole && it.seeds > 0 && !it.past {
				b.note(noteDerived, iterationSubject(n, "costs_per_agent", agent),
					"iteration %d: the mean cost of %s over %d seeds is %d/%d cents, not a whole number: it is left out of the iteration's costs, and the cost of each seed is in its simulation_run event",
					n, agent, it.seeds, it.sum[agent], it.seeds)
			}
		}
	}
	if len(partial) > 0 {
		b.note(noteDerived, aboutIterations, "the costs of iteration %s are left out: a seed has no cost of a bank, so that the mean over the seeds cannot be known",
			strings.Join(partial, ", "))
	}
	if len(unfinished) > 0 {
		b.note(noteDoubtful, aboutIterations, "simulations but no metrics were recorded for iteration %s: it was not finished, or every simulation failed", strings.Join(unfinished, ", "))
	}
}

func (b *builder) scriptNotes(s *script, iterations map[int]*scriptIteration, converged bool, maxIterations int64) {
	short, halves, costs := 0, 0, 0
	for _, it := range iterations {
		if it.seeds > 0 {
			costs++
			if it.halves && len(it.sum) > 0 {
				halves++
			}
		}
		if it.short {
			short++
		}
	}
	if costs > 0 {
		b.note(noteDerived, aboutIterations, "the costs of an iteration are the means of bank_a_cost and bank_b_cost over its seeds; the policies of an iteration are the last ones recorded up to it")
	}
	if costs > 0 && halves == costs {
		b.note(noteDoubtful, aboutIterations, "both banks have the same cost in every simulation: at that time each was given half of the total")
	}
	if short > 0 {
		b.note(noteDoubtful, aboutIterations, "in %d iterations the costs of the banks do not add up to total_cost: an odd total was halved, which lost a cent", short)
	}
	if s.t[scriptPolicies] == nil || !s.t[scriptPolicies].has("was_accepted") {
		b.note(noteDoubtful, aboutIterations, "whether a policy was accepted was not recorded in this version; one that was recorded was used")
	} else {
		b.note(noteDerived, aboutIterations, "the accepted changes of an iteration are was_accepted of the policies that its call proposed, which have the number of the next iteration")
	}
	last, lowest := lastAndLowest(iterations)
	if last < 0 {
		b.note(noteDoubtful, aboutIterations, "no iteration was recorded: the run failed at once, or was killed; the initial policies are in its policy_init events")
		return
	}
	ended := ""
	switch {
	case converged:
		ended = "an iteration is marked as converged"
	case maxIterations > 0 && int64(last) >= maxIterations:
		ended = fmt.Sprintf("the iterations reached the limit of %d", maxIterations)
	default:
		b.note(noteDoubtful, aboutStatus, "the file does not say whether the run came to its end: it has %d of at most %d iterations and looks the same if it was killed", last, maxIterations)
		return
	}
	final, best := b.meanCents("final cost", iterations, last), b.meanCents("best cost", iterations, lowest)
	b.result = &provider.Result{Status: provider.StatusCompleted, Converged: &converged, FinalCost: final, BestCost: best}
	b.note(noteDerived, aboutStatus, "the end of the run was not recorded; that it was completed follows from this: %s",
		ended)
	if final != nil {
		b.note(noteDerived, "/final_cost", "final cost: the mean total cost of the last iteration, %d", last)
	}
	if best != nil {
		b.note(noteDerived, "/best_cost", "best cost: the lowest mean total cost, that of iteration %d", lowest)
	}
}

// lastAndLowest gives the last iteration with metrics, and the one whose mean total cost is the lowest, or the first
// without one, which might be lower; -1 if there is none.
func lastAndLowest(iterations map[int]*scriptIteration) (last, lowest int) {
	last, lowest = -1, -1
	least := math.Inf(1)
	unknown := false
	for _, n := range slices.Sorted(maps.Keys(iterations)) {
		if iterations[n].metrics == nil {
			continue
		}
		last = n
		mean, _, ok := floating(iterations[n].metrics.raw("total_cost_mean"))
		switch {
		case unknown:
		case !ok || math.IsNaN(mean):
			lowest, unknown = n, true
		case lowest < 0 || mean < least:
			lowest, least = n, mean
		}
	}
	return last, lowest
}

// meanCents gives the mean total cost of an iteration if it is whole, and notes that it is left out as a cost of the
// result if not.
func (b *builder) meanCents(cost string, iterations map[int]*scriptIteration, n int) *provider.Cents {
	v := iterations[n].metrics.raw("total_cost_mean")
	mean, err := whole(v)
	switch {
	case err == nil && !b.homeless:
		return &mean
	case b.homeless, asText(v) == "":
		b.derive(cost, "iteration", &total{n, nil})
	case errors.Is(err, ErrFraction):
		b.note(noteDerived, aboutCost(cost), "the %s is left out of the result: the mean total cost %s of iteration %d is not a whole number of cents",
			cost, asText(v), n)
	default:
		b.note(noteDerived, aboutCost(cost), "the %s is left out of the result: the mean total cost %s of iteration %d: %v",
			cost, asText(v), n, err)
	}
	return nil
}
