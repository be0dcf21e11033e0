package comparecmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/diff"
)

type diffOptions struct {
	which  runio.Choice
	runB   string
	ignore []string
	limit  int64
	json   bool
}

// NewDiff makes the command diff.
func NewDiff() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Print what differs between two runs, and exit with 1 if something does",
		Long: `Print what differs between two runs, in the order of their records: values of the configuration, policies, costs and events by JSON
pointer, prompts and answers line by line, the outcome, and records that only one run has. The first line names the first
divergence. Nothing is printed exactly when the two runs have the same digest; the exit code is then 0, and 1 if they differ.

A JSON value of which only spacing, order of members or spelling differs is "written differently", which the digest sees too. A value
that a redacted copy withholds is no difference if its commitment fits the value in the other run; how many these are
is said on stderr. Where one run has more records than the other, the comparison finds back to those that are in both.

--ignore leaves out, in records of all kinds, fields by the names that they have in the line protocol. In what is the
experiment's own, the data of events (event_data) and what else was kept of calls (extra), it leaves out members of the
same names too, at any depth. A few words stand for several names, and some for more:
` + ignoreHelp() + `  note, attachment, event, llm_interaction
                 records of that kind
  spelling       JSON values that are only written differently
  /config/seed   what is at a JSON pointer, and below it

A and B may be archives, live files, databases of the original project, web results or JSON lines; "-" is standard input.`,
		Example: `  exparchive diff exp1.simexp exp1-again.simexp
  exparchive diff exp1.simexp other.simexp --ignore run_id,timestamp,latency --limit 0
  exparchive diff exp1.simexp public.simexp
  exparchive diff old.db old.db --run exp1-2025 --run-b exp2-2025
  exparchive diff exp1.simexp exp1.jsonl --json`,
		Args: cli.NArgs(2, 2, "two files"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0], args[1]) },
	}
	runio.AddChoice(cmd, &o.which)
	runio.AddOther(cmd, &o.runB, "run-b", "B")
	flags := cmd.Flags()
	flags.Lookup("run").Usage = "the `id` of the run in A, or how it begins, for files and folders that hold several"
	flags.StringSliceVar(&o.ignore, "ignore", nil, "`what` does not count: fields, kinds of records, JSON pointers, spelling")
	flags.Int64Var(&o.limit, "limit", 100, "print the first `n` differences and how many more there are; 0 prints all")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	return cmd
}

// ignoreHelp has a paragraph for each word that stands for several names.
func ignoreHelp() string {
	var b strings.Builder
	for _, word := range []string{"run_id", "timestamp", "latency", "tokens"} {
		line := fmt.Sprintf("  %-14s", word)
		for i, name := range diff.WordMembers(word) {
			if i > 0 {
				line += ","
			}
			if len(line)+1+len(name) > 96 {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", 16)
			}
			line += " " + name
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// A printer prints differences as they are found.
type printer interface {
	difference(d diff.Difference) error
	end(s diff.Summary, more int64) error
}

func (o *diffOptions) run(cmd *cobra.Command, pathA, pathB string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	ignore, err := diff.ParseIgnore(o.ignore)
	switch {
	case err != nil:
		return cli.Usagef("diff: --ignore: %w (see `exparchive diff --help`)", err)
	case o.limit < 0:
		return cli.Usagef("diff: --limit %d: want a number from 0", o.limit)
	}
	a, c, err := runio.OpenRun(ctx, stderr, pathA, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	b, c, err := runio.OpenRun(ctx, stderr, pathB, o.which.Other("run-b", o.runB))
	if err != nil {
		return err
	}
	defer c.Close()
	a, changedA := runio.Shown(a)
	b, changedB := runio.Shown(b)

	out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	names := [2]string{cli.ShownName(pathA), cli.ShownName(pathB)}
	var p printer = &textPrinter{w: out, names: names}
	if o.json {
		p = &jsonPrinter{w: out, files: [2]string{pathA, pathB}}
	}
	printed, more := int64(0), int64(0)
	s, err := diff.Compare(ctx, a, b, &diff.Options{Ignore: ignore}, func(d diff.Difference) error {
		if o.limit > 0 && printed == o.limit {
			more++
			return nil
		}
		printed++
		return p.difference(d)
	})
	if err == nil {
		err = p.end(s, more)
	}
	if err := errors.Join(inRun(names, err), out.Flush()); err != nil {
		return err
	}
	for i, withheld := range []map[string]int64{s.WithheldA, s.WithheldB} {
		sayWithheld(stderr, names[i], names[1-i], withheld)
	}
	for i, changed := range []func() error{changedA, changedB} {
		if err := changed(); err != nil {
			return cli.InFile(names[i], err)
		}
	}
	if s.Differences > 0 {
		return cli.Reported{}
	}
	return nil
}

// inRun names the file of a run that could not be read.
func inRun(names [2]string, err error) error {
	var e *diff.RunError
	if !errors.As(err, &e) {
		return err
	}
	if e.B {
		return cli.InFile(names[1], e.Err)
	}
	return cli.InFile(names[0], e.Err)
}

// sayWithheld says which values were compared by their commitments.
func sayWithheld(stderr io.Writer, name, other string, withheld map[string]int64) {
	var fields []string
	total := int64(0)
	for _, field := range slices.Sorted(maps.Keys(withheld)) {
		if field == "salt" {
			continue
		}
		total += withheld[field]
		fields = append(fields, fmt.Sprintf("%s %d", field, withheld[field]))
	}
	if total > 0 {
		cli.Warnf(stderr, "%s: withheld: %s (%s); the commitments fit %s", name, cli.Plural(total, "value"),
			strings.Join(fields, ", "), other)
	}
}

// place says which record a difference is in.
func place(d diff.Difference, names [2]string) string {
	var b strings.Builder
	switch {
	case d.SeqB < 0:
		fmt.Fprintf(&b, "record %d", d.SeqA)
	case d.SeqA < 0 || d.SeqA == d.SeqB:
		fmt.Fprintf(&b, "record %d", d.SeqB)
	default:
		fmt.Fprintf(&b, "record %d (%d in %s)", d.SeqA, d.SeqB, names[1])
	}
	fmt.Fprintf(&b, ", %s", d.Kind)
	if d.Label != "" {
		fmt.Fprintf(&b, " %s", d.Label)
	}
	if d.Iteration != nil && d.Kind != provider.KindIteration {
		fmt.Fprintf(&b, ", iteration %d", *d.Iteration)
	} else if d.Iteration != nil {
		fmt.Fprintf(&b, " %d", *d.Iteration)
	}
	if d.Agent != "" {
		fmt.Fprintf(&b, ", agent %s", d.Agent)
	}
	return b.String()
}
