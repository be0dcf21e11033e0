package castro

import (
	"context"
	"iter"
	"sync"

	"github.com/simexp/exparchive/provider"
)

// A Run is one run of a [Database]. It reads the run into memory when it is first used and keeps it.
type Run struct {
	info    RunInfo
	source  source
	lenient bool

	mu      sync.Mutex
	live    *provider.Live
	sibling string
}

var (
	_ provider.Tail    = (*Run)(nil)
	_ provider.Counter = (*Run)(nil)
)

// Info is the run's entry in [Database.Runs].
func (r *Run) Info() RunInfo { return r.info }

func (r *Run) load(ctx context.Context) (*provider.Live, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live != nil {
		return r.live, nil
	}
	b := newBuilder(ctx, r.lenient)
	if err := r.source.build(b, r.info.ID); err != nil {
		return nil, err
	}
	live, err := b.finish()
	if err != nil {
		return nil, err
	}
	r.live, r.sibling = live, b.sibling
	return live, nil
}

// Sibling gives the path of the other database beside the file that part of the run came from; empty if there is none.
func (r *Run) Sibling(ctx context.Context) (string, error) {
	if _, err := r.load(ctx); err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sibling, nil
}

// Experiment implements [provider.Provider].
func (r *Run) Experiment(ctx context.Context) (provider.Experiment, error) {
	l, err := r.load(ctx)
	if err != nil {
		return provider.Experiment{}, err
	}
	return l.Experiment(ctx)
}

// Iterations implements [provider.Provider].
func (r *Run) Iterations(ctx context.Context) ([]int, error) {
	l, err := r.load(ctx)
	if err != nil {
		return nil, err
	}
	return l.Iterations(ctx)
}

// IterationAt implements [provider.Provider].
func (r *Run) IterationAt(ctx context.Context, n int) (provider.Iteration, error) {
	l, err := r.load(ctx)
	if err != nil {
		return provider.Iteration{}, err
	}
	return l.IterationAt(ctx, n)
}

// IterationRecords implements [provider.Provider].
func (r *Run) IterationRecords(ctx context.Context, n int) iter.Seq2[provider.Record, error] {
	return r.sequence(ctx, func(l *provider.Live) iter.Seq2[provider.Record, error] { return l.IterationRecords(ctx, n) })
}

// Records implements [provider.Provider].
func (r *Run) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return r.RecordsFrom(ctx, 0)
}

// RecordsFrom implements [provider.Tail].
func (r *Run) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	return r.sequence(ctx, func(l *provider.Live) iter.Seq2[provider.Record, error] { return l.RecordsFrom(ctx, seq) })
}

func (r *Run) sequence(ctx context.Context, of func(*provider.Live) iter.Seq2[provider.Record,
	error]) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		l, err := r.load(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		of(l)(yield)
	}
}

// RecordCount implements [provider.Counter].
func (r *Run) RecordCount(ctx context.Context) (int64, error) {
	l, err := r.load(ctx)
	if err != nil {
		return 0, err
	}
	return l.RecordCount(ctx)
}
