package viewer

import (
	"context"
	"iter"
	"sync"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/provider"
)

// Of a run with many events the first page does not wait until all of them were looked at for what was proposed: it has
// the decisions of the iterations that it lists, and the rest comes when it was read, which happens once.
const (
	manyEvents = 50_000
	// mostTail is how many records of a recording with many events are looked at, from the last on.
	mostTail = 50_000
)

// An outliner reads what pages of runs show, and keeps what took long.
type outliner struct {
	mu    sync.Mutex
	known map[checkKey]*outline
	order []checkKey
	turn  chan struct{} // holds one while a run is read
}

// An outline is what the page of a run shows, when done is closed.
type outline struct {
	done chan struct{}
	page *report.Run
	err  error
}

// mostOutlines is how many outlines are kept.
const mostOutlines = 4

// of gives the outline of the archive at path, which may not be done. For one that is not known read is called when
// something is done; see [checker.of].
func (o *outliner) of(ctx context.Context, path string, done <-chan struct{},
	read func(context.Context) (*report.Run, error)) (*outline, error) {
	now, err := markOf(path)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := checkKey{path, now}
	if x := o.known[key]; x != nil {
		return x, nil
	}
	if o.known == nil {
		o.known, o.turn = map[checkKey]*outline{}, make(chan struct{}, 1)
	}
	if len(o.order) == mostOutlines {
		delete(o.known, o.order[0])
		o.order = o.order[1:]
	}
	x := &outline{done: make(chan struct{})}
	o.known[key], o.order = x, append(o.order, key)
	go func() {
		defer close(x.done)
		wait(ctx, done)
		select {
		case o.turn <- struct{}{}:
			defer func() { <-o.turn }()
			x.page, x.err = read(ctx)
		case <-ctx.Done():
			x.err = ctx.Err()
		}
	}()
	return x, nil
}

func (x *outline) over() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// over reports whether the outline of the archive at path, as it is now, is known.
func (o *outliner) over(path string) bool {
	now, err := markOf(path)
	if err != nil {
		return false
	}
	o.mu.Lock()
	x := o.known[checkKey{path, now}]
	o.mu.Unlock()
	return x != nil && x.over()
}

// A partial archive is one of which decisions are read of some iterations only, and of some records.
type partial struct {
	*archive.Archive
	span  provider.Span
	first int64 // Seq
}

var (
	_ provider.Selector        = partial{}
	_ provider.IterationLister = partial{}
)

// Select implements [provider.Selector].
func (p partial) Select(ctx context.Context, s provider.Selection) iter.Seq2[provider.Record, error] {
	s.Span, s.First = &p.span, p.first
	return p.Archive.Select(ctx, s)
}

// EachIteration implements [provider.IterationLister].
func (p partial) EachIteration(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return func(yield func(provider.Iteration, error) bool) {
		for it, err := range p.Archive.EachIteration(ctx) {
			if !p.span.Has(it.Number) {
				it.AcceptedChanges = nil // or it would look as if nothing had been proposed
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// outline gives what the page of a run shows that lists the iterations behind some; partly says that of others the
// decisions are not known, and waits that they will be.
func (v *Viewer) outline(
	ctx context.Context, run *openRun, events int64, from int, o report.Options,
) (page *report.Run, partly, waits bool, err error) {
	if run.archive == nil || events <= manyEvents && !run.far() {
		page, err = report.Read(ctx, run.Provider, o)
		return page, false, false, err
	}
	p := partial{Archive: run.archive}
	switch {
	case run.far():
	case run.archiveState() == archive.Sealed:
		id, whole := run.ID, o
		x, err := v.outlines.of(v.ended, run.now(), ctx.Done(), func(ctx context.Context) (*report.Run, error) {
			return v.wholeOutline(ctx, id, whole)
		})
		if err != nil {
			return nil, false, false, err
		}
		if x.over() {
			return x.page, false, false, x.err
		}
		waits = true
	default:
		last, err := run.lastSeq(ctx)
		if err != nil {
			return nil, false, false, err
		}
		p.first = max(last-mostTail, 1)
	}
	numbers, err := run.Iterations(ctx)
	if err != nil {
		return nil, false, false, err
	}
	p.span = provider.Span{First: 0, Last: provider.MaxIteration}
	if from > 0 && from <= len(numbers) {
		p.span.First = numbers[from-1] // from which the first that is listed differs
	}
	if to := from + mostIterations; to < len(numbers) {
		p.span.Last = numbers[to-1]
	}
	o.Partly = true
	page, err = report.Read(ctx, p, o)
	return page, true, waits, err
}

// wholeOutline reads the outline of a run in the background.
func (v *Viewer) wholeOutline(ctx context.Context, id string, o report.Options) (*report.Run, error) {
	run, err := v.openRun(ctx, id)
	if err != nil {
		return nil, err
	}
	defer run.close()
	if o.Types, err = v.reportTypes(ctx, run, true); err != nil {
		return nil, err
	}
	return report.Read(ctx, run.Provider, o)
}
