package papercmd

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

var iterationColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "iteration", Number: true}, {Name: "agent_id", Title: "agent"},
	{Name: "cost_cents", Title: "cost", Number: true}, {Name: "accepted", Coded: true}, {Name: "decision"},
}

func newIterations() *cobra.Command {
	var o tableOptions
	var chosen part
	var totals bool
	var places int
	cmd := &cobra.Command{
		Use:   "iterations RUN...",
		Short: "What each iteration cost each agent and what it tried, and columns of your own",
		Long: `Print a row for each agent in each iteration of each run: what it cost, what came of what was
proposed for the agent (accepted, rejected, kept: the proposal repeats the policy in force, none), and columns of
your own. Values of an iteration as a whole stand in a row without an agent, which with --totals has what all agents
cost together; it is absent where the cost of one of them is. With --baseline it says by how much a cost differs
from that of the same agent in the same iteration of another run.

As JSON it is an array of objects with the members run_id, iteration, agent_id, cost_cents, accepted (as it was
recorded), decision and one for each column.

` + partHelp,
		Example: `  exparchive table iterations exp1.simexp --column f=policy:/parameters/initial_liquidity_fraction
  exparchive table iterations my.simexp --column tried=proposed:/parameters/fraction
  exparchive table iterations a.simexp b.simexp --agent BANK_A --totals --format csv`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(chosen.check(cmd), o.check(cmd), checkPlaces(cmd, places)); err != nil {
				return err
			}
			t := &tabular.Table{Columns: slices.Clone(iterationColumns)}
			compared := o.compares(cmd, args)
			if compared {
				t.Columns = append(t.Columns, tabular.Column{Name: "change_percent", Title: "change", Number: true})
			}
			for _, c := range o.parsed {
				t.Columns = append(t.Columns, head(c, ""))
			}
			bases := map[*series.Run]costsAt{nil: nil}
			want := series.Options{Decisions: true, Span: chosen.chosen}
			err := o.eachOf(cmd, args, want, func(_ string, _ provider.Provider, run *series.Run) error {
				base, ok := bases[run.Base]
				if !ok {
					var err error
					if base, err = costsOf(run.Base); err != nil {
						return err
					}
					bases[run.Base] = base
				}
				chosen.see(run.Rows)
				for rows := range run.ByIteration() {
					if totals {
						var err error
						if rows, err = withTotal(run, rows); err != nil {
							return err
						}
					}
					for _, r := range rows {
						if (chosen.has(r.Agent) || totals && r.Agent == "") && chosen.chosen.Has(r.Iteration) {
							t.Rows = append(t.Rows, iterationRow(run, r, compared, base, places))
						}
					}
				}
				return nil
			})
			if fatal(err) || len(t.Rows) == 0 && err != nil {
				return err
			}
			if err := chosen.missing(); err != nil {
				return err
			}
			markNumbers(t)
			return cmp.Or(o.write(cmd, t), err)
		},
	}
	o.addFlags(cmd)
	chosen.addFlags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&totals, "totals", false, "add a row for each iteration with what all agents cost together")
	addPlaces(cmd, &places)
	addElsewhere(cmd, "cost", "a row has the cost of its iteration; for costs of runs see table summary --cost")
	addElsewhere(cmd, "group-by", "a row is an iteration of a run; for groups of runs see table summary --group-by")
	return cmd
}

// addPlaces adds the flag for the decimal places of what is computed.
func addPlaces(cmd *cobra.Command, places *int) {
	cmd.Flags().IntVar(places, "places", 1, "decimal `places` of percentages and means")
}

func checkPlaces(cmd *cobra.Command, places int) error {
	if places < 0 || places > maxPlaces {
		return cli.Usagef("%s: --places %d, want 0 to %d", cli.Called(cmd), places, maxPlaces)
	}
	return nil
}

// costsAt are the costs of a run by iteration and agent; those of all agents together have no agent.
type costsAt map[int]map[string]*provider.Cents

func costsOf(run *series.Run) (costsAt, error) {
	all := costsAt{}
	for rows := range run.ByIteration() {
		of := map[string]*provider.Cents{}
		for _, r := range rows {
			of[r.Agent] = r.Cost
		}
		var err error
		if of[""], err = series.Total(rows); err != nil {
			return nil, err
		}
		all[rows[0].Iteration] = of
	}
	return all, nil
}

func iterationRow(run *series.Run, r series.Row, compared bool, base costsAt, places int) []tabular.Cell {
	row := []tabular.Cell{runCell(run), number(r.Iteration), agentCell(r.Agent), money(r.Cost), truth(r.Accepted),
		textOr(string(r.Decision))}
	if compared {
		row = append(row, percent(series.Change(r.Cost, base[r.Iteration][r.Agent], places)))
	}
	for i, c := range run.Columns {
		row = append(row, cell(c, r, i))
	}
	return row
}

// withTotal puts what the agents cost together into the row without an agent, which it adds if there is none.
func withTotal(run *series.Run, rows []series.Row) ([]series.Row, error) {
	total, err := series.Total(rows)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	if rows[0].Agent != "" {
		whole := series.Row{Iteration: rows[0].Iteration, Values: run.Whole.Values, Defaulted: run.Whole.Defaulted}
		rows = slices.Insert(rows, 0, whole)
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
