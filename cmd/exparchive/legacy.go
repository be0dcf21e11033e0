package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// Databases of the original project are opened by package castro.
func init() {
	legacyOpen, legacyRuns, legacySummaries, legacyDescribe = openLegacy, runsOfLegacy, summariesOfLegacy, aboutLegacy
}

// legacyLenient is the flag --lenient of the commands that read one run.
var legacyLenient bool

// addLenientFlag adds the flag for databases with values that cannot be kept.
func addLenientFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&legacyLenient, "lenient", false, "of an old database, leave out values that cannot be kept as recorded, each with a note, instead of refusing the run")
}

// openLegacy implements legacyOpen. The run is read here, so that whatever is wrong with it is known before anything is printed.
func openLegacy(ctx context.Context, path, runID string) (provider.Provider, io.Closer, error) {
	d, err := openCastro(path)
	if errors.Is(err, castro.ErrForeign) && isJSONFile(path) { // JSON lines that do not begin with an experiment, say
		p, err := jsonl.Open(path)
		if err == nil {
			err = checkRun(ctx, p, runID)
		}
		if err != nil {
			return nil, nil, inFile(path, err)
		}
		return p, io.NopCloser(nil), nil
	}
	if err != nil {
		return nil, nil, err
	}
	run, err := d.Run(ctx, runID)
	if err == nil {
		_, err = run.Experiment(ctx)
	}
	if err != nil {
		d.Close()
		return nil, nil, inFile(path, legacyHint(err))
	}
	return run, d, nil
}

func openCastro(path string) (*castro.Database, error) {
	d, err := castro.Open(path, &castro.Options{Lenient: legacyLenient})
	if err != nil {
		return nil, inFile(path, err)
	}
	return d, nil
}

func isJSONFile(path string) bool {
	kind, err := sniffFile(path)
	return err == nil && kind == kindJSON
}

// legacyHint says what helps against an error.
func legacyHint(err error) error {
	if errors.As(err, new(*castro.CellError)) {
		return fmt.Errorf("%w (--lenient reads the run without such values)", err)
	}
	if errors.Is(err, castro.ErrManyRuns) {
		return fmt.Errorf("%w (--run ID)", err)
	}
	return err
}

// runsOfLegacy implements legacyRuns.
func runsOfLegacy(ctx context.Context, path string) ([]string, error) {
	d, err := openCastro(path)
	if errors.Is(err, castro.ErrForeign) && isJSONFile(path) {
		return []string{""}, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	runs, err := d.Runs(ctx)
	if err != nil {
		return nil, inFile(path, err)
	}
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	return ids, nil
}

// summariesOfLegacy implements legacySummaries.
func summariesOfLegacy(ctx context.Context, path string) (summaries []runSummary, legacy bool, err error) {
	d, err := openCastro(path)
	if errors.Is(err, castro.ErrForeign) && isJSONFile(path) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	defer d.Close()
	runs, err := d.Runs(ctx)
	if err != nil {
		return nil, true, inFile(path, err)
	}
	for _, info := range runs {
		run, failed := d.Run(ctx, info.ID)
		var sum castro.Summary
		if failed == nil {
			sum, failed = run.Summary(ctx)
		}
		if failed != nil {
			if err == nil {
				err = inFile(path, legacyHint(failed))
			}
			continue
		}
		s := summaryOf(path, sum.Experiment)
		s.Iterations, s.FirstCosts, s.LastCosts = sum.Iterations, sum.FirstCosts, sum.LastCosts
		summaries = append(summaries, s)
	}
	return summaries, true, err
}

// aboutLegacy implements legacyDescribe.
func aboutLegacy(ctx context.Context, path string) ([][2]string, error) {
	d, err := openCastro(path)
	if errors.Is(err, castro.ErrForeign) && isJSONFile(path) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	about, err := d.Describe(ctx)
	if err != nil {
		return nil, inFile(path, err)
	}
	return aboutFields(about), nil
}

// aboutFields lays a description out as labels and texts.
func aboutFields(about castro.Description) (fields [][2]string) {
	add := func(label, text string) { fields = append(fields, [2]string{label, text}) }
	add("kind", kindText(about))
	for _, g := range about.Generations {
		add("generation", g.Name+": "+g.Explanation)
	}
	if about.Log != "" {
		add("log", about.Log)
	}
	var other []string
	for _, t := range about.Tables {
		if t.Imported() {
			add("table", fmt.Sprintf("%s, %s (%s)", t.Name, plural(t.Rows, "row"), t.Generation))
		} else {
			other = append(other, fmt.Sprintf("%s (%s)", t.Name, plural(t.Rows, "row")))
		}
		for _, column := range t.Unreadable {
			add("unreadable", t.Name+"."+column)
		}
	}
	if len(other) > 0 {
		add("not imported", "tables "+strings.Join(other, ", "))
	}
	if len(about.NotKept) > 0 {
		add("not imported", "columns "+strings.Join(about.NotKept, ", ")+": the order of the records stands for them")
	}
	for _, n := range about.Notes {
		add("about", n)
	}
	return fields
}

// kindText says which program wrote the file, and in what form.
func kindText(about castro.Description) string {
	if about.EngineVersion == "" && about.StorageVersion == 0 {
		return about.Kind
	}
	return fmt.Sprintf("%s, made by DuckDB %s, storage version %d", about.Kind, about.EngineVersion, about.StorageVersion)
}
