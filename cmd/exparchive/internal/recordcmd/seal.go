package recordcmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

// NewSeal makes the command seal.
func NewSeal() *cobra.Command {
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "seal FILE.simexp-live...",
		Short: "Turn recordings that were cut short into archives, as they are",
		Long: `Turn a recording that was cut short into an archive, as it is. FILE.simexp-live becomes FILE.simexp and goes away. A run
without a result stays one: its status is "unfinished". To go on with the recording instead, see resume.

It prints the digest of each archive, as digest does.`,
		Example: `  exparchive seal my.simexp-live`,
		Args:    cli.NArgs(1, -1, "one or more live files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			for _, arg := range args {
				live := runio.LiveName(arg)
				if err := runio.CheckLive(live); err != nil {
					cli.Warnf(cmd.ErrOrStderr(), "%v", err)
					failed = cli.Reported{}
					continue
				}
				seal, err := record.Seal(cmd.Context(), live, &record.Options{Replace: force})
				if err != nil {
					if cmd.Context().Err() != nil {
						return err
					}
					cli.Warnf(cmd.ErrOrStderr(), "%v", runio.WithForceHint(err))
					failed = cli.Reported{}
					continue
				}
				d := runio.Digest{File: strings.TrimSuffix(live, archive.LiveSuffix), Digest: seal.Root.String(),
					Records: seal.Records}
				if err := d.Print(cmd.OutOrStdout(), asJSON); err != nil {
					return err
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace archives that are there already")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line and archive, as digest does")
	return cmd
}
