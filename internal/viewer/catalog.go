package viewer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
)

// An entry is one run of the list.
type entry struct {
	ID      string // in addresses
	Name    string // of the file, as people know it
	path    string
	Summary runs.Summary
}

// A listing is all that the sources hold.
type listing struct {
	Entries  []entry
	Troubles []error // of files that cannot be read, which they begin with
}

// A catalog knows the runs of the sources. Addresses name runs by what it calls them, never by a file: what it has not
// found itself cannot be asked for.
type catalog struct {
	viewer *Viewer

	mu    sync.Mutex
	known map[string]entry    // by ID, also of runs that are gone
	cache map[string]cachedOf // by path
}

// A cachedOf is what was found in a file, for as long as the file stays as it is.
type cachedOf struct {
	mark    mark
	listing listing
}

// A mark tells whether a file was changed.
type mark struct {
	size, wal int64
	time      int64 // of the later change of the file and its log, in nanoseconds
}

// markOf looks at the file at path, and at the log beside it of a recorder or of an old database.
//
// What lies at an address of the web has one mark: it is opened once, and an error if it changes.
func markOf(path string) (mark, error) {
	if webfile.Is(path) {
		return mark{}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return mark{}, err
	}
	m := mark{size: info.Size(), time: info.ModTime().UnixNano()}
	for _, suffix := range []string{"-wal", ".wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			m.wal += info.Size() + 1
			m.time = max(m.time, info.ModTime().UnixNano())
		}
	}
	return m, nil
}

// idOf gives the name of a run in addresses: the same when a recording has become an archive, and in another viewer.
func idOf(path, runID string) string {
	sum := sha256.Sum256([]byte(strings.TrimSuffix(path, archive.LiveSuffix) + "\x00" + runID))
	return hex.EncodeToString(sum[:8])
}

// list looks at all sources.
func (c *catalog) list(ctx context.Context) (listing, error) {
	var all listing
	add := func(found listing) {
		all.Entries = append(all.Entries, found.Entries...)
		all.Troubles = append(all.Troubles, found.Troubles...)
	}
	for from, err := range c.viewer.options.Sources(ctx) {
		if ctx.Err() != nil {
			return listing{}, ctx.Err()
		}
		if err != nil {
			all.Troubles = append(all.Troubles, &runError{err, from})
			continue
		}
		found, err := c.file(ctx, from)
		if err != nil {
			return listing{}, err
		}
		add(found)
	}
	all.Entries = eachOnce(all.Entries)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]entry{}
	}
	for _, e := range all.Entries {
		c.known[e.ID] = e
	}
	return all, nil
}

// eachOnce drops live files beside the archives that they became, and files that were named twice.
func eachOnce(all []entry) []entry {
	at := map[string]int{} // in some, by ID
	var some []entry
	for _, e := range all {
		i, twice := at[e.ID]
		switch {
		case !twice:
			at[e.ID] = len(some)
			some = append(some, e)
		case strings.HasSuffix(some[i].path, archive.LiveSuffix):
			some[i] = e
		}
	}
	return some
}

// file lists the runs of one source.
func (c *catalog) file(ctx context.Context, from Source) (listing, error) {
	now, markErr := markOf(from.Path)
	c.mu.Lock()
	cached, ok := c.cache[from.Path]
	c.mu.Unlock()
	if ok && markErr == nil && cached.mark == now {
		return cached.listing, nil
	}
	if webfile.Is(from.Path) { // of what is open there other requests read too
		ctx = c.viewer.ended
	}
	var found listing
	fixed := markErr == nil // nothing of it changes without a mark of it
	for s, err := range runs.List(ctx, from.Path, c.viewer.options.Runs) {
		if ctx.Err() != nil {
			return listing{}, ctx.Err()
		}
		if err != nil {
			fixed = false
			found.Troubles = append(found.Troubles, &runError{err, from})
			continue
		}
		fixed = fixed && s.State != archive.Recording
		if !strings.HasPrefix(s.RunID, c.viewer.options.RunID) {
			continue
		}
		s.File, s.Notes = from.Name, nil // of notes there may be many
		found.Entries = append(found.Entries, entry{ID: idOf(from.Path, s.RunID), Name: from.Name, path: from.Path, Summary: s})
	}
	if fixed {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.cache == nil || len(c.cache) >= mostCached {
			c.cache = map[string]cachedOf{}
		}
		c.cache[from.Path] = cachedOf{now, found}
	}
	return found, nil
}

// mostCached is how many files the catalog remembers.
const mostCached = 20_000

// find gives a run that was listed, or that a new look at the sources finds; ok is false if there is none.
func (c *catalog) find(ctx context.Context, id string) (e entry, ok bool, err error) {
	c.mu.Lock()
	e, ok = c.known[id]
	c.mu.Unlock()
	if ok {
		return e, true, nil
	}
	if _, err := c.list(ctx); err != nil {
		return entry{}, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok = c.known[id]
	return e, ok, nil
}

// A runError is an error of reading a run, which names the file as people know it.
type runError struct {
	err  error
	from Source
}

func (e *runError) Error() string {
	text := fileerr.Text(fileerr.In(e.from.Path, e.err))
	if e.from.Name != e.from.Path {
		text = strings.ReplaceAll(text, e.from.Path, e.from.Name)
	}
	return text
}

func (e *runError) Unwrap() error { return e.err }

// error gives an error of reading the run of an entry.
func (e entry) error(err error) error { return &runError{err, Source{e.Name, e.now()}} }

// now gives where the run of an entry is at the moment: a recording that was sealed has another name.
func (e entry) now() string {
	if _, err := os.Stat(e.path); errors.Is(err, fs.ErrNotExist) {
		if sealed, live := strings.CutSuffix(e.path, archive.LiveSuffix); live {
			return sealed
		}
	}
	return e.path
}
