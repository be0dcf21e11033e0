package papercmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/series"
)

// invalidKind is the kind of annotations and notes that say that a run is invalidated.
const invalidKind = "invalidated"

// pinned are the runs of a paper, which its tables and charts read by their names.
type pinned struct {
	stderr io.Writer
	paper  *paper.Paper
	stamps map[string]stamp // of the files, as they were when their runs were checked
	told   map[string]bool  // what was said of withheld values
}

type pinnedKey struct{}

// A stamp tells whether a file is another one, or has changed. What is read at an address is the same for the whole
// command, or an error.
type stamp struct{ info os.FileInfo }

func stampOf(path string) (s stamp, err error) {
	if !webfile.Is(path) {
		s.info, err = os.Stat(path)
	}
	return s, err
}

func (s stamp) same(t stamp) bool {
	a, b := s.info, t.info
	return a == nil && b == nil ||
		a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// pinnedOf gives the runs of the paper that a command is run for; nil if it is for none.
func pinnedOf(ctx context.Context) *pinned {
	set, _ := ctx.Value(pinnedKey{}).(*pinned)
	return set
}

// A runError says what is wrong with a run of a paper.
type runError struct {
	what string // a word for programs: missing, unreadable, id, digest, unfinished or invalidated
	err  error
}

func (e *runError) Error() string { return e.err.Error() }
func (e *runError) Unwrap() error { return e.err }

// check reads a run and compares it with what the paper says of it. The error is a *runError, or the context's.
func (s *pinned) check(ctx context.Context, run *paper.Run) error {
	found, err := s.examine(ctx, s.paper.RunPath(run), run.ID, run.Lenient)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, provider.ErrNoRun):
		return &runError{"id", err}
	case err != nil:
		what := "unreadable"
		if _, statErr := stampOf(s.paper.RunPath(run)); os.IsNotExist(statErr) || webfile.Is(run.File) &&
			errors.Is(err, os.ErrNotExist) {
			what = "missing"
		}
		return &runError{what, err}
	case found.ID != run.ID:
		return &runError{"id", fmt.Errorf("the run of %s has the id %q, want %q", run.File, found.ID, run.ID)}
	case found.Digest != run.Digest:
		return &runError{"digest", fmt.Errorf("%s: digest %s, want %s", run.File, found.Digest, run.Digest)}
	case found.unfinished && !slices.Contains(run.Accept, paper.AcceptUnfinished):
		return &runError{"unfinished",
			fmt.Errorf("%s: the run is unfinished (accept: [unfinished] takes it as it is)", run.File)}
	case found.invalid != "" && !slices.Contains(run.Accept, paper.AcceptInvalidated):
		return &runError{"invalidated",
			fmt.Errorf("%s: the run is invalidated: %s (accept: [invalidated] takes it nevertheless)", run.File, found.invalid)}
	}
	s.stamps[run.Name] = found.stamp
	return nil
}

// An examined run is what the file holds.
type examined struct {
	ID, Digest string
	unfinished bool
	invalid    string // why it is, empty if it is not
	stamp      stamp
}

// examine reads a run whole.
func (s *pinned) examine(ctx context.Context, path, id string, lenient bool) (found examined, err error) {
	p, c, err := runio.OpenRun(ctx, s.stderr, path, runio.Choice{ID: id, Lenient: lenient})
	if err != nil {
		return found, err
	}
	defer c.Close()
	if found.stamp, err = stampOf(path); err != nil {
		return found, err
	}
	e, err := p.Experiment(ctx)
	if err != nil {
		return found, cli.InFile(path, err)
	}
	root, _, err := digest.Of(ctx, p)
	if err != nil {
		return found, cli.InFile(path, err)
	}
	found.ID, found.Digest = e.RunID, root.String()
	found.unfinished = e.Status() == provider.StatusUnfinished || e.Status() == provider.StatusRunning
	for _, n := range e.Notes {
		if n.Kind == invalidKind {
			found.invalid = n.Text
		}
	}
	if a, ok := p.(*archive.Archive); ok {
		list, err := a.Annotations(ctx)
		if err != nil {
			return found, cli.InFile(path, err)
		}
		for _, x := range list {
			if x.Kind == invalidKind {
				found.invalid = x.Text
			}
		}
	}
	return found, nil
}

