package viewer

import (
	"context"
	"maps"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// A counter knows how many events of each type runs have. Of a recording it counts those that are new.
type counter struct {
	mu    sync.Mutex
	known map[countKey]counted
}

// A countKey is a run in a file in a state. What is in the file of a recording is only ever added to.
type countKey struct {
	path, id string
	mark     mark // zero for a recording
}

type counted struct {
	counts map[string]int64
	next   int64 // record behind the last that was counted
}

// mostCounted is how many runs a counter knows.
const mostCounted = 64

// of gives the counts of a run.
func (c *counter) of(ctx context.Context, run *openRun) (map[string]int64, error) {
	key := countKey{path: run.entry.path, id: run.Summary.RunID}
	live := run.archive != nil && run.archiveState() != archive.Sealed
	if !live {
		var err error
		if key.mark, err = markOf(run.now()); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	was, ok := c.known[key]
	c.mu.Unlock()
	if ok && !live {
		return was.counts, nil
	}
	now, err := count(ctx, run, was)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostCounted {
		c.known = map[countKey]counted{}
	}
	c.known[key] = now
	return now.counts, nil
}

// count goes on counting.
func count(ctx context.Context, run *openRun, was counted) (counted, error) {
	now := counted{maps.Clone(was.counts), was.next}
	if now.counts == nil {
		now.counts = map[string]int64{}
	}
	if run.archive != nil {
		more, next, err := run.archive.EventTypes(ctx, was.next)
		for name, n := range more {
			now.counts[name] += n
		}
		now.next = next
		return now, err
	}
	for rec, err := range provider.Select(ctx, run.Provider, provider.Selection{All: true}) {
		if err != nil {
			return counted{}, err
		}
		now.counts[rec.(*provider.Event).Type]++
	}
	return now, nil
}
