package replay

import "fmt"

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

	// Start and End are the first and the last iteration to print, inclusive; nil is no limit.
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

// within tells whether iteration n is to be printed.
func (o *Options) within(n int) bool {
	return (o.Start == nil || n >= *o.Start) && (o.End == nil || n <= *o.End)
}
