package publishcmd

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/sign"
)

type redactOptions struct {
	filters        filterFlags
	which          runio.Choice
	output         string
	dryRun, force  bool
	allowRemaining bool
	mask           bool
	json           bool
}

// NewRedact makes the command redact.
func NewRedact() *cobra.Command {
	var o redactOptions
	cmd := &cobra.Command{
		Use:   "redact FILE -o PUBLIC.simexp",
		Short: "Write a copy of a run without certain values, which has the same digest",
		Long: `Write a copy of a run for publishing, without certain values. Each of them is replaced by its
commitment, a hash, so that the copy has the digest of the run: signatures and proofs hold for it too,
and "reveal" can put values back from the original and prove that they are the ones. FILE is anything
that holds a run.

The flags say what is withheld. Those of different kinds narrow each other, those of one kind add up:

  --field response --agent BANK_A        the responses to BANK_A
  --match '(?i)project x' --match alice  every value in which one of the two is found
  --secrets                              every value in which a secret is found

If they fit no value nothing is written, and the exit code is 1; only --match and --secrets may find
none. A name or number that fits none beside others that do is listed.
A value goes as a whole: a prompt, an answer, the data of an event, the policies of an iteration. What
identifies a record cannot be withheld: run id, experiment, times, event types, agents, models, tokens,
seconds, names of attachments, final costs. If what --match or --secrets looks for is there, or in a
value that the other flags leave in, it is listed and nothing is written, unless --allow-remaining.
Annotations (signatures, where an import comes from) are copied, except those in which it is found.

--mask replaces only what --match or --secrets finds, and leaves the rest of the value: "ask [withheld]
for the key". The price is the proof of that field: its value is not what was recorded, so the copy has
a digest of its own, and no signature or proof of the run holds for it. Signatures are left out, and an
annotation says that it is a copy. Where what is found is no text by itself, as a cost is, or stands in
something packed, the value goes as a whole.

When the copy is written its digest is compared with the one that it must have, and its bytes are
searched for what matched (texts of 5 bytes or more).

A commitment hides a value only as far as it cannot be guessed: who guesses the whole value can check
the guess. A run that was recorded with --salt has no such weakness.`,
		Example: `  exparchive redact my.simexp --secrets --dry-run
  exparchive redact my.simexp --field system_prompt,user_prompt -o public.simexp
  exparchive redact my.simexp --match 'alice|bob' -o public.simexp
  exparchive redact my.simexp --secrets --mask -o public.simexp`,
		Args: cli.NArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.filters.addFlags(cmd, "withhold", true)
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the archive to be written, `PUBLIC`.simexp (required unless --dry-run); - is standard output")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would be withheld")
	flags.BoolVar(&o.mask, "mask", false, "replace only what --match or --secrets finds in a value, whose proof is gone then")
	flags.BoolVar(&o.allowRemaining, "allow-remaining", false,
		"write the copy also if what was looked for remains somewhere")
	flags.BoolVar(&o.force, "force", false, "replace an archive of that name")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *redactOptions) run(cmd *cobra.Command, path string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	if path == cli.StdinName && o.filters.allow == cli.StdinName {
		return cli.Usagef("redact: - --allow -: standard input is either the run or the list")
	}
	filter, err := o.filters.filter(cmd)
	switch {
	case err != nil:
		return err
	case filter.Empty():
		return cli.Usagef("redact: nothing says what to withhold; want --field, --seq, --agent, --iteration, --match or --secrets")
	case o.mask && !filter.ByContent():
		return cli.Usagef("redact: --mask replaces what --match or --secrets finds; want one of them")
	case !o.dryRun && o.output == "":
		return cli.Usagef("redact: missing -o FILE%s, or --dry-run (see `exparchive redact --help`)", archive.Extension)
	}
	p, c, err := runio.OpenRun(ctx, stderr, path, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := o.checkSource(p, path); err != nil {
		return err
	}
	filter.Mask = o.mask
	plan, err := redact.NewPlan(ctx, runio.Checked(p), filter)
	if err != nil {
		return cli.InFile(path, err)
	}
	// A slip of the pen must not make a public file that holds everything. That a search finds nothing is good news.
	if _, values := plan.Counts(); values == 0 && !filter.ByContent() {
		return fmt.Errorf("%s: the flags fit no value of the run, or none that is not withheld already; nothing was written",
			path)
	}
	annotations, dropped, signatures, err := keptAnnotations(ctx, p, plan)
	if err != nil {
		return cli.InFile(path, err)
	}
	reportPlan(stderr, path, plan)
	remains := len(plan.Remaining) > 0 && !o.allowRemaining
	if remains && !o.dryRun {
		return fmt.Errorf("%s: what was to be withheld remains in %s; nothing was written "+
			"(--allow-remaining writes the copy all the same)", path, cli.Plural(int64(len(plan.Remaining)), "place"))
	}
	verb := "would be left out"
	if !o.dryRun {
		if err := o.write(ctx, cmd, path, p, plan, annotations); err != nil {
			return err
		}
		verb = "was left out"
	}
	for _, n := range dropped {
		cli.Warnf(stderr, "annotation %d matches and %s", n, verb)
	}
	for _, n := range signatures {
		cli.Warnf(stderr, "annotation %d is a signature, which does not hold for the copy, and %s", n, verb)
	}
	warnOutcome(stderr, path, plan)
	if err := warnRejected(ctx, stderr, path, p, filter); err != nil {
		return err
	}
	if err := o.print(cmd, path, plan); err != nil {
		return err
	}
	if remains {
		return cli.Reported{}
	}
	return nil
}

// keptAnnotations gives the annotations that the copy gets, and the numbers of those of p that it does not: in which
// something is found, and signatures that do not hold for it.
func keptAnnotations(ctx context.Context, p provider.Provider, plan *redact.Plan) (
	kept []archive.Annotation, dropped, signatures []int, err error) {
	list, err := annotationsOf(ctx, p)
	for i, a := range list {
		switch {
		case plan.Finds(a.Kind, a.Name, a.Text):
			dropped = append(dropped, i+1)
		case plan.Masked() > 0 && (a.Kind == sign.KindSSH || a.Kind == sign.KindNote): // over the run, which the copy is not
			signatures = append(signatures, i+1)
		default:
			kept = append(kept, a)
		}
	}
	if n := plan.Masked(); n > 0 {
		text := fmt.Sprintf("a copy of a run: what was withheld from %s is replaced by %s", cli.Plural(n, "value"),
			redact.StandIn)
		if plan.Guessable == 0 { // or guesses could be checked against the digest
			text += "; digest of the run: " + plan.Root.String()
		}
		kept = append(kept, archive.Annotation{Kind: "provenance", Name: "masked", Text: text})
	}
	return kept, dropped, signatures, err
}

// checkSource refuses a run that is not at an end, and one that the copy would replace.
func (o *redactOptions) checkSource(p provider.Provider, path string) error {
	if a, ok := p.(*archive.Archive); ok && a.State() == archive.Recording {
		return fmt.Errorf("%s: is being recorded; redact it when the recording has ended", path)
	}
	if o.dryRun {
		return nil
	}
	return outputFree(path, o.output, o.force)
}

// outputFree reports that a copy of source cannot be written to output.
func outputFree(source, output string, force bool) error {
	if source == cli.StdinName || output == cli.StdinName {
		return nil
	}
	return cmp.Or(notOriginal(source, output), outfile.InFolder(output), runio.PlaceFree(output, force))
}

// notOriginal refuses to write a copy of source over it.
func notOriginal(source, output string) error {
	if source == cli.StdinName || webfile.Is(source) {
		return nil
	}
	from, err := os.Stat(source)
	if err != nil {
		return cli.InFile(source, err)
	}
	if to, err := os.Stat(output); err == nil && os.SameFile(from, to) {
		return cli.Usagef("%s: is the original; choose another name for the copy", output)
	}
	return nil
}

// write writes the copy, checks it, and only then gives it its name.
func (o *redactOptions) write(ctx context.Context, cmd *cobra.Command, source string, p provider.Provider,
	plan *redact.Plan, annotations []archive.Annotation) error {
	fill := func(w *record.Writer) error {
		return cli.InFile(source, runio.Copy(ctx, cmd.ErrOrStderr(), "redacting", plan.Sink(w), p))
	}
	check := func(path string) error { return checkRedacted(ctx, path, plan) }
	return runio.WriteCopy(cmd, o.output, o.force, annotations, fill, check)
}

// checkRedacted checks the copy at path, record by record and byte by byte.
func checkRedacted(ctx context.Context, path string, plan *redact.Plan) error {
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	raw, err := a.Raw()
	if err != nil {
		return err
	}
	return plan.Check(ctx, a.Checked(), raw, a.SchemaTexts()...)
}
