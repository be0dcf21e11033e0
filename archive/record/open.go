package record

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// An OpenIteration is what was recorded of a run without a result behind its last finished iteration.
type OpenIteration struct {
	Number       int   `json:"iteration"` // of its last event or interaction
	First        int64 `json:"first_seq"` // Seq of the first event or interaction
	Events       int64 `json:"events"`
	Interactions int64 `json:"llm_interactions"`

	from int64 // Seq behind the last finished iteration
}

// FindOpenIteration gives the open iteration of a recording, nil if there is none: neither an event nor an interaction
// was recorded behind the last finished iteration.
func FindOpenIteration(ctx context.Context, a *archive.Archive) (*OpenIteration, error) {
	from, err := behindLast(ctx, a)
	if err != nil {
		return nil, err
	}
	open := &OpenIteration{from: from}
	for r, err := range a.RecordsFrom(ctx, from) {
		if err != nil {
			return nil, err
		}
		switch r := r.(type) {
		case *provider.Event:
			open.Number = r.Iteration
			open.Events++
		case *provider.Interaction:
			open.Number = r.Iteration
			open.Interactions++
		default:
			continue
		}
		if open.Events+open.Interactions == 1 {
			open.First = r.RecordMeta().Seq
		}
	}
	if open.Events+open.Interactions == 0 {
		return nil, nil
	}
	return open, nil
}

// behindLast gives the Seq behind that of the last finished iteration.
func behindLast(ctx context.Context, a *archive.Archive) (int64, error) {
	numbers, err := a.Iterations(ctx)
	if err != nil {
		return 0, err
	}
	from := int64(0)
	for _, n := range numbers {
		i, err := a.IterationAt(ctx, n)
		if err != nil {
			return 0, err
		}
		from = max(from, i.Seq+1)
	}
	return from, nil
}

// droppedFolder is where attachments with dropped records lie.
const droppedFolder = "dropped/"

// OpenInteractions yields the interactions that were recorded behind the last finished iteration, those that
// [DropOpenIteration] dropped included, in their order.
func OpenInteractions(ctx context.Context, a *archive.Archive) iter.Seq2[*provider.Interaction, error] {
	return func(yield func(*provider.Interaction, error) bool) {
		from, err := behindLast(ctx, a)
		if err != nil {
			yield(nil, err)
			return
		}
		for r, err := range a.RecordsFrom(ctx, from) {
			if err != nil {
				yield(nil, err)
				return
			}
			switch r := r.(type) {
			case *provider.Interaction:
				if !yield(r, nil) {
					return
				}
			case *provider.Attachment:
				if !strings.HasPrefix(r.Name, droppedFolder) || !strings.HasSuffix(r.Name, droppedExtension) {
					continue
				}
				lines := jsonl.NewReader(bytes.NewReader(r.Data), &jsonl.ReaderOptions{Resume: true})
				for dropped, err := range lines.Records(ctx) {
					if err != nil {
						yield(nil, fmt.Errorf("attachment %s: %w", r.Name, err))
						return
					}
					if i, ok := dropped.(*provider.Interaction); ok && !yield(i, nil) {
						return
					}
				}
			}
		}
	}
}

// openOf opens the recording of w, whose lock w holds, for reading.
func (w *Writer) openOf() (*archive.Archive, error) {
	a, err := archive.Open(w.live)
	return a, fileerr.In(w.live, err)
}
