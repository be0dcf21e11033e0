package main

import (
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/comparecmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/papercmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/publishcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/readcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/recordcmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/repaircmd"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
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

// A namedCommand is one of the program, by the name that newCommand gives it. It is hidden if it is of no group: it has become part
// of another one.
type namedCommand struct {
	name, group string
	newCommand  func() *cobra.Command
}

// commands are all of them, but help and completion, in the order in which one needs them.
func commands() []namedCommand {
	return []namedCommand{
		{"record", groupRecord, recordcmd.NewRecord},
		{"resume", groupRecord, recordcmd.NewResume},
		{"seal", groupRecord, recordcmd.NewSeal},
		{"import", groupRecord, recordcmd.NewImport},
		{"ls", groupRead, readcmd.NewLs},
		{"info", groupRead, readcmd.NewInfo},
		{"replay", groupRead, readcmd.NewReplay},
		{"view", groupRead, readcmd.NewView},
		{"policies", groupRead, readcmd.NewPolicies},
		{"query", groupRead, readcmd.NewQuery},
		{"export", groupRead, readcmd.NewExport},
		{"attachments", groupRead,
			func() *cobra.Command { return readcmd.NewAttachments(recordcmd.NewAttach("add")) }},
		{"table", groupCompare, papercmd.NewTable},
		{"plot", groupCompare, papercmd.NewPlot},
		{"paper", groupCompare, papercmd.NewPaper},
		{"diff", groupCompare, comparecmd.NewDiff},
		{"compare", groupCompare, papercmd.NewCompare},
		{"digest", groupCompare, publishcmd.NewDigest},
		{"verify", groupCompare, publishcmd.NewVerify},
		{"prove", groupCompare, publishcmd.NewProve},
		{"secrets", groupPublish, publishcmd.NewSecrets},
		{"redact", groupPublish, publishcmd.NewRedact},
		{"reveal", groupPublish, publishcmd.NewReveal},
		{"sign", groupPublish, publishcmd.NewSign},
		{"annotate", groupPublish, publishcmd.NewAnnotate},
		{"package", groupPublish, func() *cobra.Command {
			return publishcmd.NewPackage(publishcmd.Makers{CheckPaper: papercmd.CheckPaper, BuildPaper: papercmd.BuildPaper})
		}},
		{"cite", groupPublish, publishcmd.NewCite},
		{"report", groupPublish, publishcmd.NewReport},
		{"pack", groupPublish, publishcmd.NewPack},
		{"unpack", groupPublish, publishcmd.NewUnpack},
		{"recover", groupRepair, repaircmd.NewRecover},
		{"run", groupDemo, recordcmd.NewRun},
		{"upgrade", groupOther, repaircmd.NewUpgrade},
		{"duckdb", groupOther, repaircmd.NewDuckDB},
		{"schema", groupOther, newSchemaCommand},
		{"version", groupOther, newVersionCommand},
		{"attach", "", func() *cobra.Command { return recordcmd.NewAttach("attach") }},
		{"extract", "", func() *cobra.Command { return readcmd.NewExtract("extract") }},
		{"checkpoint", "", publishcmd.NewCheckpoint},
	}
}

// newRootCommand makes the command line with the commands that args need: none for --version, one if its name comes
// first, and all otherwise, as for the help. To make them all takes longer than many of them do.
func newRootCommand(args ...string) *cobra.Command {
	needed := commands()
	if len(args) > 0 && args[0] == "--version" && (len(args) == 1 || len(args) == 2 && args[1] == "--json") {
		needed = nil
	} else if len(args) > 0 {
		if i := slices.IndexFunc(needed, func(c namedCommand) bool { return c.name == args[0] }); i >= 0 {
			needed = needed[i : i+1]
		}
	}
	cobra.EnableCommandSorting = false
	root := newRoot()
	root.CompletionOptions.DisableDefaultCmd = len(needed) == 1 // which is not what was called
	for _, c := range needed {
		cmd := c.newCommand()
		cmd.GroupID, cmd.Hidden = c.group, c.group == ""
		root.AddCommand(cmd)
	}
	if runtime.GOOS == "windows" {
		cli.TakePatterns(root)
	}
	if len(needed) > 1 {
		addHelp(root)
	}
	return root
}

// newRoot makes the command without a name, to which the others are added.
func newRoot() *cobra.Command {
	version, asJSON := false, false
	root := &cobra.Command{
		Use:   "exparchive",
		Short: "Record, replay, check and publish runs of experiments as single files",
		Long: `exparchive keeps a run of an experiment in one file, FILE.simexp: its events, the calls of language models, what every
iteration cost and changed, its notes and files. The file is an ordinary SQLite database that anybody can open; replaying
it prints, byte for byte, what the run printed.

Wherever a run is read, FILE may be an address, https:// or http://, of which only what is needed is asked for, and "-"
for standard input.

While a run is being recorded it lies in FILE.simexp-live. Sealing turns it into FILE.simexp, which never changes again.`,
		Example: `  exparchive run exp1 -o exp1.simexp          a demonstration: play an experiment and record it
  exparchive record -o my.simexp -- python my_experiment.py
  exparchive replay exp1.simexp --verbose     print the run again
  exparchive info exp1.simexp
  exparchive ls runs/                         a table of the runs in a folder
  exparchive verify exp1.simexp               check every record`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return printVersion(cmd.OutOrStdout(), asJSON)
			}
			if asJSON {
				return cli.Usagef("--json without a command goes with --version")
			}
			return cmd.Help()
		},
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if _, err := cli.WantColor(cmd); err != nil {
				return err
			}
			return runio.TakeAddresses(cmd, args)
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if args := cmd.Flags().Args(); cmd == root && len(args) > 0 {
			return noSuchCommand(cmd, args)
		}
		return cli.FlagError(cmd, err)
	})
	// With one of its own, cobra would link text/template, and with it every method of every type in the program.
	root.Flags().BoolVarP(&version, "version", "v", false, "print the version of the program and of what it is made of")
	root.Flags().BoolVar(&asJSON, "json", false, "with --version, print one JSON object")
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
	cli.FitHelp(root)
	return root
}

// addHelp adds the commands that explain the others.
func addHelp(root *cobra.Command) {
	root.SetHelpCommand(newHelpCommand())
	root.SetHelpCommandGroupID(groupOther)
	root.SetCompletionCommandGroupID(groupOther)
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil && completion != root {
		explainCompletion(completion)
	}
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
