package main

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/papercmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/publishcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/readcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/repaircmd"
	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/duckdbdump"
	"github.com/simexp/exparchive/internal/export"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/diff"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/series"
)

// values gives what a flag or an argument may be, for a command with these arguments before it.
type values func(cmd *cobra.Command, args []string) []string

func fixed(list ...string) values {
	return func(*cobra.Command, []string) []string { return list }
}

// valuesOf has the flags whose values the shell completes, by name. The same name has the same values in every command,
// but for those of valuesIn.
var valuesOf = sync.OnceValue(func() map[string]values {
	return map[string]values{
		"agent": agentsOf,
		"baseline-run": func(cmd *cobra.Command, _ []string) []string {
			return runIDsOf(cmd, []string{cmd.Flag("baseline").Value.String()})
		},
		"color":    fixed("auto", "always", "never"),
		"expanded": fixed(readcmd.ExpandAuto, readcmd.ExpandAlways, readcmd.ExpandNever),
		"field":    fixed(redact.Fields()...),
		"fields":   fixed(append(redact.Fields(), "none")...),
		"ignore":   fixed(diff.IgnoreWords()...),
		"licence":  fixed(citation.LicenceIDs()...),
		"kind":     fixed("invalidated", "doi", "comment", "tag"),
		"run":      runIDsOf,
		"status": fixed(string(provider.StatusCompleted), string(provider.StatusFailed), string(provider.StatusInterrupted),
			string(provider.StatusUnfinished), string(provider.StatusRunning)),
		"table":    fixed(export.Tables()...),
		"cost":     fixed(costs()...),
		"group-by": fixed("experiment", "type", "config:"),
		"remove":   annotationsOf,
	}
})

// valuesIn has the flags that have values of their own in a command, by its name and theirs.
var valuesIn = sync.OnceValue(func() map[string]values {
	return map[string]values{
		"export --format":            fixed(readcmd.ExportFormats...),
		"cite --format":              fixed(publishcmd.CiteFormats...),
		"query --format":             fixed(slices.Sorted(maps.Keys(readcmd.RowFormats))...),
		"table iterations --format":  fixed(papercmd.TableFormats...),
		"table summary --format":     fixed(papercmd.TableFormats...),
		"table convergence --format": fixed(papercmd.TableFormats...),
		"table evaluations --format": fixed(papercmd.TableFormats...),
		"compare --format":           fixed(papercmd.TableFormats...),
		"duckdb dump --format":       fixed(slices.Sorted(maps.Keys(repaircmd.DuckDBFormats))...),
		"paper init --accept":        fixed(paper.AcceptUnfinished, paper.AcceptInvalidated),
		"import --name":              fixed("{run_id}", "{experiment}-{run_id}", "{type}-{run_id}"),
		"diff --run": func(cmd *cobra.Command,
			args []string) []string {
			return runIDsOf(cmd, args[:min(1, len(args))])
		},
		"diff --run-b": func(cmd *cobra.Command,
			args []string) []string {
			return runIDsOf(cmd, args[min(1, len(args)):])
		},
		"replay --against-run": func(cmd *cobra.Command, _ []string) []string {
			return runIDsOf(cmd, []string{cmd.Flag("against").Value.String()})
		},
		"table iterations --sort":  sortsOf("iterations"),
		"table summary --sort":     sortsOf("summary"),
		"table convergence --sort": sortsOf("convergence"),
		"table evaluations --sort": sortsOf("evaluations"),
		"compare --sort":           sortsOf("compare"),
		"duckdb dump --columns":    duckDBColumnsOf,
		"ls --columns":             fixed(readcmd.ColumnChoices()...),
		"ls --sort":                fixed(downwards(readcmd.ColumnChoices())...),
		"ls --experiment":          eachRun(func(s runs.Summary) []string { return []string{s.Experiment} }),
		"ls --type":                eachRun(func(s runs.Summary) []string { return []string{s.Type} }),
		"ls --tag":                 eachRun(func(s runs.Summary) []string { return s.Annotated(runs.TagKind) }),
	}
})

// argumentsOf has the arguments behind the files of filesFor, by command.
var argumentsOf = map[string]values{
	"attachments extract": attachmentNamesOf,
	"extract":             attachmentNamesOf,
	"duckdb schema":       tablesOf,
	"duckdb dump":         tablesOf,
}

