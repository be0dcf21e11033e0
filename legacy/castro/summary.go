package castro

import (
	"context"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// A Summary is what a list says about a run, the same that its records give.
type Summary struct {
	Experiment provider.Experiment       // without Notes and without the Seq of the Result, since records are not counted
	Iterations int64                     // how many were recorded
	FirstCosts map[string]provider.Cents // of the first iteration; nil if there is none
	LastCosts  map[string]provider.Cents // of the last
}

// Summary tells of the run without reading calls of the language model, simulations, and most events, however many
// there are. A value in those that cannot be kept, for which every other method refuses the run, is not found.
func (r *Run) Summary(ctx context.Context) (Summary, error) {
	r.mu.Lock()
	live := r.live
	r.mu.Unlock()
	if live == nil {
		b := newBuilder(ctx, r.lenient)
		b.brief = true
		err := r.source.build(b, r.info.ID)
		if err != nil {
			return Summary{}, err
		}
		if live, err = b.finish(); err != nil {
			return Summary{}, err
		}
	}
	var s Summary
	var err error
	if s.Experiment, err = live.Experiment(ctx); err != nil {
		return s, err
	}
	s.Experiment.Notes = nil
	if s.Experiment.Result != nil {
		s.Experiment.Result.Seq = 0
	}
	numbers, err := live.Iterations(ctx)
	if err != nil || len(numbers) == 0 {
		return s, err
	}
	s.Iterations = int64(len(numbers))
	if s.FirstCosts, err = provider.Costs(ctx, live, numbers[0]); err != nil {
		return s, err
	}
	s.LastCosts, err = provider.Costs(ctx, live, numbers[len(numbers)-1])
	return s, err
}

// A briefing says what a summary needs of a table: nothing, or some columns of the rows with one type of event.
type briefing struct{ columns, event string }

// briefings are those of the tables that a summary does not read whole.
var briefings = map[role]briefing{
	scriptCalls:  {},
	scriptErrors: {},
	gameCalls:    {},
	gameDiffs:    {},
	gameContext:  {},
	// whose iterations are those of the run
	castroEvents:         {columns: "event_id run_id iteration event_type timestamp"},
	coreEvents:           {columns: "id run_id iteration event_type event_data timestamp", event: "evaluation"},
	coreEvaluations:      {},
	coreSimulations:      {},
	coreSimulationEvents: {},
	coreRegisters:        {},
	unifiedEvents:        {columns: "id experiment_id iteration event_type event_data timestamp", event: "evaluation"},
	webDays:              {columns: "day policies per_agent_costs total_cost created_at"},
	webPrompts:           {columns: "day_num"}, // a day may have nothing else
}

// tables gives what the builder is to read of the tables of a database.
func (b *builder) tables(all *tables) *tables {
	if !b.brief {
		return all
	}
	some := *all
	for r, brief := range briefings {
		if some[r] == nil {
			continue
		}
		if brief.columns == "" {
			some[r] = nil
			continue
		}
		t := *some[r]
		t.event = brief.event
		t.unread = make([]bool, len(t.columns))
		needed := columnList(brief.columns)
		for i, c := range t.columns {
			t.unread[i] = !slices.Contains(needed, strings.ToLower(c.Name))
		}
		some[r] = &t
	}
	return &some
}
