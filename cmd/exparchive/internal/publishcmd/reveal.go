package publishcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
)

type revealOptions struct {
	filters     filterFlags
	from        string
	which       runio.Choice
	output      string
	dryRun      bool
	force       bool
	json        bool
	annotations []archive.Annotation
}

// NewReveal makes the command reveal.
func NewReveal() *cobra.Command {
	var o revealOptions
	cmd := &cobra.Command{
		Use:   "reveal PUBLIC.simexp --from ORIGINAL -o OUT.simexp",
		Short: "Put withheld values back from the original, and prove that they are the ones",
		Long: `Put values that redact took out of a copy of a run back from the original, which may be anything that holds the run. Every record of
the two is compared by its hash, so what comes out is proven to be what was withheld: a record that differs is named, and
nothing is written.

Without flags everything is put back that the original has. --field, --seq, --agent and --iteration choose; those of different kinds
narrow each other, those of one kind add up; one that fits no withheld value is listed. --dry-run only proves that the two are of the same run.`,
		Example: `  exparchive reveal public.simexp --from my.simexp -o for-reviewers.simexp --field response
  exparchive reveal public.simexp --from my.simexp --dry-run`,
		Args: cli.NArgs(1, 1, "one redacted archive"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.filters.addFlags(cmd, "put back", false)
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "the `original` (required)")
	flags.StringVarP(&o.output, "output", "o", "", "the archive to be written, `OUT`.simexp (required unless --dry-run); - is standard output")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing; compare the two and print how many values would be put back")
	flags.BoolVar(&o.force, "force", false, "replace an archive of that name")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *revealOptions) run(cmd *cobra.Command, path string) error {
	ctx := cmd.Context()
	filter, err := o.filters.filter(cmd)
	switch {
	case err != nil:
		return err
	case o.from == "":
		return cli.Usagef("reveal: missing --from ORIGINAL (see `exparchive reveal --help`)")
	case !o.dryRun && o.output == "":
		return cli.Usagef("reveal: missing -o FILE%s, or --dry-run (see `exparchive reveal --help`)", archive.Extension)
	}
	copied, c, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), path, runio.Choice{Lenient: o.which.Lenient})
	if err != nil {
		return err
	}
	defer c.Close()
	original, c, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), o.from, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	if o.annotations, err = annotationsOf(ctx, copied); err != nil {
		return cli.InFile(path, err)
	}
	sink, err := runio.DigestRun(ctx, cmd.ErrOrStderr(), copied)
	if err != nil {
		return cli.InFile(path, err)
	}
	root := sink.Root()
	var revealed redact.Revealed
	reveal := func(ctx context.Context, sink provider.Sink) (err error) {
		revealed, err = redact.Reveal(ctx, sink, runio.Checked(copied), runio.Checked(original), filter)
		if errors.Is(err, redact.ErrDiffers) {
			return fmt.Errorf("%s: %w, %s", o.from, err, path)
		}
		if changed, _ := runio.ChangedRun(err); changed != nil { // the copy has been checked before
			return cli.InFile(o.from, err)
		}
		return err
	}
	if o.dryRun {
		if err := reveal(ctx, discard{}); err != nil {
			return err
		}
		reportUnmatched(cmd.ErrOrStderr(), path, revealed.Unmatched, "that the original can put back")
		if o.json {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(revealedValues{path, "", root.String(), int64(revealed.Values)})
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "would be put back: %s; the digest of both is %s\n",
			cli.Plural(int64(revealed.Values), "value"), root)
		return err
	}
	for _, source := range []string{path, o.from} {
		if err := outputFree(source, o.output, o.force); err != nil {
			return err
		}
	}
	err = runio.WriteCopy(cmd, o.output, o.force, o.annotations,
		func(w *record.Writer) error { return reveal(ctx, w) },
		func(path string) error { return runio.CompareArchive(ctx, path, root) })
	if err != nil {
		return err
	}
	reportUnmatched(cmd.ErrOrStderr(), path, revealed.Unmatched, "that the original can put back")
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(revealedValues{path, o.output, root.String(),
			int64(revealed.Values)})
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: put back %s, digest %s as before\n",
		terminal.Escape(o.output), cli.Plural(int64(revealed.Values), "value"), root)
	return err
}

// revealedValues is what reveal says in JSON.
type revealedValues struct {
	File   string `json:"file"`
	Output string `json:"output,omitempty"` // none with --dry-run
	Digest string `json:"digest"`
	Values int64  `json:"values"`
}

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) Begin(context.Context, *provider.Start) error             { return nil }
func (discard) Event(context.Context, *provider.Event) error             { return nil }
func (discard) Interaction(context.Context, *provider.Interaction) error { return nil }
func (discard) Iteration(context.Context, *provider.Iteration) error     { return nil }
func (discard) Note(context.Context, *provider.Note) error               { return nil }
func (discard) Attachment(context.Context, *provider.Attachment) error   { return nil }
func (discard) Finish(context.Context, *provider.Result) error           { return nil }
