package readcmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

// lsOptions are what ls was asked for.
type lsOptions struct {
	experiment, kind, status string
	tags                     []string
	where                    string
	sort                     []string
	reverse                  bool
	columns                  []string
	totals                   bool
	limit                    int
	recursive                bool
	index                    bool
	json                     bool

	shown  []*runs.Column // those of --columns; nil for the usual ones
	sorted []runs.SortKey
}

// NewLs makes the command ls.
func NewLs() *cobra.Command {
	var o lsOptions
	cmd := &cobra.Command{
		Use:     "ls [FILE|FOLDER...]",
		Aliases: []string{"list"},
		Short:   "List the runs of files and folders in a table",
		Long: `List runs, those that started last first. Of a folder it takes the archives, the live files, and the
databases, results of the web sandbox and JSON lines that it can read (.simexp, .simexp-live, .simexp.zst, .db,
.duckdb, .json, .jsonl); without arguments, of the current folder; "-" is standard input.

A file that cannot be read is reported on stderr and makes the exit code 1; the others are listed all
the same. Of the databases of the original project only what the list needs is read, and checked.
Where lines of a recording could not be recorded and were kept as they are (see record), a column
says how many.

--columns, --sort and --where know these columns, and the table's titles as other names of them:

` + columnHelp() + `
Amounts are cents. What is not recorded is empty, NULL for --where, and comes last whichever way the
runs are sorted. Those marked with * are read from the calls of the models, or of what is no archive
from the whole run, and only if a flag names them; so is the acceptance rate, always from the whole run:
an iteration without a proposal does not count there, nor a proposal that repeats the policy in force.

Of a folder in which "ls --index" has left an index (a file .exparchive-index), sealed archives that are as
they were then, by size, times and number of the file, are not opened: what the index tells of them is
not checked, and --json marks it with "from_index". It is a cache, made only by --index and read by no
other command: remove it whenever you like.

--where is an expression of SQLite on these columns. On a terminal that is too narrow the usual
columns make room: some are left out, which stderr says, and long texts are cut.`,
		Example: `  exparchive ls runs/
  exparchive ls --experiment exp1 --status completed --limit 5
  exparchive ls runs/ --where "final_cost < 500000 AND models LIKE '%gpt%'" --sort final_cost
  exparchive ls runs/ --columns run,started,duration,tokens,tags --sort=-tokens --totals
  exparchive ls runs/ --tag baseline
  exparchive ls runs/ --index
  exparchive ls old.db --json`,
		Args: cli.NArgs(0, -1, "files and folders"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			return o.run(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.experiment, "experiment", "e", "", "only runs of the experiment of this `name`")
	flags.StringVarP(&o.kind, "type", "t", "", "only runs of experiments of this `type`")
	flags.StringVarP(&o.status, "status", "s", "", "only runs of this `status`: running (at this moment), unfinished, completed, failed, interrupted")
	flags.StringArrayVar(&o.tags, "tag", nil, "only runs with this `tag` (annotate --kind tag); each of several")
	flags.StringVar(&o.where, "where", "", "only runs for which this `expression` of SQL on the columns is true")
	flags.StringSliceVar(&o.sort, "sort", nil, "sort by this `column`, from the largest with - before it; several with commas")
	runio.AddDownload(flags)
	flags.BoolVar(&o.reverse, "reverse", false, "turn the order around")
	flags.StringSliceVar(&o.columns, "columns", nil, "print these `columns`, with commas between them, and no others")
	flags.BoolVar(&o.totals, "totals", false, "add how many runs, records and tokens there are, and the sum of their final costs")
	flags.IntVarP(&o.limit, "limit", "n", 0, "at most `n` runs; 0 for all")
	flags.BoolVarP(&o.recursive, "recursive", "r", false, "look into folders of folders")
	flags.BoolVar(&o.index, "index", false, "bring the index of each folder up to date, so that the next ls is faster")
	flags.BoolVar(&o.json, "json", false, "print one JSON object a line and run; amounts are cents")
	return cmd
}

// check reads the flags.
func (o *lsOptions) check() error {
	if o.limit < 0 {
		return cli.Usagef("ls: --limit %d, want 0 (no limit) or more", o.limit)
	}
	for _, name := range o.columns {
		c := runs.ColumnOf(name)
		if c == nil {
			return cli.Usagef("ls: --columns: no column %q, want some of %s", name, columnNames())
		}
		o.shown = append(o.shown, c)
	}
	for _, key := range o.sort {
		name, down := strings.CutPrefix(key, "-")
		c := runs.ColumnOf(name)
		if c == nil {
			return cli.Usagef("ls: --sort: no column %q, want one of %s", name, columnNames())
		}
		o.sorted = append(o.sorted, runs.SortKey{Column: c, Down: down != o.reverse})
	}
	return nil
}

// reads says what has to be read of each run.
func (o *lsOptions) reads() *runs.Options {
	need := whereNeeds(o.where)
	for _, c := range o.shown {
		need |= c.Need
	}
	for _, k := range o.sorted {
		need |= k.Column.Need
	}
	if o.totals {
		need |= runs.NeedCounts | runs.NeedUsage
	}
	return need.Options()
}

func (o *lsOptions) run(cmd *cobra.Command, args []string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	var failed error
	report := func(path string, err error) {
		cli.Warnf(stderr, "%v", cli.InFile(path, err))
		failed = cli.Reported{}
	}
	var all []runs.Summary
	found, files := 0, 0
	options := o.reads()
	indexes := &indexes{named: map[string]bool{}, options: options, update: o.index, report: report,
		warn: func(err error) { cli.Warnf(stderr, "warning: %v", err) }}
	for _, arg := range args {
		indexes.named[arg] = true
	}
	for from, err := range runio.SourcesOf(ctx, stderr, args, o.recursive) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		files++
		if err != nil {
			report(from.Path, err)
			continue
		}
		for r, err := range indexes.list(ctx, from) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				report(from.Name, runio.WithRunHint(from.Named(err)))
				continue
			}
			r.File, r.Notes = from.Name, nil // of notes there may be many
			if found++; o.wants(r) {
				all = append(all, r)
			}
		}
	}
	indexes.write()
	all, err := o.choose(ctx, all)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Touched {
			runio.WarnTouched(stderr, r.File)
		}
	}
	if files == 0 {
		if err := runio.PassedOver(args); err != nil {
			return err
		}
	}
	if len(all) == 0 && failed != nil { // there may be some
		return failed
	}
	if err := o.print(cmd.OutOrStdout(), stderr, all, found); err != nil {
		return err
	}
	return failed
}

