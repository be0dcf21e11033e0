package readcmd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/viewer"
	"github.com/simexp/exparchive/internal/webfile"
)

type viewOptions struct {
	which     runio.Choice
	port      int
	open      bool
	recursive bool
}

// NewView makes the command view.
func NewView() *cobra.Command {
	var o viewOptions
	cmd := &cobra.Command{
		Use:   "view RUN...|FOLDER",
		Short: "Look at runs in a browser",
		Long: `Show runs in a browser, until Ctrl-C. The address that is printed is on this machine only (127.0.0.1) and has a secret in it:
whoever has it sees the runs until the command ends, and nobody else does. It can be forwarded, as by ssh -L.

One run is shown as report shows it; of several, and of a folder, there is a list that can be sorted, filtered and searched,
and in which two runs are compared. Each page reads no more of a run than it shows, so that a run of a million events opens
at once, and it shows the file as it is when the page is loaded. A run that is being recorded is followed as it grows.

A sealed archive is compared with its seal in the background; a page says if it is not the one that was sealed.

Nothing is ever written, and nothing is loaded from elsewhere. --open shows the first page in the browser of the system, or in
the program that the environment variable BROWSER names.`,
		Example: `  exparchive view exp1.simexp --open
  exparchive view runs/
  exparchive view my.simexp-live --port 8080`,
		Args: cli.NArgs(1, -1, "runs or folders"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	runio.AddChoice(cmd, &o.which)
	flags := cmd.Flags()
	flags.IntVarP(&o.port, "port", "p", 0, "listen at this `port`; 0 for one that is free")
	flags.BoolVar(&o.open, "open", false, "show the first page in a browser")
	flags.BoolVarP(&o.recursive, "recursive", "r", false, "look into folders of folders")
	return cmd
}

func (o *viewOptions) run(cmd *cobra.Command, args []string) error {
	if o.port < 0 || o.port > 65535 {
		return cli.Usagef("view: --port %d, want 1 to 65535, or 0 for one that is free", o.port)
	}
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	sources, title, err := o.sources(cmd, args)
	if err != nil {
		return err
	}
	v := viewer.New(ctx, viewer.Options{
		Sources: sources, Title: title, RunID: o.which.ID, Runs: o.which.Options(), Version: cli.ProgramVersion(),
	})
	defer v.Close()
	if err := o.check(cmd, v, args); err != nil {
		return err
	}
	l, address, err := v.Listen(o.port)
	if err != nil {
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			err = op.Err // without the name of the call
		}
		return fmt.Errorf("port %d: %w", o.port, err)
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), address); err != nil {
		l.Close()
		return err
	}
	if o.open {
		if err := viewer.OpenBrowser(ctx, v.Once(address)); err != nil {
			cli.Warnf(stderr, "--open: %v; the address above is the one to open", err)
		}
	}
	if err := v.Serve(ctx, l); err != context.Canceled {
		return err
	}
	return nil // a signal is how it ends
}

// sources gives what finds the files of the arguments, of which standard input is read once, and what the list is called.
func (o *viewOptions) sources(cmd *cobra.Command, args []string) (
	find func(context.Context) iter.Seq2[viewer.Source, error], title string, err error) {
	stderr := cmd.ErrOrStderr()
	var first []runio.Source // of each argument
	for _, arg := range args {
		s, err := runio.SourceOf(cmd.Context(), stderr, arg)
		if err != nil {
			return nil, "", err
		}
		s.Name = cli.ShownName(s.Name) // an address has no secrets then
		first = append(first, s)
	}
	title = fmt.Sprintf("%d files and folders", len(args))
	if len(args) == 1 {
		if title, err = filepath.Abs(args[0]); err != nil || first[0].Name != args[0] || webfile.Is(args[0]) {
			title = first[0].Name
		}
	}
	return func(ctx context.Context) iter.Seq2[viewer.Source, error] {
		return func(yield func(viewer.Source, error) bool) {
			for _, s := range first {
				if s.Name != s.Path || webfile.Is(s.Path) {
					if !yield(viewer.Source(s), nil) {
						return
					}
					continue
				}
				for s, err := range runio.SourcesOf(ctx, stderr, []string{s.Path}, o.recursive) {
					if !yield(viewer.Source(s), err) {
						return
					}
				}
			}
		}
	}, title, nil
}

// check looks at what there is before anybody else does: a file that was named and cannot be read ends the command, and of
// folders it is said where their runs lie.
func (o *viewOptions) check(cmd *cobra.Command, v *viewer.Viewer, args []string) error {
	found, err := v.Look(cmd.Context())
	if err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	for _, t := range found.Troubles {
		if found.Runs == 0 {
			return runio.WithRunHint(t)
		}
		cli.Warnf(stderr, "%v", runio.WithRunHint(t))
	}
	for _, file := range found.Touched {
		runio.WarnTouched(stderr, file)
	}
	if found.Runs == 0 && o.which.ID != "" {
		return fmt.Errorf("no run whose id begins with %q", o.which.ID)
	}
	if found.Runs == 0 {
		if err := runio.PassedOver(args); err != nil {
			return err
		}
		cli.Warnf(stderr, "there are no runs yet; the list shows those that come")
	}
	return nil
}
