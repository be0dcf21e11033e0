package readcmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
)

type queryOptions struct {
	format   string
	json     bool
	raw      bool
	expanded string
	timeout  time.Duration
	which    runio.Choice
	again    bool // in the process that runs the statement, which gets a queryJob
}

// NewQuery makes the command query.
func NewQuery() *cobra.Command {
	var o queryOptions
	cmd := &cobra.Command{
		Use:   "query FILE|FOLDER... [SQL]",
		Short: "Ask runs with SQL",
		Long: `Ask a run with SQL. Without a statement, list the views that can be asked, with their columns.

The statement is one SELECT of SQLite; it can only read. As "-" it is read from standard input; a
file "-" is standard input. What it gives is printed as a table; on a terminal whose lines are too
short for it, and with -x, as one column a line. There a NULL is empty; as csv it is an empty cell, as
json null.

FILE is anything that holds a run. What is no archive, such as a database of the original project or
JSON lines, is imported into a temporary one, which is gone afterwards. Of several files, and of
folders, each run is asked by itself, and the column "file" in front says which one a row is of.

The statement runs in a process of its own, which is stopped after a minute or --timeout, and when you
interrupt it. With --timeout 0 it runs in this one, where an interrupt does not reach it within a single
call of a function.`,
		Example: `  exparchive query exp1.simexp
  exparchive query exp1.simexp "SELECT * FROM costs ORDER BY iteration, agent_id"
  exparchive query exp1.simexp -x "SELECT * FROM llm_interactions WHERE iteration = 3"
  exparchive query runs/ "SELECT run_id, num_iterations, final_cost FROM experiments"
  exparchive query old.db --run exp1 "SELECT sum(prompt_tokens) FROM llm_interactions"
  exparchive query exp1.simexp --format csv "SELECT iteration, total_cents FROM totals" > costs.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.again {
				return nil
			}
			return cli.NArgs(1, -1, "files or folders and perhaps a statement")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "table", "print a table, csv or json")
	flags.BoolVar(&o.json, "json", false, "the same as --format json: an array of objects, one a line")
	flags.StringVarP(&o.expanded, "expanded", "x", ExpandAuto,
		"print a row as one column a line: `when` is auto (on a terminal that is too narrow), always or never")
	flags.Lookup("expanded").NoOptDefVal = ExpandAlways
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "stop a statement that runs longer; 0 means never")
	flags.BoolVar(&o.raw, "raw", false, "in csv, leave texts alone that a spreadsheet would take for formulas")
	runio.AddChoice(cmd, &o.which)
	flags.BoolVar(&o.again, "job", false, "read what is to be asked as JSON from standard input")
	_ = flags.MarkHidden("job")
	return cmd
}

func (o *queryOptions) run(cmd *cobra.Command, args []string) error {
	if o.json {
		if cmd.Flags().Changed("format") && o.format != "json" {
			return cli.Usagef("query: --json and --format %s: want one of them", o.format)
		}
		o.format = "json"
	}
	newWriter, ok := RowFormats[o.format]
	switch {
	case !ok:
		return cli.Usagef("query: --format %q, want table, csv or json", o.format)
	case o.expanded != ExpandAuto && o.expanded != ExpandAlways && o.expanded != ExpandNever:
		return cli.Usagef("query: --expanded=%q, want auto, always or never", o.expanded)
	case o.expanded == ExpandAlways && o.format != "table":
		return cli.Usagef("query: -x goes with --format table, not with %s", o.format)
	case o.raw && o.format != "csv":
		return cli.Usagef("query: --raw goes with --format csv, not with %s", o.format)
	case o.timeout < 0:
		return cli.Usagef("query: --timeout %v is negative", o.timeout)
	}
	w := newWriter(cmd.OutOrStdout(), o)
	if o.again {
		job, err := readJob(cmd.InOrStdin())
		if err != nil {
			return err
		}
		return job.run(cmd.Context(), cmd.ErrOrStderr(), w)
	}
	files, statement := splitStatement(args)
	job := queryJob{Statement: statement, FileColumn: len(files) > 1 || runio.IsFolder(files[0]) && o.which.ID == ""}
	switch {
	case statement == "" && len(args) == len(files):
		job.Statement = viewColumns
		if job.FileColumn {
			return cli.Usagef("query: no statement; the views of one run are listed, so name one file")
		}
		if o.format == "table" && o.expanded != ExpandAlways {
			w = newViewList(cmd.OutOrStdout())
		}
	case statement == cli.StdinName && files[0] == cli.StdinName:
		return cli.Usagef("query: - - : standard input is either the run or the statement")
	case statement == cli.StdinName:
		text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
		if err != nil {
			return cli.InFile(cli.StdinName, err)
		}
		job.Statement = string(text)
	}
	failed, err := o.gather(cmd, &job, files)
	if err != nil {
		return err
	}
	if o.timeout == 0 || len(args) == len(files) { // the views are listed at once
		err = job.run(cmd.Context(), cmd.ErrOrStderr(), w)
	} else {
		err = o.runApart(cmd, job)
	}
	return cmp.Or(err, failed)
}

// splitStatement divides arguments into files and the statement, which is the last one behind a file, unless it is an
// address, or a file or a folder of that name is there.
func splitStatement(args []string) (files []string, statement string) {
	last := len(args) - 1
	if last == 0 || args[last] != cli.StdinName && (runio.Exists(args[last]) || webfile.Is(args[last])) {
		return args, ""
	}
	return args[:last], args[last]
}

// gather adds to a job what is to be asked: archives as they are, and others as temporary archives. A file that cannot
// be asked ends it if it is the only one; of several it is reported.
func (o *queryOptions) gather(cmd *cobra.Command, job *queryJob, args []string) (failed, err error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	listed := args
	if o.which.ID != "" && len(args) == 1 {
		path, err := runs.Find(ctx, args[0], o.which.ID, o.which.Options())
		if err != nil {
			return nil, runio.WithRunHint(err)
		}
		listed = []string{path}
	}
	files := 0
	for from, err := range runio.SourcesOf(ctx, stderr, listed, false) {
		if err == nil {
			files++
			err = o.add(ctx, stderr, job, from)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !job.FileColumn:
			return nil, err
		case err != nil:
			cli.Warnf(stderr, "%v", cli.InFile(from.Name, err))
			failed = cli.Reported{}
		}
	}
	if files == 0 && failed == nil {
		return nil, cmp.Or(runio.PassedOver(args), fmt.Errorf("%s: no runs", strings.Join(args, ", ")))
	}
	return failed, nil
}

// add adds the runs of a file to a job: the one that is wanted, or, where a column tells them apart, all of them.
func (o *queryOptions) add(ctx context.Context, stderr io.Writer, job *queryJob, from runio.Source) error {
	kind, err := runs.Sniff(ctx, from.Path)
	if err != nil {
		return runio.WithRunHint(from.Named(err))
	}
	if kind == runs.SQLite {
		if o.which.ID != "" { // or its beginning: another run is not asked
			r, err := runs.Open(ctx, from.Path, o.which.ID, nil)
			if err != nil {
				return runio.WithRunHint(from.Named(err))
			}
			r.Close()
		}
		job.Sources = append(job.Sources, querySource{from.Name, webfile.From(ctx).Address(from.Path)})
		return nil
	}
	ids := []string{o.which.ID}
	if job.FileColumn && o.which.ID == "" {
		if ids, err = runs.IDs(ctx, from.Path, o.which.Options()); err != nil {
			return runio.WithRunHint(from.Named(err))
		}
	}
	for _, id := range ids {
		path, err := importTemporary(ctx, stderr, from, runio.Choice{ID: id, Lenient: o.which.Lenient}, len(job.Sources))
		if err != nil {
			return err
		}
		job.Sources = append(job.Sources, querySource{from.Name, path})
	}
	return nil
}
