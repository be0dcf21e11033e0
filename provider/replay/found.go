package replay

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrNotFound means that the run has nothing of what [Options] chose.
var ErrNotFound = errors.New("nothing of the kind in the run")

// found is what a run has of what Options chose.
type found struct {
	records bool            // one of the records
	agents  map[string]bool // that were met, up to mostAgents
}

// mostAgents is how many agents are noted for an error about another one.
const mostAgents = 100

// wantsAgent tells whether lines about an agent are printed, and notes that the agent was met.
func (p *Printer) wantsAgent(id string) bool {
	if p.o.Agents == nil {
		return true
	}
	wanted := p.o.about(id)
	if p.found.agents == nil {
		p.found.agents = map[string]bool{}
	}
	if id != "" && (wanted || len(p.found.agents) < mostAgents) {
		p.found.agents[id] = true
	}
	return wanted
}

// Found reports, when the run is printed, that it has none of the records that were chosen, or not one of the agents.
// The error wraps [ErrNotFound].
func (p *Printer) Found() error {
	for _, id := range p.o.Agents {
		if !p.found.agents[id] {
			return &notFoundError{fmt.Sprintf("no agent %q (the run has %s)", id,
				cmp.Or(strings.Join(slices.Sorted(maps.Keys(p.found.agents)), ", "), "none"))}
		}
	}
	if p.o.Records != nil && !p.found.records && !p.o.Records(0) {
		return &notFoundError{fmt.Sprintf("no such record (the run has records 0 to %d)", p.seq)}
	}
	return nil
}

type notFoundError struct{ text string }

func (e *notFoundError) Error() string { return e.text }
func (e *notFoundError) Unwrap() error { return ErrNotFound }
