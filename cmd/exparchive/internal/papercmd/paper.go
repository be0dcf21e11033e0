package papercmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/series"
)

// NewPaper makes the command paper.
func NewPaper() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "paper",
		Short: "Make a paper's tables and figures from pinned runs, and say what changed",
		Long: `Make all tables and figures of a paper from runs that are pinned by id and digest. paper.yaml lists
them:

  version: 1
  title: Liquidity at play            what is published, for "exparchive package" and "cite"
  authors:
    - {family: Lovelace, given: Ada, orcid: 0000-0002-1825-0097, affiliation: University of London}
    - group: The liquidity group
  licence: CC-BY-4.0
  runs:
    - name: baseline                  what it is called here
      file: runs/baseline.simexp      relative to paper.yaml, or an address; an archive, old database, web result or
                                      JSON lines
      id: exp1-20260105-090000-75d748
      digest: dc232429cfebd6319c9b2aa85bd4a5338579172ff5b18d759278783b35e875f2
      title: Without a model          what people read for the id
      labels: {model: none, run: 2}   for columns such as model=label:/model
      baseline: NAME                  the run that it is compared with
      lenient: true                   as --lenient elsewhere
      accept: [unfinished]            takes such a run, or one that is invalidated
  tables:
    - file: tables/summary.tex        .tex, .csv, .json, .md, .html or .txt
      table: summary                  as "exparchive table" has them, or compare
      runs: [baseline]                or those that have labels, {model: none}; without it all
      caption: All runs
      baseline: baseline              the run that all are compared with
      columns:
        - let: settled=day:/settled       for formulas only
        - let: arrived=day:/arrived
        - column: rate=round(settled/arrived, 4)
          title: settlement rate
        - seed=config:/master_seed
      titles: {cost_cents: Cost}
  figures:
    - file: costs.pdf                 .pdf, .svg, .png or .tex
      plot: convergence               as "exparchive plot" has them

Every other flag of "exparchive table", "compare" or "plot" can stand in a table or figure by its name: cost, sort,
totals, agent, group-by, siunitx.

Of what is published there can stand too: abstract, date, doi, publisher, keywords, funding (a list of funder, award and
title), software (the name, url and version of what ran the experiments), and licence-file, the text of the licence. A
publisher, funder or affiliation can be {name: University of London, url: https://ror.org/04cw6st05}.

"exparchive schema paper" prints the JSON Schema of paper.yaml.`,
		Example: `  exparchive paper init runs/*.simexp
  exparchive paper build
  exparchive paper check`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.Usagef("paper: no command %q, want init, build or check", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPaperInit(), newPaperBuild(), newPaperCheck())
	return cmd
}

// tableFormats are those of tables, by the ending of the file's name.
var tableFormats = map[string]string{
	".tex": "latex", ".csv": "csv", ".json": "json", ".md": "markdown", ".html": "html", ".txt": "text",
}

// ownFlags are those that a paper says in its own words, or has no use for.
var ownFlags = []string{"column", "let", "title", "format", "json", "run", "baseline-run", "lenient", "output", "force", "help"}

// readPaper reads the paper's file that the arguments name.
func readPaper(args []string) (*paper.Paper, error) {
	name := paper.FileName
	if len(args) > 0 {
		name = args[0]
	}
	p, err := paper.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (exparchive paper init RUN... writes one)", cli.InFile(name, err))
	}
	if err != nil {
		return nil, cli.InFile(name, err)
	}
	for _, it := range p.Items {
		if _, err := commandOf(it, io.Discard); err != nil {
			return nil, cli.InFile(name, err)
		}
	}
	return p, nil
}

// commandOf gives the command that makes an item, with its flags set.
func commandOf(it *paper.Item, stderr io.Writer) (*cobra.Command, error) {
	fail := func(line int, format string, args ...any) error {
		return &paper.LineError{Line: line, Err: fmt.Errorf(format, args...)}
	}
	root := &cobra.Command{Use: "exparchive"}
	root.AddCommand(NewTable(), NewPlot(), NewCompare())
	root.SetErr(stderr)
	cmd, rest, err := root.Find(it.Words())
	if err != nil || len(rest) > 0 || cmd.HasSubCommands() {
		return nil, fail(it.Line, "file %.200q: no %s %.80q (see `exparchive %s --help`)",
			it.File, it.Command, it.Kind, it.Command)
	}
	called := strings.Join(it.Words(), " ")
	set := func(line int, name string, values []string, list bool) error {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || slices.Contains(ownFlags, name) {
			return fail(line, "%s has no %.80q (see `exparchive %[1]s --help`)", called, name)
		}
		if why, ok := flag.Value.(elsewhere); ok {
			return fail(line, "%s has no %s: %s", called, name, string(why))
		}
		many, isList := flag.Value.(pflag.SliceValue)
		switch {
		case isList:
			flag.Changed = true
			return many.Replace(values)
		case list:
			return fail(line, "%s wants one value, not a list", name)
		}
		if err := cmd.Flags().Set(name, values[0]); err != nil {
			return fail(line, "%s %.80q: want a value as `exparchive %s --help` says", name, values[0], called)
		}
		return nil
	}
	ext := strings.ToLower(path.Ext(it.File))
	if it.Command == "table" {
		format, ok := tableFormats[ext]
		if !ok {
			return nil, fail(it.Line, "file %.200q: want a name that ends in .tex, .csv, .json, .md, .html or .txt", it.File)
		}
		if err := cmd.Flags().Set("format", format); err != nil {
			return nil, err
		}
	} else if err := cmd.Flags().Set("output", it.File); err != nil {
		return nil, err
	}
	var before []series.Column
	for _, c := range it.Columns {
		parsed, err := series.ParseColumn(c.Text, before...)
		if err != nil {
			return nil, fail(c.Line, "%w", err)
		}
		before = append(before, parsed)
		name := map[bool]string{false: "column", true: "let"}[c.Let]
		if err := cmd.Flags().Set(name, c.Text); err != nil {
			return nil, fail(c.Line, "%w", err)
		}
	}
	for _, t := range it.Titles {
		text, err := jsontext.Unquote(t.Value)
		if err == nil {
			err = cmd.Flags().Set("title", t.Name+"="+text)
		}
		if err != nil {
			return nil, fail(it.Line, "%w", err)
		}
	}
	for _, o := range it.Options {
		if err := set(o.Line, o.Name, o.Values, o.List); err != nil {
			return nil, err
		}
	}
	return cmd, nil
}

// make makes the text of an item from runs that were checked.
func (s *pinned) make(ctx context.Context, it *paper.Item) ([]byte, error) {
	cmd, err := commandOf(it, s.stderr)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	cmd.SetOut(&b)
	cmd.SetContext(context.WithValue(ctx, pinnedKey{}, s))
	err = cmd.RunE(cmd, it.Runs)
	switch used := (*cli.UsageError)(nil); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &used): // of the paper's file, not of this command
		return nil, &paper.LineError{Line: it.Line, Err: fmt.Errorf("file %.200q: %v", it.File, used.Err)}
	case err != nil:
		return nil, fmt.Errorf("file %.200q: %w", it.File, err)
	}
	return b.Bytes(), nil
}
