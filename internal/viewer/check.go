package viewer

import (
	"context"
	"errors"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A checker compares sealed archives with their seals, one after the other, beside the pages that show them, and knows
// what came of it as long as a file stays as it is.
type checker struct {
	mu    sync.Mutex
	known map[checkKey]*check
	turn  chan struct{} // holds one while an archive is read
}

type checkKey struct {
	path string
	mark mark
}

// A check is what came of the comparison. Done is closed when it is over.
type check struct {
	done chan struct{}
	err  error // why the run is not the one that was sealed, or cannot be read
}

// mostChecks is how many archives a checker knows about.
const mostChecks = 1000

// of gives the check of the archive at path. One that was not asked for before begins when something is done, so that
// it is in nobody's way; nil is at once.
func (c *checker) of(ctx context.Context, path string, done <-chan struct{}) (*check, error) {
	now, err := markOf(path)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := checkKey{path, now}
	if x := c.known[key]; x != nil {
		return x, nil
	}
	if c.known == nil || len(c.known) >= mostChecks {
		c.known, c.turn = map[checkKey]*check{}, make(chan struct{}, 1)
	}
	x := &check{done: make(chan struct{})}
	c.known[key] = x
	turn := c.turn
	go func() {
		defer close(x.done)
		wait(ctx, done)
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
			x.err = compared(ctx, path)
		case <-ctx.Done():
			x.err = ctx.Err()
		}
	}()
	return x, nil
}

// wait waits until something is done, or ctx is.
func wait(ctx context.Context, done <-chan struct{}) {
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
}

// over reports whether the archive at path, as it is now, was compared with its seal.
func (c *checker) over(path string) bool {
	now, err := markOf(path)
	if err != nil {
		return false
	}
	c.mu.Lock()
	x := c.known[checkKey{path, now}]
	c.mu.Unlock()
	return x != nil && x.over()
}

// compared reads an archive and compares it with its seal.
func compared(ctx context.Context, path string) error {
	a, err := runs.OpenArchive(ctx, path)
	if err != nil {
		return err
	}
	defer a.Close()
	var sink digest.Sink
	if err := provider.Copy(ctx, &sink, a); err != nil {
		return err
	}
	return archive.CheckSeal(a, &sink)
}

// over reports whether the check is over.
func (c *check) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// changed reports whether the run was found not to be the one that was sealed.
func (c *check) changed() bool {
	return c.over() && errors.As(c.err, new(*archive.SealError))
}
