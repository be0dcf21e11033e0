package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
)

// beginning gives those of a list that begin with what was typed; of several with commas between them it is the last.
func beginning(list []string, typed string, several bool) []string {
	before := ""
	if i := strings.LastIndexByte(typed, ','); several && i >= 0 {
		before, typed = typed[:i+1], typed[i+1:]
	}
	var like []string
	for _, v := range list {
		if strings.HasPrefix(v, typed) {
			like = append(like, before+v)
		}
	}
	return like
}

// plural puts a number before a noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// nArgs makes an argument check for between low and high arguments (no upper limit if high is negative) called what.
func nArgs(low, high int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		var got string
		switch n := len(args); {
		case n >= low && (high < 0 || n <= high):
			return nil
		case n == 0:
			got = "missing argument"
		case n < low:
			got = fmt.Sprintf("got %d argument(s)", n)
		default:
			got = fmt.Sprintf("unexpected argument %q", args[high])
		}
		return usageErrorf("%s: %s, want %s (see `%s --help`)", called(cmd), got, what, cmd.CommandPath())
	}
}

// called gives the name of a command as the user writes it behind that of the program.
func called(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// wantColor decides about colour for the standard output of cmd.
func wantColor(cmd *cobra.Command) (bool, error) {
	mode, err := cmd.Flags().GetString("color")
	if err != nil {
		return false, err
	}
	color, err := terminal.Color(mode, cmd.OutOrStdout())
	if err != nil {
		return false, usageErrorf("--color: %w", err)
	}
	return color, nil
}

// inFile is [fileerr.In], but that an interrupt is not about a file, and that "-" is standard input.
func inFile(path string, err error) error {
	if err == context.Canceled {
		return err
	}
	return fileerr.In(shownName(path), err)
}

// errNoFile stands for the various words that systems have for it.
var errNoFile = runs.ErrNoFile

// stdinName is what the command line calls standard input, and standard output where a file is written.
const stdinName = "-"

// shownName is the name of a file in messages.
func shownName(name string) string {
	if name == stdinName {
		return "standard input"
	}
	return name
}

// noDefault keeps the values that stand for "not given" out of the help.
func noDefault(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		cmd.Flags().Lookup(name).DefValue = "0" // which is not printed
	}
}

// version is set by the linker in released binaries.
var version string

// programVersion gives the version of the program: the linker's, else the module's, else "devel".
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
