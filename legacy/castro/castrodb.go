package castro

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// castro reads the file castro.db, which holds the runs of all experiments and of each only the calls of the language
// model. Costs and decisions are in a database of the game generation named after the experiment, of which only the
// latest run is left. Iterations count from 1.
type castro struct {
	t *tables
	d *Database
}

func (c *castro) runs(ctx context.Context) ([]RunInfo, error) {
	var all []RunInfo
	err := c.t[castroRuns].each(ctx, "", nil, func(r *row) error {
		all = append(all, RunInfo{
			ID: r.text("run_id"), Name: r.text("experiment_name"), Type: "castro", Generation: string(generationCastro),
			Status: endOf(r.text("status")), CreatedAt: r.text("started_at"), CompletedAt: r.text("completed_at"),
		})
		return nil
	})
	return all, err
}

func (c *castro) build(b *builder, id string) error {
	c = &castro{b.tables(c.t), c.d}
	b.start = provider.Start{RunID: id, Type: "castro"}
	var result provider.Result
	status, counted := "", ""
	err := c.t[castroRuns].each(b.ctx, "run_id", is(id), func(r *row) error {
		r.about = aboutRun
		b.drop(r, "run_id")
		b.start.Name, b.start.CreatedAt = b.str(r, "experiment_name"), b.str(r, "started_at")
		status = b.str(r, "status")
		result = provider.Result{
			CompletedAt: b.str(r, "completed_at"), Converged: b.boolean(r, "converged"),
			ConvergenceReason: b.optional(r, "convergence_reason"),
			FinalCost:         b.cents(r, "final_cost"), BestCost: b.cents(r, "best_cost"),
		}
		var o object
		if endOf(status) == provider.StatusUnfinished {
			o.unended(&result)
		}
		counted = r.text("num_iterations")
		b.keep(r, "num_iterations", &o)
		b.start.Config = b.payload(r)
		b.recorded(r, "experiment_runs", &o)
		b.valid(r, &b.start)
		return b.err
	})
	if err != nil {
		return err
	}
	var all []placed
	proposed := map[int]map[string]json.RawMessage{}
	rows := map[int]*row{}
	var seen calls
	err = c.t[castroEvents].each(b.ctx, "run_id", is(id), func(r *row) error {
		n, ok := b.iteration(r, "iteration")
		if !ok {
			return b.err
		}
		b.drop(r, "run_id", "event_id")
		record := eventRecord(n, b.str(r, "event_type"), b.str(r, "timestamp"), b.json(r, "details"))
		b.recorded(r, "experiment_events, iteration "+r.text("iteration"), nil)
		if !b.valid(r, record) {
			return b.err
		}
		all = append(all, placed{record, n, r.text("timestamp"), 1})
		if rows[n] == nil {
			rows[n], proposed[n] = r, map[string]json.RawMessage{}
		}
		return b.err
	})
	if err != nil {
		return err
	}
	inOrder(all) // since of several proposals the last one counts
	for _, p := range all {
		if i, ok := p.record.(*provider.Interaction); ok {
			if _, repeats := seen.add(i); !repeats && i.ParsedPolicy != nil && i.AgentID != "" {
				proposed[p.iteration][i.AgentID] = i.ParsedPolicy
			}
		}
	}
	joined, err := c.join(b, id, &all)
	if err != nil {
		return err
	}
	if !joined {
		last := map[int]string{}
		for _, p := range all {
			last[p.iteration] = max(last[p.iteration], p.at)
		}
		inForce := map[string]json.RawMessage{}
		for _, n := range slices.Sorted(maps.Keys(rows)) {
			record := &provider.Iteration{Number: n, Policies: maps.Clone(inForce)}
			if b.valid(rows[n], record) {
				all = append(all, placed{record, n, last[n], 4})
			}
			maps.Copy(inForce, proposed[n])
		}
		if len(inForce) > 0 {
			b.note(noteDoubtful, aboutIterations, "the policies of an iteration are those proposed before it, as if every proposal had been accepted: neither decisions nor costs are in this file")
		}
	}
	inOrder(all)
	b.records = recordsOf(all)
	if endOf(status) != provider.StatusUnfinished && result.FinalCost != nil && result.BestCost != nil &&
		*result.FinalCost == *result.BestCost {
		b.note(noteDoubtful, "/final_cost", "final_cost is the best cost: the runner wrote the same number for both")
	}
	if counted != "" && counted != asText(int64(len(rows))) {
		b.note(noteDoubtful, "/num_iterations", "the run counts %s iterations, of which %d left records: the one that converged made no call", counted, len(rows))
	}
	b.ended(status, &result)
	b.checkCalls()
	return b.err
}