// read reads a run and gives it to take.
func (s *pinned) read(ctx context.Context, run *paper.Run, want series.Options,
	take func(provider.Provider, *series.Run) error) error {
	path := s.paper.RunPath(run)
	now, err := stampOf(path)
	if err != nil {
		return err
	}
	if was, checked := s.stamps[run.Name]; !checked || !was.same(now) {
		return fmt.Errorf("%s: the file was changed while it was being read", path)
	}
	p, c, err := runio.OpenRun(ctx, io.Discard, path, runio.Choice{ID: run.ID, Lenient: run.Lenient})
	if err != nil {
		return err
	}
	defer c.Close()
	want.Columns = series.Labelled(want.Columns, run.LabelsJSON())
	rows, err := series.Read(ctx, p, want)
	if err == nil {
		s.warnWithheld(run, rows)
		rows.Title = run.Title
		err = take(p, rows)
	}
	return cli.InFile(path, err)
}

// warnWithheld says once what the copy of a run withholds of what is asked for.
func (s *pinned) warnWithheld(run *paper.Run, rows *series.Run) {
	for field := range rows.Withheld {
		if key := run.Name + "\x00" + field; s.told[key] {
			delete(rows.Withheld, field)
		} else {
			s.told[key] = true
		}
	}
	warnWithheld(s.stderr, s.paper.RunPath(run), rows)
}

// baselineOf gives the name of the run that one is compared with; empty for none.
func (o *readOptions) baselineOf(run *paper.Run) string {
	if o.baseline != "" {
		return o.baseline
	}
	return run.Baseline
}

// compares reports whether runs are compared with a baseline.
func (o *readOptions) compares(cmd *cobra.Command, args []string) bool {
	set := pinnedOf(cmd.Context())
	return o.baseline != "" || set != nil && slices.ContainsFunc(args, func(name string) bool {
		run := set.paper.Run(name)
		return run != nil && run.Baseline != ""
	})
}

// comparing reports whether a formula compares runs.
func (o *columnOptions) comparing() bool {
	return slices.ContainsFunc(o.declared, series.Column.NeedsBaseline)
}

// eachPinned is eachOf for runs of a paper.
func (o *readOptions) eachPinned(cmd *cobra.Command, set *pinned, names []string, want series.Options,
	f func(file string, p provider.Provider, run *series.Run) error) error {
	ctx := cmd.Context()
	if o.comparing() && !o.compares(cmd, names) {
		return cli.Usagef("change() in a formula wants a baseline, of the table or figure or of its runs")
	}
	sought := sought{columns: o.declared}
	bases := map[string]*series.Run{}
	baseOf := func(run *paper.Run) (*series.Run, error) {
		name := o.baselineOf(run)
		if name == "" || bases[name] != nil {
			return bases[name], nil
		}
		other := set.paper.Run(name)
		if other == nil {
			return nil, cli.Usagef("baseline: no run %q", name)
		}
		want := want
		want.Also = nil // of which a baseline shows nothing
		err := set.read(ctx, other, want, func(_ provider.Provider, base *series.Run) error {
			bases[name] = base
			return nil
		})
		return bases[name], err
	}
	for _, name := range names {
		pin := set.paper.Run(name)
		base, err := baseOf(pin)
		if err != nil {
			return err
		}
		err = set.read(ctx, pin, want, func(p provider.Provider, run *series.Run) error {
			if base != nil {
				if err := run.Against(base); err != nil {
					return err
				}
			}
			if err := sought.add(ctx, p, run, want.Span != nil); err != nil {
				return err
			}
			return f(pin.File, p, run.Shown())
		})
		if err != nil {
			return err
		}
	}
	return sought.missing(cmd)
}
