// Package runs opens whatever holds a run: a sealed archive, also one on the web, a live file, a database of the
// original project, JSON lines, or a folder of such files. It tells them apart by their first bytes and never writes.
//
// [Open] gives one run, [List] describes all runs of a file, [Files] finds the files of a folder. Errors begin with the
// name of the file that they are about.
package runs

import (
	"context"
	"io"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// Options for reading. The zero value, or nil, gives the defaults.
type Options struct {
	// Lenient leaves out of a run of an old database what cannot be kept as recorded, each value with a note, instead
	// of refusing the run.
	Lenient bool
	// Counts has [List] count the records of what is no archive, which means reading the whole run.
	Counts bool
	// Usage has [List] sum up the calls of language models: of an archive it reads them, of anything else the whole
	// run.
	Usage bool
	// Decisions has [List] count what came of proposals, which means reading the whole run.
	Decisions bool
}

// A Run is an open run. Close ends it.
type Run struct {
	// Provider gives the run: an *[archive.Archive], a *[castro.Run] or a *[jsonl.Run].
	Provider provider.Provider
	// Path is that of the file, which lies in the folder if Open was given one.
	Path string

	closer io.Closer // nil for none
}

// Close closes the file. The Provider must not be used afterwards.
func (r *Run) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Open opens the run in the file at path. The run id, of which a beginning suffices that only one run has, chooses
// among several runs, or checks that the file holds the run that is meant; empty means the only run there is. A path of
// a folder stands for the file in it that holds the run; see [Find].
//
// A run of an old database is read whole before Open returns, so that whatever is wrong with it is known before
// anything is done with it. An archive may lie at an address of the web, http:// or https://; the files that ctx has
// open there are those of [webfile.From]. The caller closes the Run. The errors are those of [Sniff] and [Find],
// [provider.ErrNoRun], and those of [archive.Open], [castro.Open] and [jsonl.Open].
func Open(ctx context.Context, path, runID string, o *Options) (*Run, error) {
	path, err := Find(ctx, path, runID, o)
	if err != nil {
		return nil, err
	}
	kind, err := Sniff(ctx, path)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(path, kind, o)
	if err != nil {
		return nil, err
	}
	if d == nil {
		r, err := openOne(ctx, path, kind)
		if err != nil {
			return nil, err
		}
		return only(ctx, r, runID)
	}
	run, err := d.Run(ctx, runID)
	if err == nil {
		_, err = run.Experiment(ctx)
	}
	if err != nil {
		d.Close()
		return nil, fileerr.In(path, err)
	}
	return &Run{run, path, d}, nil
}

// openOne opens a file that is no database of the original project, and so holds one run.
func openOne(ctx context.Context, path string, kind Kind) (*Run, error) {
	if kind == SQLite {
		a, err := OpenArchive(ctx, path)
		if err != nil {
			return nil, err
		}
		return &Run{a, path, a}, nil
	}
	lines, err := jsonl.Open(path)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	return &Run{lines, path, nil}, nil
}

// only gives r, the one run of its file, unless it is not the one that is asked for.
func only(ctx context.Context, r *Run, runID string) (*Run, error) {
	if runID == "" {
		return r, nil
	}
	id, err := idOf(ctx, r.Provider)
	if err == nil {
		_, err = archive.PickRun(runID, []string{id})
	}
	if err != nil {
		r.Close()
		return nil, fileerr.In(r.Path, err)
	}
	return r, nil
}

// idOf gives the id of the run of p from its first record.
func idOf(ctx context.Context, p provider.Provider) (string, error) {
	for r, err := range p.Records(ctx) {
		if err != nil {
			return "", err
		}
		if start, ok := r.(*provider.Start); ok {
			return start.RunID, nil
		}
		break
	}
	return "", provider.ErrNoRun
}
