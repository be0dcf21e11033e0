package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
)

// A Dir is a folder of archives, a repository of runs: each file in it whose name ends in .simexp, .simexp-live or
// .simexp.zst is one run; run.simexp.zst beside run.simexp is that run once more and does not count. It keeps nothing open and sees the folder as it is at each call.
type Dir struct{ path string }

// OpenDir gives the repository over the folder at path, which must exist.
func OpenDir(path string) (*Dir, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	if !info.IsDir() {
		return nil, fileerr.Errorf(path, "not a folder")
	}
	return &Dir{path: path}, nil
}

// A Filter picks runs. Empty fields pick all.
type Filter struct {
	Type   string // experiment type
	Name   string // experiment name
	Status provider.Status
}

// Match reports whether f picks a run.
func (f Filter) Match(e provider.Experiment) bool {
	return (f.Type == "" || f.Type == e.Type) && (f.Name == "" || f.Name == e.Name) &&
		(f.Status == "" || f.Status == e.Status())
}

// An Entry is one run of a folder.
type Entry struct {
	Path       string
	State      State
	Experiment provider.Experiment
	Summary    Summary
}

// List yields the runs that f picks, by file name. A file that cannot be read is yielded as an error with its Path in
// the Entry, and the listing goes on.
func (d *Dir) List(ctx context.Context, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		paths, err := d.files()
		if err != nil {
			yield(Entry{Path: d.path}, err)
			return
		}
		for _, path := range paths {
			if ctx.Err() != nil {
				yield(Entry{Path: path}, ctx.Err())
				return
			}
			e, err := ReadEntry(ctx, path)
			if err == nil && !f.Match(e.Experiment) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// ReadEntry describes the archive at path. With an error the Entry has only the path.
func ReadEntry(ctx context.Context, path string) (Entry, error) {
	e := Entry{Path: path}
	a, err := Open(path)
	if err != nil {
		return e, err
	}
	defer a.Close()
	experiment, err := a.Experiment(ctx)
	if err != nil {
		return e, fileerr.In(path, err)
	}
	summary, err := a.Summary(ctx)
	if err != nil {
		return e, fileerr.In(path, err)
	}
	return Entry{Path: path, State: a.State(), Experiment: experiment, Summary: summary}, nil
}

// Open opens the run of an id, or of the beginning of an id that only one run has. [provider.ErrNoRun] lists what there
// is. A run that several files hold is [ErrManyFiles]; a live file beside the archive that it became does not count.
func (d *Dir) Open(ctx context.Context, runID string) (*Archive, error) {
	path, _, err := d.Find(ctx, runID)
	if err != nil {
		return nil, err
	}
	return Open(path)
}

// Find is [Dir.Open] that gives the path of the file and the whole id of the run in it.
func (d *Dir) Find(ctx context.Context, runID string) (path, id string, err error) {
	var ids []string
	paths := map[string][]string{} // by id
	var unreadable error
	for e, err := range d.List(ctx, Filter{}) {
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
		if err != nil {
			unreadable = err
			continue
		}
		id := e.Experiment.RunID
		if paths[id] == nil {
			ids = append(ids, id)
		}
		paths[id] = append(paths[id], e.Path)
	}
	if id, err = PickRun(runID, ids); err != nil {
		return "", "", errors.Join(fileerr.In(d.path, err), unreadable)
	}
	all := slices.Clone(paths[id])
	all = slices.DeleteFunc(all, func(path string) bool {
		sealed, live := strings.CutSuffix(path, LiveSuffix)
		return live && slices.Contains(paths[id], sealed)
	})
	if len(all) > 1 {
		return "", "", fileerr.Errorf(d.path, "run %q: %w: %s", id, ErrManyFiles, strings.Join(all, ", "))
	}
	return all[0], id, nil
}

// PickRun finds the run that want means among ids: the id itself, or the only one that begins with it. An empty want
// means the only run there is. If none begins so, that is [provider.ErrNoRun].
func PickRun(want string, ids []string) (string, error) {
	if slices.Contains(ids, want) {
		return want, nil
	}
	var found []string
	for _, id := range ids {
		if strings.HasPrefix(id, want) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(ids) == 0:
		return "", fmt.Errorf("%w: there is none", provider.ErrNoRun)
	case want == "":
		return "", fmt.Errorf("%w given, and there are %s", errWhichRun, listIDs(ids))
	case len(found) > 1:
		return "", fmt.Errorf("%q: %w: it begins %s", want, errWhichRun, listIDs(found))
	}
	return "", fmt.Errorf("%q: %w: there are %s", want, provider.ErrNoRun, listIDs(ids))
}

var errWhichRun = errors.New("no single run")

// listIDs names some ids.
func listIDs(ids []string) string {
	const most = 20
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", len(ids))
	for i, id := range ids {
		if i == most {
			return b.String() + ", …"
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %q", id)
	}
	return b.String()
}

// files gives the paths of the archives and live files of the folder, sorted.
func (d *Dir) files() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fileerr.In(d.path, err)
	}
	var paths []string
	for _, e := range entries {
		path := filepath.Join(d.path, e.Name())
		if IsArchiveName(e.Name()) && !e.IsDir() && !IsPackedCopy(path) {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// IsArchiveName reports whether a file name is that of an archive, packed or not, or a live file.
func IsArchiveName(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, PackedSuffix), Extension) ||
		strings.HasSuffix(name, Extension+LiveSuffix)
}

// IsPackedCopy reports whether path is, by its name, the packed form of an archive that stands beside it: the same run
// once more, which a folder does not count twice.
func IsPackedCopy(path string) bool {
	plain, packed := strings.CutSuffix(path, PackedSuffix)
	if !packed || !strings.HasSuffix(plain, Extension) {
		return false
	}
	_, err := os.Lstat(plain)
	return err == nil
}
