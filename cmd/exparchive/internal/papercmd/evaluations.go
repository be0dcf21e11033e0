package papercmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// sampleFlags are the flags that say where samples and their statistics are, by what they say it of.
var sampleFlags = []struct{ statistic, name, what string }{
	{series.Samples, "samples",
		"samples are at `TYPE:/POINTER`, in events of that type: an array of numbers, or a number an event"},
	{series.Mean, "mean", "the mean was recorded at `TYPE:/POINTER`"},
	{series.StdDev, "std-dev", "the standard deviation was recorded at `TYPE:/POINTER`"},
	{series.Interval, "interval",
		"the 95 % confidence interval was recorded at `TYPE:/POINTER`, as an array of two numbers"},
	{series.Count, "count", "the number of samples was recorded at `TYPE:/POINTER`"},
}

var evaluationColumns = []tabular.Column{
	{Name: "run_id", Title: "run"}, {Name: "iteration", Number: true}, {Name: "agent_id", Title: "agent"},
	{Name: "source"},
	{Name: "mean", Number: true}, {Name: "std_dev", Title: "std dev", Number: true},
	{Name: "ci95_low", Title: "95 % from", Number: true}, {Name: "ci95_high", Title: "to", Number: true},
	{Name: "n", Number: true},
	{Name: "derived"},
}

