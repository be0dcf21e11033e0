package castro

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
)

// game reads the game generation: one session a name of an experiment. Its iterations count from 1.
type game struct{ t *tables }

func (g *game) runs(ctx context.Context) ([]RunInfo, error) {
	var all []RunInfo
	err := g.t[gameSessions].each(ctx, "", nil, func(r *row) error {
		id := r.text("game_id")
		all = append(all, RunInfo{
			ID: id, Name: id, Type: "castro-game", Generation: string(generationGame), Status: endOf(r.text("status")),
			CreatedAt: r.text("started_at"), CompletedAt: r.text("completed_at"),
		})
		return nil
	})
	return all, err
}

// endOf reads a recorded status. One that is not known says nothing about an end.
func endOf(status string) provider.Status {
	switch status {
	case "completed", "complete", "converged", "max_iterations", "finished":
		return provider.StatusCompleted
	case "failed", "error":
		return provider.StatusFailed
	case "stopped", "cancelled", "canceled", "interrupted":
		return provider.StatusInterrupted
	}
	return provider.StatusUnfinished
}

// ended adds the result that a status tells of, and a note where the word says something else than the result.
func (b *builder) ended(status string, result *provider.Result) {
	switch result.Status = endOf(status); {
	case result.Status == provider.StatusUnfinished && status == "running":
		b.note(noteDoubtful, aboutStatus, "the status is %q: the run went on when the file was written, or its process died",
			status)
	case result.Status == provider.StatusUnfinished:
		b.note(noteDoubtful, aboutStatus, "the status %q does not say that the run came to an end", status)
	default:
		b.result = result
		if status != string(result.Status) {
			b.note(noteRecorded, aboutStatus, "status: %q", status)
		}
	}
}

func (g *game) build(b *builder, id string) error {
	g = &game{b.tables(g.t)}
	b.start = provider.Start{RunID: id, Name: id, Type: "castro-game"}
	b.note(noteDoubtful, "/run_id", "the run id is the name of the experiment: a second run of that name replaced what the first had recorded here")
	var result provider.Result
	status := ""
	err := g.t[gameSessions].each(b.ctx, "game_id", is(id), func(r *row) error {
		r.about = aboutRun
		b.drop(r, "game_id")
		b.start.CreatedAt, status = b.str(r, "started_at"), b.str(r, "status")
		result.CompletedAt, result.Converged, result.FinalCost = b.str(r, "completed_at"), b.boolean(r, "converged"),
			b.cents(r, "final_cost")
		var o object
		if endOf(status) == provider.StatusUnfinished {
			o.unended(&result)
		}
		b.keep(r, "total_iterations", &o)
		b.start.Config = b.payload(r)
		b.recorded(r, "game_sessions", &o)
		b.valid(r, &b.start)
		return b.err
	})
	if err != nil {
		return err
	}
	all, iterations, err := g.records(b, id)
	if err != nil {
		return err
	}
	all = append(all, gameIterations(b, iterations, nil)...)
	inOrder(all)
	b.records = recordsOf(all)
	if endOf(status) != provider.StatusUnfinished {
		best := b.gameTotals(iterations).lowest()
		if result.BestCost = b.derive("best cost", "iteration", best); result.BestCost != nil {
			b.note(noteDerived, "/best_cost", "best cost: the lowest sum of old_cost over the agents, that of iteration %d; an iteration without a row of policies is not known", best.iteration)
		}
	}
	b.ended(status, &result)
	b.checkCalls()
	return b.err
}

// unended keeps, of a run that has no result, the columns that would be in it.
func (o *object) unended(result *provider.Result) {
	if result.CompletedAt != "" {
		o.addText("completed_at", result.CompletedAt)
	}
	o.addBool("converged", result.Converged)
	if result.ConvergenceReason != nil {
		o.addText("convergence_reason", *result.ConvergenceReason)
	}
	o.addCents("final_cost", result.FinalCost)
	o.addCents("best_cost", result.BestCost)
}

// A gameIteration is what the rows of policies tell of one iteration.
type gameIteration struct {
	agents   map[string]bool // that have a row
	costs    map[string]provider.Cents
	accepted map[string]bool
	policies map[string]json.RawMessage
	last     string // time of the last row
	row      *row
}

