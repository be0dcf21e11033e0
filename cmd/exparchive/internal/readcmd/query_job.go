package readcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
)

// A queryJob is a statement and what it is asked of. The process that runs it gets it as JSON.
type queryJob struct {
	Statement  string        `json:"statement"`
	Sources    []querySource `json:"sources"`
	FileColumn bool          `json:"file_column"` // in front of the others
}

// A querySource is an archive.
type querySource struct {
	Name string `json:"name"` // as the command line has it
	Path string `json:"path"` // where it lies, or a temporary copy of the run
}

func readJob(r io.Reader) (job queryJob, err error) {
	if err = json.NewDecoder(r).Decode(&job); err != nil {
		err = cli.InFile(cli.StdinName, err)
	}
	return job, err
}

// runApart runs a job in a process of its own, without a limit there.
func (o *queryOptions) runApart(cmd *cobra.Command, job queryJob) error {
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	again := []string{"query", "--job", "--format", o.format, "--expanded=" + o.expanded,
		"--raw=" + strconv.FormatBool(o.raw)}
	err = runTimed(cmd.Context(), o.timeout, again, strings.NewReader(string(text)), cmd.OutOrStdout(), cmd.ErrOrStderr())
	if err == nil || errors.As(err, new(cli.Reported)) || cmd.Context().Err() != nil || len(job.Sources) != 1 {
		return err
	}
	return cli.InFile(job.Sources[0].Name, err)
}

// importTemporary makes an archive of a run that lies in another form, which goes away with the command; n makes its
// name.
func importTemporary(ctx context.Context, stderr io.Writer, from runio.Source, which runio.Choice, n int) (path string,
	err error) {
	p, c, err := runio.OpenSource(ctx, stderr, from, which)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if path, err = runio.ScratchOf(ctx).Path(fmt.Sprintf("import%d", n)); err != nil {
		return "", err
	}
	w, err := record.Create(path, &record.Options{Bulk: true})
	if err != nil {
		return "", fmt.Errorf("temporary files: %w", err)
	}
	err = runio.Copy(ctx, stderr, "importing", w, p)
	if err == nil {
		return path, w.Close()
	}
	discarded := w.Discard()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", errors.Join(cli.InFile(from.Name, from.Named(err)), discarded)
}

// run asks each source and prints the rows. A source of several that cannot be asked is reported; a statement that is
// wrong ends the job.
func (j queryJob) run(ctx context.Context, stderr io.Writer, w rowWriter) error {
	out := &jobRows{w: w, fileColumn: j.FileColumn}
	var failed error
	for _, s := range j.Sources {
		err := out.ask(ctx, stderr, s, j.Statement)
		var statement *archive.StatementError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &statement):
			return fmt.Errorf("SQL: %s (`exparchive query %s` lists the views and their columns)", statement.Text, s.Name)
		case !j.FileColumn || out.failed:
			return err
		default:
			cli.Warnf(stderr, "%v", err)
			failed = cli.Reported{}
		}
	}
	if out.names == nil {
		return failed
	}
	return cmp.Or(w.end(), failed)
}

// jobRows prints the rows of several sources as those of one.
type jobRows struct {
	w          rowWriter
	fileColumn bool
	names      []string // of the columns, nil before the first source
	failed     bool     // writing did
}

func (r *jobRows) ask(ctx context.Context, stderr io.Writer, s querySource, statement string) error {
	a, err := runs.OpenArchive(ctx, s.Path)
	if err != nil {
		return runio.Source{Name: s.Name, Path: s.Path}.Named(err)
	}
	defer a.Close()
	if a.Touched() {
		runio.WarnTouched(stderr, cli.ShownName(s.Name))
	}
	rows, err := a.Query(ctx, statement)
	if err != nil {
		return cli.InFile(s.Name, err)
	}
	defer rows.Close()
	if err := r.columns(s.Name, rows.Columns()); err != nil {
		return err
	}
	for rows.Next() {
		values := rows.Values()
		if r.fileColumn {
			values = slices.Insert(values, 0, any(s.Name))
		}
		if err := r.w.row(values); err != nil {
			r.failed = true
			return err
		}
	}
	return cli.InFile(s.Name, rows.Err())
}

// columns begins the rows of a source, which have to have the columns of those before.
func (r *jobRows) columns(file string, names []string) error {
	if r.fileColumn {
		names = slices.Insert(slices.Clone(names), 0, "file")
	}
	if r.names != nil && !slices.Equal(names, r.names) {
		return cli.InFile(file, fmt.Errorf("gives columns %s, and the files before it %s",
			strings.Join(names, ", "), strings.Join(r.names, ", ")))
	}
	if r.names != nil {
		return nil
	}
	r.names = names
	if err := r.w.columns(names); err != nil {
		r.failed = true
		return err
	}
	return nil
}
