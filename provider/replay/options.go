package replay

import (
	"fmt"
	"slices"
)

// Options for [NewPrinter]. The zero value, or nil, prints header, summaries and footer without colour.
type Options struct {
	Verbose bool // all sections, events of unknown type and attachments

	Iterations bool // starts and evaluations
	Bootstrap  bool // simulations and the evaluation of samples
	LLM        bool // calls of language models
	Policy     bool // policies and proposals, parameter by parameter
	Rejections bool // rejected proposals and what is wrong with them
	Metrics    bool // statistics of iterations and of the run

	// Audit prints, in place of all of the above, every call of a language model in full.
	Audit bool

	// Agents, unless it is nil, are the agents of whom lines are printed: calls for them, events that name them as
	// agent_id, their lines of the summaries.
	Agents []string

	// Records, unless it is nil, chooses the records of which lines are printed by their positions, from 0 for the
	// start; the summary of an iteration is the line of its own record.
	Records func(seq int64) bool

	// Start and End are the first and the last iteration to print, inclusive; nil is no limit. Events about the run as a
	// whole are printed if they were recorded under one of them, or come before the first or behind the last of all.
	Start, End *int

	// Color adds ANSI escape sequences. Without them the text is the same.
	Color bool
}

// Validate checks the range.
func (o *Options) Validate() error {
	switch {
	case o.Start != nil && *o.Start < 0:
		return fmt.Errorf("start %d: iterations are numbered from 0", *o.Start)
	case o.End != nil && *o.End < 0:
		return fmt.Errorf("end %d: iterations are numbered from 0", *o.End)
	case o.Start != nil && o.End != nil && *o.Start > *o.End:
		return fmt.Errorf("start %d is after end %d", *o.Start, *o.End)
	}
	return nil
}

// filters tells whether less than whole iterations are printed.
func (o *Options) filters() bool { return o.Agents != nil || o.Records != nil }

// about tells whether lines about an agent are to be printed.
func (o *Options) about(id string) bool { return o.Agents == nil || slices.Contains(o.Agents, id) }

// within tells whether iteration n is to be printed.
func (o *Options) within(n int) bool {
	return (o.Start == nil || n >= *o.Start) && (o.End == nil || n <= *o.End)
}
