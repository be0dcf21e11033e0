package readcmd

import (
	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

// NewAttachments makes the command to list attachments, of which add is the part that adds some.
func NewAttachments(add *cobra.Command) *cobra.Command {
	list := extractOptions{}
	cmd := &cobra.Command{
		Use:   "attachments FILE",
		Short: "List the files attached to a run, add some, get them out",
		Long: `List the files that are attached to a run, such as its configuration, code and figures. "attachments add" adds files to a
recording, "attachments extract" writes them into a folder.`,
		Example: `  exparchive attachments my.simexp
  exparchive attachments add my.simexp-live config.yaml src/policy.py
  exparchive attachments extract my.simexp -o my-files`,
		Args: cli.NArgs(1, 1, "one file, or add or extract"),
		RunE: func(cmd *cobra.Command, args []string) error { return list.run(cmd, args[0], nil) },
	}
	cmd.Flags().BoolVar(&list.json, "json", false, "print one JSON object a line and file")
	runio.AddChoice(cmd, &list.which)
	cmd.AddCommand(add, NewExtract("extract"))
	return cmd
}
