package replay

import "github.com/simexp/exparchive/provider"

// held is what is printed of the run as a whole only if no iteration follows, and what comes behind it.
type held struct {
	all    []byte // in its order
	others []byte // of it, what is printed in any case
}

// aboutRun prints an event about the run as a whole. One that was recorded under an iteration that is not printed, nor
// in front of all iterations, waits for the end of the run.
func (p *Printer) aboutRun(e *provider.Event, print func()) {
	if len(p.printed) == 0 || p.o.within(e.Iteration) {
		print()
		return
	}
	if e.Type != "experiment_start" { // which stands in a block
		p.leave()
	}
	begin := len(p.out)
	print()
	p.held.all = append(p.held.all, p.out[begin:]...)
	p.out = p.out[:begin]
}

// holdBehind keeps what was printed behind what waits in its order.
func (p *Printer) holdBehind() {
	if p.held.all != nil {
		p.held.all = append(p.held.all, p.out...)
		p.held.others = append(p.held.others, p.out...)
		p.out = p.out[:0]
	}
}

// release prints what has waited, of which text is left.
func (p *Printer) release(text []byte) {
	p.out = append(p.out, text...)
	p.held = held{}
}
