package replay

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// A block is what is known of the iteration that is being printed.
type block struct {
	open   bool
	shown  bool // within the range
	number int
	agents map[string]*agent
	record *provider.Iteration // nil until it comes
	summed bool                // it is one of the records that are printed
	total  []byte              // total_cost of an evaluation, as it is written
	audit  []*provider.Interaction
	torn   bool // records of it may have been skipped
}

// An agent is what is known of one agent in that iteration.
type agent struct {
	cost        []byte // of an evaluation, as it is written
	proposal    []byte // the latest; nil if there was none
	old         []byte // what it replaces, if an event said so
	proposals   int    // how many proposals there were
	table       bool   // an event printed the proposal parameter by parameter
	accepted    *bool  // by an event
	reason      string // of the decision, for printing
	told        bool   // the block has a line with the reason and the evaluation
	evaluation  string // old and new cost, for printing
	concealed   string // that the latest proposal was withheld, for printing
	failure     string // why there is no proposal, for printing
	failureTold bool   // the block has a line with it
	failedAfter bool   // failure came after the latest proposal
}

func (b *block) agent(id string) *agent {
	a := b.agents[id]
	if a == nil {
		a = new(agent)
		b.agents[id] = a
	}
	return a
}

// propose notes a proposal, and forgets what was decided about an earlier one.
func (a *agent) propose(policy []byte) {
	if isAbsent(policy) {
		return
	}
	if a.proposal == nil || !same(a.proposal, policy) {
		*a = agent{cost: a.cost, proposals: a.proposals + 1, proposal: policy}
	}
	a.failedAfter = false
}

// conceal notes a proposal that was taken out of the run.
func (a *agent) conceal(what string) {
	*a = agent{cost: a.cost, proposals: a.proposals + 1, concealed: what}
}

func (a *agent) fail(why string, told bool) {
	a.failure, a.failureTold, a.failedAfter = why, told, true
}

// enter makes n the iteration that is being printed.
func (p *Printer) enter(n int) {
	p.unknown.tail = false
	p.release(p.held.others)
	if p.block.open && p.block.number == n {
		return
	}
	p.leave()
	p.block = block{open: true, shown: p.o.within(n), number: n, agents: map[string]*agent{}, torn: p.unknown.next}
	p.unknown.next = false
	if p.block.torn && p.block.shown {
		p.unknown.needed = true
	}
	fresh := p.printed.add(n)
	if !p.block.shown || p.o.Audit {
		return
	}
	heading := "Iteration " + strconv.Itoa(n)
	if !fresh {
		heading += " (continued)"
	}
	if heading = p.style(bold, heading); p.o.filters() {
		p.heading = heading // until there is something below it
		return
	}
	p.blank()
	p.line(0, heading)
}

// leave ends the block with its summary.
func (p *Printer) leave() {
	b := &p.block
	if !b.open {
		return
	}
	b.open = false
	if b.torn {
		p.forget()
		p.unknown.next = false
		return
	}
	switch {
	case p.o.Audit:
		if b.shown {
			p.audit(b)
		}
	case b.shown && (p.o.Records == nil || b.summed):
		p.summary(b)
	}
	p.heading = ""
	p.remember(b)
	p.block = block{}
}

// remember keeps what the next block compares itself with.
func (p *Printer) remember(b *block) {
	if costs, total := b.costs(); len(costs) > 0 {
		p.previous, p.total = costs, total
		p.unknown.costs = false
	}
	if p.o.Agents != nil {
		for id := range b.ids() {
			p.wantsAgent(id)
		}
	}
	if b.record != nil {
		if withheld(b.record, "policies") != "" {
			clear(p.policies)
			p.unknown.policies = false
		}
		for id, policy := range b.record.Policies {
			p.policies[id] = policy
		}
	}
	for id, a := range b.agents {
		switch accepted := b.accepted(id); {
		case a.concealed != "":
			p.dropPolicy(id)
		case a.proposal == nil:
		case accepted == nil:
			p.dropPolicy(id)
		case *accepted:
			p.policies[id] = a.proposal
		}
	}
}

// accepted tells whether an agent's change was accepted: as the record has it, or else an event; nil if neither does.
func (b *block) accepted(id string) *bool {
	if b.record != nil {
		if known, ok := b.record.AcceptedChanges[id]; ok {
			return &known
		}
	}
	if a := b.agents[id]; a != nil {
		return a.accepted
	}
	return nil
}

