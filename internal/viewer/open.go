package viewer

import (
	"context"
	"slices"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/provider"
)

// An open run is one that a request reads.
type openRun struct {
	entry
	provider.Provider
	archive *archive.Archive // nil for what is none
	mark    string           // of the file before it was opened; see entry.state
	close   func()
}

// far reports whether the run lies at an address of the web, so that what is read of it takes its way over a network.
func (e entry) far() bool { return webfile.Is(e.path) }

// archiveState gives that of an archive, empty for what is none.
func (r *openRun) archiveState() archive.State {
	if r.archive == nil {
		return ""
	}
	return r.archive.State()
}

// An opener opens runs. An archive is opened for each request, which takes little; anything else is read whole when it is
// opened, and some that were are kept.
type opener struct {
	mu   sync.Mutex
	kept []*keptRun // the one that was used last is the last
}

// mostKept is how many runs are kept open.
const mostKept = 3

type keptRun struct {
	path, id string
	mark     mark
	run      *runs.Run
	users    int
	dropped  bool
}

// open opens the run of an entry, which the caller closes.
func (o *opener) open(ctx context.Context, e entry, options *runs.Options) (*openRun, error) {
	path, state := e.now(), e.state()
	kind, err := runs.Sniff(ctx, path)
	if err != nil {
		return nil, err
	}
	if kind == runs.SQLite {
		a, err := runs.OpenArchive(ctx, path)
		if err != nil {
			return nil, err
		}
		if err := holds(ctx, a, e.Summary.RunID); err != nil {
			a.Close()
			return nil, err
		}
		return &openRun{e, a, a, state, func() { a.Close() }}, nil
	}
	now, err := markOf(path)
	if err != nil {
		return nil, err
	}
	k := o.take(path, e.Summary.RunID, now)
	if k == nil {
		run, err := runs.Open(ctx, path, e.Summary.RunID, options)
		if err != nil {
			return nil, err
		}
		k = &keptRun{path: path, id: e.Summary.RunID, mark: now, run: run, users: 1}
		o.keep(k)
	}
	return &openRun{e, k.run.Provider, nil, state, func() { o.give(k) }}, nil
}

// holds fails if an archive has another run than the one of that id, which lay there before.
func holds(ctx context.Context, a *archive.Archive, runID string) error {
	for rec, err := range a.Records(ctx) {
		if err != nil {
			return err
		}
		if start, ok := rec.(*provider.Start); ok && start.RunID == runID {
			return nil
		}
		break
	}
	return provider.ErrNoRun
}

// take gives a run that is kept, nil if there is none of a file as it is now.
func (o *opener) take(path, id string, now mark) *keptRun {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, k := range o.kept {
		if k.path != path || k.id != id {
			continue
		}
		o.kept = slices.Delete(o.kept, i, i+1)
		if k.mark != now {
			o.drop(k)
			return nil
		}
		o.kept = append(o.kept, k)
		k.users++
		return k
	}
	return nil
}

func (o *opener) keep(k *keptRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = append(o.kept, k)
	if len(o.kept) > mostKept {
		o.drop(o.kept[0])
		o.kept = o.kept[1:]
	}
}

// drop closes a run that is kept no more, or has its last user do that.
func (o *opener) drop(k *keptRun) {
	if k.dropped = true; k.users == 0 {
		k.run.Close()
	}
}

func (o *opener) give(k *keptRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if k.users--; k.users == 0 && k.dropped {
		k.run.Close()
	}
}

func (o *opener) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.kept {
		o.drop(k)
	}
	o.kept = nil
}
