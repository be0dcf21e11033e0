package papercmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/internal/terminal"
)

// TableFormats are the values of --format.
var TableFormats = append([]string{"text"}, tabular.Formats...)

// tableOptions are the flags that all tables have.
type tableOptions struct {
	readOptions
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
whole cents in CSV and JSON.

` + partHelp,
		Example: `  exparchive table iterations exp1.simexp --column f=policy:/parameters/initial_liquidity_fraction
  exparchive table summary runs/ --cost mean --baseline baseline.simexp --format latex
  exparchive table convergence runs/ --group-by experiment
  exparchive table evaluations exp2.simexp --format csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Usagef("table: no table %q, want iterations, summary, convergence or evaluations", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newIterations(), newSummary(), newConvergence(), newEvaluations())
	return cmd
}

// addFlags adds the flags of all tables.
func (o *tableOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.readOptions.addFlags(cmd, "add")
	flags.StringVarP(&o.format, "format", "f", "text",
		"write the table as this `format`: text, csv, json, markdown, latex or html")
	flags.BoolVar(&o.json, "json", false, "the same as --format json: an array of objects, one a row")
	flags.StringSliceVar(&o.sort, "sort", nil,
		"sort by this `column`, from the largest with - before it; several with commas")
	flags.StringVar(&o.layout.Caption, "caption", "", "the `text` above the table, in LaTeX and HTML")
	flags.StringVar(&o.layout.Label, "label", "", "the `label` of the table, in LaTeX")
	flags.BoolVar(&o.layout.Siunitx, "siunitx", false, "align numbers at the point, by the LaTeX package siunitx")
	flags.BoolVar(&o.layout.Raw, "raw", false,
		"leave cells of CSV as they are that a spreadsheet would take for a formula")
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

// write sorts the table and prints it.
func (o *tableOptions) write(cmd *cobra.Command, t *tabular.Table) error {
	if err := o.sortTable(cmd, t); err != nil {
		return err
	}
	return o.print(cmd, t)
}

func (o *tableOptions) sortTable(cmd *cobra.Command, t *tabular.Table) error {
	if err := o.checkNames(cmd, t); err != nil {
		return err
	}
	if err := sortRows(t, o.sort); err != nil {
		return cli.Usagef("%s: --sort: %w", cli.Called(cmd), err)
	}
	if err := o.finish(t); err != nil {
		return cli.Usagef("%s: %w", cli.Called(cmd), err)
	}
	return nil
}

// checkNames refuses columns of one's own whose names others have: a row could not tell them apart.
func (o *tableOptions) checkNames(cmd *cobra.Command, t *tabular.Table) error {
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if seen[c.Name] {
			return cli.Usagef("%s: --column: there is a column %q already; choose another name", cli.Called(cmd), c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// forPeople reports whether people read the format.
func (o *tableOptions) forPeople() bool { return o.format != "csv" && o.format != "json" }

func (o *tableOptions) print(cmd *cobra.Command, t *tabular.Table) error {
	if o.format == "text" {
		return printTable(cmd.OutOrStdout(), t)
	}
	return t.Write(cmd.OutOrStdout(), o.format, o.layout)
}

// printTable prints the table for a terminal.
func printTable(w io.Writer, t *tabular.Table) error {
	out := &cli.Table{}
	t = t.ForPeople()
	for _, c := range t.Columns {
		title := c.ForPeople()
		if !c.Given {
			title = strings.ToUpper(title)
		}
		out.Head, out.Right = append(out.Head, terminal.Escape(title)), append(out.Right, c.Number)
	}
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
