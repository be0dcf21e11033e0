package liquidity

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// systemPrompt is the same in every call of every experiment.
const systemPrompt = `You are an optimiser of cash management policies in a real-time gross settlement system (RTGS).

You act for one bank. At the start of a day the bank decides which share of its liquidity pool it sets aside for payments. What is set aside costs money in every tick, whether it is used or not. Payments that the balance does not cover wait in a queue, and waiting costs money too. Payments that arrive from other banks add to the balance, so what the others do matters, but you see neither their policies nor their costs.

In every iteration you are given the rules, the prices, the payments of your bank, what happened under its present policy, and the history of its policies and their costs. You answer with one policy. It is compared with the present policy on the same payments, and it replaces the present policy only if it is cheaper.

Answer with one JSON object and nothing else. Its members are:

- "explanation": one or two sentences that say why you propose this policy.
- "version": the string "2.0".
- "policy_id": a name for the policy, unique in the run.
- "parameters": an object with the member "initial_liquidity_fraction", a decimal number from 0 to 1 with at most three decimals.
- "payment_tree": the decision for each payment, an object with "type", "node_id" and "action".
- "bank_tree": the decision for the bank in each tick, an object of the same form.

A node of type "action" needs no condition. The only action allowed for payments is "Release", the only one for the bank is "NoAction". A policy that breaks a rule is refused without being tried, and the present policy stays.

Example:

{"explanation":"The queue stayed empty, so less liquidity will do.","version":"2.0","policy_id":"BANK_X-007","parameters":{"initial_liquidity_fraction":0.35},"payment_tree":{"type":"action","node_id":"release_all","action":"Release"},"bank_tree":{"type":"action","node_id":"hold","action":"NoAction"}}

Think about three questions before you answer. Did any payment wait, and for how long? How much of what was set aside was never used? Which payments of others arrive early enough to pay for your own? A small share that lets a payment wait for one tick can be dearer than a large share that is never used, because waiting costs a fifth of the amount in every tick.`

// rulesSection is the same in every call of every experiment.
const rulesSection = `## Rules of the day
The day consists of ticks, counted from 0. In each tick the payments that arrive are submitted at once.
A payment settles in full if the balance of its bank covers it, otherwise it joins the queue. There are no partial payments and there is no overdraft.
After the new payments the queue is tried from its head; a payment that the balance does not cover is passed over.
What a bank receives in a tick is credited after settlement and can be spent from the next tick on.
A payment is overdue from the tick after its deadline until it settles. Payments that are overdue when the day ends are settled by the operator for a fee.`

// priceSection gives the prices; it is the same in every call of a run.
func (s *Scenario) priceSection() string {
	return fmt.Sprintf(`## Prices
| what | price |
|---|---|
| liquidity set aside | %d basis points of the amount per tick, for %d ticks |
| waiting in the queue | 20 %% of the amount per tick |
| waiting in the queue, overdue | 100 %% of the amount per tick |
| becoming overdue | %v per payment, once |
| overdue at the end of the day | %v per payment |
| pool | %v |`,
		s.LiquidityBps, s.Ticks, provider.Cents(overduePenalty), provider.Cents(unsettledFee), s.Pool)
}

// paymentSection lists the payments of one bank; it is the same in all its calls.
func (s *Scenario) paymentSection(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Payments of %s\n| tick | direction | amount | deadline |\n|---|---|---|---|", s.Banks[i])
	for _, p := range s.Payments {
		switch i {
		case p.From:
			fmt.Fprintf(&b, "\n| %d | out | %v | %d |", p.Arrival, p.Amount, p.Deadline)
		case p.To:
			fmt.Fprintf(&b, "\n| %d | in, if the sender pays at once | %v | |", p.Arrival, p.Amount)
		}
	}
	return b.String()
}

// daySection tells what happened to the outgoing payments of one bank.
func (s *Scenario) daySection(i int, day Day, protocol []Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## The last day\nSettled %d of %d payments, waited %d ticks in total, balance at the end %v.\n",
		day.Settled, day.Due, day.Waited, day.Balance)
	fmt.Fprintf(&b, "Cost %v: liquidity %v, waiting %v, deadlines %v, end of day %v.",
		day.Total(), day.Liquidity, day.Delay, day.Overdue, day.Unsettled)
	for _, e := range protocol {
		if e.Payment.From == i {
			fmt.Fprintf(&b, "\ntick %d: payment of %v %v", e.Tick, e.Payment.Amount, e.What)
		}
	}
	return b.String()
}

// userPrompt puts the prompt of one call together. Its sections stand between empty lines; most of them come back in
// later calls as they are.
func (s *Scenario) userPrompt(n, i int, b *bank, day Day, protocol []Entry) string {
	sections := []string{
		fmt.Sprintf("# Iteration %d of %d, %s", n+1, s.MaxIter, s.Banks[i]),
		rulesSection,
		s.priceSection(),
		s.paymentSection(i),
		"## History of your policies",
	}
	sections = append(sections, b.past...)
	sections = append(sections,
		s.daySection(i, day, protocol),
		fmt.Sprintf("## Your task\nThe present policy sets %v of the pool aside. Propose a policy that costs %s less.",
			b.share, s.Banks[i]),
	)
	return strings.Join(sections, "\n\n")
}

// remember adds what became of an iteration to the history of a bank.
func (b *bank) remember(n int, share Fraction, cost provider.Cents, outcome string) {
	b.past = append(b.past, fmt.Sprintf("Iteration %d: set %v aside, cost %v. %s", n+1, share, cost, outcome))
}
