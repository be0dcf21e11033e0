package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider/digest"
)

func newDigestCommand() *cobra.Command {
	var which runChoice
	var file bool
	cmd := &cobra.Command{
		Use:   "digest FILE...",
		Short: "Print the content hash of runs",
		Long: `Print the digest of a run: a hash of everything recorded, which is the same wherever the run lies, in an archive, in
JSON lines, in an old database, on standard input (-). It is computed from the records; for a sealed archive it must be the one in
the seal.

One line a file: the digest, two blanks, the name of the file. With --file a second one follows: "sha256:" and the SHA-256 of the
file itself. The same run, sealed with the same annotations, has the same bytes wherever it was recorded, so this can be printed
in a paper too; it also changes with annotations, signatures and what is withheld, and the digest does not.`,
		Example: `  exparchive digest exp1.simexp
  exparchive export exp1.simexp --format jsonl -o exp1.jsonl && exparchive digest exp1.simexp exp1.jsonl`,
		Args: nArgs(1, -1, "one or more files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			for _, path := range args {
				root, err := digestOf(cmd.Context(), cmd.ErrOrStderr(), path, which)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				if err != nil {
					warnf(cmd.ErrOrStderr(), "%v", inFile(path, err))
					failed = errReported{}
					continue
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", root, terminal.Escape(path)); err != nil {
					return err
				}
				if !file {
					continue
				}
				from, err := sourceOf(cmd.Context(), cmd.ErrOrStderr(), path)
				if err != nil {
					return err
				}
				sum, err := sumFile(from.path)
				if err != nil {
					warnf(cmd.ErrOrStderr(), "%v", inFile(path, from.named(err)))
					failed = errReported{}
				} else if _, err := fmt.Fprintf(cmd.OutOrStdout(), "sha256:%s  %s\n", sum, terminal.Escape(path)); err != nil {
					return err
				}
			}
			return failed
		},
	}
	addRunFlag(cmd, &which)
	cmd.Flags().BoolVar(&file, "file", false, "print the SHA-256 of the file as well")
	return cmd
}

// sumFile computes the SHA-256 of a file.
func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// digestOf computes the digest of a run, and compares it with that of its seal, if it has one.
func digestOf(ctx context.Context, stderr io.Writer, path string, which runChoice) (digest.Hash, error) {
	p, c, err := openRun(ctx, stderr, path, which)
	if err != nil {
		return digest.Hash{}, err
	}
	defer c.Close()
	sink, err := digestRun(ctx, stderr, p)
	return sink.Root(), err
}
