package papercmd

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/chart"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// plotColumns is how many characters a chart is wide that is not drawn in a terminal, or in one that does not say.
const plotColumns = 80

// plotOptions are the flags of all charts.
type plotOptions struct {
	readOptions
	width  int // in millimetres
	output string
	force  bool
}

// NewPlot makes the command plot.
func NewPlot() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plot",
		Short: "Draw charts of runs for papers, or in the terminal",
		Long: `Draw charts of runs, of archives, old databases, web results and JSON lines alike, a panel for each run. The lines
of more than six agents are divided over several panels. Panels that show the same have the same axes.

Without -o a chart is drawn in characters, as wide as the terminal. -o writes SVG, PDF or PNG, or for a name that ends in
.tex a tikzpicture, whose text is set in the fonts of the paper; the same bytes for the same runs. Text has the same size
whatever the --width. What was not recorded is a gap, and so is an iteration that is missing. --column is as for table.

` + partHelp,
		Example: `  exparchive plot convergence exp1.simexp -o costs.pdf
  exparchive plot convergence my.simexp --column f=policy:/parameters/fraction -o my.svg`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Usagef("plot: no chart %q, want convergence, parameter, acceptance or spread", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newChart("convergence", "Costs of each agent and of all together over the iterations",
			`Draw what each iteration cost each agent and all together, rejected proposals marked by a cross, and with --column a panel
for each column.`, false, func(run *series.Run, title string) ([]chart.Panel, error) {
				costs, err := costPanels(run, title)
				if err != nil {
					return nil, err
				}
				columns, err := columnPanels(run, title)
				return append(costs, columns...), err
			}),
		newChart("parameter", "Columns of your own over the iterations",
			`Draw each column over the iterations, rejected proposals marked by a cross.`, true,
			columnPanels),
		newChart("acceptance", "Accepted against proposed changes of policy",
			`Draw how many changes of policy each agent had proposed, and how many were accepted, up to each iteration.`, false,
			acceptancePanels),
		newChart("spread", "The least, mean and greatest of samples over the iterations",
			`Draw for each column, whose values are arrays of numbers, the band from the least to the greatest of them and their mean.`, true,
			spreadPanels),
	)
	return cmd
}

// newChart makes the command of one kind of chart, which gives the panels of a run.
func newChart(name, short, long string, columns bool,
	panels func(run *series.Run, title string) ([]chart.Panel, error)) *cobra.Command {
	var o plotOptions
	cmd := &cobra.Command{
		Use: name + " RUN...", Short: short, Long: long + "\n\n" + partHelp,
		Example: "  exparchive plot " + name + " my.simexp" +
			map[bool]string{true: " --column c=policy:/parameters/c"}[columns] + " -o my.svg",
		Args: cli.NArgs(1, -1, "runs"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := o.parse(cmd); err != nil {
				return err
			}
			if columns && len(o.parsed) == 0 {
				return cli.Usagef("%s: want a --column to draw", cli.Called(cmd))
			}
			if o.baseline != "" && !o.comparing() {
				return cli.Usagef("%s: --baseline is for a --column with change(), such as change=change(cost_cents)",
					cli.Called(cmd))
			}
			ext := strings.ToLower(filepath.Ext(o.output))
			if o.output != "" && ext != ".svg" && ext != ".pdf" && ext != ".png" && ext != ".tex" {
				return cli.Usagef("%s: -o %s: want a name that ends in .svg, .pdf, .png or .tex", cli.Called(cmd), o.output)
			}
			inPaper := pinnedOf(cmd.Context()) != nil
			if o.output != "" && !inPaper {
				if err := cmp.Or(outfile.InFolder(o.output), outfile.Free(o.output, o.force)); err != nil {
					return runio.WithForceHint(err)
				}
			}
			if o.width < chart.Least || o.width > chart.Most {
				return cli.Usagef("%s: --width %d: want millimetres from %d to %d",
					cli.Called(cmd), o.width, chart.Least, chart.Most)
			}
			f := chart.Figure{Title: name, Millimetres: o.width}
			var names []string
			want := series.Options{Decisions: name != "spread"}
			err = o.eachOf(cmd, args, want, func(_ string, _ provider.Provider, run *series.Run) error {
				list, err := panels(run, run.Heading())
				if err != nil {
					return err
				}
				f.Panels = append(f.Panels, list...)
				names = append(names, run.Heading())
				return nil
			})
			if fatal(err) || len(f.Panels) == 0 && err != nil {
				return err
			}
			f.Description = fmt.Sprintf("%s of %s", name, strings.Join(names, ", "))
			if o.output == "" {
				return cmp.Or(f.WriteText(cmd.OutOrStdout(), cmp.Or(terminal.Width(cmd.OutOrStdout()), plotColumns)), err)
			}
			if inPaper {
				return cmp.Or(draw(cmd.OutOrStdout(), &f, ext), err)
			}
			return cmp.Or(o.save(&f, ext), err)
		},
	}
	flags := cmd.Flags()
	o.readOptions.addFlags(cmd, "draw")
	flags.StringVarP(&o.output, "output", "o", "", "write the chart to this `file`: .svg, .pdf, .png or .tex")
	flags.IntVar(&o.width, "width", chart.Usual, "how wide the chart in the file is in `millimetres`; one of two columns has 85")
	flags.BoolVar(&o.force, "force", false, "replace the file if it exists")
	return cmd
}

// draw writes the chart in the form that the ending of a file's name asks for.
func draw(w io.Writer, f *chart.Figure, ext string) error {
	s := f.Scene()
	switch ext {
	case ".pdf":
		return s.WritePDF(w)
	case ".png":
		return s.WritePNG(w)
	case ".tex":
		return s.WriteTikZ(w)
	}
	return s.WriteSVG(w)
}

func (o *plotOptions) save(f *chart.Figure, ext string) error {
	var b bytes.Buffer
	if err := draw(&b, f, ext); err != nil {
		return err
	}
	file, err := outfile.Create(o.output, o.force)
	if err != nil {
		return err
	}
	defer file.Abort()
	if _, err := file.Write(b.Bytes()); err != nil {
		return err
	}
	return file.Commit()
}
