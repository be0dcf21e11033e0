package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
)

type queryOptions struct {
	format   string
	json     bool
	raw      bool
	expanded string
	timeout  time.Duration
}

func newQueryCommand() *cobra.Command {
	var o queryOptions
	cmd := &cobra.Command{
		Use:   "query FILE.simexp [SQL]",
		Short: "Ask an archive with SQL",
		Long: `Ask an archive with SQL. Without a statement, list the views that can be asked, with their columns.

The statement is one SELECT of SQLite; it can only read. As "-" it is read from standard input. What it
gives is printed as a table; on a terminal whose lines are too short for it, and with -x, as one column
a line. There a NULL is empty; as csv it is an empty cell, as json null.

The statement runs in a process of its own, which is stopped after a minute or --timeout, and when you
interrupt it. With --timeout 0 it runs in this one, where an interrupt does not reach it within a single
call of a function.`,
		Example: `  exparchive query exp1.simexp
  exparchive query exp1.simexp "SELECT * FROM costs ORDER BY iteration, agent_id"
  exparchive query exp1.simexp -x "SELECT * FROM llm_interactions WHERE iteration = 3"
  exparchive query exp1.simexp --format csv "SELECT iteration, total_cents FROM totals" > costs.csv`,
		Args: nArgs(1, 2, "an archive and perhaps a statement"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "table", "print a table, csv or json")
	flags.BoolVar(&o.json, "json", false, "the same as --format json: an array of objects, one a line")
	flags.StringVarP(&o.expanded, "expanded", "x", expandAuto,
		"print a row as one column a line: `when` is auto (on a terminal that is too narrow), always or never")
	flags.Lookup("expanded").NoOptDefVal = expandAlways
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "stop a statement that runs longer; 0 means never")
	flags.BoolVar(&o.raw, "raw", false, "in csv, leave texts alone that a spreadsheet would take for formulas")
	return cmd
}

func (o *queryOptions) run(cmd *cobra.Command, args []string) error {
	if o.json {
		if cmd.Flags().Changed("format") && o.format != "json" {
			return usageErrorf("query: --json and --format %s: want one of them", o.format)
		}
		o.format = "json"
	}
	newWriter, ok := rowFormats[o.format]
	switch {
	case !ok:
		return usageErrorf("query: --format %q, want table, csv or json", o.format)
	case o.expanded != expandAuto && o.expanded != expandAlways && o.expanded != expandNever:
		return usageErrorf("query: --expanded=%q, want auto, always or never", o.expanded)
	case o.expanded == expandAlways && o.format != "table":
		return usageErrorf("query: -x goes with --format table, not with %s", o.format)
	case o.raw && o.format != "csv":
		return usageErrorf("query: --raw goes with --format csv, not with %s", o.format)
	case o.timeout < 0:
		return usageErrorf("query: --timeout %v is negative", o.timeout)
	}
	w := newWriter(cmd.OutOrStdout(), o)
	path := args[0]
	if len(args) == 1 {
		if o.format == "table" && o.expanded != expandAlways {
			w = newViewList(cmd.OutOrStdout())
		}
		return runQuery(cmd.Context(), cmd.ErrOrStderr(), path, viewColumns, w)
	}
	statement := args[1]
	if statement == "-" {
		text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		statement = string(text)
	}
	if o.timeout > 0 { // in a process of its own, without a limit there
		again := []string{"query", "--timeout", "0", "--format", o.format, "--expanded=" + o.expanded,
			"--raw=" + strconv.FormatBool(o.raw), "--", path, "-"}
		return inFile(path, runTimed(cmd.Context(), o.timeout, again, strings.NewReader(statement), cmd.OutOrStdout(), cmd.ErrOrStderr()))
	}
	return runQuery(cmd.Context(), cmd.ErrOrStderr(), path, statement, w)
}

func runQuery(ctx context.Context, stderr io.Writer, path, statement string, w rowWriter) error {
	kind, err := sniffFile(path)
	if err != nil {
		return err
	}
	if kind != runs.SQLite {
		return fmt.Errorf("%s: %w; import it, or record its lines, and query the archive", path, archive.ErrNotArchive)
	}
	a, err := openArchive(stderr, path)
	if err != nil {
		return inFile(path, err)
	}
	defer a.Close()
	rows, err := a.Query(ctx, statement)
	if err != nil {
		return queryError(path, err)
	}
	defer rows.Close()
	if err := w.columns(rows.Columns()); err != nil {
		return err
	}
	for rows.Next() {
		if err := w.row(rows.Values()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return queryError(path, err)
	}
	return w.end()
}

// queryError says of an error of a query whose it is. What a file can be wrong with has a sentinel of package archive or is an
// error of the system; everything else is the statement's. So is a value that SQLite finds too big, since what the archive
// keeps is never.
func queryError(path string, err error) error {
	var sqlite interface {
		error
		Code() int
	}
	text := err.Error()
	switch tooBig := errors.As(err, &sqlite) && sqlite.Code()&0xff == sqliteTooBig; {
	case tooBig:
		text = sqlite.Error() // without a word about damage
	case errors.Is(err, context.Canceled), errors.Is(err, archive.ErrDamaged), errors.Is(err, archive.ErrChanged),
		errors.Is(err, archive.ErrBusy), errors.As(err, new(*fs.PathError)), errors.As(err, new(syscall.Errno)):
		return inFile(path, err)
	}
	return fmt.Errorf("SQL: %s (`exparchive query %s` lists the views and their columns)",
		resultCode.ReplaceAllString(text, "$1"), path)
}

const sqliteTooBig = 18 // https://www.sqlite.org/rescode.html#toobig

// resultCode matches the number that SQLite's driver puts behind a message.
var resultCode = regexp.MustCompile(` \([0-9]{1,4}\)(: |$)`)
