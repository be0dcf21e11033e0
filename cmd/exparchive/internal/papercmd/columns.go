package papercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// columnOptions are the flags for columns of one's own.
type columnOptions struct {
	texts    []columnText
	titles   []string
	baseline string // the run with which columns and tables compare

	baselineRun string // its id, if its file holds several

	declared []series.Column // with those that are there for others only
	parsed   []series.Column // without
}

// A columnText is a value of --column or --let, which stand in one list: a formula names columns before it.
type columnText struct {
	text string
	let  bool
}

// A columnFlag is the flag --column or --let.
type columnFlag struct {
	list *[]columnText
	let  bool
}

func (f columnFlag) Set(text string) error {
	*f.list = append(*f.list, columnText{text, f.let})
	return nil
}
func (columnFlag) String() string { return "" }
func (columnFlag) Type() string   { return "stringArray" }

// GetSlice gives the values of the flag.
func (f columnFlag) GetSlice() (texts []string) {
	for _, c := range *f.list {
		if c.let == f.let {
			texts = append(texts, c.text)
		}
	}
	return texts
}

// columnsHelp explains columns in the help of what has them.
const columnsHelp = `--column NAME=SOURCE:POINTER adds a column. SOURCE is config (the configuration of the run),
policy (the policy of each agent in each iteration), proposed (the policy that was proposed for it, accepted or not)
or a type of events; POINTER is a JSON pointer (RFC 6901) into it. An event is of the agent that its member agent_id
names, else of the iteration as a whole; {agent} in a pointer stands for each agent in turn, {each} for each element
of an array, which makes the value an array. Of several events of an iteration the last one that has the value counts.
" else VALUE" behind it is the value where nothing was recorded.

--column NAME=FORMULA computes a column from columns before it, exactly, with + - * / and parentheses; --let is a
column for formulas only, that is not shown. A formula may have cost_cents, iteration, names in double quotes, and
  x else 0.5               0.5 where x is absent
  if(c, x, y)              x where c is not zero, else y
  running(x), total(x)     the sum over the iterations up to this one; over all (mean, least, greatest likewise)
  first(x), last(x)        x in the first or last iteration
  rises(x)                 1 if x never falls from one iteration to the next, as a running total does; else 0
  agents(x), iterations()  the sum over the agents of the iteration; the number of iterations
  change(x)                by how much x differs from x of the --baseline, in percent
and around it all round(x, PLACES) or cents(x), shown as money: rounded once, at the end, half to even. What is
computed from an absent value is absent, and a quotient by zero is. Computed columns bear the mark †, defaults and
what comes of them *; as CSV and JSON, rows name them in derived_columns and defaulted_columns.`

// addFlags adds the flags; verb says what is done with a column.
func (o *columnOptions) addFlags(cmd *cobra.Command, verb string) {
	flags := cmd.Flags()
	flags.VarP(columnFlag{&o.texts, false}, "column", "c",
		verb+" the column `NAME=SOURCE:POINTER`, as fraction=policy:/parameters/fraction, or NAME=FORMULA")
	flags.Var(columnFlag{&o.texts, true}, "let",
		"a column `NAME=...` that formulas of columns behind it may name, and is not shown")
	flags.StringArrayVar(&o.titles, "title", nil, "what people read for a column, as `NAME=TEXT`")
	flags.StringVar(&o.baseline, "baseline", "",
		"compare with this `run`, in percent: costs, and what change() in formulas is of")
	runio.AddOther(cmd, &o.baselineRun, "baseline-run", "the file of --baseline")
}

// parse reads the columns. Those whose formulas compare runs want a baseline, unless every run may bring its own.
func (o *columnOptions) parse(cmd *cobra.Command) error {
	if err := noEmpty(cmd); err != nil {
		return err
	}
	if o.baselineRun != "" && o.baseline == "" {
		return cli.Usagef("%s: --baseline-run goes with --baseline", cli.Called(cmd))
	}
	o.declared = nil
	for _, c := range o.texts {
		parsed, err := series.ParseColumn(c.text, o.declared...)
		if err != nil {
			return cli.Usagef("%s: --%s: %w", cli.Called(cmd), map[bool]string{false: "column", true: "let"}[c.let], err)
		}
		parsed.Hidden = c.let
		if parsed.NeedsBaseline() && o.baseline == "" && pinnedOf(cmd.Context()) == nil {
			return cli.Usagef("%s: column %s: change() wants a --baseline to compare with", cli.Called(cmd), parsed.Name)
		}
		if parsed.Source == series.SourceLabel && pinnedOf(cmd.Context()) == nil {
			return cli.Usagef("%s: column %s: labels are for runs in a paper.yaml (see `exparchive paper --help`)",
				cli.Called(cmd), parsed.Name)
		}
		o.declared = append(o.declared, parsed)
	}
	for _, t := range o.titles {
		name, title, ok := strings.Cut(t, "=")
		if !ok || name == "" || title == "" {
			return cli.Usagef("%s: --title %q: want NAME=TEXT", cli.Called(cmd), t)
		}
		for i := range o.declared {
			if o.declared[i].Name == name {
				o.declared[i].Title = title
			}
		}
	}
	o.parsed = series.Visible(o.declared)
	return nil
}

// noEmpty refuses flags that were given nothing, as by a variable of a shell that is not set: they would else be as if
// they were not there.
func noEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		list, isList := f.Value.(pflag.SliceValue)
		switch {
		case f.Name == "caption" || f.Name == "label":
		case isList && len(list.GetSlice()) == 0 || f.Value.Type() == "string" && f.Value.String() == "":
			err = cli.Usagef("%s: --%s: the value is empty", cli.Called(cmd), f.Name)
		}
	})
	return err
}

