package papercmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// TableFormats are the values of --format.
var TableFormats = append([]string{"text"}, tabular.Formats...)

// tableOptions are the flags that all tables have.
type tableOptions struct {
	columnOptions
	which  runio.Choice
	format string
	json   bool
	sort   []string
	layout tabular.Options
}

// NewTable makes the command table.
func NewTable() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "table",
		Short: "Make tables of runs for papers, spreadsheets and programs",
		Long: `Make tables of runs, of archives, old databases, web results and JSON lines alike.

` + columnsHelp + `

A number is printed as it was recorded. What was not recorded is a dash for people, an empty cell in CSV, null in JSON. Costs are
whole cents in CSV and JSON.`,
		Example: `  exparchive table iterations exp1.simexp --column f=policy:/parameters/initial_liquidity_fraction
  exparchive table summary runs/ --cost mean --baseline baseline.simexp --format latex
  exparchive table convergence runs/ --group-by experiment`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Usagef("table: no table %q, want iterations, summary or convergence", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newIterations(), newSummary(), newConvergence())
	return cmd
}

// addFlags adds the flags of all tables.
func (o *tableOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.columnOptions.addFlags(cmd, "add")
	flags.StringVarP(&o.format, "format", "f", "text", "write the table as this `format`: text, csv, json, markdown, latex or html")
	flags.BoolVar(&o.json, "json", false, "the same as --format json: an array of objects, one a row")
	flags.StringSliceVar(&o.sort, "sort", nil, "sort by this `column`, from the largest with - before it; several with commas")
	flags.StringVar(&o.layout.Caption, "caption", "", "the `text` above the table, in LaTeX and HTML")
	flags.StringVar(&o.layout.Label, "label", "", "the `label` of the table, in LaTeX")
	flags.BoolVar(&o.layout.Siunitx, "siunitx", false, "align numbers at the point, by the LaTeX package siunitx")
	flags.BoolVar(&o.layout.Raw, "raw", false, "leave cells of CSV as they are that a spreadsheet would take for a formula")
	runio.AddChoice(cmd, &o.which)
}

// check reads the flags.
func (o *tableOptions) check(cmd *cobra.Command) error {
	if o.json {
		if cmd.Flags().Changed("format") && o.format != "json" {
			return cli.Usagef("%s: --json and --format %s: want one of them", cli.Called(cmd), o.format)
		}
		o.format = "json"
	}
	if !slices.Contains(TableFormats, o.format) {
		return cli.Usagef("%s: --format %q, want one of %s", cli.Called(cmd), o.format, strings.Join(TableFormats, ", "))
	}
	return o.parse(cmd)
}

// fatal reports that nothing is printed after an error: it is no file's that was passed over and told of.
func fatal(err error) bool { return err != nil && !errors.As(err, new(cli.Reported)) }

// each reads the runs that the arguments name, and gives them to f with the names of their files.
func (o *tableOptions) each(cmd *cobra.Command, args []string, f func(file string, run *series.Run) error) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	if set := pinnedOf(ctx); set != nil {
		return o.eachPinned(cmd, set, args, f)
	}
	base, err := o.readBaseline(cmd)
	if err != nil {
		return err
	}
	sought := sought{columns: o.declared}
	var failed error
	read := func(from runio.Source, id string) error {
		p, c, err := runio.OpenRun(ctx, stderr, from.Path, runio.Choice{ID: id, Lenient: o.which.Lenient})
		if err != nil {
			return from.Named(err)
		}
		defer c.Close()
		p, changed := runio.Shown(p)
		run, err := series.Of(ctx, p, o.declared)
		if err == nil && base != nil {
			err = run.Against(base)
		}
		if err = cmp.Or(err, changed()); err != nil {
			return cli.InFile(from.Name, err)
		}
		sought.add(ctx, p, run)
		return f(from.Name, run.Shown())
	}
	for from, err := range runio.SourcesOf(ctx, stderr, args, false) {
		ids := []string{o.which.ID}
		var kind runs.Kind
		if err == nil {
			kind, err = runio.SniffFile(from.Path)
		}
		if err == nil && o.which.ID == "" && kind != runs.SQLite { // an archive has one run, which need not be looked for
			if ids, err = runs.IDs(ctx, from.Path, o.which.Options()); err != nil {
				err = runio.WithRunHint(from.Named(err))
			}
		}
		if err != nil {
			ids = nil
		}
		for _, id := range ids {
			err = cmp.Or(err, read(from, id))
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && len(args) == 1 && !runio.IsFolder(args[0]):
			return err
		case err != nil:
			cli.Warnf(stderr, "%v", cli.InFile(from.Name, err))
			failed = cli.Reported{}
		}
	}
	if sought.runs == 0 {
		return cmp.Or(failed, cmp.Or(runio.PassedOver(args), fmt.Errorf("%s: no runs", strings.Join(args, ", "))))
	}
	return cmp.Or(sought.missing(cmd), failed)
}

// write sorts the table and prints it.
func (o *tableOptions) write(cmd *cobra.Command, t *tabular.Table) error {
	if err := sortRows(t, o.sort); err != nil {
		return cli.Usagef("%s: --sort: %w", cli.Called(cmd), err)
	}
	if err := o.finish(t); err != nil {
		return cli.Usagef("%s: %w", cli.Called(cmd), err)
	}
	if o.format == "text" {
		return printTable(cmd.OutOrStdout(), t)
	}
	return t.Write(cmd.OutOrStdout(), o.format, o.layout)
}

// printTable prints the table for a terminal.
func printTable(w io.Writer, t *tabular.Table) error {
	var titles []string
	for _, c := range t.Columns {
		title := strings.ToUpper(c.ForPeople())
		if c.Number {
			title = ">" + title
		}
		titles = append(titles, title)
	}
	out := cli.NewTable(titles...)
	for _, rows := range [][][]tabular.Cell{t.Rows, t.Totals} {
		for _, row := range rows {
			var cells []string
			for _, c := range row {
				cells = append(cells, c.ForPeople())
			}
			out.Add(cells...)
		}
	}
	if err := out.Print(w); err != nil {
		return err
	}
	for _, note := range t.Notes {
		if _, err := fmt.Fprintln(w, terminal.Escape(note)); err != nil {
			return err
		}
	}
	return nil
}

// The cells of tables.

func text(s string) tabular.Cell { return tabular.String(s) }

func runCell(run *series.Run) tabular.Cell {
	c := text(run.RunID)
	c.Text = run.Title
	return c
}

func money(c *provider.Cents) tabular.Cell {
	if c == nil {
		return tabular.Cell{}
	}
	return tabular.Cell{Value: fmt.Appendf(nil, "%d", int64(*c)), Text: c.String()}
}

func truth(b *bool) tabular.Cell {
	if b == nil {
		return tabular.Cell{}
	}
	return tabular.Cell{Value: fmt.Appendf(nil, "%t", *b), Text: cli.YesNoOrDash(b)}
}

func number(n int) tabular.Cell { return tabular.Cell{Value: fmt.Appendf(nil, "%d", n)} }

// percent is a change that [series.Change] gives.
func percent(change string) tabular.Cell {
	if change == "" {
		return tabular.Cell{}
	}
	sign := ""
	if change[0] != '-' && strings.Trim(change, "0.") != "" {
		sign = "+"
	}
	return tabular.Cell{Value: []byte(change), Text: sign + change + " %"}
}
