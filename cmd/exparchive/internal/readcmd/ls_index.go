package readcmd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runindex"
	"github.com/simexp/exparchive/internal/runs"
)

// indexes lists files with the help of the indexes of their folders.
type indexes struct {
	named   map[string]bool // files and folders, by the command line
	options *runs.Options
	update  bool // make them anew
	report  func(path string, err error)
	warn    func(error)

	folders []*folderIndex // in the order in which they were met
	byPath  map[string]*folderIndex
}

// A folderIndex is the index of a folder, and what becomes of it, if anything.
type folderIndex struct {
	path   string
	index  *runindex.Index
	update *runindex.Update
}

// list is [runs.List] that opens no archive of which the index of its folder knows what is asked for.
func (x *indexes) list(ctx context.Context, from runio.Source) iter.Seq2[runs.Summary, error] {
	read := runs.List(ctx, from.Path, x.options)
	if x.named[from.Name] { // itself, not the folder that it is in
		return read
	}
	f := x.of(filepath.Dir(from.Path))
	if f.update == nil && f.index.Known() == 0 {
		return read
	}
	info, err := os.Lstat(from.Path)
	if err != nil {
		return read
	}
	stamp, ok := runindex.StampOf(info)
	if !ok {
		return read
	}
	name := filepath.Base(from.Path)
	s, found := f.index.Find(name, stamp)
	if found && f.update != nil {
		f.update.Keep(name, stamp)
	}
	return func(yield func(runs.Summary, error) bool) {
		if found && !x.options.Usage && !x.options.Decisions {
			s.File = from.Path
			yield(s, nil)
			return
		}
		for s, err := range read {
			if err == nil && !found && f.update != nil {
				f.update.Add(from.Path, stamp, s)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// of gives the index of a folder. One that cannot be used knows nothing.
func (x *indexes) of(folder string) *folderIndex {
	if f := x.byPath[folder]; f != nil {
		return f
	}
	f := &folderIndex{path: folder}
	var err error
	if f.index, err = runindex.Open(folder); err != nil && !x.update {
		why := "it is not used"
		if errors.Is(err, runindex.ErrDamaged) || errors.Is(err, runindex.ErrVersion) {
			why += ", and `exparchive ls --index` makes it anew"
		}
		x.warn(fmt.Errorf("%w; %s", err, why))
	}
	if x.update {
		if f.update, err = f.index.Update(); err != nil {
			x.report(filepath.Join(folder, runindex.Name), err)
		}
	}
	if x.byPath == nil {
		x.byPath = map[string]*folderIndex{}
	}
	x.byPath[folder], x.folders = f, append(x.folders, f)
	return f
}

// write puts the indexes in their places.
func (x *indexes) write() {
	for _, f := range x.folders {
		if f.update == nil {
			continue
		}
		if err := f.update.Write(); err != nil {
			x.report(filepath.Join(f.path, runindex.Name), err)
		}
	}
}
