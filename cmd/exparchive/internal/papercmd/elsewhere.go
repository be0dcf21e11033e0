package papercmd

import (
	"errors"

	"github.com/spf13/cobra"
)

// An elsewhere is a flag that other tables have and one cannot have. Its text says why, and what there is instead.
type elsewhere string

// Set implements [pflag.Value].
func (e elsewhere) Set(string) error { return errors.New(string(e)) }
func (elsewhere) String() string     { return "" }
func (elsewhere) Type() string       { return "elsewhere" }

// addElsewhere adds such a flag, which help does not show.
func addElsewhere(cmd *cobra.Command, name string, why elsewhere) {
	f := cmd.Flags().VarPF(why, name, "", "")
	f.Hidden, f.NoOptDefVal = true, map[bool]string{true: "true"}[name == "totals"]
}
