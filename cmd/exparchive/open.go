package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// The following functions open the databases of the original project; they are nil in a program built without them. Each
// puts the name of the file before its errors.
var (
	// legacyOpen opens one run. The run id may be a unique prefix; empty means the only run.
	legacyOpen func(ctx context.Context, path, runID string) (provider.Provider, io.Closer, error)
	// legacyRuns lists the ids of the runs in a file, in its order.
	legacyRuns func(ctx context.Context, path string) ([]string, error)
	// legacySummaries summarizes the runs in a file, in its order, without reading them whole. With an error it gives those that could be
	// read; legacy is false for JSON lines.
	legacySummaries func(ctx context.Context, path string) (runs []runSummary, legacy bool, err error)
	// legacyDescribe says what a file is, as pairs of a short label and a text.
	legacyDescribe func(ctx context.Context, path string) ([][2]string, error)
)

// openRun opens the run in the file at path, whatever kind of file it is: a sealed or live archive, a legacy database, or
// JSON lines. The run id chooses among several runs, or checks that the file holds the run that is meant; empty
// means the only run there is. A folder stands for the files in it. Nothing is ever written. The caller closes the Closer after the last use of the
// Provider. Errors begin with the name of the file.
func openRun(ctx context.Context, path, runID string) (provider.Provider, io.Closer, error) {
	path, err := fileOfRun(ctx, path, runID)
	if err != nil {
		return nil, nil, err
	}
	kind, err := sniffFile(path)
	if err != nil {
		return nil, nil, err
	}
	var p provider.Provider
	var c io.Closer = io.NopCloser(nil)
	switch {
	case kind == kindSQLite:
		var a *archive.Archive
		if a, err = archive.Open(path); err == nil {
			p, c = a, a
		}
	case kind != kindLines && legacyOpen != nil:
		return legacyOpen(ctx, path, runID)
	case kind == kindDuckDB:
		err = errors.New("a DuckDB database, which this program was built without")
	default:
		p, err = jsonl.Open(path)
	}
	if err == nil {
		err = checkRun(ctx, p, runID)
	}
	if err != nil {
		c.Close()
		return nil, nil, inFile(path, err)
	}
	return p, c, nil
}

// checkRun reports that the run of p is not the one asked for, whose id may be shortened. Empty asks for any.
func checkRun(ctx context.Context, p provider.Provider, runID string) error {
	if runID == "" {
		return nil
	}
	e, err := p.Experiment(ctx)
	if err == nil {
		_, err = archive.PickRun(runID, []string{e.RunID})
	}
	return err
}

// addRunFlag adds the flag that chooses the run.
func addRunFlag(cmd *cobra.Command, runID *string) {
	cmd.Flags().StringVar(runID, "run", "", "the `id` of the run, or how it begins, for files and folders that hold several")
	addLenientFlag(cmd)
}
