package runio

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Copy is [provider.Copy] with a progress bar, if stderr is a terminal. A run that was changed after it was sealed
// is copied whole, and then an error: see ChangedRun.
func Copy(ctx context.Context, stderr io.Writer, label string, s provider.Sink, p provider.Provider) error {
	p, changed := Shown(p)
	if err := copyUnchecked(ctx, stderr, label, s, p); err != nil {
		return err
	}
	return changed()
}

// DigestRun is Copy into a sink that computes the digest, each record of an archive being hashed only once.
func DigestRun(ctx context.Context, stderr io.Writer, p provider.Provider) (digest.Sink, error) {
	var sink digest.Sink
	if err := copyUnchecked(ctx, stderr, "reading", &sink, p); err != nil {
		return sink, err
	}
	return sink, archive.CheckSeal(p, &sink)
}

func copyUnchecked(ctx context.Context, stderr io.Writer, label string, s provider.Sink, p provider.Provider) error {
	p, clear := Progress(ctx, stderr, label, p)
	defer clear()
	return provider.Copy(ctx, s, p)
}

// Progress gives p with a bar on a terminal for the records that are read, and what takes the bar away.
func Progress(ctx context.Context, stderr io.Writer, label string, p provider.Provider) (_ provider.Provider,
	clear func()) {
	bar := progress.New(stderr, label, recordCount(ctx, p))
	if bar == nil {
		return p, func() {}
	}
	return &counted{p, bar}, bar.Clear
}

// Checked gives p for something that is made from the whole run: that of a sealed archive ends with an error if it is
// not the one that was sealed.
func Checked(p provider.Provider) provider.Provider {
	if a, ok := p.(*archive.Archive); ok {
		return a.Checked()
	}
	return p
}

// Shown is checked for what shows a run also if it was changed after it was sealed. The run ends without an error then;
// changed gives it when the run has been read.
func Shown(p provider.Provider) (_ provider.Provider, changed func() error) {
	a, ok := p.(*archive.Archive)
	if !ok {
		return p, func() error { return nil }
	}
	s := &shownArchive{Checked: a.Checked()}
	return s, func() error { return s.changed }
}

type shownArchive struct {
	archive.Checked
	changed error
}

func (s *shownArchive) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return s.shown(s.Checked.Records(ctx))
}

// LentRecords implements [lend.Lender].
func (s *shownArchive) LentRecords(ctx context.Context, loan *lend.Loan) (any, iter.Seq2[provider.Record, error]) {
	_, records := s.Checked.LentRecords(ctx, loan)
	return s, s.shown(records)
}

func (s *shownArchive) shown(records iter.Seq2[provider.Record, error]) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range records {
			if changed, _ := ChangedRun(err); changed != nil {
				s.changed = changed
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Select reads the whole run if the header of the archive tells that another program has written to it, so that what
// was changed of the run is noticed.
func (s *shownArchive) Select(ctx context.Context, sel provider.Selection) iter.Seq2[provider.Record, error] {
	if !s.Touched() {
		return s.Checked.Select(ctx, sel)
	}
	return func(yield func(provider.Record, error) bool) {
		for r, err := range s.Records(ctx) {
			if (err != nil || sel.Wants(r)) && !yield(r, err) {
				return
			}
		}
	}
}

// ChangedRun divides the error of a command that shows a run: changed says that the run, all of which was shown, was
// changed after it was sealed; other is any other error.
func ChangedRun(err error) (changed, other error) {
	if e := (*archive.SealError)(nil); errors.As(err, &e) {
		return err, nil
	}
	return nil, err
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

func (c *counted) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return c.counting(c.Provider.Records(ctx))
}

// LentRecords implements [lend.Lender].
func (c *counted) LentRecords(ctx context.Context, loan *lend.Loan) (any, iter.Seq2[provider.Record, error]) {
	return c, c.counting(lend.Records(ctx, c.Provider, loan))
}

func (c *counted) counting(records iter.Seq2[provider.Record, error]) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for r, err := range records {
			c.bar.Add(1)
			if !yield(r, err) {
				return
			}
		}
	}
}
