package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// fileOfRun gives the file that path stands for: itself, or, of a folder, the file in it that holds the run that runID means. The
// archives of the folder come first: a run that was imported is often there beside its source.
func fileOfRun(ctx context.Context, path, runID string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() || runID == "" {
		return path, nil
	}
	d, err := archive.OpenDir(path)
	if err != nil {
		return "", inFile(path, err)
	}
	a, err := d.Open(ctx, runID)
	if err == nil {
		return a.Path(), a.Close()
	}
	if !errors.Is(err, provider.ErrNoRun) {
		return "", inFile(path, err)
	}
	files := map[string]string{} // of other kinds, by the id of the run
	var ids []string
	ls := lsOptions{}
	for _, file := range ls.files([]string{path}, func(string, error) {}) {
		kind, err := sniffFile(file)
		if err != nil || kind == kindSQLite {
			continue
		}
		runs, err := runsOf(ctx, file)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil && len(runs) == 0 {
			continue // ls says what is wrong with it
		}
		for _, r := range runs {
			if other, twice := files[r.RunID]; twice && other != file {
				files[r.RunID] = ""
				continue
			}
			files[r.RunID] = file
			ids = append(ids, r.RunID)
		}
	}
	if len(ids) == 0 {
		return "", inFile(path, err)
	}
	id, err := archive.PickRun(runID, ids)
	if err != nil {
		return "", inFile(path, err)
	}
	if files[id] == "" {
		return "", inFile(path, fmt.Errorf("run %q is in several files: name one of them", id))
	}
	return files[id], nil
}
