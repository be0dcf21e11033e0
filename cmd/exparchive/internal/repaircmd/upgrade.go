package repaircmd

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/rewrite"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/terminal"
)

// An upgraded says what upgrade did to an archive in JSON.
type upgraded struct {
	File   string `json:"file"`
	From   int    `json:"old_schema_version"`
	To     int    `json:"schema_version"`
	Done   bool   `json:"done"`             // false if there is nothing to do, and with --dry-run
	Backup string `json:"backup,omitempty"` // the file as it was
}

// NewUpgrade makes the command upgrade.
func NewUpgrade() *cobra.Command {
	var opts rewrite.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "upgrade FILE.simexp...",
		Short: "Bring archives of an older schema version to the newest",
		Long: `Bring archives of an older schema version to the newest. Nobody has to: archives of every version are read, and the digest,
signatures and proofs of a run are the same in all of them.

The new file is made beside the old one and checked down to the digest before it takes its place. The old one stays, with .v1.bak
behind its name, where 1 is its version.`,
		Example: `  exparchive upgrade --dry-run *.simexp
  exparchive upgrade exp1.simexp`,
		Args: cli.NArgs(1, -1, "one or more archives"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			for _, path := range args {
				if err := runio.CheckChangeable(path); err != nil {
					return err
				}
				u, err := rewrite.Upgrade(cmd.Context(), path, opts)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				if err != nil {
					if errors.Is(err, archive.ErrExists) {
						err = fmt.Errorf("%w: move the backup away first", err)
					}
					cli.Warnf(cmd.ErrOrStderr(), "%v", err)
					failed = cli.Reported{}
					continue
				}
				if asJSON {
					line := upgraded{File: path, From: u.From, To: u.To, Done: u.From != u.To && !opts.DryRun, Backup: u.Backup}
					if err := json.NewEncoder(cmd.OutOrStdout()).Encode(line); err != nil {
						return err
					}
					continue
				}
				text := fmt.Sprintf("upgraded from schema version %d to %d; %s is the file as it was", u.From, u.To, u.Backup)
				switch {
				case u.From == u.To:
					text = fmt.Sprintf("schema version %d is the newest: nothing to do", u.From)
				case opts.DryRun:
					text = fmt.Sprintf("would be upgraded from schema version %d to %d", u.From, u.To)
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", terminal.Escape(path), terminal.Escape(text)); err != nil {
					return err
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line and archive")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false,
		"say what would be done, after trying it on a copy among the temporary files")
	return cmd
}
