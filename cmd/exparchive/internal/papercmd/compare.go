package papercmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// manyRuns is from how many runs on each is a row, and no column.
const manyRuns = 7

type compareOptions struct {
	tableOptions
	costs  []string
	places int
	rows   bool
}

// NewCompare makes the command compare.
func NewCompare() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare RUN...",
		Short: "Put runs side by side: costs, outcome, and where their configurations differ",
		Long: `Print what many runs have, side by side: how they ended, their iterations, their costs and by how
much the first of these differs from that of the first run or of --baseline, the models and tokens of their calls,
how many of their proposals were accepted, columns of your own (as table summary has them), and every member of the
configuration that is not the same in all of them, by its JSON pointer.

For people each run is a column, of more than six or with --rows a row. CSV and JSON have a row for each run. See
diff for what differs between two runs record by record.

` + partHelp,
		Example: `  exparchive compare a.simexp b.simexp
  exparchive compare runs/ --baseline runs/baseline.simexp --cost final,mean --format csv
  exparchive compare a.simexp b.simexp --column f=policy:/parameters/fraction --format latex`,
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&o.costs, "cost", []string{"final", "best"},
		"`what` of costs: final, best, sum or mean; several with commas")
	flags.BoolVar(&o.rows, "rows", false, "a row for each run, of few too; --rows=false a column, of many too")
	addPlaces(cmd, &o.places)
	return cmd
}

// A compared run is what compare says of one.
type compared struct {
	outcome
	file               string
	costs              []*provider.Cents
	accepted, rejected int64
	usage              *archive.Usage
	settings           settings
}

func (o *compareOptions) run(cmd *cobra.Command, args []string) error {
	if err := cmp.Or(o.check(cmd), checkPlaces(cmd, o.places)); err != nil {
		return err
	}
	for i, of := range o.costs {
		if !slices.Contains(series.CostsOf, series.CostOf(of)) || slices.Contains(o.costs[:i], of) {
			return cli.Usagef("compare: --cost %q, want final, best, sum and mean, each once", of)
		}
	}
	var all []compared
	want := series.Options{Decisions: true, Also: []string{"config", "convergence_reason"}}
	failed := o.eachOf(cmd, args, want, func(file string, p provider.Provider, run *series.Run) error {
		x := compared{file: cli.ShownName(file), settings: settingsOf(run.Config)}
		for _, of := range o.costs {
			c, err := run.Cost(series.CostOf(of))
			if err != nil {
				return err
			}
			x.costs = append(x.costs, c)
		}
		for _, r := range run.Rows {
			switch r.Decision {
			case provider.DecisionAccepted:
				x.accepted++
			case provider.DecisionRejected:
				x.rejected++
			}
		}
		var err error
		if x.usage, err = runs.UsageOf(cmd.Context(), p); err != nil {
			return err
		}
		x.outcome = outcomeOf(run, o.parsed, nil, nil)
		if run.Base != nil && len(o.costs) > 0 {
			if x.base, err = run.Base.Cost(series.CostOf(o.costs[0])); err != nil {
				return err
			}
		}
		all = append(all, x)
		return nil
	})
	if fatal(failed) || len(all) == 0 && failed != nil {
		return failed
	}
	t := o.table(all, o.compareWith(all))
	markNumbers(t)
	if err := o.sortTable(cmd, t); err != nil {
		return err
	}
	if o.forPeople() && !o.rows && (len(all) < manyRuns || cmd.Flags().Changed("rows")) {
		t = sideways(t)
	}
	if o.format == "text" {
		clip(t)
	}
	return cmp.Or(o.print(cmd, t), failed)
}

// compareWith sees to it that runs have something they are compared with: their baselines or, where none has one, the
// first run. It says what that is.
func (o *compareOptions) compareWith(all []compared) string {
	base := all[0].Base
	if slices.ContainsFunc(all, func(x compared) bool { return x.Base != base }) {
		return "baseline" // each has its own
	}
	if base != nil {
		return base.Heading()
	}
	for i := range all {
		if len(o.costs) > 0 {
			all[i].base = all[0].costs[0]
		}
	}
	return all[0].Heading()
}

// clip shortens long texts, such as descriptions in configurations.
func clip(t *tabular.Table) {
	for _, row := range t.Rows {
		for i := range row {
			if shown := row[i].ForPeople(); utf8.RuneCountInString(shown) > mostShown {
				row[i].Text = terminal.Clip(shown, mostShown)
			}
		}
	}
}

// mostShown is how many characters of a value a terminal shows.
const mostShown = 48

// compareColumns are the first of them.
var compareColumns = []tabular.Column{
	{Name: "file"}, {Name: "run_id", Title: "run"}, {Name: "experiment_name", Title: "experiment"},
	{Name: "experiment_type", Title: "type"},
	{Name: "status"}, {Name: "converged"}, {Name: "convergence_reason", Title: "reason"},
	{Name: "num_iterations", Title: "iterations", Number: true},
}

