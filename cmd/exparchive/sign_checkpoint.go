package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/sign"
)

func newCheckpointCommand() *cobra.Command {
	var which runChoice
	var note bool
	cmd := &cobra.Command{
		Use:   "checkpoint FILE",
		Short: "Print the name, size and digest of a run in the form that is signed",
		Long: `Print the checkpoint of a run (https://c2sp.org/tlog-checkpoint): three lines with the name of the run, the number of its
records, and its digest in base64. It is computed from the records. Signatures sign exactly these lines.

--note prints it as a signed note, with the signatures by note keys that the archive has.`,
		Example: `  exparchive checkpoint exp1.simexp
  exparchive checkpoint exp1.simexp --note`,
		Args: nArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, annotations, err := checkpointOf(cmd.Context(), cmd.ErrOrStderr(), args[0], which, false)
			if err != nil {
				return err
			}
			text := c.Text()
			if note {
				var notes []string
				for _, a := range annotations {
					if a.Kind == sign.KindNote {
						notes = append(notes, a.Text)
					}
				}
				if text = sign.MergeNotes(c, notes...); text == "" {
					return inFile(args[0], errNoNote)
				}
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().BoolVar(&note, "note", false, "print a signed note")
	addRunFlag(cmd, &which)
	return cmd
}

var errNoNote = errors.New("no note key has signed it; `exparchive sign --note-key` does")
