package papercmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// readOptions say which runs are read and with which columns.
type readOptions struct {
	columnOptions
	which runio.Choice
}

// partHelp says, in the help of what reads runs so, what it does not find out.
const partHelp = `Only what is asked for is read: what is damaged or changed elsewhere in a file goes unnoticed. verify,
digest and replay read a run whole, and tell.`

// addFlags adds the flags; verb says what becomes of a column.
func (o *readOptions) addFlags(cmd *cobra.Command, verb string) {
	o.columnOptions.addFlags(cmd, verb)
	runio.AddChoice(cmd, &o.which)
}

// warnWithheld says which values that were asked for a copy of a run withholds: they are as absent as what was never
// recorded.
func warnWithheld(stderr io.Writer, name string, run *series.Run) {
	var fields []string
	for _, field := range slices.Sorted(maps.Keys(run.Withheld)) {
		fields = append(fields, fmt.Sprintf("%s of %s", field, cli.Plural(int64(run.Withheld[field]), "record")))
	}
	if fields != nil {
		cli.Warnf(stderr, "%s: withheld, and absent here: %s", cli.ShownName(name), strings.Join(fields, ", "))
	}
}

// fatal reports that nothing is printed after an error: it is no file's that was passed over and told of.
func fatal(err error) bool { return err != nil && !errors.As(err, new(cli.Reported)) }

// eachOf reads the runs that the arguments name, and gives them to f with the names of their files. A run need not have
// values of the columns in want, which follow those of the flags.
func (o *readOptions) eachOf(cmd *cobra.Command, args []string, want series.Options,
	f func(file string, p provider.Provider, run *series.Run) error) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	want.Columns = slices.Concat(o.declared, want.Columns)
	if set := pinnedOf(ctx); set != nil {
		return o.eachPinned(cmd, set, args, want, f)
	}
	base, err := o.readBaseline(cmd, want)
	if err != nil {
		return err
	}
	sought := sought{columns: o.declared}
	var failed error
	read := func(from runio.Source, id string) error {
		p, c, err := runio.OpenRun(ctx, stderr, from.Path, runio.Choice{ID: id, Lenient: o.which.Lenient})
		if err != nil {
			return from.Named(err)
		}
		defer c.Close()
		p, changed := runio.Shown(p)
		run, err := series.Read(ctx, p, want)
		if err == nil && base != nil {
			err = run.Against(base)
		}
		if err == nil {
			err = sought.add(ctx, p, run, want.Span != nil)
		}
		if run != nil {
			warnWithheld(stderr, from.Name, run)
		}
		if err = cmp.Or(err, changed()); err != nil {
			return cli.InFile(from.Name, err)
		}
		return cli.InFile(from.Name, f(from.Name, p, run.Shown()))
	}
	for from, err := range runio.SourcesOf(ctx, stderr, args, false) {
		ids := []string{o.which.ID}
		var kind runs.Kind
		if err == nil {
			kind, err = runio.SniffFile(ctx, from.Path)
		}
		if err == nil && o.which.ID == "" && kind != runs.SQLite { // an archive has one run, which need not be looked for
			if ids, err = runs.IDs(ctx, from.Path, o.which.Options()); err != nil {
				err = runio.WithRunHint(from.Named(err))
			}
		}
		if err != nil {
			ids = nil
		}
		for _, id := range ids {
			err = cmp.Or(err, read(from, id))
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && len(args) == 1 && !runio.IsFolder(args[0]):
			return err
		case err != nil:
			cli.Warnf(stderr, "%v", cli.InFile(from.Name, err))
			failed = cli.Reported{}
		}
	}
	if sought.runs == 0 {
		return cmp.Or(failed, cmp.Or(runio.PassedOver(args), fmt.Errorf("%s: no runs", strings.Join(args, ", "))))
	}
	return cmp.Or(sought.missing(cmd), failed)
}
