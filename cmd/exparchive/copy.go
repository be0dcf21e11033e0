package main

import (
	"context"
	"io"
	"iter"

	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/provider"
)

// copyRun is [provider.Copy] with a progress bar, if stderr is a terminal.
func copyRun(ctx context.Context, stderr io.Writer, label string, s provider.Sink, p provider.Provider) error {
	bar := progress.New(stderr, label, recordCount(ctx, p))
	if bar == nil {
		return provider.Copy(ctx, s, p)
	}
	defer bar.Clear()
	return provider.Copy(ctx, s, counted{p, bar})
}

// recordCount gives how many records p has, or 0 if that would have to be counted.
func recordCount(ctx context.Context, p provider.Provider) int64 {
	if c, ok := p.(provider.Counter); ok {
		if n, err := c.RecordCount(ctx); err == nil {
			return n
		}
	}
	return 0
}

// counted is a Provider whose records advance a bar.
type counted struct {
	provider.Provider
	bar *progress.Bar
}

func (c counted) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range c.Provider.Records(ctx) {
			c.bar.Add(1)
			if !yield(r, err) {
				return
			}
		}
	}
}
