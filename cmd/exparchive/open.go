package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/provider"
)

// liveSuffix is what the name of a live file has behind that of the archive it becomes.
const liveSuffix = "-live"

// The following functions open the databases of the original project; they are nil in a program built without them. Each
// puts the name of the file before its errors.
var (
	// legacyOpen opens one run. The run id may be a unique prefix; empty means the only run.
	legacyOpen func(ctx context.Context, path, runID string) (provider.Provider, io.Closer, error)
	// legacyRuns lists the ids of the runs in a file, in its order.
	legacyRuns func(ctx context.Context, path string) ([]string, error)
	// legacyDescribe says what a file is, as pairs of a short label and a text.
	legacyDescribe func(ctx context.Context, path string) ([][2]string, error)
)

// openRun opens the run in the file at path, whatever kind of file it is: a sealed or live archive, a legacy database, or
// JSON lines. The run id chooses among several runs, or checks that the file holds the run that is meant; empty
// means the only run there is. Nothing is ever written. The caller closes the Closer after the last use of the
// Provider. Errors begin with the name of the file.
func openRun(ctx context.Context, path, runID string) (provider.Provider, io.Closer, error) {
	kind, err := sniffFile(path)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case (kind == kindDuckDB || kind == kindJSON) && legacyOpen != nil:
		return legacyOpen(ctx, path, runID)
	case kind == kindJSON:
		return nil, nil, fmt.Errorf("%s: JSON, but not the line protocol: its first line is no experiment", path)
	}
	return nil, nil, fmt.Errorf("%s: this program cannot read files of this kind", path)
}

// checkRun reports that the run of p is not the one asked for. Empty asks for any.
func checkRun(ctx context.Context, p provider.Provider, runID string) error {
	if runID == "" {
		return nil
	}
	e, err := p.Experiment(ctx)
	if err == nil && e.RunID != runID {
		err = fmt.Errorf("run %q: %w (the file holds %q)", runID, provider.ErrNoRun, e.RunID)
	}
	return err
}

// addRunFlag adds the flag that chooses the run.
func addRunFlag(cmd *cobra.Command, runID *string) {
	cmd.Flags().StringVar(runID, "run", "", "the `id` of the run, for files that hold several")
}
