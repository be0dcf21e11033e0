package lend

import "context"

// Inside is the argument of methods that only this module can call, since no other can name it.
type Inside struct{}

// An EventTaker is a sink that takes events, of type E, in another way too. Unlike a [Borrower] it may be used from
// several goroutines: what is known of an event comes with the call.
type EventTaker[E any] interface {
	// CheckedEvents gives the sink itself and that way, nil if there is none: a function that takes an event which has
	// passed its Validate and is as it was then, and which is lent.
	CheckedEvents(Inside) (self any, take func(context.Context, E) error)
}

// CheckedEvents gives the way in which a sink takes events that were checked where they were made, nil if it has none.
func CheckedEvents[E any](sink any) func(context.Context, E) error {
	if t, ok := sink.(EventTaker[E]); ok {
		if self, take := t.CheckedEvents(Inside{}); self == sink {
			return take
		}
	}
	return nil
}
