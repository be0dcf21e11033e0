package papercmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

var summaryColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "experiment_name", Title: "experiment"}, {Name: "status"},
	{Name: "num_iterations", Title: "iterations", Number: true}, {Name: "converged"},
	{Name: "cost_cents", Number: true}, {Name: "cost_derived", Coded: true},
}

func newSummary() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "summary RUN...",
		Short: "One row a run: how it ended, its iterations, its cost",
		Long: `Print a row for each run: its experiment, how it ended, the number of its iterations, whether it
converged, what it cost, with --baseline by how much of the baseline's cost that differs from it, and columns of
your own. A column of policies or events has the last value there is of the run, where several agents have one that
of each by its name.

--cost says what the cost of a run is: final or best, as its result has it, the sum of all iterations, or their
mean. With --agent, --start or --end it is that of these agents in these iterations: final is then what the last of
them cost, best what the cheapest did. What is computed so is marked as derived; a mean is rounded half to even to
whole cents.

With --group-by there is a row for each group of runs instead: how many converged of how many of which that is
known, the mean, the least and the greatest number of iterations and cost and of how many runs the cost is known,
and for each column of your own the mean, the least and the greatest of its numbers, and how many there are.

` + partHelp,
		Example: `  exparchive table summary runs/ --cost sum --baseline runs/baseline.simexp
  exparchive table summary *.simexp --column seed=config:/master_seed --sort=-cost_cents
  exparchive table summary runs/ --group-by experiment --group-by config:/model
  exparchive table summary *.simexp --format latex --caption "All runs"`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args, o.summaryTable)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.totals, "totals", false, "add a row with what all runs come to, for people")
	return cmd
}

// run makes a table of runs, or of groups of them.
func (o *runOptions) run(cmd *cobra.Command, args []string,
	table func(all []outcome, compared bool) *tabular.Table) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	keys, err := groupKeys(o.groupBy)
	if err != nil {
		return err
	}
	if keys != nil && o.totals && cmd.Flags().Changed("totals") {
		return cli.Usagef("%s: --totals and --group-by: want one of them", cli.Called(cmd))
	}
	compared := o.compares(cmd, args)
	all, failed := o.read(cmd, args, keys)
	if all == nil {
		return failed
	}
	var t *tabular.Table
	if keys != nil {
		t = o.groupTable(all, keys, compared)
	} else {
		t = table(all, compared)
	}
	markNumbers(t)
	return cmp.Or(o.write(cmd, t), failed)
}

func (o *runOptions) summaryTable(all []outcome, compared bool) *tabular.Table {
	t := &tabular.Table{Columns: slices.Clone(summaryColumns)}
	t.Columns[len(t.Columns)-2].Title = o.costTitle()
	if compared {
		t.Columns = append(t.Columns, tabular.Column{Name: "change_percent", Title: "change", Number: true})
	}
	var costs []*provider.Cents
	for _, x := range all {
		costs = append(costs, x.cost)
		derived := tabular.Cell{}
		if x.cost != nil {
			d := o.partly() || x.Derived(series.CostOf(o.cost))
			derived = truth(&d)
		}
		row := []tabular.Cell{runCell(x.Run), text(x.Name), text(string(x.Status())), number(x.Iterations),
			truth(converged(x.Run)),
			money(x.cost), derived}
		if compared {
			row = append(row, percent(series.Change(x.cost, x.base, o.places)))
		}
		t.Rows = append(t.Rows, row)
	}
	o.addColumns(t, all)
	if !o.totals {
		return t
	}
	n, s := tallyOf(all), series.SpreadOf(costs)
	row := []tabular.Cell{{Text: cli.Plural(int64(n.runs), "run")}, blank, blank, {Text: fmt.Sprint(n.sum)},
		{Text: fmt.Sprintf("%d of %d", n.converged, n.known)}, {Text: "mean –"}, blank}
	if s.N > 0 {
		row[5].Text = "mean " + s.Mean.String()
	}
	if s.N < n.runs {
		row[5].Text += fmt.Sprintf(" of %d", s.N)
	}
	t.Totals = [][]tabular.Cell{row}
	for len(t.Totals[0]) < len(t.Columns) {
		t.Totals[0] = append(t.Totals[0], blank)
	}
	return t
}

// blank is a cell in which nothing is to be said.
var blank = tabular.Cell{Text: " "}

func newConvergence() *cobra.Command {
	o := runOptions{also: []string{"convergence_reason"}}
	cmd := &cobra.Command{
		Use:   "convergence RUN...",
		Short: "How many iterations runs had, and how many of the runs converged",
		Long: `Print a row for each run: the number of its iterations (not the highest index), whether it converged
and why, and columns of your own as summary has them; and below, for all of them, how many converged of how many of
which that was recorded, and the mean, the least and the greatest number of iterations. With --group-by there is a
row for each group of runs instead, as summary has it; --cost, --agent, --start, --end and --baseline are about the
costs in it.

` + partHelp,
		Example: `  exparchive table convergence runs/
  exparchive table convergence runs/ --group-by experiment --format latex`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"cost", "agent", "start", "end", "baseline"} {
				if len(o.groupBy) == 0 && cmd.Flags().Changed(name) && (name != "baseline" || !o.comparing()) {
					return cli.Usagef("table convergence: --%s is about costs, which it has with --group-by; see table summary", name)
				}
			}
			return o.run(cmd, args, func(all []outcome, _ bool) *tabular.Table { return o.convergenceTable(all) })
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.totals, "totals", true,
		"the row with what all runs come to, for people; --totals=false leaves it out")
	return cmd
}

var convergenceColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "experiment_name", Title: "experiment"}, {Name: "num_iterations",
		Title: "iterations", Number: true},
	{Name: "converged"}, {Name: "convergence_reason", Title: "reason"},
}

func (o *runOptions) convergenceTable(all []outcome) *tabular.Table {
	t := &tabular.Table{Columns: slices.Clone(convergenceColumns)}
	for _, x := range all {
		t.Rows = append(t.Rows, []tabular.Cell{
			runCell(x.Run), text(x.Name), number(x.Iterations), truth(converged(x.Run)), reasonCell(x.Run),
		})
	}
	o.addColumns(t, all)
	if !o.totals {
		return t
	}
	n := tallyOf(all)
	row := []tabular.Cell{
		{Text: cli.Plural(int64(n.runs), "run")}, blank, {Text: fmt.Sprintf("mean %s, %d to %d", n.mean(o.places), n.least,
			n.greatest)},
		{Text: fmt.Sprintf("%d of %d", n.converged, n.known)},
	}
	for len(row) < len(t.Columns) {
		row = append(row, blank)
	}
	t.Totals = [][]tabular.Cell{row}
	return t
}