// marked reports whether a column has something that was not recorded.
func (o *columnOptions) marked() bool {
	return slices.ContainsFunc(o.parsed, func(c series.Column) bool { return c.Derived() || c.Default != nil })
}

// head gives the head of a column of one's own, or of what it has of an agent.
func head(c series.Column, agent string) tabular.Column {
	head := tabular.Column{Name: c.Name, Number: true, Given: true, Derived: c.Derived(), Title: c.Title}
	if agent != "" {
		head.Name += " " + agent
		if head.Title != "" {
			head.Title += " " + agent
		}
	}
	return head
}

// cell gives the value of a column at an index in a row.
func cell(c series.Column, r series.Row, i int) tabular.Cell {
	v := tabular.Cell{Value: r.Values[i], Defaulted: r.Defaulted != nil && r.Defaulted[i]}
	if n, ok := cents(c, r.Values[i]); ok {
		v.Text = n.String()
	}
	return v
}

// cents gives the value of a column of money.
func cents(c series.Column, v series.Value) (provider.Cents, bool) {
	if !c.Money() || v == nil {
		return 0, false
	}
	n, err := provider.ParseCents(string(v))
	return n, err == nil
}

// finish gives the table its titles, marks and notes.
func (o *columnOptions) finish(t *tabular.Table) error {
	for _, text := range o.titles {
		name, title, _ := strings.Cut(text, "=")
		i := slices.IndexFunc(t.Columns, func(c tabular.Column) bool { return c.Name == name })
		if i < 0 && !slices.ContainsFunc(o.parsed, func(c series.Column) bool { return c.Name == name }) {
			return fmt.Errorf("--title: no column %q, want one of %s", name, strings.Join(columnNames(t), ", "))
		}
		if i >= 0 {
			t.Columns[i].Title = title
		}
	}
	if !o.marked() || len(t.Columns) == 0 {
		return nil
	}
	t.Marked = true
	var computed, from, defaults []string
	for _, c := range o.declared {
		switch {
		case c.Derived():
			computed = append(computed, c.String())
		case c.Hidden:
			from = append(from, c.String())
		case c.Default != nil:
			defaults = append(defaults, fmt.Sprintf("%s: %s", c.Name, c.Default))
		}
	}
	if slices.ContainsFunc(t.Columns, func(c tabular.Column) bool { return c.Derived }) {
		note := tabular.DerivedMark + " computed: " + strings.Join(computed, "; ")
		if len(from) > 0 {
			note += "; from " + strings.Join(from, "; ")
		}
		t.Notes = append(t.Notes, note)
	}
	if slices.ContainsFunc(t.Rows, func(row []tabular.Cell) bool {
		return slices.ContainsFunc(row, func(c tabular.Cell) bool { return c.Defaulted })
	}) {
		note := tabular.DefaultedMark + " a default stands for, or in, what was not recorded"
		if len(defaults) > 0 {
			note += " (" + strings.Join(defaults, "; ") + ")"
		}
		t.Notes = append(t.Notes, note)
	}
	return nil
}

func columnNames(t *tabular.Table) (names []string) {
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return names
}

// A sought keeps which columns runs had values of.
type sought struct {
	columns []series.Column
	found   []bool
	unknown error // of the first run
	runs    int
}

// add takes in a run, which may have been read in part and have more columns than those that are sought.
func (s *sought) add(ctx context.Context, p provider.Provider, run *series.Run, part bool) error {
	s.runs++
	if s.found == nil {
		s.found = make([]bool, len(s.columns))
	}
	for i, c := range s.columns {
		if s.found[i] {
			continue
		}
		if s.found[i] = run.Has(i); s.found[i] || !part {
			continue
		}
		whole, err := series.Of(ctx, p, []series.Column{c})
		if err != nil {
			return err
		}
		s.found[i] = whole.Has(0)
	}
	if i := slices.Index(s.found, false); i >= 0 && s.runs == 1 {
		s.unknown = series.Unknown(ctx, p, s.columns[i])
	}
	return nil
}

// missing gives the error for a column that no run has. One with a default may be right; that it stands everywhere is
// said on stderr.
func (s *sought) missing(cmd *cobra.Command) error {
	for i, c := range s.columns {
		if s.found[i] {
			continue
		}
		err := error(&series.UnknownError{Column: c})
		e := (*series.UnknownError)(nil)
		if s.unknown != nil && (s.runs == 1 || errors.As(s.unknown, &e) && e.Column.Name == c.Name) {
			err = s.unknown
		}
		if c.Default == nil {
			return err
		}
		cli.Warnf(cmd.ErrOrStderr(), "%v; %s stands everywhere", err, c.Default)
	}
	return nil
}

// readBaseline reads the run that others are compared with; nil if none is named.
func (o *readOptions) readBaseline(cmd *cobra.Command, want series.Options) (run *series.Run, err error) {
	if o.baseline == "" {
		return nil, nil
	}
	p, c, err := runio.OpenRun(cmd.Context(), cmd.ErrOrStderr(), o.baseline, o.which.Other("baseline-run", o.baselineRun))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	p, changed := runio.Shown(p)
	want.Also = nil // of which a baseline shows nothing
	if run, err = series.Read(cmd.Context(), p, want); err == nil {
		warnWithheld(cmd.ErrOrStderr(), o.baseline, run)
		err = changed()
	}
	return run, cli.InFile(o.baseline, err)
}
