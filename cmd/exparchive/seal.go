package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
)

func newSealCommand() *cobra.Command {
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "seal FILE.simexp-live...",
		Short: "Turn recordings that were cut short into archives, as they are",
		Long: `Turn a recording that was cut short into an archive, as it is. FILE.simexp-live becomes FILE.simexp and goes away. A run
without a result stays one: its status is "unfinished". To go on with the recording instead, see resume.

It prints the digest of each archive, as digest does.`,
		Example: `  exparchive seal my.simexp-live`,
		Args:    nArgs(1, -1, "one or more live files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			for _, arg := range args {
				live := liveName(arg)
				if err := checkLive(live); err != nil {
					warnf(cmd.ErrOrStderr(), "%v", err)
					failed = errReported{}
					continue
				}
				seal, err := record.Seal(cmd.Context(), live, &record.Options{Replace: force})
				if err != nil {
					if cmd.Context().Err() != nil {
						return err
					}
					warnf(cmd.ErrOrStderr(), "%v", withForceHint(err))
					failed = errReported{}
					continue
				}
				d := runDigest{File: strings.TrimSuffix(live, archive.LiveSuffix), Digest: seal.Root.String(), Records: seal.Records}
				if err := d.print(cmd.OutOrStdout(), asJSON); err != nil {
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

// liveName gives the name of the live file that the user means, who may have named the archive that it is to become.
func liveName(arg string) string {
	if !strings.HasSuffix(arg, archive.LiveSuffix) && exists(arg+archive.LiveSuffix) {
		return arg + archive.LiveSuffix
	}
	return arg
}

// archiveName gives the name of the archive that a live file becomes, and false for another file.
func archiveName(live string) (string, bool) { return strings.CutSuffix(live, archive.LiveSuffix) }

// checkLive reports that there is no live file of that name, and what there is instead.
func checkLive(live string) error {
	if err := checkChangeable(live); err != nil {
		return err
	}
	info, err := os.Stat(live)
	switch {
	case errors.Is(err, os.ErrNotExist) && exists(strings.TrimSuffix(live, archive.LiveSuffix)):
		return fmt.Errorf("%s: %w; %s is there and sealed", live, errNoFile, strings.TrimSuffix(live, archive.LiveSuffix))
	case err != nil:
		return inFile(live, err)
	case info.IsDir():
		return inFile(live, errDirectory)
	case !strings.HasSuffix(live, archive.LiveSuffix):
		return fmt.Errorf("%s: not a recording: its name does not end in %s", live, archive.Extension+archive.LiveSuffix)
	}
	return nil
}
