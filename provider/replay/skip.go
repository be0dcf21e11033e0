package replay

import "github.com/simexp/exparchive/provider"

// unknown says what the printer does not know since records were skipped.
type unknown struct {
	next     bool // what the block that comes next began with
	tail     bool // whether records of iterations come behind what was skipped last
	costs    bool // those of the latest iteration that had any
	policies bool // those in force, but for the ones that are in the map
	needed   bool // something of that would have been printed
}

// Skip says that the next records of the run are not given to the printer, of which some are iterations. What is
// printed of the others is the same if [Printer.Whole] says so. Begin and Finish are never left out.
func (p *Printer) Skip(records, iterations int64) {
	if p.block.open && p.block.shown || len(p.printed) == 0 {
		p.unknown.needed = true
	}
	p.unknown.tail = true
	p.release(p.held.others)
	p.seq += records
	p.recorded += int(iterations)
	p.forget()
}

// Whole reports whether what was printed is what would have been if no record had been skipped, provided that all
// records of the iterations from Start to End were there, and all notes and attachments.
func (p *Printer) Whole() bool { return !p.unknown.needed }

// Begun reports whether a record of an iteration has come. What comes before is printed whatever Options choose.
func (p *Printer) Begun() bool { return len(p.printed) > 0 }

// forget makes unknown what depends on records that the printer has not seen.
func (p *Printer) forget() {
	p.block, p.heading = block{}, ""
	clear(p.policies)
	p.previous, p.total = map[string]provider.Cents{}, nil
	p.unknown.next, p.unknown.costs, p.unknown.policies = true, true, true
}

// knowsCosts is asked when the costs of the latest iteration are needed.
func (p *Printer) knowsCosts() bool {
	p.unknown.needed = p.unknown.needed || p.unknown.costs
	return !p.unknown.costs
}

// costBefore gives what an agent cost in the latest iteration that had costs.
func (p *Printer) costBefore(id string) (provider.Cents, bool) {
	c, ok := p.previous[id]
	return c, p.knowsCosts() && ok
}

// policy gives the policy of an agent that is in force, nil if none is known.
func (p *Printer) policy(id string) []byte {
	policy, ok := p.policies[id]
	p.unknown.needed = p.unknown.needed || !ok && p.unknown.policies
	return policy
}

// dropPolicy says that it is not known any more which policy of an agent is in force.
func (p *Printer) dropPolicy(id string) {
	if p.unknown.policies {
		p.policies[id] = nil
	} else {
		delete(p.policies, id)
	}
}
