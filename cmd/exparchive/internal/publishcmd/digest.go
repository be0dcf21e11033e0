package publishcmd

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

type digestOptions struct {
	which            runio.Choice
	file             bool
	checkpoint, note bool
	json             bool
}

// NewDigest makes the command digest.
func NewDigest() *cobra.Command {
	var o digestOptions
	cmd := &cobra.Command{
		Use:   "digest FILE...",
		Short: "Print the content hash of runs, or the checkpoint that is signed",
		Long: `Print the digest of a run: a hash of everything recorded, which is the same wherever the run lies, in an archive, in
JSON lines, in an old database, on standard input (-). It is computed from the records; for a sealed archive it must be the one in
the seal.

One line a file: the digest, two blanks, the name of the file. With --file a second one follows: "sha256:" and the SHA-256 of the
file itself. The same run, sealed with the same annotations, has the same bytes wherever it was recorded, so this can be printed
in a paper too; it also changes with annotations, signatures and what is withheld, and the digest does not.

--checkpoint prints the checkpoint of one run instead (https://c2sp.org/tlog-checkpoint): three lines with the name of the run, the
number of its records, and its digest in base64. Signatures sign exactly these lines. With --note they come as a signed note, with
the signatures by note keys that the archive has.`,
		Example: `  exparchive digest exp1.simexp
  exparchive digest *.simexp --json
  exparchive digest exp1.simexp --checkpoint --note`,
		Args: cli.NArgs(1, -1, "one or more files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.note && !o.checkpoint:
				return cli.Usagef("digest: --note goes with --checkpoint")
			case o.checkpoint && (o.file || len(args) > 1):
				return cli.Usagef("digest: --checkpoint is of one run, without --file")
			}
			return o.run(cmd, args)
		},
	}
	runio.AddChoice(cmd, &o.which)
	cmd.Flags().BoolVar(&o.file, "file", false, "print the SHA-256 of the file as well")
	cmd.Flags().BoolVar(&o.checkpoint, "checkpoint", false,
		"print the checkpoint: the name, size and digest of the run as they are signed")
	cmd.Flags().BoolVar(&o.note, "note", false, "with --checkpoint, print a signed note")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and file")
	return cmd
}

// NewCheckpoint makes what "digest --checkpoint" was before.
func NewCheckpoint() *cobra.Command {
	o := digestOptions{checkpoint: true}
	cmd := &cobra.Command{
		Use:   "checkpoint FILE",
		Short: "Print the name, size and digest of a run in the form that is signed",
		Long:  "Print the checkpoint of a run, as digest --checkpoint does.",
		Args:  cli.NArgs(1, 1, "one file"),
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	cmd.Flags().BoolVar(&o.note, "note", false, "print a signed note")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *digestOptions) run(cmd *cobra.Command, paths []string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	var failed error
	for _, path := range paths {
		d, err := o.digest(ctx, stderr, path)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && len(paths) == 1 && o.checkpoint:
			return cli.InFile(path, err)
		case err != nil:
			cli.Warnf(stderr, "%v", cli.InFile(path, err))
			failed = cli.Reported{}
		}
		if d.Digest == "" {
			continue
		}
		if o.checkpoint && !o.json {
			_, err = io.WriteString(cmd.OutOrStdout(), d.Checkpoint)
		} else {
			err = d.Print(cmd.OutOrStdout(), o.json)
		}
		if err != nil {
			return err
		}
	}
	return failed
}

// digest computes what is asked for. With an error about the file itself it gives the digest all the same.
func (o *digestOptions) digest(ctx context.Context, stderr io.Writer, path string) (runio.Digest, error) {
	c, annotations, err := checkpointOf(ctx, stderr, path, o.which, false)
	if err != nil {
		return runio.Digest{}, err
	}
	d := runio.Digest{File: path, Digest: c.Root.String(), Records: c.Size}
	if o.checkpoint {
		d.Checkpoint = c.Text()
		if o.note {
			if d.Checkpoint = signedNote(annotations, c); d.Checkpoint == "" {
				return runio.Digest{}, errNoNote
			}
		}
	}
	if o.file {
		from, err := runio.SourceOf(ctx, stderr, path)
		if err != nil {
			return d, err
		}
		d.SHA256, err = runio.SumFile(ctx, from.Path)
		return d, from.Named(err)
	}
	return d, nil
}

var errNoNote = errors.New("no note key has signed it; `exparchive sign --note-key` does")
