package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/workdir"
)

// A RunID names a run of a dataset.
type RunID struct{ Experiment, Run string }

// Prune removes from the dataset at root the parts of all runs but those to keep, and gives the runs that it removed,
// in order. What is no part, or lies where no part of its run does, stays.
func Prune(ctx context.Context, root string, keep map[RunID]bool) ([]RunID, error) {
	removed := map[RunID]bool{}
	for i := range tables {
		table := tables[len(tables)-1-i].Name // that in runs goes first, as it came last
		if err := pruneTable(ctx, root, table, keep, removed); err != nil {
			return nil, err
		}
	}
	list := make([]RunID, 0, len(removed))
	for id := range removed {
		list = append(list, id)
	}
	slices.SortFunc(list, func(a, b RunID) int {
		return strings.Compare(a.Experiment+"\x00"+a.Run, b.Experiment+"\x00"+b.Run) // names have no U+0000
	})
	return list, nil
}

func pruneTable(ctx context.Context, root, table string, keep, removed map[RunID]bool) error {
	for experiment, err := range folders(filepath.Join(root, table), "experiment=") {
		if err != nil {
			return err
		}
		for folder, err := range folders(experiment, "run=") {
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			path := filepath.Join(folder, PartName)
			about, _, err := readAbout(path)
			id := RunID{about.Experiment, about.Run}
			if errors.Is(err, fs.ErrNotExist) { // what was killed before it came to that
				if err := workdir.Sweep(folder); err != nil {
					return err
				}
				_ = os.Remove(folder) // which fails if there is something else in it
				continue
			}
			if err != nil || keep[id] || about.Table != table || path != Part(root, table, id.Experiment, id.Run) {
				continue
			}
			if err := os.Remove(path); err != nil {
				return fileerr.In(path, err)
			}
			removed[id] = true
			if err := workdir.Sweep(folder); err != nil {
				return err
			}
			_ = os.Remove(folder)
		}
		_ = os.Remove(experiment)
	}
	return nil
}

// folders yields the folders in a folder, which need not be there, whose names have a beginning. Links are none.
func folders(path, prefix string) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		entries, err := os.ReadDir(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield("", fileerr.In(path, err))
			return
		}
		for _, e := range entries {
			if e.IsDir() && strings.HasPrefix(e.Name(), prefix) && !yield(filepath.Join(path, e.Name()), nil) {
				return
			}
		}
	}
}