// table has a row for each run.
func (o *compareOptions) table(all []compared, base string) *tabular.Table {
	t := &tabular.Table{Columns: slices.Clone(compareColumns)}
	t.Columns[0].Coded = !sameIDs(all)
	for _, of := range o.costs {
		title := of + " cost"
		if of == string(series.CostSum) || of == string(series.CostMean) {
			title += " (derived)"
		}
		t.Columns = append(t.Columns, tabular.Column{Name: of + "_cost", Title: title, Number: true})
	}
	if len(o.costs) > 0 {
		t.Columns = append(t.Columns,
			tabular.Column{Name: "change_percent", Title: "change from " + base, Number: true, Given: true})
	}
	t.Columns = append(t.Columns, []tabular.Column{
		{Name: "models"}, {Name: "prompt_tokens", Title: "prompt tokens", Number: true},
		{Name: "completion_tokens", Title: "completion tokens", Number: true},
		{Name: "num_accepted", Coded: true}, {Name: "num_rejected", Coded: true},
		{Name: "acceptance_rate", Title: "accepted", Number: true},
	}...)
	var outcomes []outcome
	for _, x := range all {
		outcomes = append(outcomes, x.outcome)
		row := []tabular.Cell{text(x.file), runCell(x.Run), text(x.Name), text(x.Type), text(string(x.Status())),
			truth(converged(x.Run)),
			reasonCell(x.Run), number(x.Iterations)}
		for _, c := range x.costs {
			row = append(row, money(c))
		}
		if len(o.costs) > 0 {
			row = append(row, percent(series.Change(x.costs[0], x.base, o.places)))
		}
		row = append(row, textOr(strings.Join(x.usage.Models, ", ")), count(x.usage.PromptTokens),
			count(x.usage.CompletionTokens),
			number(x.accepted), number(x.rejected), o.acceptance(x.accepted, x.rejected))
		t.Rows = append(t.Rows, row)
	}
	o.addColumns(t, outcomes)
	var each []settings
	for _, x := range all {
		each = append(each, x.settings)
	}
	for _, pointer := range differing(each) {
		t.Columns = append(t.Columns, tabular.Column{Name: "config:" + pointer, Number: true, Given: true})
		for k, x := range all {
			t.Rows[k] = append(t.Rows[k], tabular.Cell{Value: x.settings.values[pointer]})
		}
	}
	return t
}

// sameIDs reports whether runs can only be told apart by their files.
func sameIDs(all []compared) bool {
	seen := map[string]bool{}
	for _, x := range all {
		if seen[x.RunID] {
			return true
		}
		seen[x.RunID] = true
	}
	return false
}

// count is a number that may not be known.
func count(n *int64) tabular.Cell {
	if n == nil {
		return tabular.Cell{}
	}
	return number(*n)
}

func (o *compareOptions) acceptance(accepted, rejected int64) tabular.Cell {
	if accepted+rejected == 0 {
		return tabular.Cell{}
	}
	share := big.NewRat(accepted, accepted+rejected)
	inPercent := new(big.Rat).Mul(share, big.NewRat(100, 1))
	return tabular.Cell{Value: []byte(decimal.Format(share, o.places+2)),
		Text: fmt.Sprintf("%d of %d (%s %%)", accepted, accepted+rejected, decimal.Format(inPercent, o.places))}
}

// sideways makes columns of the rows of a table of runs, for people. The runs are the heads.
func sideways(t *tabular.Table) *tabular.Table {
	t = t.ForPeople()
	head := slices.IndexFunc(t.Columns, func(c tabular.Column) bool { return c.Name == "run_id" })
	turned := &tabular.Table{Columns: []tabular.Column{{Name: "run_id", Title: "run"}}, Notes: t.Notes}
	for _, row := range t.Rows {
		turned.Columns = append(turned.Columns, tabular.Column{Name: row[head].ForPeople(), Number: true, Given: true})
	}
	for i, c := range t.Columns {
		if i == head {
			continue
		}
		cells := []tabular.Cell{{Text: c.ForPeople()}}
		for _, row := range t.Rows {
			cells = append(cells, row[i])
		}
		turned.Rows = append(turned.Rows, cells)
	}
	return turned
}

// settings are the values in a configuration that hold no others, by JSON pointer.
type settings struct {
	order  []string // of the text
	values map[string]json.RawMessage
}

func settingsOf(config json.RawMessage) settings {
	s := settings{values: map[string]json.RawMessage{}}
	if len(config) > 0 {
		s.add("", config)
	}
	return s
}

func (s *settings) add(at string, text json.RawMessage) {
	text = jsontext.Trim(text)
	inside := false
	switch {
	case len(text) > 0 && text[0] == '{':
		_ = jsontext.Members(text, func(name string, value []byte) error {
			s.add(at+"/"+jsontext.EscapePointer(name), value)
			inside = true
			return nil
		})
	case len(text) > 0 && text[0] == '[':
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) == nil {
			for i, x := range elements {
				s.add(at+"/"+strconv.Itoa(i), x)
				inside = true
			}
		}
	}
	if inside {
		return
	}
	if _, twice := s.values[at]; !twice {
		s.order = append(s.order, at)
	}
	s.values[at] = text
}

// differing gives the pointers to values that are not the same in all configurations, in the order in which they occur.
func differing(all []settings) (pointers []string) {
	seen := map[string]bool{}
	for _, s := range all {
		for _, pointer := range s.order {
			if seen[pointer] {
				continue
			}
			seen[pointer] = true
			first, there := all[0].values[pointer]
			if slices.ContainsFunc(all, func(s settings) bool {
				v, ok := s.values[pointer]
				return ok != there || ok && len(evolution.Diff(first, v)) > 0
			}) {
				pointers = append(pointers, pointer)
			}
		}
	}
	return pointers
}
