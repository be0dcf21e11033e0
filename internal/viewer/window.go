package viewer

import (
	"context"
	"iter"
	"math"

	"github.com/simexp/exparchive/provider"
)

// lastSeq gives the Seq of the last record of a run, or more where the records would have to be counted.
func (r *openRun) lastSeq(ctx context.Context) (int64, error) {
	c, ok := r.Provider.(provider.Counter)
	if !ok {
		return math.MaxInt64 - 1, nil
	}
	n, err := c.RecordCount(ctx)
	return max(n-1, 0), err
}

// recordsFrom yields the records of a run from one Seq on.
func (r *openRun) recordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	if t, ok := r.Provider.(provider.Tail); ok {
		return t.RecordsFrom(ctx, seq)
	}
	return func(yield func(provider.Record, error) bool) {
		for rec, err := range r.Provider.Records(ctx) {
			if (err != nil || rec.RecordMeta().Seq >= seq) && !yield(rec, err) {
				return
			}
		}
	}
}

// Windows of records that are looked through for those that are wanted: they grow, so that what is frequent is found with
// little reading, and what is rare in few readings.
const (
	firstWindow = 1 << 9
	lastWindow  = 1 << 17
)

// What one page looks through. It then says where it came to, and leads on from there.
const (
	mostLooked = 1 << 20  // records
	mostBytes  = 64 << 20 // of their data
)

// A search looks for records of a run, in one direction.
type search[T any] struct {
	run  *openRun
	want provider.Selection // what is read; First and Last are the search's own
	// take makes of a record what is found of it, which keeps nothing of the record, if it is wanted.
	take   func(provider.Record) (T, bool)
	most   int // records that are given
	looked int64
	bytes  int64
}

// A found is what was found of a record.
type found[T any] struct {
	Seq int64
	Of  T
}

// window looks through the records from first to last, and stops behind the first that is wanted past most of them, and
// where stop says so.
func (s *search[T]) window(ctx context.Context, first, last int64, give func(found[T]) (stop bool)) error {
	sel := s.want
	sel.First, sel.Last = first, last
	for rec, err := range provider.Select(ctx, s.run.Provider, sel) {
		if err != nil {
			return err
		}
		if e, ok := rec.(*provider.Event); ok {
			s.bytes += int64(len(e.Data))
		}
		if of, ok := s.take(rec); ok && give(found[T]{rec.RecordMeta().Seq, of}) {
			return nil
		}
	}
	s.looked += last - first + 1
	return nil
}

func (s *search[T]) tired() bool { return s.looked >= mostLooked || s.bytes >= mostBytes }

// forward gives the first records from one Seq to another that are wanted, and from where the search would go on; 0 if it
// came to the end.
func (s *search[T]) forward(ctx context.Context, from, last int64) (list []found[T], next int64, err error) {
	window := s.first(last - from + 1)
	for from = max(from, 1); from <= last; {
		if s.tired() {
			return list, from, nil
		}
		end := last
		if window <= last-from {
			end = from + window - 1
		}
		err := s.window(ctx, from, end, func(f found[T]) bool {
			if len(list) == s.most {
				next = f.Seq
				return true
			}
			list = append(list, f)
			return false
		})
		if err != nil || next > 0 {
			return list, next, err
		}
		if end == last {
			break
		}
		from, window = end+1, min(2*window, lastWindow)
	}
	return list, 0, nil
}

// backward gives the last records before one Seq that are wanted, in recorded order, and before which the search would go
// on; 0 if it came to the start.
func (s *search[T]) backward(ctx context.Context, before int64) (list []found[T], next int64, err error) {
	for window := s.first(before); before > 1; window = min(2*window, lastWindow) {
		if s.tired() {
			return list, before, nil
		}
		first := max(before-window, 1)
		var some []found[T] // the last of the window
		more := false
		err := s.window(ctx, first, before-1, func(f found[T]) bool {
			if some = append(some, f); len(some) > s.most-len(list) {
				some, more = some[1:], true
			}
			return false
		})
		if err != nil {
			return nil, 0, err
		}
		if list = append(some, list...); more {
			return list, list[0].Seq, nil
		}
		before = first
	}
	return list, 0, nil
}

// first gives how wide the first window is: all for what is no archive, of which each reading begins at the start.
func (s *search[T]) first(all int64) int64 {
	if s.run.archive == nil {
		return max(all, 1)
	}
	return firstWindow
}
