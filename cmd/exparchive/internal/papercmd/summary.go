package papercmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/series"
)

var summaryColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "experiment_name", Title: "experiment"}, {Name: "status"},
	{Name: "num_iterations", Title: "iterations", Number: true}, {Name: "converged"}, {Name: "cost_cents", Number: true},
}

func newSummary() *cobra.Command {
	var o tableOptions
	var cost, baseline string
	var places int
	cmd := &cobra.Command{
		Use:   "summary RUN...",
		Short: "One row a run: how it ended, its iterations, its cost",
		Long: `Print a row for each run: its experiment, how it ended, the number of its iterations, whether it converged, what it
cost, with --baseline by how much of the baseline's cost that differs from it, and columns of your own. A column of policies or
events has the last value there is of the run, where several agents have one that of each by its name.

--cost says what the cost of a run is: final or best, as its result has it, the sum of all iterations, or their mean.`,
		Example: `  exparchive table summary runs/ --cost sum --baseline runs/baseline.simexp
  exparchive table summary *.simexp --column seed=config:/master_seed --sort=-cost_cents
  exparchive table summary *.simexp --format latex --caption "All runs"`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			of := series.CostOf(cost)
			if !slices.Contains(series.CostsOf, of) {
				return cli.Usagef("table summary: --cost %q, want final, best, sum or mean", cost)
			}
			if places < 0 || places > 20 {
				return cli.Usagef("table summary: --places %d, want 0 to 20", places)
			}
			t := &tabular.Table{Columns: slices.Clone(summaryColumns)}
			t.Columns[len(t.Columns)-1].Title = cost + " cost"
			var base *series.Run
			if baseline != "" {
				var err error
				if base, err = o.readBaseline(cmd.Context(), cmd.ErrOrStderr(), baseline); err != nil {
					return err
				}
				t.Columns = append(t.Columns, tabular.Column{Name: "change_percent", Title: "change", Number: true})
			}
			var all []*series.Run
			err := o.each(cmd, args, func(file string, run *series.Run) error {
				all = append(all, run)
				row, err := summaryRow(run, base, of, places)
				if err != nil {
					return cli.InFile(file, err)
				}
				t.Rows = append(t.Rows, row)
				return nil
			})
			if fatal(err) || len(t.Rows) == 0 && err != nil {
				return err
			}
			addColumns(t, o.parsed, all)
			markNumbers(t)
			return cmp.Or(o.write(cmd, t), err)
		},
	}
	o.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&cost, "cost", string(series.CostFinal), "what the cost of a run is: `final`, best, sum or mean")
	flags.StringVar(&baseline, "baseline", "", "add by how much the cost differs from that of this `run`, in percent")
	flags.IntVar(&places, "places", 1, "decimal `places` of percentages")
	return cmd
}

func summaryRow(run, base *series.Run, of series.CostOf, places int) ([]tabular.Cell, error) {
	c, err := run.Cost(of)
	if err != nil {
		return nil, err
	}
	row := []tabular.Cell{text(run.RunID), text(run.Name), text(string(run.Status())), number(run.Iterations),
		truth(converged(run)), money(c)}
	if base != nil {
		b, err := base.Cost(of)
		if err != nil {
			return nil, err
		}
		row = append(row, percent(series.Change(c, b, places)))
	}
	return row, nil
}

func converged(run *series.Run) *bool {
	if run.Result == nil {
		return nil
	}
	return run.Result.Converged
}

// addColumns adds the columns of one's own: one for values of runs and of iterations, and one for each agent that has
// values.
func addColumns(t *tabular.Table, columns []series.Column, all []*series.Run) {
	for i, c := range columns {
		agents := map[string]bool{}
		last := make([]map[string]series.Value, len(all))
		for k, run := range all {
			last[k] = map[string]series.Value{}
			for _, r := range run.Rows {
				agent := r.Agent
				if c.Source == series.SourceConfig {
					agent = ""
				}
				if r.Values[i] != nil {
					last[k][agent], agents[agent] = r.Values[i], true
				}
			}
		}
		for _, agent := range slices.Sorted(maps.Keys(agents)) {
			name := c.Name
			if agent != "" {
				name += " " + agent
			}
			t.Columns = append(t.Columns, tabular.Column{Name: name, Number: true})
			for k := range t.Rows {
				t.Rows[k] = append(t.Rows[k], tabular.Cell{Value: last[k][agent]})
			}
		}
	}
}

