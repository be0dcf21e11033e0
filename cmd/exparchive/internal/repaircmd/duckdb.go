package repaircmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/duckdbdump"
	"github.com/simexp/exparchive/legacy/duckdb"
)

// duckdbOptions are what the commands about DuckDB databases share.
type duckdbOptions struct {
	force, noLog bool
}

// NewDuckDB makes the command duckdb.
func NewDuckDB() *cobra.Command {
	var o duckdbOptions
	cmd := &cobra.Command{
		Use:   "duckdb",
		Short: "Look into a DuckDB database without DuckDB",
		Long: `Look into a DuckDB database without DuckDB: any file that DuckDB 0.9 to 2.0 writes. Nothing is written; a write-ahead log
(FILE.wal) is applied in memory, but one that 0.9 wrote is refused, as its form is another. "-" is standard input.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Usagef("duckdb: no command %q, want tables, schema or dump (see `%s --help`)", args[0], cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&o.force, "force", false, "read a database that another process has open for writing")
	cmd.PersistentFlags().BoolVar(&o.noLog, "no-log", false,
		"leave the write-ahead log out: the state of the last checkpoint")
	runio.AddDownload(cmd.PersistentFlags())
	cmd.AddCommand(newDuckDBTablesCommand(&o), newDuckDBSchemaCommand(&o), newDuckDBDumpCommand(&o))
	return cmd
}

// withDuckDB opens a database, reports what is odd about it, and closes it after do.
func (o *duckdbOptions) withDuckDB(cmd *cobra.Command, path string,
	do func(ctx context.Context, db *duckdb.DB) error) error {
	from, err := runio.CopyOf(cmd.Context(), cmd.ErrOrStderr(), path)
	if err != nil {
		return err
	}
	if runio.IsFolder(from.Path) {
		return cli.InFile(path, runio.ErrDirectory)
	}
	db, err := duckdb.Open(from.Path, &duckdb.Options{IgnoreLock: o.force, IgnoreWAL: o.noLog})
	if errors.Is(err, duckdb.ErrInUse) {
		return cli.InFile(path, fmt.Errorf("%w (--force reads it all the same)", err))
	}
	if err != nil {
		return cli.InFile(path, from.Named(err))
	}
	defer db.Close()
	for _, note := range db.Info().Notes {
		cli.Warnf(cmd.ErrOrStderr(), "%s: %s", cli.ShownName(path), note)
	}
	return cli.InFile(path, from.Named(do(cmd.Context(), db)))
}

func newDuckDBTablesCommand(o *duckdbOptions) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "tables FILE",
		Short:   "List the tables of a DuckDB database",
		Example: "  exparchive duckdb tables old.db",
		Args:    cli.NArgs(1, 1, "a database"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withDuckDB(cmd, args[0], func(_ context.Context, db *duckdb.DB) error {
				list := duckdbdump.Tables
				if asJSON {
					list = duckdbdump.TablesJSON
				}
				if err := list(cmd.OutOrStdout(), db); err != nil {
					return err
				}
				unreadable := 0
				for _, t := range db.Tables() {
					if t.Err() != nil {
						unreadable++
					}
				}
				if unreadable > 0 {
					return fmt.Errorf("%s cannot be read", cli.Plural(int64(unreadable), "table"))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object about the file, its tables and their columns")
	return cmd
}

// duckdbSQL is what "duckdb schema" says in JSON.
type duckdbSQL struct {
	File string `json:"file"`
	SQL  string `json:"sql"`
}

func newDuckDBSchemaCommand(o *duckdbOptions) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "schema FILE [TABLE]",
		Short: "Print the definitions of a DuckDB database as SQL",
		Long: `Print the definitions of a DuckDB database as SQL, or those of one table. TABLE is a name, or SCHEMA.NAME.

Those of a database are a script that DuckDB runs, the release that wrote the file or a later one: each
definition stands behind what it needs, and a sequence goes on with its next value. What cannot be made again is left
out with what needs it, and stands in a comment with the reason: what SQL cannot declare, such as a column of
aggregate states, and views and macros that name a table, a column, a macro, a type or a sequence that there is no
more. DuckDB keeps such a view, and its own EXPORT DATABASE writes a script that stops there. A view whose names are
right but that has become wrong otherwise, since a column has another type or a name has become ambiguous, is not
recognised; views stand last.

For a lambda with an arrow, which DuckDB 2.0 takes only when it is asked to, the script asks; of a file that a release
before 1.3 made, it says how.`,
		Args: cli.NArgs(1, 2, "a database and perhaps a table"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withDuckDB(cmd, args[0], func(_ context.Context, db *duckdb.DB) error {
				// All at once, so that an error leaves nothing half printed.
				var out bytes.Buffer
				if len(args) == 1 {
					if err := duckdbdump.Schema(&out, db); err != nil {
						return err
					}
				} else {
					t, err := duckdbdump.FindTable(db, args[1])
					if err != nil {
						return err
					}
					fmt.Fprintln(&out, t.SQL())
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(duckdbSQL{args[0], out.String()})
				}
				_, err := out.WriteTo(cmd.OutOrStdout())
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object with the SQL")
	return cmd
}

// DuckDBFormats are the values of --format, each with what writes a table in it.
var DuckDBFormats = map[string]func(context.Context, io.Writer, *duckdb.Table, duckdbdump.Options) error{
	"csv":   duckdbdump.CSV,
	"jsonl": duckdbdump.JSONL,
}

func newDuckDBDumpCommand(o *duckdbOptions) *cobra.Command {
	var format string
	var raw, asJSON bool
	d := duckdbdump.Options{}
	cmd := &cobra.Command{
		Use:   "dump FILE TABLE",
		Short: "Print the rows of a table of a DuckDB database",
		Long: `Print the rows of a table of a DuckDB database, in their order. TABLE is a name, or SCHEMA.NAME.

As csv a cell is the text that DuckDB gives, NULL is an empty cell and the empty string is "". A text
that a spreadsheet would take for a formula gets an apostrophe in front of it, unless --raw. As jsonl,
one object a line, integers of any width, finite floats and booleans are native, nested values objects
and arrays, everything else that text.`,
		Example: `  exparchive duckdb dump old.db experiment_events --limit 10
  exparchive duckdb dump old.db main.policy_iterations --columns agent_id,policy_json --format jsonl`,
		Args: cli.NArgs(2, 2, "a database and a table"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				if cmd.Flags().Changed("format") && format != "jsonl" {
					return cli.Usagef("duckdb dump: --json and --format %s: want one of them", format)
				}
				format = "jsonl"
			}
			dump, ok := DuckDBFormats[format]
			if !ok {
				return cli.Usagef("duckdb dump: --format %q, want csv or jsonl", format)
			}
			if raw && format != "csv" {
				return cli.Usagef("duckdb dump: --raw goes with --format csv, not with %s", format)
			}
			d.Defuse = !raw
			if !cmd.Flags().Changed("limit") {
				d.Limit = -1
			} else if d.Limit < 0 {
				return cli.Usagef("duckdb dump: --limit %d, want 0 or more", d.Limit)
			}
			return o.withDuckDB(cmd, args[0], func(ctx context.Context, db *duckdb.DB) error {
				t, err := duckdbdump.FindTable(db, args[1])
				if err != nil {
					return err
				}
				if len(d.Columns) == 0 {
					for _, c := range t.Columns() {
						if c.Generated {
							cli.Warnf(cmd.ErrOrStderr(), "%s: column %s is computed, not stored: left out", args[0], c.Name)
						} else if c.Err != nil {
							cli.Warnf(cmd.ErrOrStderr(), "%s: %v: left out", args[0], c.Err)
						}
					}
				}
				return dump(ctx, cmd.OutOrStdout(), t, d)
			})
		},
	}
	cmd.Flags().StringSliceVar(&d.Columns, "columns", nil, "only these `columns`, in this order, separated by commas")
	cmd.Flags().Int64Var(&d.Limit, "limit", 0, "at most `n` rows (default all)")
	cmd.Flags().StringVar(&format, "format", "csv", "print csv or jsonl")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --format jsonl: one object a line and row")
	cmd.Flags().BoolVar(&raw, "raw", false, "in csv, leave texts alone that a spreadsheet would take for formulas")
	return cmd
}
