package papercmd

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// An outcome is what a table of runs says of one. The run has no rows left.
type outcome struct {
	*series.Run
	cost *provider.Cents
	base *provider.Cents // of the run that it is compared with
	// last are the last values there are of each column, by agent; what is of the run has none.
	last []map[string]tabular.Cell
}

// runOptions are the flags of tables of runs.
type runOptions struct {
	tableOptions
	part
	cost    string
	places  int
	groupBy []string
	totals  bool
	also    []string // see series.Options

	columnPlaces int // of means of columns
}

func (o *runOptions) addFlags(cmd *cobra.Command) {
	o.tableOptions.addFlags(cmd)
	o.part.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.cost, "cost", string(series.CostFinal), "what the cost of a run is: `final`, best, sum or mean")
	flags.StringArrayVar(&o.groupBy, "group-by", nil,
		"a row for each `what`: experiment, type or config:/POINTER; several are told apart by all")
	addPlaces(cmd, &o.places)
}

// check reads the flags.
func (o *runOptions) check(cmd *cobra.Command) error {
	if err := o.part.check(cmd); err != nil {
		return err
	}
	if !slices.Contains(series.CostsOf, series.CostOf(o.cost)) {
		return cli.Usagef("%s: --cost %q, want final, best, sum or mean", cli.Called(cmd), o.cost)
	}
	if err := checkPlaces(cmd, o.places); err != nil {
		return err
	}
	if o.columnPlaces = o.places; !cmd.Flags().Changed("places") {
		o.columnPlaces = 4
	}
	return o.tableOptions.check(cmd)
}

// partly reports that costs are not those of whole runs.
func (o *runOptions) partly() bool { return len(o.agents) > 0 || o.chosen != nil }

// derived reports that all costs are computed.
func (o *runOptions) derived() bool {
	return o.partly() || o.cost == string(series.CostSum) || o.cost == string(series.CostMean)
}

// costTitle is the head of the column of costs.
func (o *runOptions) costTitle() string {
	title := o.cost + " cost"
	if o.derived() {
		title += " (derived)"
	}
	return title
}

func (o *runOptions) costOf(run *series.Run) (*provider.Cents, error) {
	return run.PartCost(series.CostOf(o.cost), o.agents, o.chosen)
}

// read reads the runs. Those that were read are there also with an error that was told of.
func (o *runOptions) read(cmd *cobra.Command, args []string, keys []key) (all []outcome, err error) {
	totals := o.derived() && !o.partly()
	want := series.Options{Outline: totals || !o.derived(), Totals: totals, Span: o.chosen, Also: o.also}
	if keys != nil {
		want.Also = nil
	}
	if slices.ContainsFunc(keys, func(k key) bool { return k.column.Source == series.SourceConfig }) {
		want.Also = []string{"config"}
	}
	err = o.eachOf(cmd, args, want, func(_ string, p provider.Provider, run *series.Run) error {
		c, err := o.costOf(run)
		if err = cmp.Or(err, seeKeys(cmd.Context(), keys, p, run)); err != nil {
			return err
		}
		o.see(run.Rows)
		x := outcomeOf(run, o.parsed, o.agents, o.chosen)
		if x.cost = c; run.Base != nil {
			if x.base, err = o.costOf(run.Base); err != nil {
				return err
			}
		}
		all = append(all, x)
		return nil
	})
	if fatal(err) || len(all) == 0 && err != nil {
		return nil, err
	}
	if err := cmp.Or(o.missing(), missingKeys(keys)); err != nil {
		return nil, err
	}
	return all, err
}

// outcomeOf takes the rows out of a run and keeps the last values of columns, of some agents in some iterations; no
// agents and a nil span are all.
func outcomeOf(run *series.Run, columns []series.Column, agents []string, span *provider.Span) outcome {
	x := outcome{Run: run, last: make([]map[string]tabular.Cell, len(columns))}
	for i, c := range columns {
		x.last[i] = map[string]tabular.Cell{}
		if c.OfRun() && run.Whole.Values[i] != nil {
			x.last[i][""] = cell(c, run.Whole, i)
		}
	}
	for _, r := range run.Rows {
		if !span.Has(r.Iteration) || r.Agent != "" && len(agents) > 0 && !slices.Contains(agents, r.Agent) {
			continue
		}
		for i, c := range columns {
			if !c.OfRun() && r.Values[i] != nil {
				x.last[i][r.Agent] = cell(c, r, i)
			}
		}
	}
	run.Rows = nil
	return x
}

func reasonCell(run *series.Run) tabular.Cell {
	if run.Result == nil || run.Result.ConvergenceReason == nil {
		return tabular.Cell{}
	}
	return text(*run.Result.ConvergenceReason)
}

func converged(run *series.Run) *bool {
	if run.Result == nil {
		return nil
	}
	return run.Result.Converged
}

// addColumns adds the columns of one's own: one for values of runs and of iterations, and one for each agent that has
// values.
func (o *tableOptions) addColumns(t *tabular.Table, all []outcome) {
	eachColumn(o.parsed, all, func(i int, agent string) {
		t.Columns = append(t.Columns, head(o.parsed[i], agent))
		for k := range t.Rows {
			t.Rows[k] = append(t.Rows[k], all[k].last[i][agent])
		}
	})
}

// eachColumn gives the columns that runs have values of, or that are computed, with the agent of which they are.
func eachColumn(columns []series.Column, all []outcome, f func(i int, agent string)) {
	for i, c := range columns {
		agents := map[string]bool{}
		for _, x := range all {
			for agent := range x.last[i] {
				agents[agent] = true
			}
		}
		if len(agents) == 0 && c.Derived() {
			agents[""] = true
		}
		for _, agent := range slices.Sorted(maps.Keys(agents)) {
			f(i, agent)
		}
	}
}

// numbersOf gives the mean, the least and the greatest of the numbers among cells.
func numbersOf(cells []tabular.Cell, places int) (mean, least, most tabular.Cell, n int) {
	var numbers []*big.Rat
	of := map[*big.Rat]tabular.Cell{}
	for _, c := range cells {
		if x := numeric(c.Value); x != nil {
			numbers = append(numbers, x)
			of[x] = c
			mean.Defaulted = mean.Defaulted || c.Defaulted
		}
	}
	if len(numbers) == 0 {
		return mean, least, most, 0
	}
	sum := new(big.Rat)
	for _, x := range numbers {
		sum.Add(sum, x)
	}
	order := func(a, b *big.Rat) int { return a.Cmp(b) }
	sum.Quo(sum, big.NewRat(int64(len(numbers)), 1))
	mean.Value = series.Value(decimal.Format(sum, places))
	return mean, of[slices.MinFunc(numbers, order)], of[slices.MaxFunc(numbers, order)], len(numbers)
}
