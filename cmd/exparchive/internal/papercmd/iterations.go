package papercmd

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/series"
)

var iterationColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "iteration", Number: true}, {Name: "agent_id", Title: "agent"},
	{Name: "cost_cents", Title: "cost", Number: true}, {Name: "accepted"},
}

func newIterations() *cobra.Command {
	var o tableOptions
	var agents []string
	var start, end int
	var totals bool
	cmd := &cobra.Command{
		Use:   "iterations RUN...",
		Short: "What each iteration cost each agent, and columns of your own",
		Long: `Print a row for each agent in each iteration of each run: what it cost, whether the agent's change of policy was accepted,
and columns of your own. Values of an iteration as a whole stand in a row without an agent, which with --totals has
what all agents cost together; it is absent where the cost of one of them is.

As JSON it is an array of objects with the members run_id, iteration, agent_id, cost_cents, accepted and one for each column.`,
		Example: `  exparchive table iterations exp1.simexp --column f=policy:/parameters/initial_liquidity_fraction
  exparchive table iterations a.simexp b.simexp --agent BANK_A --totals --format csv`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			t := &tabular.Table{Columns: slices.Clone(iterationColumns)}
			for _, c := range o.parsed {
				t.Columns = append(t.Columns, tabular.Column{Name: c.Name, Number: true})
			}
			wanted := func(r series.Row) bool {
				return (start < 0 || r.Iteration >= start) && (end < 0 || r.Iteration <= end) &&
					(len(agents) == 0 || slices.Contains(agents, r.Agent))
			}
			seen := map[string]bool{}
			err := o.each(cmd, args, func(_ string, run *series.Run) error {
				for rows := range run.ByIteration() {
					if totals {
						var err error
						if rows, err = withTotal(rows, len(o.parsed)); err != nil {
							return err
						}
					}
					for _, r := range rows {
						seen[r.Agent] = true
						if wanted(r) {
							t.Rows = append(t.Rows, iterationRow(run, r))
						}
					}
				}
				return nil
			})
			if fatal(err) || len(t.Rows) == 0 && err != nil {
				return err
			}
			for _, a := range agents {
				if !seen[a] {
					return noAgent(a, seen)
				}
			}
			markNumbers(t)
			return cmp.Or(o.write(cmd, t), err)
		},
	}
	o.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&agents, "agent", nil, "only rows of this `agent`; several with commas")
	flags.IntVar(&start, "start", -1, "only iterations from this `number` on")
	flags.IntVar(&end, "end", -1, "only iterations up to this `number`")
	cli.NoDefault(cmd, "start", "end")
	flags.BoolVar(&totals, "totals", false, "add a row for each iteration with what all agents cost together")
	return cmd
}

func iterationRow(run *series.Run, r series.Row) []tabular.Cell {
	agent := tabular.Cell{Text: "all"}
	if r.Agent != "" {
		agent = text(r.Agent)
	}
	row := []tabular.Cell{text(run.RunID), number(r.Iteration), agent, money(r.Cost), truth(r.Accepted)}
	for _, v := range r.Values {
		row = append(row, tabular.Cell{Value: v})
	}
	return row
}

// withTotal puts what the agents cost together into the row without an agent, which it adds if there is none.
func withTotal(rows []series.Row, columns int) ([]series.Row, error) {
	total, err := series.Total(rows)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	if rows[0].Agent != "" {
		rows = slices.Insert(rows, 0, series.Row{Iteration: rows[0].Iteration, Values: make([]series.Value, columns)})
	}
	rows[0].Cost = total
	return rows, nil
}

// markNumbers aligns columns of one's own to the left that hold anything but numbers.
func markNumbers(t *tabular.Table) {
	for i := range t.Columns {
		for _, row := range t.Rows {
			if t.Columns[i].Number && row[i].Value != nil && numeric(row[i].Value) == nil {
				t.Columns[i].Number = false
			}
		}
	}
}