// completeValues makes the shell complete values of flags and arguments of cmd and the commands below it, and show what
// a flag does without the marks that help takes out. Cobra keeps commands for which it is called for as long as the
// process runs.
func completeValues(cmd *cobra.Command) {
	complete := func(f *pflag.Flag) {
		_, f.Usage = pflag.UnquoteUsage(f)
		of := valuesIn()[cli.Called(cmd)+" --"+f.Name]
		if of == nil {
			of = valuesOf()[f.Name]
		}
		if of == nil {
			return
		}
		several := f.Value.Type() == "stringSlice"
		_ = cmd.RegisterFlagCompletionFunc(f.Name, // which fails only for flags that are not there or have one already
			func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
				return cli.Beginning(of(cmd, args), typed, several), cobra.ShellCompDirectiveNoFileComp
			})
	}
	completeFiles(cmd)
	cmd.LocalFlags().VisitAll(complete)
	for _, sub := range cmd.Commands() {
		completeValues(sub)
	}
}

func costs() (names []string) {
	for _, of := range series.CostsOf {
		names = append(names, string(of))
	}
	return names
}

// sortsOf gives what a table is sorted by.
func sortsOf(table string) values {
	return func(cmd *cobra.Command, _ []string) []string { return downwards(papercmd.SortChoices(table, cmd)) }
}

// downwards adds to columns the same with a minus sign, by which they sort from the largest.
func downwards(columns []string) []string {
	for _, c := range slices.Clone(columns) {
		columns = append(columns, "-"+c)
	}
	return columns
}

// runIDsOf gives the ids of the runs in the files and folders that a command line names.
func runIDsOf(cmd *cobra.Command, args []string) []string {
	var ids []string
	for path := range filesOf(args) {
		if list, err := runs.IDs(completing(cmd), path, nil); err == nil {
			ids = append(ids, list...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// filesOf yields the files that may hold runs among those that a command line names, and in the folders.
func filesOf(args []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, arg := range args {
			if webfile.Is(arg) { // nobody waits for a network at a key
				continue
			}
			for path, err := range runs.Files(arg, false) {
				if err == nil && !yield(path) {
					return
				}
			}
		}
	}
}

// eachRun makes values of what the summaries of the runs have that a command line names, or that are in the working
// folder.
func eachRun(of func(runs.Summary) []string) values {
	return func(cmd *cobra.Command, args []string) []string {
		if len(args) == 0 {
			args = []string{"."}
		}
		all := map[string]bool{}
		for path := range filesOf(args) {
			for s, err := range runs.List(completing(cmd), path, nil) {
				if err != nil {
					continue
				}
				for _, value := range of(s) {
					all[value] = true
				}
			}
		}
		return slices.Sorted(maps.Keys(all))
	}
}

// agentsOf gives the agents that have costs in the first or the last iteration of a run, which an archive tells without
// being read.
var agentsOf = eachRun(func(s runs.Summary) []string {
	return slices.AppendSeq(slices.Collect(maps.Keys(s.FirstCosts)), maps.Keys(s.LastCosts))
})

func attachmentNamesOf(cmd *cobra.Command, args []string) []string {
	if webfile.Is(args[0]) {
		return nil
	}
	r, err := runs.Open(completing(cmd), args[0], "", nil)
	if err != nil {
		return nil
	}
	defer r.Close()
	var names []string
	_ = readcmd.EachAttachment(completing(cmd), r.Provider, nil, func(f *provider.Attachment, _ error) error {
		names = append(names, f.Name)
		return nil
	})
	return names
}

// annotationsOf gives the numbers of the annotations of an archive, with what they say.
func annotationsOf(cmd *cobra.Command, args []string) (numbers []string) {
	for path := range filesOf(args) {
		for s, err := range runs.List(completing(cmd), path, nil) {
			if err != nil {
				continue
			}
			for i, a := range s.Annotations {
				numbers = append(numbers, fmt.Sprintf("%d\t%s: %s", i+1, a.Kind,
					terminal.Clip(strings.Join(strings.Fields(a.Text), " "), 40)))
			}
		}
	}
	return numbers
}

// duckDBColumnsOf gives the columns of a table.
func duckDBColumnsOf(_ *cobra.Command, args []string) []string {
	if len(args) < 2 {
		return nil
	}
	db, err := duckdb.Open(args[0], &duckdb.Options{IgnoreLock: true})
	if err != nil {
		return nil
	}
	defer db.Close()
	t, err := duckdbdump.FindTable(db, args[1])
	if err != nil {
		return nil
	}
	var names []string
	for _, c := range t.Columns() {
		names = append(names, c.Name)
	}
	return names
}

func tablesOf(_ *cobra.Command, args []string) []string {
	db, err := duckdb.Open(args[0], &duckdb.Options{IgnoreLock: true})
	if err != nil {
		return nil
	}
	defer db.Close()
	var names []string
	for _, t := range db.Tables() {
		names = append(names, duckdbdump.Name(db, t))
	}
	return names
}

// completing gives the context of a command that is not executed but completed, which may have none.
func completing(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