// join adds the records of the session that belongs to the run, from the same file or from the one beside it that is
// named after the experiment. It is false if there is none.
func (c *castro) join(b *builder, id string, all *[]placed) (bool, error) {
	latest, err := c.latest(b.ctx, b.start.Name)
	if err != nil {
		return false, err
	}
	g, from, beside := (*game)(nil), "", ""
	if c.t[gameSessions] != nil && c.t[gamePolicies] != nil {
		g, from = &game{c.t}, "this file"
	} else if path := c.d.siblingPath(b.start.Name); path != "" {
		from, beside = filepath.Base(path), path
		sibling, db, err := openGame(path, &c.d.options)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false, nil
		case err != nil:
			b.note(noteDoubtful, aboutIterations, "%s beside the file may hold costs and decisions, but cannot be read: %v",
				from, err)
			return false, nil
		case sibling == nil:
			return false, nil
		}
		defer db.Close()
		g = &game{b.tables(sibling.t)}
	}
	if g == nil {
		return false, nil
	}
	if latest.id != id {
		b.note(noteDoubtful, aboutIterations, "the costs and decisions of this run are lost: %s keeps only those of the latest run of experiment %q", from, b.start.Name)
		return false, nil
	}
	belongs := false
	inSibling := func(err error) error { // says which file, since it is not the one that was opened
		if beside == "" {
			return err
		}
		return fmt.Errorf("%s beside the file: %w", from, err)
	}
	err = g.t[gameSessions].each(b.ctx, "game_id", is(b.start.Name), func(r *row) error {
		from, to := r.text("started_at"), r.text("completed_at")
		belongs = (latest.ended == "" || from <= latest.ended) && (to == "" || latest.begun <= to)
		if belongs {
			r.about = aboutRun
			b.drop(r, "game_id")
			b.recorded(r, "game_sessions", nil)
		}
		return b.err
	})
	if err != nil {
		return false, inSibling(err)
	}
	if !belongs {
		b.note(noteDoubtful, aboutIterations, "%s has no session of experiment %q at the time of this run", from,
			b.start.Name)
		return false, nil
	}
	records, iterations, err := g.records(b, b.start.Name)
	if err != nil {
		return false, inSibling(err)
	}
	*all = append(*all, records...)
	*all = append(*all, gameIterations(b, iterations, *all)...)
	b.sibling = beside
	b.note(noteDerived, aboutIterations, "costs, policies and decisions are from the session %q in %s, which ran at the same time; it is the latest run of that name", b.start.Name, from)
	return true, nil
}

// A latestRun is the run of an experiment that began last.
type latestRun struct{ id, begun, ended string }

// latest gives the latest run of an experiment; of two that began together, that which comes later in the table. The
// runs are read for it once.
func (c *castro) latest(ctx context.Context, name string) (latestRun, error) {
	d := c.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest == nil {
		latest := map[string]latestRun{}
		err := c.t[castroRuns].each(ctx, "", nil, func(r *row) error {
			name, at := r.text("experiment_name"), r.text("started_at")
			if at >= latest[name].begun {
				latest[name] = latestRun{r.text("run_id"), at, r.text("completed_at")}
			}
			return nil
		})
		if err != nil {
			return latestRun{}, err
		}
		d.latest = latest
	}
	return d.latest[name], nil
}

// siblingPath gives the path of the database of one experiment beside the file; empty if there can be none.
func (d *Database) siblingPath(name string) string {
	if name == "" || name == ".." || name != filepath.Base(name) || strings.ContainsAny(name, "/\\:\x00") {
		return ""
	}
	path := filepath.Join(filepath.Dir(d.path), name+".db")
	if sameFile(path, d.path) {
		return ""
	}
	return path
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
