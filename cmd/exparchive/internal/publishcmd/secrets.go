package publishcmd

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
)

type secretsOptions struct {
	allow string
	which runio.Choice
	show  bool
	json  bool
}

// A secretPlace is a text of a run.
type secretPlace struct {
	File       string `json:"file"`
	Run        string `json:"run_id"`
	Record     *int64 `json:"seq"`                  // null for an annotation
	Annotation int    `json:"annotation,omitempty"` // its number
	Type       string `json:"record_kind"`          // or "annotation"
	Field      string `json:"field"`
	Iteration  *int   `json:"iteration"`
	Agent      string `json:"agent_id,omitempty"`
}

// A secretFound is a secret in a text, as one line of JSON.
type secretFound struct {
	secretPlace
	Group     int      `json:"group"` // the same number wherever the same secret is
	Kind      string   `json:"kind"`
	Excerpt   string   `json:"excerpt"`
	Secret    string   `json:"secret,omitempty"` // with --show
	Inside    []string `json:"inside,omitempty"` // the encodings around it, the outermost first
	CanRedact bool     `json:"can_be_withheld"`
}

// A secretUnseen is a part of a text that was not looked into, as one line of JSON.
type secretUnseen struct {
	secretPlace
	Unseen string `json:"not_looked_into"`
	Count  int    `json:"count"` // of such parts
}

// NewSecrets makes the command secrets.
func NewSecrets() *cobra.Command {
	var o secretsOptions
	cmd := &cobra.Command{
		Use:   "secrets FILE...",
		Short: "Find keys, tokens, passwords and personal data before a run is published",
		Long: `Find what looks like a secret in runs: keys and tokens of well-known services, private keys, passwords,
e-mail addresses, home directories. Every text of a run is looked at: prompts, answers, events, policies,
notes, attached files, what identifies records, annotations. So is what stands in it behind the escapes of
JSON, in base64, hexadecimal, percent-encoding or UTF-16, and what is packed by gzip, zlib, bzip2, zstd,
zip or tar, up to six deep and in proportion to the text. What is not looked into, such as pictures, other
archives and what is encrypted, is said on standard error.

A secret is listed once, with the places where it is, and is not printed itself: of a long token the issuer's
prefix and the last four characters are shown. --show prints secrets, but never on a terminal. What is
known from documents (the keys of AWS's examples, example.com) or stands for a secret is left out.

The exit code is 1 if something is found and 0 if not. "redact --secrets" withholds what was found.

--allow names a file of what is known not to be a secret: a line for each entry, a kind or * and a regular
expression (RE2) that matches the whole secret, or a kind alone. Lines that begin with # are comments.

  email .*@example\.org
  home-directory
  * /home/runner

With --json each place of a secret is a line. Those of the same secret have the same number as "group".

Kinds: ` + strings.Join(secrets.Kinds(), ", ") + `.`,
		Example: `  exparchive secrets my.simexp && cp my.simexp public/
  exparchive secrets runs/*.simexp --json --allow known.txt`,
		Args: cli.NArgs(1, -1, "one or more files"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	cmd.Flags().StringVar(&o.allow, "allow", "", "a `file` of what is known not to be a secret; - is standard input")
	cmd.Flags().BoolVar(&o.show, "show", false, "print the secrets, into a file or a pipe")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and place")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *secretsOptions) run(cmd *cobra.Command, paths []string) error {
	ctx := cmd.Context()
	if o.show && terminal.Is(cmd.OutOrStdout()) {
		return cli.Usagef("secrets: --show prints no secrets on a terminal, where they stay to be seen; " +
			"write to a file (> FILE) or into a pipe (| less)")
	}
	if o.allow == cli.StdinName && slices.Contains(paths, cli.StdinName) {
		return cli.Usagef("secrets: - --allow -: standard input is either a run or the list")
	}
	allow, err := readAllow(ctx, cmd.ErrOrStderr(), o.allow)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	failed := error(nil)
	values, distinct := 0, 0
	for _, path := range paths {
		ids := []string{o.which.ID}
		if from, err := runio.SourceOf(ctx, cmd.ErrOrStderr(), path); err == nil && o.which.ID == "" {
			if list, err := runs.IDs(ctx, from.Path, o.which.Options()); err == nil && len(list) > 0 {
				ids = list
			}
		}
		for _, id := range ids {
			report := newSecretsReport(path, o.show, distinct)
			if o.json {
				report.lines = json.NewEncoder(out)
			}
			err := scanRun(ctx, cmd.ErrOrStderr(), path, runio.Choice{ID: id, Lenient: o.which.Lenient}, allow, report)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				cli.Warnf(cmd.ErrOrStderr(), "%v", cli.InFile(path, err))
				failed = cli.Reported{}
			}
			values, distinct = values+report.values, distinct+len(report.groups)
			if !o.json {
				report.print(out, cmd.ErrOrStderr())
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if values == 0 {
		return failed
	}
	if !o.json {
		fmt.Fprintf(cmd.ErrOrStderr(), "exparchive: %s in %s; `exparchive redact FILE --secrets -o PUBLIC%s` withholds what can be withheld\n",
			cli.Plural(int64(distinct), "secret"), cli.Plural(int64(values), "place"), archive.Extension)
	}
	return cli.Reported{}
}

// scanRun looks through one run.
func scanRun(ctx context.Context, stderr io.Writer, path string, which runio.Choice, allow *secrets.Allow,
	report *secretsReport) error {
	p, c, err := runio.OpenRun(ctx, stderr, path, which)
	if err != nil {
		return err
	}
	defer c.Close()
	place := secretPlace{File: path}
	look := func(field string, text []byte, canRedact bool) error {
		place := place
		place.Field = field
		found, unseen := secrets.Look(text)
		for _, s := range found {
			if allow.Allows(s) {
				continue
			}
			if err := report.found(place, s, canRedact); err != nil {
				return err
			}
		}
		for _, u := range unseen {
			if err := report.leftOut(place, u); err != nil {
				return err
			}
		}
		return nil
	}
	q, changed := runio.Shown(p)
	seq := int64(0)
	for r, err := range q.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return err
		}
		if start, ok := r.(*provider.Start); ok {
			place.Run = start.RunID
		}
		place.Record, place.Type, place.Iteration, place.Agent = new(seq), r.RecordKind().String(), nil, ""
		if n, ok := provider.IterationOf(r); ok {
			place.Iteration = &n
		}
		if i, ok := r.(*provider.Interaction); ok {
			place.Agent = i.AgentID
		}
		for _, at := range redact.Envelope(r) {
			if err := look(at.Field, []byte(at.Text), false); err != nil {
				return err
			}
		}
		for field := range r.RecordKind().Committed() {
			if !field.In(r) || field.Name == "salt" {
				continue
			}
			if err := look(field.Name, field.Value(r), true); err != nil {
				return err
			}
		}
		seq++
	}
	list, err := annotationsOf(ctx, p)
	place.Record, place.Type, place.Iteration, place.Agent = nil, "annotation", nil, ""
	for i, a := range list {
		place.Annotation = i + 1
		for _, at := range []redact.Place{{Field: "kind", Text: a.Kind}, {Field: "name", Text: a.Name},
			{Field: "text", Text: a.Text}} {
			if err := look(at.Field, []byte(at.Text), true); err != nil {
				return err
			}
		}
	}
	return cmp.Or(err, changed())
}
