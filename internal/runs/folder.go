package runs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
)

// Files yields path, if it is a file, an address, or cannot be looked at, or else the files in the folder whose names
// say that they may hold runs (.simexp, .simexp-live, .simexp.zst, .db, .duckdb, .jsonl) and the results of the web
// sandbox (.json), in order; those of the folders in it too, if recursive. A packed archive beside the archive itself
// is passed over: see [archive.IsPackedCopy]. A folder that cannot be read is yielded with an error, and the others follow.
func Files(path string, recursive bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if info, err := os.Stat(path); webfile.Is(path) || err != nil || !info.IsDir() {
			yield(path, nil)
			return
		}
		walk(path, recursive, yield)
	}
}

// walk is [Files] for a folder; it is false when yield was.
func walk(folder string, recursive bool, yield func(string, error) bool) bool {
	entries, err := os.ReadDir(folder)
	if err != nil && !yield(folder, fileerr.In(folder, err)) {
		return false
	}
	for _, e := range entries {
		path, goOn := filepath.Join(folder, e.Name()), true
		switch {
		case e.IsDir() && recursive:
			goOn = walk(path, recursive, yield)
		case !e.IsDir() && archive.IsPackedCopy(path):
		case !e.IsDir() && (mayHoldRun(e.Name()) || strings.HasSuffix(e.Name(), ".json") && castro.IsExport(path)):
			goOn = yield(path, nil)
		}
		if !goOn {
			return false
		}
	}
	return true
}

// mayHoldRun tells by its name whether a file of a folder is looked into.
func mayHoldRun(name string) bool {
	for _, suffix := range []string{archive.Extension, archive.Extension + archive.LiveSuffix,
		archive.Extension + archive.PackedSuffix, ".db", ".duckdb", ".jsonl"} {
		if strings.HasSuffix(name, suffix) && name != suffix {
			return true
		}
	}
	return false
}

// Passed is what [Files] passes over in a folder, though it may hold runs.
type Passed struct {
	Deeper []string // files in folders of the folder, whose names say so
	// files in the folder itself whose first bytes are those of an archive, a database or lines, but not their names
	Renamed []string
}

// passedMost bounds a Passed and the looking for it: that there is something is told, not all of it.
const (
	passedMost    = 1000   // files of each kind
	passedEntries = 20_000 // names that are looked at
)

// PassedOver looks for what [Files], not recursive, passes over in the folder at path. What cannot be read is left out.
func PassedOver(path string) Passed {
	var p Passed
	entries, err := os.ReadDir(path)
	if err != nil {
		return p
	}
	left := passedEntries
	for _, e := range entries {
		if left--; left < 0 {
			return p
		}
		inside := filepath.Join(path, e.Name())
		switch {
		case e.IsDir():
			p.deeper(inside, &left)
		case len(p.Renamed) < passedMost && !mayHoldRun(e.Name()) && !strings.HasSuffix(e.Name(), "-wal"):
			if kind, err := sniffFile(inside); err == nil && holdsRun(inside, kind) {
				p.Renamed = append(p.Renamed, inside)
			}
		}
	}
	return p
}

// deeper adds the files below folder that Files would give.
func (p *Passed) deeper(folder string, left *int) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if *left--; *left < 0 || len(p.Deeper) >= passedMost {
			return
		}
		switch inside := filepath.Join(folder, e.Name()); {
		case e.IsDir():
			p.deeper(inside, left)
		case mayHoldRun(e.Name()) && !archive.IsPackedCopy(inside):
			p.Deeper = append(p.Deeper, inside)
		}
	}
}

// holdsRun reports whether a file is more than one of a kind that may hold a run: SQLite and DuckDB have other uses.
func holdsRun(path string, kind Kind) bool {
	switch kind {
	case Lines:
		return true
	case SQLite:
		a, err := archive.Open(path)
		if err != nil {
			return false
		}
		return a.Close() == nil
	case DuckDB:
		d, err := castro.Open(path, nil)
		if err != nil {
			return false
		}
		return d.Close() == nil
	}
	return false // a result of the web sandbox would have been listed, or has an extension of its own
}

// Find gives the file that path stands for: itself, or, of a folder and unless the run id is empty, the file in it that
// holds the run that is meant, of whose id a beginning suffices that only one run in the folder has. An archive comes
// before files of other kinds: a run that was imported is often there beside its source. Two files that hold the run
// otherwise are [ErrManyFiles]. Files that cannot be read do not count, unless no other has the run. See
// [archive.Dir.Open] for the archives.
func Find(ctx context.Context, path, runID string, o *Options) (string, error) {
	if info, err := os.Stat(path); webfile.Is(path) || err != nil || !info.IsDir() || runID == "" {
		return path, nil
	}
	d, err := archive.OpenDir(path)
	if err != nil {
		return "", fileerr.In(path, err)
	}
	archived, archivedID, err := d.Find(ctx, runID)
	if errors.Is(err, ErrManyFiles) {
		return "", err
	}
	if err == nil && archivedID == runID {
		return archived, nil
	}
	files, ids, cancelled := otherRuns(ctx, path, o)
	if cancelled != nil {
		return "", cancelled
	}
	if err != nil && !errors.Is(err, provider.ErrNoRun) && files[runID] == nil { // ids of several archives begin so
		return "", err
	}
	if err == nil && files[archivedID] == nil {
		ids = append(ids, archivedID)
	}
	if err != nil && len(ids) == 0 {
		return "", err // which names the archives that there are
	}
	id, err := archive.PickRun(runID, ids)
	switch {
	case err != nil:
		return "", fileerr.In(path, err)
	case archived != "" && id == archivedID:
		return archived, nil
	case len(files[id]) > 1:
		return "", fileerr.In(path, fmt.Errorf("run %q: %w: %s", id, ErrManyFiles, strings.Join(files[id], ", ")))
	}
	return files[id][0], nil
}

// otherRuns gives the files of a folder that are no archives by the ids of the runs in them, and those ids. Files that
// cannot be read are left out; a list of the folder says what is wrong with them.
func otherRuns(ctx context.Context, folder string, o *Options) (files map[string][]string, ids []string, err error) {
	files = map[string][]string{}
	for file, err := range Files(folder, false) {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			continue
		}
		if kind, err := sniffFile(file); err != nil || kind == SQLite {
			continue
		}
		runs, err := IDs(ctx, file, o)
		if err != nil {
			continue
		}
		for _, id := range runs {
			if files[id] == nil {
				ids = append(ids, id)
			}
			if !slices.Contains(files[id], file) {
				files[id] = append(files[id], file)
			}
		}
	}
	return files, ids, nil
}