func newEvaluations() *cobra.Command {
	var o tableOptions
	var chosen part
	var cents bool
	var places int
	given := map[string]*[]string{}
	cmd := &cobra.Command{
		Use:   "evaluations RUN...",
		Short: "Mean, standard deviation, confidence interval and number of samples",
		Long: `Print a row for each agent in each iteration of each run of which samples were recorded: their mean,
standard deviation, 95 % confidence interval and number.

What was recorded is printed as it was. What was not is computed of the samples, if all of them are there, and the
column DERIVED names it: the standard deviation is that of a sample (over n-1), the interval that of the mean by
Student's t distribution. It is computed exactly and rounded once, half to even, costs to whole cents unless
--places says otherwise. With --baseline it says by how much a mean differs from that of the same agent in the same
iteration of another run, in percent to one place.

Without flags the events of the original project are looked for: policy_evaluation, bootstrap_evaluation,
monte_carlo_evaluation, evaluation and iteration_context. --samples, --mean, --std-dev, --interval and --count say
where others have theirs; {each} in a pointer stands for each element of an array, {agent} for each agent. Numbers
that stand in several events of an iteration are one sample each.

` + partHelp,
		Example: `  exparchive table evaluations exp2.simexp
  exparchive table evaluations mine.simexp --samples trial:/cost --cents
  exparchive table evaluations old.db --samples simulation_run:/total_cost --cents
  exparchive table evaluations mine.simexp --samples 'trials:/runs/{each}/rate' --places 4`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(chosen.check(cmd), o.check(cmd)); err != nil {
				return err
			}
			texts := map[string][]string{}
			for name, list := range given {
				texts[name] = *list
			}
			sources, err := series.ParseSources(texts, cents)
			if err != nil {
				return cli.Usagef("table evaluations: %w", err)
			}
			if cmd.Flags().Changed("places") && (places < 0 || places > maxPlaces) {
				return cli.Usagef("table evaluations: --places %d, want 0 to %d", places, maxPlaces)
			}
			first, want := len(o.parsed), series.Options{Span: chosen.chosen}
			switch {
			case len(sources) > 0:
				o.declared = slices.Concat(o.declared, series.Columns(sources)) // each must be there
			case cents:
				return cli.Usagef("table evaluations: --cents says what --samples are; name them")
			default:
				sources = series.Sources
				want.Columns = series.Columns(sources)
			}
			if !cmd.Flags().Changed("places") {
				places = 0
				if !sources[0].Cents {
					places = 6
				}
			}
			t := &tabular.Table{Columns: slices.Clone(evaluationColumns)}
			compared := o.compares(cmd, args)
			if compared {
				t.Columns = append(t.Columns, tabular.Column{Name: "change_percent", Title: "change", Number: true})
			}
			bases := map[*series.Run]evaluationsAt{nil: nil}
			for _, c := range o.parsed {
				t.Columns = append(t.Columns, head(c, ""))
			}
			evaluated := false
			err = o.eachOf(cmd, args, want, func(_ string, _ provider.Provider, run *series.Run) error {
				list, err := run.Evaluations(sources, first, places)
				if err != nil {
					return err
				}
				base, ok := bases[run.Base]
				if !ok {
					if base, err = evaluationsOf(run.Base.Shown(), sources, first, places); err != nil {
						return err
					}
					bases[run.Base] = base
				}
				chosen.see(run.Rows)
				for _, e := range list {
					evaluated = true
					if chosen.has(e.Agent) && chosen.chosen.Has(e.Iteration) {
						t.Rows = append(t.Rows, evaluationRow(run, &e, first, compared, base))
					}
				}
				return nil
			})
			if fatal(err) || len(t.Rows) == 0 && err != nil {
				return err
			}
			if !evaluated && chosen.chosen == nil {
				var types []string
				for _, s := range sources {
					types = append(types, s.Type)
				}
				return fmt.Errorf("no samples in events of the types %s (--samples TYPE:/POINTER names others)",
					strings.Join(types, ", "))
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
	for _, f := range sampleFlags {
		given[f.statistic] = flags.StringArray(f.name, nil, f.what)
	}
	flags.BoolVar(&cents, "cents", false, "the samples are costs in cents")
	flags.IntVar(&places, "places", 0, "decimal `places` of what is computed (of costs 0, else 6)")
	cli.NoDefault(cmd, "places")
	addElsewhere(cmd, "cost", "--samples and --mean say of what a row is; for costs of runs see table summary --cost")
	addElsewhere(cmd, "totals", "samples of several agents or iterations are not put together; "+
		"for what all agents cost together see table iterations --totals")
	addElsewhere(cmd, "group-by", "samples of several runs are not put together; for the mean, the least and the "+
		"greatest of runs see table summary --group-by with a --column such as mean=policy_evaluation:/mean")
	return cmd
}

// changePlaces are the decimal places of changes of means.
const changePlaces = 1

// maxPlaces is the most decimal places that are printed.
const maxPlaces = 12

// methods say how what is derived was computed.
var methods = map[string]string{series.StdDev: "std_dev (n-1)", series.Interval: "ci95 (Student t)"}

// evaluationsAt are the evaluations of a run by what tells them apart.
type evaluationsAt map[evaluationKey]*series.Evaluation

type evaluationKey struct {
	iteration    int
	agent, event string
}

func evaluationsOf(run *series.Run, sources []series.Source, first, places int) (evaluationsAt, error) {
	list, err := run.Evaluations(sources, first, places)
	all := evaluationsAt{}
	for i, e := range list {
		all[evaluationKey{e.Iteration, e.Agent, e.Type}] = &list[i]
	}
	return all, err
}

func evaluationRow(run *series.Run, e *series.Evaluation, columns int, compared bool,
	base evaluationsAt) []tabular.Cell {
	amount := func(v series.Value) tabular.Cell {
		c := tabular.Cell{Value: v}
		if e.Cents && numeric(v) != nil {
			c.Text = series.Dollars(v)
		}
		return c
	}
	var derived []string
	for _, name := range e.Derived {
		derived = append(derived, cmp.Or(methods[name], name))
	}
	row := []tabular.Cell{runCell(run), number(e.Iteration), agentCell(e.Agent), text(e.Type),
		amount(e.Mean), amount(e.StdDev), amount(e.Low), amount(e.High), {Value: e.Count},
		textOr(strings.Join(derived, ", "))}
	if compared {
		row = append(row, percent(e.Change(base[evaluationKey{e.Iteration, e.Agent, e.Type}], changePlaces)))
	}
	for i, c := range run.Columns[:columns] {
		row = append(row, cell(c, *e.Row, i))
	}
	return row
}
