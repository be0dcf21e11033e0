package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
)

type secretsOptions struct {
	allow string
	runID runChoice
	show  bool
	json  bool
}

// A secretFound is one line of what secrets prints.
type secretFound struct {
	File       string `json:"file"`
	Run        string `json:"run_id"`
	Record     *int64 `json:"seq"`                  // null for an annotation
	Annotation int    `json:"annotation,omitempty"` // its number
	Type       string `json:"record"`               // kind of record, or "annotation"
	Field      string `json:"field"`
	Iteration  *int   `json:"iteration"`
	Agent      string `json:"agent_id,omitempty"`
	Kind       string `json:"kind"`
	Excerpt    string `json:"excerpt"`
	Secret     string `json:"secret,omitempty"` // with --show
	CanRedact  bool   `json:"can_be_withheld"`
}

func newSecretsCommand() *cobra.Command {
	var o secretsOptions
	cmd := &cobra.Command{
		Use:   "secrets FILE...",
		Short: "Find keys, tokens, passwords and personal data before a run is published",
		Long: `Find what looks like a secret in runs: keys and tokens of well-known services, private keys, passwords, e-mail addresses, home
directories. Every text of a run is looked at: prompts, answers, events, policies, notes, attached files, what identifies records,
annotations; JSON also behind its escapes. The secret itself is not printed, unless --show.

The exit code is 1 if something is found and 0 if not. "redact --secrets" withholds what was found.

--allow names a file of what is known not to be a secret: a line for each entry, a kind or * and a regular expression (RE2) that
matches the whole secret, or a kind alone. Lines that begin with # are comments.

  email .*@example\.org
  home-directory
  * /home/runner

Kinds: ` + strings.Join(secrets.Kinds(), ", ") + `.`,
		Example: `  exparchive secrets my.simexp && cp my.simexp public/
  exparchive secrets runs/*.simexp --json --allow known.txt`,
		Args: nArgs(1, -1, "one or more files"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	cmd.Flags().StringVar(&o.allow, "allow", "", "a `file` of what is known not to be a secret")
	cmd.Flags().BoolVar(&o.show, "show", false, "print the secrets")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and finding")
	addRunFlag(cmd, &o.runID)
	return cmd
}

func (o *secretsOptions) run(cmd *cobra.Command, paths []string) error {
	ctx := cmd.Context()
	allow, err := readAllow(o.allow)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	found, failed := 0, error(nil)
	for _, path := range paths {
		ids := []string{o.runID.id}
		if o.runID.id == "" {
			if list, err := runs.IDs(ctx, path, o.runID.options()); err == nil && len(list) > 0 {
				ids = list
			}
		}
		for _, id := range ids {
			err := o.scan(ctx, path, runChoice{id, o.runID.lenient}, allow, func(f secretFound) error {
				found++
				return o.print(out, f)
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				warnf(cmd.ErrOrStderr(), "%v", inFile(path, err))
				failed = errReported{}
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if found > 0 {
		if !o.json {
			fmt.Fprintf(cmd.ErrOrStderr(), "exparchive: %s; `exparchive redact FILE --secrets -o PUBLIC%s` withholds what can be withheld\n", plural(int64(found), "finding"), archive.Extension)
		}
		return errReported{}
	}
	return failed
}

// scan looks through one run.
func (o *secretsOptions) scan(ctx context.Context, path string, runID runChoice, allow *secrets.Allow, found func(secretFound) error) error {
	p, c, err := openRun(ctx, path, runID)
	if err != nil {
		return err
	}
	defer c.Close()
	base := secretFound{File: path}
	look := func(f secretFound, text []byte) error {
		for _, s := range secrets.Scan(text) {
			if allow.Allows(s) {
				continue
			}
			f.Kind, f.Excerpt = s.Kind, s.Excerpt()
			if o.show {
				f.Excerpt, f.Secret = s.Shown(), s.Secret
			}
			if err := found(f); err != nil {
				return err
			}
		}
		return nil
	}
	q, changed := shown(p)
	seq := int64(0)
	for r, err := range q.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return err
		}
		if start, ok := r.(*provider.Start); ok {
			base.Run = start.RunID
		}
		f := base
		f.Record, f.Type = new(seq), r.RecordKind().String()
		if n, ok := provider.IterationOf(r); ok {
			f.Iteration = &n
		}
		if i, ok := r.(*provider.Interaction); ok {
			f.Agent = i.AgentID
		}
		for _, place := range redact.Envelope(r) {
			f.Field, f.CanRedact = place.Field, false
			if err := look(f, []byte(place.Text)); err != nil {
				return err
			}
		}
		for field := range r.RecordKind().Committed() {
			if !field.In(r) || field.Name == "salt" {
				continue
			}
			f.Field, f.CanRedact = field.Name, true
			if err := look(f, field.Value(r)); err != nil {
				return err
			}
		}
		seq++
	}
	list, err := annotationsOf(ctx, p)
	for i, annotation := range list {
		f := base
		f.Annotation, f.Type, f.CanRedact = i+1, "annotation", true
		for _, at := range []redact.Place{{Field: "kind", Text: annotation.Kind}, {Field: "name", Text: annotation.Name}, {Field: "text", Text: annotation.Text}} {
			f.Field = at.Field
			if err := look(f, []byte(at.Text)); err != nil {
				return err
			}
		}
	}
	return cmp.Or(err, changed())
}

func (o *secretsOptions) print(w io.Writer, f secretFound) error {
	if o.json {
		return json.NewEncoder(w).Encode(f)
	}
	where := fmt.Sprintf("annotation %d", f.Annotation)
	if f.Record != nil {
		where = fmt.Sprintf("record %d %s", *f.Record, f.Type)
	}
	if f.Agent != "" {
		where += " of " + f.Agent
	}
	_, err := fmt.Fprintln(w, terminal.Escape(fmt.Sprintf("%s: %s: %s: %s: %s", f.File, where, f.Field, f.Kind, f.Excerpt)))
	return err
}
