package cli

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/simexp/exparchive/internal/fileerr"
)

// FlagError gives an error about the flags of cmd in the words of this program, with the flags that may have been
// meant.
func FlagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	text := fileerr.Text(err)
	switch {
	case errors.As(err, &unknown):
		if like := flagsLike(cmd, unknown.GetSpecifiedName()); len(like) > 0 {
			text += "; did you mean " + strings.Join(like, " or ") + "?"
		}
	case errors.As(err, &value):
		text = "--" + value.GetFlag().Name + " " + strconv.Quote(value.GetValue()) + ": " + wantedValue(value)
	}
	return Usagef("%s (see `%s --help`)", text, cmd.CommandPath())
}

// wantedValue says which values a flag takes.
func wantedValue(e *pflag.InvalidValueError) string {
	kind := e.GetFlag().Value.Type()
	switch {
	case errors.Is(e, strconv.ErrRange):
		return "out of range"
	case kind == "bool":
		return "want true or false"
	case kind == "duration":
		return "want a duration such as 50ms or 2m"
	case strings.HasPrefix(kind, "uint"):
		return "want a whole number from 0"
	case strings.HasPrefix(kind, "int"):
		return "want a whole number"
	}
	return fileerr.Text(e.Unwrap())
}

// flagsLike gives the flags of cmd whose names are like name, by the rule that cobra has for names of commands.
func flagsLike(cmd *cobra.Command, name string) []string {
	if len(name) < 2 {
		return nil
	}
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	}
	cmd.Flags().VisitAll(add) // has those of its parents too
	var like []string
	for _, suggestion := range names.SuggestionsFor(name) {
		like = append(like, "--"+suggestion)
	}
	return like
}
