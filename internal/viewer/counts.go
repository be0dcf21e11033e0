package viewer

import (
	"context"
	"maps"
	"strings"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// A counter knows how many events of each type runs have. Of a recording it counts those that are new.
type counter struct {
	mu    sync.Mutex
	known map[countKey]counted
}

// A countKey is a run in a file in a state. What is in the file of a recording is added to, and what there was of an
// iteration that is begun anew is taken out.
type countKey struct {
	path, id string
	mark     mark // zero for a recording
}

type counted struct {
	counts map[string]int64
	next   int64  // record behind the last that was counted
	last   string // tells the last that was counted from one that has taken its place
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
	if run.archive != nil && was.next > 0 {
		if last, err := counting(ctx, run, was.next-1); err != nil {
			return counted{}, err
		} else if last != was.last {
			was = counted{}
		}
	}
	now := counted{maps.Clone(was.counts), was.next, was.last}
	if now.counts == nil {
		now.counts = map[string]int64{}
	}
	if run.archive != nil {
		more, next, err := run.archive.EventTypes(ctx, was.next)
		if err != nil {
			return counted{}, err
		}
		for name, n := range more {
			now.counts[name] += n
		}
		now.next = next
		now.last, err = counting(ctx, run, next-1)
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

// counting gives a text that tells the events of a recording up to one Seq from others that have taken their place: by
// what was dropped so far, which stays as attachments, and by the last event.
func counting(ctx context.Context, run *openRun, seq int64) (string, error) {
	files, err := run.archive.Attachments(ctx)
	if err != nil {
		return "", err
	}
	dropped := 0
	for _, f := range files {
		if strings.HasPrefix(f.Name, "dropped/") {
			dropped++
		}
	}
	for rec, err := range run.recordsFrom(ctx, seq) {
		if err != nil {
			return "", err
		}
		if e, ok := rec.(*provider.Event); ok && e.Seq == seq {
			return stateText(dropped, e.Iteration, e.Type, e.Timestamp, string(e.Data)), nil
		}
		break
	}
	return stateText(dropped), nil
}
