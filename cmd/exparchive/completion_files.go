package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// Files that arguments and flags name, by the ends of their names, without the dot.
var (
	runFiles    = []string{"simexp", "simexp-live", "simexp.zst", "db", "duckdb", "jsonl", "json"} // see runs.Files
	sealedFiles = []string{"simexp"}
	liveFiles   = []string{"simexp-live"}
	duckDBFiles = []string{"db", "duckdb"}
)

// fileArguments says which files the shell offers for the arguments of a command: the first of them, or every one if
// most is 0. Behind them come those of argumentsOf, or none.
type fileArguments struct {
	most int
	ends []string
}

// filesFor has the files that commands take, by command. Folders are always offered. What is not here takes no file,
// any file, or what its own ValidArgsFunction gives.
var filesFor = map[string]fileArguments{
	"resume": {1, liveFiles}, "seal": {0, liveFiles}, "import": {0, []string{"db", "duckdb", "json"}},
	"ls": {0, runFiles}, "info": {1, runFiles}, "replay": {1, runFiles}, "view": {0, runFiles},
	"policies": {1, runFiles}, "query": {0, runFiles}, "export": {1, runFiles},
	"attachments add": {1, liveFiles}, "attachments extract": {1, runFiles},
	"attach": {1, liveFiles}, "extract": {1, runFiles},
	"table iterations": {0, runFiles}, "table summary": {0, runFiles}, "table convergence": {0, runFiles},
	"table evaluations": {0, runFiles},
	"plot convergence":  {0, runFiles}, "plot parameter": {0, runFiles}, "plot acceptance": {0, runFiles},
	"plot spread": {0, runFiles},
	"paper init":  {0, runFiles}, "paper build": {1, []string{"yaml", "yml"}}, "paper check": {1, []string{"yaml", "yml"}},
	"diff": {2, runFiles}, "compare": {0, runFiles}, "digest": {0, runFiles},
	"verify": {0, []string{"simexp", "simexp.zst"}}, "prove": {1, runFiles},
	"secrets": {0, runFiles}, "redact": {1, runFiles}, "reveal": {1, sealedFiles}, "sign": {1, sealedFiles},
	"annotate": {1, sealedFiles}, "package": {0, runFiles}, "cite": {1, runFiles}, "report": {1, runFiles},
	"pack": {0, sealedFiles}, "unpack": {0, []string{"simexp.zst"}}, "upgrade": {0, sealedFiles},
	"duckdb tables": {1, duckDBFiles}, "duckdb schema": {1, duckDBFiles}, "duckdb dump": {1, duckDBFiles},
}

// fileFlags has the files that flags name, by their name, where these are of a kind.
var fileFlags = map[string][]string{
	"against": runFiles, "baseline": runFiles, "from": runFiles,
}

// completeFiles makes the shell offer the files that a command can take.
func completeFiles(cmd *cobra.Command) {
	files, ok := filesFor[cli.Called(cmd)]
	behind, more := argumentsOf[cli.Called(cmd)]
	switch {
	case ok:
		cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			switch {
			case files.most == 0 || len(args) < files.most:
				return files.ends, cobra.ShellCompDirectiveFilterFileExt
			case more:
				return cli.Beginning(behind(cmd, args), typed, false), cobra.ShellCompDirectiveNoFileComp
			case takesAny[cli.Called(cmd)]:
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	case takesNone[cli.Called(cmd)]:
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	case cli.Called(cmd) == "attachments": // whose first argument may be the name of a command, too
		cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		value, _ := pflag.UnquoteUsage(f)
		switch {
		case fileFlags[f.Name] != nil && f.Value.Type() == "string":
			_ = cmd.MarkFlagFilename(f.Name, fileFlags[f.Name]...) // which fails only for flags that are not there
		case strings.EqualFold(value, "folder"):
			_ = cmd.MarkFlagDirname(f.Name)
		}
	})
}

// takesAny has the commands that take any file behind the first arguments, or words of another program.
var takesAny = map[string]bool{"attachments add": true, "attach": true, "resume": true}

// takesNone has the commands without arguments.
var takesNone = map[string]bool{"version": true}
