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

	"github.com/simexp/exparchive/provider"
)

// A Dir is a folder of archives, a repository of runs: each file in it whose name ends in .simexp or .simexp-live is one run.
// It keeps nothing open and sees the folder as it is at each call.
type Dir struct{ path string }

// OpenDir gives the repository over the folder at path, which must exist.
func OpenDir(path string) (*Dir, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s: not a folder", path)
	}
	return &Dir{path: path}, nil
}

// FileName gives the name of the archive of a run: its id with what a file name may not hold escaped, and the extension.
func FileName(runID string) string {
	var b strings.Builder
	for i := range len(runID) {
		c := runID[i]
		switch {
		case c < ' ' || c == 0x7f || strings.IndexByte(`/\:*?"<>|%`, c) >= 0, i == 0 && (c == '.' || c == '-'):
			fmt.Fprintf(&b, "%%%02x", c)
		default:
			b.WriteByte(c)
		}
		if b.Len() > 200 { // file systems take 255 bytes
			fmt.Fprintf(&b, "~%x", hash32(runID))
			break
		}
	}
	return b.String() + Extension
}

// hash32 is FNV-1a; it tells apart long ids that begin alike.
func hash32(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// A Filter picks runs. Empty fields pick all.
type Filter struct {
	Type   string // experiment type
	Name   string // experiment name
	Status provider.Status
}

// Match reports whether f picks a run.
func (f Filter) Match(e provider.Experiment) bool {
	return (f.Type == "" || f.Type == e.Type) && (f.Name == "" || f.Name == e.Name) && (f.Status == "" || f.Status == e.Status())
}

// An Entry is one run of a folder.
type Entry struct {
	Path       string
	State      State
	Experiment provider.Experiment
	Summary    Summary
}

// List yields the runs that f picks, by file name. A file that cannot be read is yielded as an error with its Path in the
// Entry, and the listing goes on.
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
		return e, fmt.Errorf("%s: %w", path, err)
	}
	summary, err := a.Summary(ctx)
	if err != nil {
		return e, fmt.Errorf("%s: %w", path, err)
	}
	return Entry{Path: path, State: a.State(), Experiment: experiment, Summary: summary}, nil
}

// Open opens the run of an id, or of a prefix that only one id has. [provider.ErrNoRun] lists what there is.
func (d *Dir) Open(ctx context.Context, runID string) (*Archive, error) {
	// Most often the file has the name that FileName gives it.
	if a, err := Open(filepath.Join(d.path, FileName(runID))); err == nil {
		if e, err := a.Experiment(ctx); err == nil && e.RunID == runID {
			return a, nil
		}
		a.Close()
	}
	var ids []string
	byID := map[string]string{}
	var unreadable error
	for e, err := range d.List(ctx, Filter{}) {
		if err != nil {
			unreadable = err
			continue
		}
		if _, twice := byID[e.Experiment.RunID]; !twice {
			ids = append(ids, e.Experiment.RunID)
			byID[e.Experiment.RunID] = e.Path
		}
	}
	id, err := PickRun(runID, ids)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", d.path, err), unreadable)
	}
	return Open(byID[id])
}

// PickRun finds the run that want means among ids: the id itself, or the only one that begins with it. An empty want means
// the only run there is.
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
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if IsArchiveName(e.Name()) && !e.IsDir() {
			paths = append(paths, filepath.Join(d.path, e.Name()))
		}
	}
	return paths, nil
}

// IsArchiveName reports whether a file name is that of an archive or a live file.
func IsArchiveName(name string) bool {
	return strings.HasSuffix(name, Extension) || strings.HasSuffix(name, Extension+LiveSuffix)
}
