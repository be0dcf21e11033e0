package dataset

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/parquet"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Writer is a [provider.Sink] that makes the parts of a run. They are in the dataset when Commit has returned; until
// then, and after an error, what was there before is as it was. Close has to be called in any case. Records are checked
// as in every sink that keeps them.
//
// Memory does not grow with the run: a Writer holds of each table a row group, compressed, of about 4 MiB, and one more
// page of each column.
type Writer struct {
	root   string
	loan   *lend.Loan // what digest borrows by, too
	digest digest.Sink
	start  provider.Start
	result *provider.Result
	parts  [tableCount]part
	unmake []string // folders that were made
	names  []string // a scratch
	agents []string // a scratch
}

var _ provider.Sink = (*Writer)(nil)

// A part is a file that is being written.
type part struct {
	file *outfile.File
	w    *parquet.Writer
}

// NewWriter gives a sink for one run, in the dataset at root, a folder that is there. Nobody else writes that run
// there at the same time.
func NewWriter(root string) *Writer { return &Writer{root: root} }

// Borrows implements [lend.Borrower]: what is kept of a record is a copy.
func (w *Writer) Borrows(loan *lend.Loan) any {
	w.loan = loan
	w.digest.Borrows(loan)
	return w
}

// Begin implements [provider.Sink]. A file that is no part of the run, where one is to be, is [ErrForeign].
func (w *Writer) Begin(ctx context.Context, r *provider.Start) error {
	if err := w.digest.Begin(ctx, r); err != nil {
		return err
	}
	w.start = *r.Clone().(*provider.Start)
	for i, t := range tables {
		path := Part(w.root, t.Name, r.Name, r.RunID)
		if err := checkFree(path, t.Name, r.Name, r.RunID); err != nil {
			return err
		}
		if err := w.makeFolder(filepath.Dir(path)); err != nil {
			return err
		}
		if err := workdir.Sweep(filepath.Dir(path)); err != nil {
			return err
		}
		f, err := outfile.Create(path, true)
		if err != nil {
			return fileerr.In(path, err)
		}
		var list []parquet.Column
		for _, c := range t.Columns {
			list = append(list, c.Column)
		}
		w.parts[i] = part{f, parquet.NewWriter(f, list)}
	}
	return nil
}

// makeFolder makes a folder and those above it, up to root, and notes them.
func (w *Writer) makeFolder(path string) error {
	var missing []string
	for p := path; p != w.root; p = filepath.Dir(p) {
		info, err := os.Lstat(p)
		if err == nil && !info.IsDir() { // a link could lead out of the dataset
			return fileerr.Errorf(p, "is no folder, and one of the dataset is to be there")
		}
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, p)
		}
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := os.Mkdir(missing[i], 0o777); err == nil {
			w.unmake = append(w.unmake, missing[i])
		} else if !errors.Is(err, fs.ErrExist) { // another run of the experiment may have made it
			return err
		}
	}
	return nil
}

// Sweep removes what a killed process left beside the parts of a run that stays as it is. A [Writer] does so itself.
func Sweep(root, experiment, run string) error {
	for _, t := range tables {
		if err := workdir.Sweep(Folder(root, t.Name, experiment, run)); err != nil {
			return err
		}
	}
	return nil
}

// Finish implements [provider.Sink].
func (w *Writer) Finish(ctx context.Context, r *provider.Result) error {
	if err := w.digest.Finish(ctx, r); err != nil {
		return err
	}
	if r != nil {
		w.result = r.Clone().(*provider.Result)
	}
	return nil
}

// Digest gives what computed the digest of the records that the writer has taken.
func (w *Writer) Digest() *digest.Sink { return &w.digest }

// Commit puts the parts in their places, after Finish. Sealed says that the digest is the one in the seal of the run;
// the source describes where the run came from, for [Current], and may be empty.
func (w *Writer) Commit(sealed bool, source string) (About, error) {
	about := About{Experiment: w.start.Name, Run: w.start.RunID, Records: w.digest.Count(),
		Digest: w.digest.Root().String(), Sealed: sealed, Source: source}
	if err := w.runRow(about); err != nil {
		return About{}, err
	}
	// All are complete before the first one appears.
	for i, t := range tables {
		about.Table = t.Name
		if err := w.parts[i].w.Close(createdBy, about.keyValues()); err != nil {
			return About{}, err
		}
	}
	for i := range w.parts {
		if err := w.parts[i].file.Commit(); err != nil {
			return About{}, err
		}
	}
	w.unmake = nil
	return about, nil
}

// Close removes what was not put in its place. It may be called several times.
func (w *Writer) Close() error {
	for _, p := range w.parts {
		if p.file != nil {
			p.file.Abort()
		}
	}
	for i := len(w.unmake) - 1; i >= 0; i-- {
		_ = os.Remove(w.unmake[i]) // which fails if there is something in it, as it should
	}
	w.unmake = nil
	return nil
}

// runRow writes the row of the run in the table runs.
func (w *Writer) runRow(about About) error {
	result := cmp.Or(w.result, &provider.Result{Status: provider.StatusUnfinished})
	r := w.row(runs)
	r.Text(w.start.Type)
	r.Text(string(result.Status))
	r.name(w.start.CreatedAt)
	r.name(result.CompletedAt)
	maybe(r, result.Converged, r.Bool)
	maybe(r, result.ConvergenceReason, r.Text)
	maybe(r, (*int64)(result.FinalCost), r.Int)
	maybe(r, (*int64)(result.BestCost), r.Int)
	r.Int(w.digest.CountOf(provider.KindIteration))
	r.Int(about.Records)
	r.Int(w.digest.CountOf(provider.KindEvent))
	r.Int(w.digest.CountOf(provider.KindInteraction))
	r.Int(w.digest.CountOf(provider.KindNote))
	r.Int(w.digest.CountOf(provider.KindAttachment))
	r.json(w.start.Config)
	r.Text(about.Digest)
	r.Bool(about.Sealed)
	return w.end(r, &w.start, result)
}
