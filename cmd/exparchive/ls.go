package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/runs"
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
the original project only what the list needs is read, and checked. Where lines of a recording could not be recorded and were kept
as they are (see record), a column says how many.`,
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
	cmd.Flags().StringVarP(&o.status, "status", "s", "", "only runs of this `status`: running (at this moment), unfinished, completed, failed, interrupted")
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
	var all []runs.Summary
	for _, arg := range args {
		for path, err := range runs.Files(arg, o.recursive) {
			if err != nil {
				report(path, err)
				continue
			}
			for r, err := range runs.List(ctx, path, nil) {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					report(path, withRunHint(err))
				} else if o.wants(r) {
					r.Notes = nil // there may be many
					all = append(all, r)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b runs.Summary) int {
		return cmp.Or(-strings.Compare(textOf(a.CreatedAt), textOf(b.CreatedAt)), strings.Compare(a.RunID, b.RunID), strings.Compare(a.File, b.File))
	})
	if o.limit > 0 && len(all) > o.limit {
		all = all[:o.limit]
	}
	for _, r := range all {
		if r.Touched {
			warnTouched(cmd.ErrOrStderr(), r.File)
		}
	}
	if err := o.print(cmd.OutOrStdout(), all); err != nil {
		return err
	}
	return failed
}

func (o *lsOptions) wants(r runs.Summary) bool {
	return (o.experiment == "" || r.Experiment == o.experiment) &&
		(o.kind == "" || r.Type == o.kind) &&
		(o.status == "" || string(r.Status) == o.status)
}

func (o *lsOptions) print(w io.Writer, all []runs.Summary) error {
	if o.json {
		enc := json.NewEncoder(w)
		for _, r := range all {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no runs")
		return err
	}
	titles := []string{"RUN", "EXPERIMENT", "TYPE", "STATUS", ">ITERATIONS", ">FINAL COST", ">BEST COST", "CONVERGED", "STARTED", "FILE"}
	annotated := slices.ContainsFunc(all, func(r runs.Summary) bool { return annotationKinds(r) != "" })
	if annotated {
		titles = slices.Insert(titles, 4, "ANNOTATED")
	}
	rejected := slices.ContainsFunc(all, func(r runs.Summary) bool { return r.Rejected > 0 })
	if rejected {
		titles = slices.Insert(titles, 4, ">REJECTED LINES")
	}
	t := newTable(titles...)
	for _, r := range all {
		cells := []string{terminal.Clip(r.RunID, 60), terminal.Clip(r.Experiment, 40), terminal.Clip(r.Type, 20), string(r.Status), fmt.Sprint(r.Iterations),
			centsOrDash(r.FinalCost), centsOrDash(r.BestCost), yesNoOrDash(r.Converged), orDash(r.CreatedAt), r.File}
		if annotated {
			cells = slices.Insert(cells, 4, textOrDash(terminal.Clip(annotationKinds(r), 40)))
		}
		if rejected {
			cells = slices.Insert(cells, 4, fmt.Sprint(r.Rejected))
		}
		t.add(cells...)
	}
	return t.print(w)
}

// annotationKinds gives the kinds of annotations that people made, as against those of this program.
func annotationKinds(s runs.Summary) string {
	var kinds []string
	for _, a := range s.Annotations {
		if a.Kind != "provenance" && a.Kind != sign.KindSSH && a.Kind != sign.KindNote && !slices.Contains(kinds, a.Kind) {
			kinds = append(kinds, a.Kind)
		}
	}
	return strings.Join(kinds, ", ")
}
