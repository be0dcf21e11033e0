package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/comparecmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/papercmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/publishcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/readcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/recordcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/repaircmd"
)

// Groups of commands, in the order in which --help lists them.
const (
	groupDemo    = "demo"
	groupRecord  = "record"
	groupRead    = "read"
	groupCompare = "compare"
	groupPublish = "publish"
	groupRepair  = "repair"
	groupOther   = "other"
)

func newRootCommand() *cobra.Command {
	cobra.EnableCommandSorting = false // commands are listed in the order in which one needs them
	root := &cobra.Command{
		Use:   "exparchive",
		Short: "Record, replay, check and publish runs of experiments as single files",
		Long: `exparchive keeps a run of an experiment in one file, FILE.simexp: its events, the calls of language models, what every
iteration cost and changed, its notes and files. The file is an ordinary SQLite database that anybody can open; replaying
it prints, byte for byte, what the run printed.

While a run is being recorded it lies in FILE.simexp-live. Sealing turns it into FILE.simexp, which never changes again.`,
		Example: `  exparchive run exp1 -o exp1.simexp          a demonstration: play an experiment and record it
  exparchive record -o my.simexp -- python my_experiment.py
  exparchive replay exp1.simexp --verbose     print the run again
  exparchive info exp1.simexp
  exparchive ls runs/                         a table of the runs in a folder
  exparchive verify exp1.simexp               check every record`,
		Args:                       noSuchCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cli.WantColor(cmd)
			return err
		},
		Version: cli.ProgramVersion(),
	}
	root.SetVersionTemplate("exparchive {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if args := cmd.Flags().Args(); cmd == root && len(args) > 0 {
			return noSuchCommand(cmd, args)
		}
		return cli.FlagError(cmd, err)
	})
	root.PersistentFlags().String("color", "auto", "colour the output: `when` is auto (on a terminal, unless NO_COLOR is set), always or never")
	root.AddGroup(
		&cobra.Group{ID: groupRecord, Title: "Record:"},
		&cobra.Group{ID: groupRead, Title: "Read:"},
		&cobra.Group{ID: groupCompare, Title: "Compare and check:"},
		&cobra.Group{ID: groupPublish, Title: "Publish:"},
		&cobra.Group{ID: groupRepair, Title: "Repair:"},
		&cobra.Group{ID: groupDemo, Title: "Demo:"},
		&cobra.Group{ID: groupOther, Title: "Seldom needed:"},
	)
	addCommands(root, groupRecord, recordcmd.NewRecord, recordcmd.NewResume, recordcmd.NewSeal, recordcmd.NewImport)
	addCommands(root, groupRead, readcmd.NewLs, readcmd.NewInfo, readcmd.NewReplay, readcmd.NewPolicies, readcmd.NewQuery,
		readcmd.NewExport,
		func() *cobra.Command { return readcmd.NewAttachments(recordcmd.NewAttach("add")) })
	addCommands(root, groupCompare, papercmd.NewTable, papercmd.NewPlot, papercmd.NewPaper, comparecmd.NewDiff,
		papercmd.NewCompare,
		publishcmd.NewDigest, publishcmd.NewVerify, publishcmd.NewProve)
	addCommands(root, groupPublish, publishcmd.NewSecrets, publishcmd.NewRedact, publishcmd.NewReveal, publishcmd.NewSign,
		publishcmd.NewAnnotate, publishcmd.NewPack, publishcmd.NewUnpack)
	addCommands(root, groupRepair, repaircmd.NewRecover)
	addCommands(root, groupDemo, recordcmd.NewRun)
	addCommands(root, groupOther, repaircmd.NewUpgrade, repaircmd.NewDuckDB, newSchemaCommand, newVersionCommand)
	for _, cmd := range formerNames() {
		cmd.Hidden = true
		root.AddCommand(cmd)
	}
	cli.FitHelp(root)
	root.SetHelpCommand(newHelpCommand())
	root.SetHelpCommandGroupID(groupOther)
	root.SetCompletionCommandGroupID(groupOther)
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil && completion != root {
		completion.Args = cobra.ArbitraryArgs
		completion.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("completion: no shell %q, want bash, zsh, fish or powershell", args[0])
			}
			return cmd.Help()
		}
	}
	return root
}

// formerNames gives the commands that have become part of others, under the names that they had.
func formerNames() []*cobra.Command {
	return []*cobra.Command{recordcmd.NewAttach("attach"), readcmd.NewExtract("extract"), publishcmd.NewCheckpoint()}
}

// newHelpCommand is cobra's, but that it refuses what is no command.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			switch {
			case err == nil && about != cmd.Root() && len(rest) > 0 && about.HasAvailableSubCommands():
				return cli.Usagef("%s: no command %q (see `%s --help`)", cli.Called(about), rest[0], about.CommandPath())
			case err == nil && about != cmd.Root() && len(rest) > 0:
				return cli.Usagef("help: unexpected argument %q behind %s", rest[0], cli.Called(about))
			case err != nil || about == nil || len(rest) > 0:
				return noSuchCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			about, rest, err := cmd.Root().Find(args)
			var names []string
			if err == nil && len(rest) == 0 {
				for _, sub := range about.Commands() {
					if sub.IsAvailableCommand() && strings.HasPrefix(sub.Name(), toComplete) {
						names = append(names, sub.Name())
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func addCommands(root *cobra.Command, group string, commands ...func() *cobra.Command) {
	for _, newCommand := range commands {
		cmd := newCommand()
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
}

// noSuchCommand is what the arguments of the root command are checked with: every word there is a command unknown.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "`exparchive --help` lists them"
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		hint = "did you mean " + strings.Join(like, " or ") + "?"
	}
	return cli.Usagef("no command %q; %s", args[0], hint)
}
