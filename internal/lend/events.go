package lend

import (
	"context"

	"github.com/simexp/exparchive/provider"
)

// An EventTaker is a Sink that may take events in another way too: lent, and without checking them again.
type EventTaker interface {
	provider.Sink
	// CheckedEvents gives that way, nil if there is none: a function that is Event for one that has passed its Validate
	// and is as it was then, and that is valid as by [Lender].LentRecords.
	CheckedEvents(Inside) func(context.Context, *provider.Event) error
}

// CheckedEvents gives the way in which s takes events that were checked where they were made, nil if it has none.
func CheckedEvents(s provider.Sink) func(context.Context, *provider.Event) error {
	if t, ok := s.(EventTaker); ok {
		return t.CheckedEvents(Inside{})
	}
	return nil
}
