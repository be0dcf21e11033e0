package record

import "context"

// A span is where the records of an iteration lie; see the table iteration_span in FORMAT.md.
type span struct{ first, last, events, interactions, bytes int64 }

// span gives what the batch adds to an iteration, up to the record that comes next.
func (w *Writer) span(iteration int) *span {
	s, ok := w.spans[iteration]
	if !ok {
		s = &span{first: w.next}
		w.spans[iteration] = s
	}
	s.last = w.next
	return s
}

// insertSpans writes where the records of the batch lie. The order of its rows does not matter to the file: they are
// sorted by iteration.
func (w *Writer) insertSpans(ctx context.Context) error {
	for iteration, s := range w.spans {
		if _, err := w.stmt.span.ExecContext(ctx, iteration, s.first, s.last, s.events, s.interactions, s.bytes); err != nil {
			return err
		}
	}
	return nil
}

func textLen(s *string) int64 {
	if s == nil {
		return 0
	}
	return int64(len(*s))
}