func (o *lsOptions) wants(r runs.Summary) bool {
	for _, tag := range o.tags {
		if !slices.Contains(r.Annotated(runs.TagKind), tag) {
			return false
		}
	}
	return (o.experiment == "" || r.Experiment == o.experiment) &&
		(o.kind == "" || r.Type == o.kind) &&
		(o.status == "" || string(r.Status) == o.status)
}

// choose sorts runs and gives those that are wanted of them.
func (o *lsOptions) choose(ctx context.Context, all []runs.Summary) ([]runs.Summary, error) {
	if o.where != "" {
		var err error
		if all, err = whereTrue(ctx, o.where, all); err != nil {
			return nil, err
		}
	}
	runs.Sort(all, o.sorted...)
	if o.reverse && len(o.sorted) == 0 {
		slices.Reverse(all)
	}
	if o.limit > 0 && len(all) > o.limit {
		all = all[:o.limit]
	}
	return all, nil
}

// print writes the runs to w, those that are chosen of the number that was found.
func (o *lsOptions) print(w, stderr io.Writer, all []runs.Summary, found int) error {
	if o.json {
		return o.printJSON(w, all)
	}
	if len(all) == 0 {
		none := "no runs"
		if found > 0 {
			none = fmt.Sprintf("no runs: the flags fit none of %d", found)
		}
		_, err := fmt.Fprintln(w, none)
		return err
	}
	columns := o.shown
	if columns == nil {
		columns = runs.UsualColumns(all)
	}
	if width := terminal.Width(w); width > 0 {
		left := 0
		columns, left = fitColumns(columns, all, width, o.shown == nil)
		if left > 0 {
			cli.Warnf(stderr, "%s left out, since the terminal has %d columns of text; --columns chooses",
				cli.Plural(int64(left), "column"), width)
		}
		if err := printRuns(w, columns, all, width); err != nil {
			return err
		}
	} else if err := printRuns(w, columns, all, 0); err != nil {
		return err
	}
	if !o.totals {
		return nil
	}
	_, err := fmt.Fprintln(w, totalsOf(all).text())
	return err
}