func newConvergence() *cobra.Command {
	var o tableOptions
	var groupBy string
	cmd := &cobra.Command{
		Use:   "convergence RUN...",
		Short: "How many iterations runs had, and how many of the runs converged",
		Long: `Print a row for each run: the number of its iterations (not the highest index), whether it converged and why; and below, for all
of them, how many converged of how many of which that was recorded, and the mean, the least and the greatest number of iterations.
With --group-by there is a row for each group of runs instead.`,
		Example: `  exparchive table convergence runs/
  exparchive table convergence runs/ --group-by experiment --format latex`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			key, err := groupKey(groupBy)
			switch {
			case err != nil:
				return err
			case key != nil && len(o.columns) > 0:
				return cli.Usagef("table convergence: --column is of runs, and does not go with --group-by")
			}
			var all []*series.Run
			failed := o.each(cmd, args, func(_ string, run *series.Run) error {
				all = append(all, run)
				return nil
			})
			if fatal(failed) || len(all) == 0 && failed != nil {
				return failed
			}
			var t *tabular.Table
			if key == nil {
				t = convergenceTable(all, o.parsed)
			} else {
				t = groupTable(all, groupBy, key)
			}
			return cmp.Or(o.write(cmd, t), failed)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&groupBy, "group-by", "", "a row for each `what`: experiment, type or config:/POINTER")
	return cmd
}

var convergenceColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "experiment_name", Title: "experiment"}, {Name: "num_iterations", Title: "iterations", Number: true},
	{Name: "converged"}, {Name: "convergence_reason", Title: "reason"},
}

func convergenceTable(all []*series.Run, columns []series.Column) *tabular.Table {
	t := &tabular.Table{Columns: slices.Clone(convergenceColumns)}
	for _, run := range all {
		reason := tabular.Cell{}
		if run.Result != nil && run.Result.ConvergenceReason != nil {
			reason = text(*run.Result.ConvergenceReason)
		}
		t.Rows = append(t.Rows, []tabular.Cell{
			text(run.RunID), text(run.Name), number(run.Iterations), truth(converged(run)), reason,
		})
	}
	addColumns(t, columns, all)
	markNumbers(t)
	g := groupOf(all)
	totals := []tabular.Cell{
		{Text: cli.Plural(int64(len(all)), "run")}, {Text: " "},
		{Text: fmt.Sprintf("mean %s, %d to %d", g.mean(), g.least, g.greatest)},
		{Text: fmt.Sprintf("%d of %d", g.converged, g.known)},
	}
	for len(totals) < len(t.Columns) {
		totals = append(totals, tabular.Cell{Text: " "})
	}
	t.Totals = [][]tabular.Cell{totals}
	return t
}

// groupKey gives what tells the group of a run, nil for no groups.
func groupKey(by string) (func(*series.Run) tabular.Cell, error) {
	switch pointer, ok := strings.CutPrefix(by, "config:"); {
	case by == "":
		return nil, nil
	case by == "experiment":
		return func(r *series.Run) tabular.Cell { return text(r.Name) }, nil
	case by == "type":
		return func(r *series.Run) tabular.Cell { return text(r.Type) }, nil
	case ok:
		p, err := series.ParsePointer(pointer)
		if err != nil {
			return nil, cli.Usagef("--group-by: %w", err)
		}
		return func(r *series.Run) tabular.Cell {
			if len(r.Config) == 0 {
				return tabular.Cell{}
			}
			return tabular.Cell{Value: p.In(r.Config, "")}
		}, nil
	}
	return nil, cli.Usagef("--group-by %q, want experiment, type or config:/POINTER", by)
}

var groupColumns = []tabular.Column{
	{Name: "group"}, {Name: "num_runs", Title: "runs", Number: true}, {Name: "num_converged", Title: "converged", Number: true},
	{Name: "num_known", Title: "of", Number: true}, {Name: "mean_iterations", Title: "mean iterations", Number: true},
	{Name: "min_iterations", Title: "least", Number: true}, {Name: "max_iterations", Title: "greatest", Number: true},
}

func groupTable(all []*series.Run, by string, key func(*series.Run) tabular.Cell) *tabular.Table {
	t := &tabular.Table{Columns: slices.Clone(groupColumns)}
	t.Columns[0].Title = by
	groups := map[string][]*series.Run{}
	cells := map[string]tabular.Cell{}
	for _, run := range all {
		c := key(run)
		groups[string(c.Value)], cells[string(c.Value)] = append(groups[string(c.Value)], run), c
	}
	order := slices.Collect(maps.Keys(groups))
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(compareCells(cells[a], cells[b]), cmp.Compare(a, b)) })
	for _, k := range order {
		g := groupOf(groups[k])
		t.Rows = append(t.Rows, []tabular.Cell{cells[k], number(len(groups[k])), number(g.converged), number(g.known),
			{Value: []byte(g.mean())}, number(g.least), number(g.greatest)})
	}
	return t
}
