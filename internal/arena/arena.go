// Package arena has places for many records next to each other.
package arena

import (
	"strings"

	"github.com/simexp/exparchive/provider"
)

// Events is where events and their texts lie that were read one after the other, since one allocation for many takes
// much less time than one for each. So who keeps one of them keeps some tens of them in memory.
type Events struct {
	events []provider.Event // that are not in use yet
	texts  []byte
	times  strings.Builder
	length int // of the pieces that are taken now
}

const (
	arenaEvents = 64
	arenaText   = 256 // bytes for each of them
)

// Event gives an event; one that is lent is the same each time.
func (a *Events) Event(lent bool) *provider.Event {
	switch {
	case lent && a.events == nil:
		a.events = make([]provider.Event, 1)
		fallthrough
	case lent:
		a.events[0] = provider.Event{}
		return &a.events[0]
	case len(a.events) == 0:
		a.length = min(max(4, 2*a.length), arenaEvents)
		a.events = make([]provider.Event, a.length)
	}
	e := &a.events[0]
	a.events = a.events[1:]
	return e
}

// Text gives a short text as a string.
func (a *Events) Text(b []byte) string {
	const piece, most = 4096, 256
	if len(b) == 0 || len(b) > most {
		return string(b)
	}
	begin := a.times.Len()
	if begin+len(b) > a.times.Cap() {
		size := most // for a run of few events
		if begin > 0 {
			size = piece
		}
		a.times, begin = strings.Builder{}, 0
		a.times.Grow(size)
	}
	a.times.Write(b)
	return a.times.String()[begin:]
}

// Bytes gives a copy of a text, nil of nil.
func (a *Events) Bytes(b []byte) []byte {
	size := a.length * arenaText
	switch {
	case b == nil:
		return nil
	case len(b) == 0 || len(b) > size/8:
		return append([]byte{}, b...)
	case len(b) > cap(a.texts)-len(a.texts):
		a.texts = make([]byte, 0, size)
	}
	begin := len(a.texts)
	a.texts = append(a.texts, b...)
	return a.texts[begin:len(a.texts):len(a.texts)]
}