// costs gives the costs of the iteration by agent, from its record or else from an evaluation, and their total: as the
// evaluation has it, or else their sum, which needs the cost of every agent of the iteration. total is nil if it is not
// known.
func (b *block) costs() (costs map[string]provider.Cents, total *provider.Cents) {
	costs = map[string]provider.Cents{}
	if b.record != nil {
		costs = b.record.Costs
	} else {
		for id, a := range b.agents {
			if c, err := provider.ParseCents(string(a.cost)); err == nil {
				costs[id] = c
			}
		}
	}
	if c, err := provider.ParseCents(string(b.total)); err == nil {
		return costs, &c
	}
	if len(costs) == 0 {
		return costs, nil
	}
	for id := range b.ids() {
		if _, ok := costs[id]; !ok && id != "" {
			return costs, nil
		}
	}
	sum := new(big.Int) // so that the order of adding does not matter
	for _, c := range costs {
		sum.Add(sum, big.NewInt(int64(c)))
	}
	if !sum.IsInt64() {
		return costs, nil
	}
	return costs, new(provider.Cents(sum.Int64()))
}

// ids gives the agents that the iteration says something about; "" stands for what names no agent.
func (b *block) ids() map[string]bool {
	ids := map[string]bool{}
	for id := range b.agents {
		ids[id] = true
	}
	if b.record != nil {
		for id := range b.record.Costs {
			ids[id] = true
		}
		for id := range b.record.AcceptedChanges {
			ids[id] = true
		}
		for id := range b.record.Policies {
			ids[id] = true
		}
	}
	return ids
}

// summary prints a line for each agent, and the total of several, "-" if it is not known.
func (p *Printer) summary(b *block) {
	costs, total := b.costs()
	ids := b.ids()
	if b.record != nil {
		for f := range provider.KindIteration.Committed() {
			if what := withheld(b.record, f.Name); what != "" {
				p.line(2, f.Name+" "+what)
			}
		}
	}
	if len(ids) == 0 {
		return
	}
	sorted := slices.Sorted(maps.Keys(ids))
	several := len(sorted) > 1 && p.o.Agents == nil
	sorted = slices.DeleteFunc(sorted, func(id string) bool { return !p.wantsAgent(id) })
	if p.o.Policy {
		for _, id := range sorted {
			if a := b.agents[id]; a != nil && a.proposal != nil && !a.table {
				p.line(2, agentName(id)+" proposal")
				p.proposal(b, id, a.proposal)
			}
		}
	}

	type row struct{ name, cost, change, text string }
	var rows []row
	for _, id := range sorted {
		r := row{name: agentName(id), cost: "-", text: p.outcome(b, id)}
		if c, ok := costs[id]; ok {
			r.cost = c.String()
			if before, ok := p.costBefore(id); ok {
				r.change = difference(before, c)
			}
		} else if a := b.agents[id]; a != nil && a.cost != nil && b.record == nil {
			r.cost = money(a.cost)
		}
		if id == "" && r.cost == "-" && r.text == "" {
			continue // calls that name no agent say nothing of one
		}
		rows = append(rows, r)
	}
	if several && (len(costs) > 0 || b.total != nil) {
		r := row{name: "total", cost: dash(money(b.total))}
		if total != nil {
			r.cost = total.String()
			if p.knowsCosts() && p.total != nil {
				r.change = difference(*p.total, *total)
			}
		}
		rows = append(rows, r)
	}
	var name, cost, change int
	for _, r := range rows {
		name, cost, change = max(name, len([]rune(r.name))), max(cost, len([]rune(r.cost))),
			max(change, len([]rune(r.change)))
	}
	for _, r := range rows {
		s := pad(r.name, name) + "  " + padLeft(r.cost, cost)
		switch {
		case r.change != "":
			colored := r.change
			switch r.change[0] {
			case '-':
				colored = p.style(green, colored)
			case '+':
				colored = p.style(red, colored)
			}
			s += "  " + padLeft("", change-len(r.change)) + colored
		case change > 0 && r.text != "":
			s += "  " + padLeft("", change)
		}
		if r.text != "" {
			s += "  " + r.text
		}
		p.line(2, s)
	}
}

func agentName(id string) string {
	if id == "" {
		return "-"
	}
	return escape(id)
}

// difference formats the change of a cost: "-$1.00", "+$1.00" or "=".
func difference(before, now provider.Cents) string {
	d := now - before
	switch {
	case now == before:
		return "="
	case (now > before) != (d > 0): // past 64 bits
		return ""
	case d > 0:
		return "+" + d.String()
	}
	return d.String()
}

