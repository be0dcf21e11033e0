package runio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
)

// A Choice is what the flags of a command that reads runs choose: a run by its id, or how it is read. The zero value
// is the only run of a file, which is not read if a value of it cannot be kept as recorded.
type Choice struct {
	ID      string // or its beginning; empty for the only run
	Lenient bool

	flag string // that chooses the run; empty is run
}

// AddOther adds the flag that chooses the run of a second file; see [Choice.Other].
func AddOther(cmd *cobra.Command, id *string, flag, file string) {
	cmd.Flags().StringVar(id, flag, "", "the `id` of the run in "+file+", or how it begins")
}

// Other gives the choice for a second file, with the value of its flag.
func (c Choice) Other(flag, id string) Choice { return Choice{ID: id, Lenient: c.Lenient, flag: flag} }

// AddChoice adds the flags of c.
func AddChoice(cmd *cobra.Command, c *Choice) {
	cmd.Flags().StringVar(&c.ID, "run", "", "the `id` of the run, or how it begins, for files and folders that hold several")
	AddDownload(cmd.Flags())
	cmd.Flags().BoolVar(&c.Lenient, "lenient", false,
		"of an old database, leave out values that cannot be kept as recorded, each with a note, instead of refusing the run")
}

// Options gives what of the choice [runs.Open] takes as options.
func (c Choice) Options() *runs.Options { return &runs.Options{Lenient: c.Lenient} }

// OpenRun is [runs.Open] with what the flags choose, of standard input for "-"; on stderr it says so if another program
// has written to the archive. The caller closes the Closer after the last use of the Provider.
func OpenRun(ctx context.Context, stderr io.Writer, name string, c Choice) (provider.Provider, io.Closer, error) {
	s, err := SourceOf(ctx, stderr, name)
	if err != nil {
		return nil, nil, err
	}
	return OpenSource(ctx, stderr, s, c)
}

// OpenSource is OpenRun for a source.
func OpenSource(ctx context.Context, stderr io.Writer, s Source, c Choice) (provider.Provider, io.Closer, error) {
	r, err := runs.Open(ctx, s.Path, c.ID, c.Options())
	if err != nil {
		return nil, nil, c.withHint(s.Named(err))
	}
	if a, ok := r.Provider.(*archive.Archive); ok && a.Touched() {
		if s.Name != s.Path {
			r.Path = cli.ShownName(s.Name)
		}
		WarnTouched(stderr, r.Path)
	}
	return r.Provider, r, nil
}

// OpenArchive is OpenRun for what only an archive has: its annotations.
func OpenArchive(ctx context.Context, stderr io.Writer, path string) (*archive.Archive, error) {
	a, err := runs.OpenArchive(ctx, path)
	if err == nil && a.Touched() {
		WarnTouched(stderr, path)
	}
	return a, err
}

// WarnTouched says what the header of a sealed archive tells before a record is read. Commands that read the whole run
// find out whether the run itself was changed; see ChangedRun.
func WarnTouched(stderr io.Writer, path string) {
	cli.Warnf(stderr, "%s: another program has written to this archive since it was sealed; `exparchive verify` says what",
		path)
}

// SniffFile is [runs.Sniff], for commands that take one file and no --run.
func SniffFile(ctx context.Context, path string) (runs.Kind, error) {
	kind, err := runs.Sniff(ctx, path)
	if errors.Is(err, runs.ErrFolder) {
		err = cli.InFile(path, ErrDirectory)
	}
	return kind, err
}

var (
	ErrNotRegular = runs.ErrNotRegular
	// ErrDirectory means that a file was expected where a folder is.
	ErrDirectory = fmt.Errorf("%w%s", runs.ErrFolder, "; name a file in it")
)

// WithRunHint says what helps against an error of reading a run.
func WithRunHint(err error) error { return Choice{}.withHint(err) }

func (c Choice) withHint(err error) error {
	switch {
	case errors.As(err, new(*castro.CellError)):
		return fmt.Errorf("%w (--lenient reads the run without such values)", err)
	case errors.Is(err, castro.ErrManyRuns):
		return fmt.Errorf("%w (--%s ID)", err, cmp.Or(c.flag, "run"))
	case errors.Is(err, runs.ErrManyFiles):
		return fmt.Errorf("%w; name one of them", err)
	case errors.Is(err, runs.ErrFolder) && !errors.Is(err, ErrDirectory):
		return fmt.Errorf("%w; name a file in it or choose one of its runs with --run (`exparchive ls` lists them)", err)
	}
	return err
}

// PassedOver says where runs lie that a list of folders without any does not show.
func PassedOver(folders []string) error {
	var all []error
	for _, folder := range folders {
		p := runs.PassedOver(folder)
		if n := len(p.Deeper); n > 0 {
			all = append(all, fmt.Errorf("%s: no runs in the folder itself, but files in folders of it may hold some (%s): `exparchive ls -r` lists them",
				folder, someOf(p.Deeper)))
		}
		if n := len(p.Renamed); n > 0 {
			all = append(all, fmt.Errorf("%s: no runs in files of the usual names, but others hold some (%s): name them, or give them "+
				"one of the endings .simexp, .db, .jsonl", folder, someOf(p.Renamed)))
		}
	}
	return errors.Join(all...)
}

// someOf names the first of some files.
func someOf(files []string) string {
	const most = 3
	text := strings.Join(files[:min(len(files), most)], ", ")
	if rest := len(files) - most; rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}
