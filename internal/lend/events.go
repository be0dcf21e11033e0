package lend

import "context"

// Inside is the argument of a method that only this module can call.
type Inside struct{}

// An EventTaker is a sink that may take events E in another way too: lent, and without checking them again.
type EventTaker[E any] interface {
	// CheckedEvents gives the sink itself, and that way, nil if there is none: a function that is Event for one that has
	// passed its Validate and is as it was then, and that is valid as by [Lender].LentRecords.
	CheckedEvents(Inside) (self any, event func(context.Context, E) error)
}

// CheckedEvents gives the way in which s takes events that were checked where they were made, nil if it has none.
func CheckedEvents[E any](s interface {
	Event(ctx context.Context, e E) error
}) func(context.Context, E) error {
	if t, ok := s.(EventTaker[E]); ok {
		if self, event := t.CheckedEvents(Inside{}); self == any(s) {
			return event
		}
	}
	return nil
}