// inForce gives the policy that an agent's proposal is compared with, or nil if none is known.
func (p *Printer) inForce(b *block, id string) []byte {
	if a := b.agents[id]; a != nil && a.old != nil {
		return a.old
	}
	if b.record != nil && b.record.Policies[id] != nil {
		return b.record.Policies[id]
	}
	return p.policy(id)
}

// proposal prints a proposal parameter by parameter.
func (p *Printer) proposal(b *block, id string, proposal []byte) {
	old := p.inForce(b, id)
	if old == nil {
		p.line(4, "proposed "+parametersOf(proposal))
		return
	}
	rows := changeTable(old, proposal)
	if len(rows) == 1 {
		p.line(4, repeats)
		return
	}
	p.table(4, "lrrr", rows)
}

// outcome tells what was decided about an agent, and then what was proposed for it.
func (p *Printer) outcome(b *block, id string) string {
	a := b.agents[id]
	if a == nil {
		a = new(agent)
	}
	d := p.decided(b, id)
	return join(p.verdict(a, d), p.proposed(b, id, d))
}

// decided gives the decision about an agent.
func (p *Printer) decided(b *block, id string) provider.Decision {
	a := b.agents[id]
	if a == nil {
		a = new(agent)
	}
	proposed := a.proposal != nil || a.concealed != ""
	refused := a.accepted != nil && a.failure == "" // by an event that does not have the proposal
	return provider.Decide(b.accepted(id), proposed || refused, p.repeats(b, id), a.failure != "")
}

// repeats tells whether the proposal for an agent is the policy in force, before the iteration and in it.
func (p *Printer) repeats(b *block, id string) bool {
	a := b.agents[id]
	if a == nil || a.proposal == nil || !same(p.inForce(b, id), a.proposal) {
		return false
	}
	before := p.policy(id)
	return a.old != nil || before == nil || same(before, a.proposal)
}

// verdict puts a decision into words: with its reason and the evaluation, unless the block has them already.
func (p *Printer) verdict(a *agent, d provider.Decision) string {
	reason, evaluation, failure := a.reason, a.evaluation, a.failure
	if a.told {
		reason, evaluation = "", ""
	}
	if a.failureTold {
		failure = ""
	}
	var s string
	switch d {
	case "":
		return ""
	case provider.DecisionNone:
		if a.failure == "" {
			return p.style(yellow, "no proposal recorded")
		}
		s = p.style(yellow, "no proposal")
		if strings.Contains(reason, a.failure) {
			reason = ""
		}
		reason = join(failure, reason)
	case provider.DecisionAccepted:
		s = p.style(green, string(d))
	case provider.DecisionRejected:
		s = p.style(red, string(d))
	default:
		s = p.style(yellow, string(d))
	}
	if reason != "" {
		s += ": " + reason
	}
	if evaluation != "" {
		s += " (" + evaluation + ")"
	}
	return s
}

// proposed tells what was proposed for an agent, and that nothing came of the calls behind it.
func (p *Printer) proposed(b *block, id string, d provider.Decision) string {
	a := b.agents[id]
	if a == nil {
		a = new(agent)
	}
	var s string
	switch {
	case a.proposal != nil:
		if old := p.inForce(b, id); d == provider.DecisionKept {
			s = ""
		} else if old != nil {
			s = describe(old, a.proposal)
		} else {
			s = "proposed " + parametersOf(a.proposal)
		}
		if a.proposals > 1 {
			s = words(" ", s, "(proposal "+strconv.Itoa(a.proposals)+")")
		}
	case a.concealed != "":
		s = "proposal " + a.concealed
	case a.failure == "" && b.record != nil && b.record.Policies[id] != nil && p.policy(id) != nil:
		if list := changes(p.policy(id), b.record.Policies[id]); len(list) > 0 {
			s = "new policy: " + describe(p.policy(id), b.record.Policies[id])
		}
	}
	if a.failure != "" && d != provider.DecisionNone && (a.failedAfter || a.proposal == nil && a.concealed == "") {
		after := p.style(yellow, "no proposal after it")
		if a.proposal == nil && a.concealed == "" {
			after = p.style(yellow, "no proposal recorded")
		}
		if !a.failureTold {
			after += ": " + a.failure
		}
		s = join(s, after)
	}
	return s
}

// join puts two phrases behind each other.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
