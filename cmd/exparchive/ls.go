package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/sign"
)

// A listing is what ls was asked for.
type lsOptions struct {
	experiment, kind, status string
	limit                    int
	recursive                bool
	json                     bool
}

func newLsCommand() *cobra.Command {
	var o lsOptions
	cmd := &cobra.Command{
		Use:     "ls [FILE|FOLDER...]",
		Aliases: []string{"list"},
		Short:   "List the runs of files and folders in a table",
		Long: `List runs, those that started last first. Of a folder it takes the archives, the live files, and the databases and JSON lines
that it can read (.simexp, .simexp-live, .db, .duckdb, .jsonl); without arguments, of the current folder.

A file that cannot be read is reported on stderr and makes the exit code 1; the others are listed all the same. Of the databases of
the original project only what the list needs is read, and checked.`,
		Example: `  exparchive ls runs/
  exparchive ls --experiment exp1 --status completed --limit 5
  exparchive ls old.db --json`,
		Args: nArgs(0, -1, "files and folders"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.limit < 0 {
				return usageErrorf("ls: --limit %d, want 0 (no limit) or more", o.limit)
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			return o.run(cmd, args)
		},
	}
	cmd.Flags().StringVarP(&o.experiment, "experiment", "e", "", "only runs of the experiment of this `name`")
	cmd.Flags().StringVarP(&o.kind, "type", "t", "", "only runs of experiments of this `type`")
	cmd.Flags().StringVarP(&o.status, "status", "s", "", "only runs of this `status`: running, completed, failed, interrupted")
	cmd.Flags().IntVarP(&o.limit, "limit", "n", 0, "at most `n` runs; 0 for all")
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "look into folders of folders")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and run; amounts are cents")
	return cmd
}

func (o *lsOptions) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	var failed error
	report := func(path string, err error) {
		warnf(cmd.ErrOrStderr(), "%v", inFile(path, err))
		failed = errReported{}
	}
	var runs []runSummary
	for _, path := range o.files(args, report) {
		found, err := runsOf(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			report(path, err)
		}
		for _, r := range found {
			if o.wants(r) {
				runs = append(runs, r)
			}
		}
	}
	slices.SortStableFunc(runs, func(a, b runSummary) int {
		return cmp.Or(-strings.Compare(textOf(a.CreatedAt), textOf(b.CreatedAt)), strings.Compare(a.RunID, b.RunID), strings.Compare(a.File, b.File))
	})
	if o.limit > 0 && len(runs) > o.limit {
		runs = runs[:o.limit]
	}
	if err := o.print(cmd.OutOrStdout(), runs); err != nil {
		return err
	}
	return failed
}

func (o *lsOptions) wants(r runSummary) bool {
	return (o.experiment == "" || r.Experiment == o.experiment) &&
		(o.kind == "" || r.Type == o.kind) &&
		(o.status == "" || string(r.Status) == o.status)
}

// files gives the arguments that are files and the files in those that are folders, in order.
func (o *lsOptions) files(args []string, report func(string, error)) []string {
	var files []string
	var folder func(path string)
	folder = func(path string) {
		entries, err := os.ReadDir(path)
		if err != nil {
			report(path, err)
		}
		for _, e := range entries {
			switch name := filepath.Join(path, e.Name()); {
			case e.IsDir() && o.recursive:
				folder(name)
			case !e.IsDir() && listed(e.Name()):
				files = append(files, name)
			}
		}
	}
	for _, arg := range args {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			folder(arg)
		} else {
			files = append(files, arg)
		}
	}
	return files
}

// listed tells by its name whether a file of a folder is one for ls.
func listed(name string) bool {
	for _, suffix := range []string{archive.Extension, archive.Extension + archive.LiveSuffix, ".db", ".duckdb", ".jsonl"} {
		if strings.HasSuffix(name, suffix) && name != suffix {
			return true
		}
	}
	return false
}

// runsOf summarizes the runs in one file: one, unless it is a legacy database. With an error it gives those that could be
// read.
func runsOf(ctx context.Context, path string) ([]runSummary, error) {
	kind, err := sniffFile(path)
	if err != nil {
		return nil, err
	}
	if (kind == kindDuckDB || kind == kindJSON) && legacySummaries != nil {
		runs, legacy, err := legacySummaries(ctx, path)
		if legacy || err != nil {
			return runs, err
		}
	}
	p, c, err := openRun(ctx, path, "")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	run, err := summarize(ctx, path, p)
	if err != nil {
		return nil, err
	}
	return []runSummary{run}, nil
}

func (o *lsOptions) print(w io.Writer, runs []runSummary) error {
	if o.json {
		enc := json.NewEncoder(w)
		for _, r := range runs {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintln(w, "no runs")
		return err
	}
	titles := []string{"RUN", "EXPERIMENT", "TYPE", "STATUS", ">ITERATIONS", ">FINAL COST", ">BEST COST", "CONVERGED", "STARTED", "FILE"}
	annotated := slices.ContainsFunc(runs, func(r runSummary) bool { return r.annotated() != "" })
	if annotated {
		titles = slices.Insert(titles, 4, "ANNOTATED")
	}
	t := newTable(titles...)
	for _, r := range runs {
		cells := []string{terminal.Clip(r.RunID, 60), terminal.Clip(r.Experiment, 40), terminal.Clip(r.Type, 20), string(r.Status), fmt.Sprint(r.Iterations),
			centsOrDash(r.FinalCost), centsOrDash(r.BestCost), yesNoOrDash(r.Converged), orDash(r.CreatedAt), r.File}
		if annotated {
			cells = slices.Insert(cells, 4, textOrDash(terminal.Clip(r.annotated(), 40)))
		}
		t.add(cells...)
	}
	return t.print(w)
}

// annotated gives the kinds of annotations that people made, as against those of this program.
func (s runSummary) annotated() string {
	var kinds []string
	for _, a := range s.Annotations {
		if a.Kind != "provenance" && a.Kind != sign.KindSSH && a.Kind != sign.KindNote && !slices.Contains(kinds, a.Kind) {
			kinds = append(kinds, a.Kind)
		}
	}
	return strings.Join(kinds, ", ")
}
