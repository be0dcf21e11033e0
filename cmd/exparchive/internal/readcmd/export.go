package readcmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/export"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

type exportOptions struct {
	format string
	table  string
	output string
	raw    bool
	force  bool
	json   bool

	datasetOptions
}

// ExportFormats are the values of --format.
var ExportFormats = []string{"jsonl", "json", "csv", "parquet"}

// NewExport makes the command export.
func NewExport() *cobra.Command {
	var o exportOptions
	var which runio.Choice
	cmd := &cobra.Command{
		Use:   "export FILE... --format jsonl|json|csv|parquet [-o OUTPUT]",
		Short: "Write a run as JSON lines, JSON or CSV, or many runs as a dataset of Parquet files",
		Long: `Write a run in a form that other programs read. Without -o it goes to standard output.

  jsonl  one JSON object a record, in the order of the run: the line protocol, which record reads again without loss
  json   one document: an array of the same objects
  csv    tables. --table chooses one: ` + strings.Join(export.Tables(), ", ") + `.
         Without --table all of them are written into the folder OUTPUT, TABLE.csv each.
  parquet  tables of many runs, in the folder OUTPUT

In CSV a cell without a value is empty, an empty text is "". Amounts are whole cents. Cells that a spreadsheet would run as a
formula get an apostrophe in front; --raw writes them as they are. In a redacted copy the last column of the tables experiment,
events, iterations, interactions, notes and attachments, withheld, names the fields whose values were taken out, with blanks between
them; an iteration of which they were has no rows in the tables of costs, policies and accepted changes.

Files appear under their name when they are complete. An archive that was changed after it was sealed is exported as it is, with a
warning and exit code 1, but for Parquet.
` + datasetHelp,
		Example: `  exparchive export exp1.simexp --format jsonl -o exp1.jsonl
  exparchive export exp1.simexp --format csv --table costs
  exparchive export exp1.simexp --format csv -o exp1-tables
  exparchive export runs/ --format parquet -o dataset
  exparchive export runs/ --format parquet -o dataset --newer --prune`,
		Args: cli.NArgs(1, -1, "a file, or with parquet any number of files and folders"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.json && o.format != "parquet" {
				if cmd.Flags().Changed("format") && o.format != "json" {
					return cli.Usagef("export: --json and --format %s: want one of them", o.format)
				}
				o.format = "json"
			}
			if err := o.check(args); err != nil {
				return err
			}
			if o.format == "parquet" {
				return exportDataset(cmd, args, o, which)
			}
			p, c, err := runio.OpenRun(cmd.Context(), cmd.ErrOrStderr(), args[0], which)
			if err != nil {
				return err
			}
			defer c.Close()
			return runExport(cmd, p, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "jsonl", "what to write: "+strings.Join(ExportFormats, ", "))
	flags.BoolVar(&o.json, "json", false, "the same as --format json; with parquet, print one JSON object a line and run")
	flags.StringVar(&o.table, "table", "", "with csv, the only `table` to write")
	flags.StringVarP(&o.output, "output", "o", "",
		"the `file` to write, or with parquet, and with csv and no --table, the folder; - is standard output")
	flags.BoolVar(&o.raw, "raw", false, "with csv, leave cells that look like formulas as they are")
	flags.BoolVar(&o.force, "force", false, "replace files that are there already")
	o.datasetOptions.addFlags(cmd)
	runio.AddChoice(cmd, &which)
	return cmd
}

func (o *exportOptions) check(args []string) error {
	if o.output == "-" {
		o.output = ""
	}
	switch {
	case !slices.Contains(ExportFormats, o.format):
		return cli.Usagef("export: --format %q, want one of %s", o.format, strings.Join(ExportFormats, ", "))
	case o.format != "csv" && o.table != "":
		return cli.Usagef("export: --table goes with --format csv, not with %s", o.format)
	case o.format != "csv" && o.raw:
		return cli.Usagef("export: --raw goes with --format csv, not with %s", o.format)
	case o.table != "" && !slices.Contains(export.Tables(), o.table):
		return cli.Usagef("export: --table %q, want one of %s", o.table, strings.Join(export.Tables(), ", "))
	case o.format == "csv" && o.table == "" && o.output == "":
		return cli.Usagef("export: csv needs --table TABLE, or -o FOLDER for all tables")
	case o.format == "parquet" && o.output == "":
		return cli.Usagef("export: parquet needs -o FOLDER")
	case o.format != "parquet" && o.datasetOptions.given() != "":
		return cli.Usagef("export: %s goes with --format parquet, not with %s", o.datasetOptions.given(), o.format)
	case o.format != "parquet" && len(args) > 1:
		return cli.Usagef("export: unexpected argument %q, want one file (several go with --format parquet)", args[1])
	}
	return nil
}

func runExport(cmd *cobra.Command, p provider.Provider, source string, o exportOptions) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	if o.format == "csv" && o.table == "" {
		return exportFolder(ctx, stderr, p, source, o)
	}
	if o.output == "" {
		return cli.InFile(source, exportTo(ctx, stderr, cmd.OutOrStdout(), p, o))
	}
	f, err := outfile.Create(o.output, o.force)
	if err != nil {
		return runio.ExportError(o.output, err)
	}
	defer f.Abort()
	changed, err := runio.ChangedRun(exportTo(ctx, stderr, f, p, o))
	if err != nil {
		return runio.Placed(source, o.output, o.output, err)
	}
	return cmp.Or(runio.ExportError(o.output, f.Commit()), cli.InFile(source, changed))
}

// exportTo writes one file.
func exportTo(ctx context.Context, stderr, w io.Writer, p provider.Provider, o exportOptions) error {
	switch o.format {
	case "jsonl":
		return runio.Copy(ctx, stderr, "records", jsonl.NewWriter(w), p)
	case "json":
		array := &arrayWriter{w: w}
		changed, err := runio.ChangedRun(runio.Copy(ctx, stderr, "records", jsonl.NewWriter(array), p))
		if err != nil {
			return err
		}
		return cmp.Or(array.end(), changed)
	}
	s, err := export.NewCSV(map[string]io.Writer{o.table: w}, o.raw)
	if err != nil {
		return err
	}
	return runio.Copy(ctx, stderr, "records", s, p)
}

// exportFolder writes every table. A folder that is not there yet appears when all tables are complete.
func exportFolder(ctx context.Context, stderr io.Writer, p provider.Provider, source string, o exportOptions) error {
	info, err := os.Stat(o.output)
	switch {
	case err == nil && info.IsDir():
		return runio.Placed(source, o.output, o.output, exportTables(ctx, stderr, p, o.output, o))
	case err == nil:
		return fmt.Errorf("%s: is a file, and csv without --table needs a folder", o.output)
	case !errors.Is(err, fs.ErrNotExist):
		return runio.ExportError(o.output, cmp.Or(outfile.InFolder(o.output), err))
	}
	folder, err := outfile.NewFolder(o.output)
	if err != nil {
		return runio.ExportError(o.output, err)
	}
	defer folder.Abort()
	changed, err := runio.ChangedRun(exportTables(ctx, stderr, p, folder.Temp(), o))
	if err == nil {
		err = folder.Commit(false)
	}
	return cmp.Or(runio.Placed(source, folder.Temp(), o.output, err), cli.InFile(source, changed))
}

// exportTables writes every table into a folder.
func exportTables(ctx context.Context, stderr io.Writer, p provider.Provider, folder string, o exportOptions) error {
	tables := map[string]io.Writer{}
	var files []*outfile.File
	for _, table := range export.Tables() {
		f, err := outfile.Create(filepath.Join(folder, table+".csv"), o.force)
		if err != nil {
			return err
		}
		defer f.Abort()
		files = append(files, f)
		tables[table] = f
	}
	s, err := export.NewCSV(tables, o.raw)
	if err != nil {
		return err
	}
	changed, err := runio.ChangedRun(runio.Copy(ctx, stderr, "records", s, p))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := f.Commit(); err != nil {
			return err
		}
	}
	return changed
}

// An arrayWriter makes a JSON array of lines that hold one value each.
type arrayWriter struct {
	w     io.Writer
	begun bool
	held  bool // the last line feed, until it is known what follows
}

func (a *arrayWriter) Write(p []byte) (int, error) {
	var b bytes.Buffer
	if !a.begun && len(p) > 0 {
		b.WriteString("[\n")
		a.begun = true
	}
	for rest := p; len(rest) > 0; {
		if a.held {
			b.WriteString(",\n")
			a.held = false
		}
		line, after, found := bytes.Cut(rest, []byte{'\n'})
		b.Write(line)
		a.held = found
		rest = after
	}
	if _, err := a.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (a *arrayWriter) end() error {
	text := "\n]\n"
	if !a.begun {
		text = "[]\n"
	}
	_, err := io.WriteString(a.w, text)
	return err
}