// records gives the records of a session apart from those of the iterations' ends.
func (g *game) records(b *builder, id string) (all []placed, iterations map[int]*gameIteration, err error) {
	place := func(r *row, rank int, record provider.Record, n int, time string) {
		if b.valid(r, record) {
			all = append(all, placed{record, n, time, rank})
		}
	}
	iterations = map[int]*gameIteration{}
	err = g.t[gamePolicies].each(b.ctx, "game_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			b.homeless = true
			return b.err
		}
		b.drop(r, "game_id")
		it := iterations[n]
		if it == nil {
			it = &gameIteration{
				agents: map[string]bool{}, costs: map[string]provider.Cents{}, accepted: map[string]bool{},
				policies: map[string]json.RawMessage{},
			}
			iterations[n] = it
		}
		agent, time := b.str(r, "agent_id"), b.str(r, "created_at")
		r.about = aboutAgent(n, agent)
		old, cost, accepted := b.json(r, "old_policy_json"), b.cents(r, "old_cost"), b.boolean(r, "was_accepted")
		it.agents[agent] = true
		b.homeless = b.homeless || agent == ""
		if cost != nil {
			it.costs[agent] = *cost
		}
		if old != nil {
			it.policies[agent] = old
		}
		if accepted != nil {
			it.accepted[agent] = *accepted
		}
		it.last, it.row = max(it.last, time), r
		var o object
		o.addText("agent_id", agent)
		o.add("old_policy", old)
		o.add("new_policy", b.json(r, "new_policy_json"))
		o.addCents("old_cost", cost)
		o.addCents("new_cost", b.cents(r, "new_cost"))
		o.addCents("cost_improvement", b.cents(r, "cost_improvement"))
		o.addBool("accepted", accepted)
		b.rest(r, &o)
		place(r, 2, &provider.Event{Iteration: n, Type: "policy_change", Timestamp: time, Data: o.json()}, n, time)
		return b.err
	})
	if err != nil {
		return nil, nil, err
	}
	err = g.t[gameCalls].each(b.ctx, "game_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration_number")
		if !ok {
			return b.err
		}
		b.drop(r, "game_id")
		i := &provider.Interaction{
			Iteration: n, AgentID: b.str(r, "agent_id"), SystemPrompt: b.optional(r, "system_prompt"),
			UserPrompt: b.optional(r, "user_prompt"),
			Response:   b.optional(r, "raw_response"), ParsedPolicy: b.json(r, "parsed_policy_json"),
			ParsingError: b.optional(r, "parsing_error"),
			Timestamp:    b.str(r, "response_timestamp"),
		}
		i.Extra = b.payload(r)
		place(r, 1, i, n, i.Timestamp)
		return b.err
	})
	if err != nil {
		return nil, nil, err
	}
	for _, audit := range []struct {
		role role
		kind string
	}{{gameContext, "iteration_context"}, {gameDiffs, "policy_diff"}} {
		err = g.t[audit.role].each(b.ctx, "game_id", is(id), func(r *row) error {
			n, ok := b.iteration(r, "iteration_number")
			if !ok {
				return b.err
			}
			b.drop(r, "game_id")
			var o object
			agent := b.str(r, "agent_id")
			o.addText("agent_id", agent)
			for _, c := range []string{"best_seed_cost", "worst_seed_cost"} {
				o.addCents(c, b.cents(r, c))
			}
			b.rest(r, &o)
			after := "" // no time was recorded: behind the policy of the same agent
			if it := iterations[n]; it != nil {
				after = it.last
			}
			place(r, 3, &provider.Event{Iteration: n, Type: audit.kind, Data: o.json()}, n, after)
			return b.err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return all, iterations, nil
}

// gameIterations gives the records of the iterations' ends, each behind everything of its iteration; more are numbers
// of iterations that other records tell of.
func gameIterations(b *builder, iterations map[int]*gameIteration, more []placed) (all []placed) {
	if len(iterations) > 0 {
		b.note(noteDerived, aboutIterations, "the costs of an iteration are old_cost of its rows of policies, its policies are old_policy_json: what was in force when the iteration was evaluated")
	}
	for _, n := range slices.Sorted(maps.Keys(iterations)) {
		it := iterations[n]
		record := &provider.Iteration{Number: n, Costs: it.costs, AcceptedChanges: it.accepted, Policies: it.policies,
			Timestamp: it.last}
		if b.valid(it.row, record) {
			last := it.last
			for _, p := range more {
				if p.iteration == n {
					last = max(last, p.at)
				}
			}
			all = append(all, placed{record, n, last, 4})
		}
	}
	return all
}

// gameTotals gives the totals of the iterations that have rows of policies.
func (b *builder) gameTotals(iterations map[int]*gameIteration) (all totals) {
	agents := map[string]bool{}
	for _, it := range iterations {
		maps.Copy(agents, it.agents)
	}
	for n, it := range iterations {
		t := total{n, sumOf(it.costs, agents)}
		if b.homeless {
			t.cents = nil // the row may be of this iteration
		}
		all = append(all, t)
	}
	return all
}

// openGame opens the database of one experiment beside castro.db; nil if there is none of the game generation.
func openGame(path string, opts *Options) (*game, *duckdb.DB, error) {
	db, err := duckdb.Open(path, &opts.DuckDB)
	if err != nil {
		return nil, nil, err
	}
	t := detect(db, opts.maxRows(path, db))
	if t[gameSessions] == nil || t[gamePolicies] == nil {
		return nil, nil, db.Close()
	}
	return &game{&t}, db, nil
}
