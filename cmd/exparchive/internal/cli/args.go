package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
)

// Beginning gives those of a list that begin with what was typed; of several with commas between them it is the last.
// Those with a minus sign before them, by which sorting is turned round, are given when that was typed.
func Beginning(list []string, typed string, several bool) []string {
	before := ""
	if i := strings.LastIndexByte(typed, ','); several && i >= 0 {
		before, typed = typed[:i+1], typed[i+1:]
	}
	var like []string
	for _, v := range list {
		if strings.HasPrefix(v, typed) && (typed != "" || !strings.HasPrefix(v, "-")) {
			like = append(like, before+v)
		}
	}
	return like
}

// Plural puts a number before a noun.
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// NArgs makes an argument check for between low and high arguments (no upper limit if high is negative) called what.
func NArgs(low, high int, what string) cobra.PositionalArgs {
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
		return Usagef("%s: %s, want %s (see `%s --help`)", Called(cmd), got, what, cmd.CommandPath())
	}
}

// Called gives the name of a command as the user writes it behind that of the program.
func Called(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// WantColor decides about colour for the standard output of cmd.
func WantColor(cmd *cobra.Command) (bool, error) {
	mode, err := cmd.Flags().GetString("color")
	if err != nil {
		return false, err
	}
	color, err := terminal.Color(mode, cmd.OutOrStdout())
	if err != nil {
		return false, Usagef("--color: %w", err)
	}
	return color, nil
}

// InFile is [fileerr.In] with [ShownName], but that an interrupt is not about a file.
func InFile(path string, err error) error {
	if err == context.Canceled {
		return err
	}
	return fileerr.In(ShownName(path), err)
}

// ErrNoFile stands for the various words that systems have for it.
var ErrNoFile = runs.ErrNoFile

// StdinName is what the command line calls standard input, and standard output where a file is written.
const StdinName = "-"

// ShownName is the name of a file in messages: that of standard input, an address without what is secret in it, and
// otherwise the name itself.
func ShownName(name string) string {
	if name == StdinName {
		return "standard input"
	}
	return webfile.Shown(name)
}

// NoDefault keeps the values that stand for "not given" out of the help.
func NoDefault(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		cmd.Flags().Lookup(name).DefValue = "0" // which is not printed
	}
}
