package liquidity

import (
	"slices"

	"github.com/simexp/exparchive/provider"
)

// Costs that are the same in every experiment. See [Scenario.Settle] for when they fall due.
const (
	delayTenths    = 2 // cost of delay per tick, in tenths of the queued amount
	overdueFactor  = 5 // by which delay costs more once a payment is overdue
	overduePenalty = 50_000
	unsettledFee   = 100_000
)

// A Payment is due in tick Arrival from bank From to bank To, which are indices into the scenario's banks.
type Payment struct {
	Arrival  int // tick, from 0
	From, To int
	Amount   provider.Cents // positive
	Deadline int            // last tick in which the payment is in time; may lie after the last tick of the day
}

// A Day is what one day of payments came to for one bank.
type Day struct {
	Liquidity provider.Cents // for the liquidity set aside
	Delay     provider.Cents // for payments waiting in the queue
	Overdue   provider.Cents // penalties for payments that missed their deadline
	Unsettled provider.Cents // fees for overdue payments that were still queued when the day ended
	Due       int            // outgoing payments
	Settled   int            // outgoing payments that settled
	Waited    int            // ticks that outgoing payments spent in the queue, in total
	Balance   provider.Cents // at the end of the day
}

// Total is the cost of the day.
func (d Day) Total() provider.Cents { return d.Liquidity + d.Delay + d.Overdue + d.Unsettled }

// An Entry is one line of the protocol of a day.
type Entry struct {
	Tick    int
	What    Happening
	Payment Payment
}

// Happening is what an [Entry] reports.
type Happening int

const (
	Settles  Happening = iota // in the tick in which it arrived
	Queues                    // for want of balance
	Released                  // settles from the queue
	Overdue                   // passed its deadline in the queue
	Remains                   // still queued at the end of the day
)

// String gives what happens in one word.
func (h Happening) String() string {
	return [...]string{"settles", "queues", "released", "overdue", "remains"}[h]
}

// A waiting payment is one in the queue.
type waiting struct {
	Payment
	overdue bool
}

// Settle plays a day in which each bank sets aside the given share of its pool, and gives what it came to for each.
// protocol, if not nil, is told what happens.
//
// In every tick the payments that arrive are submitted at once, and one settles in full if its bank's balance covers
// it; otherwise it queues. After the new payments the queue is tried from its head, passing over payments that the
// balance does not cover. What a bank receives in a tick is credited after settlement and can be spent from the next
// tick on. Then each bank pays for the tick: for the liquidity it set aside, at LiquidityBps hundredths of a percent;
// for delay, a fifth of what is queued, and five times as much for what is overdue; and a penalty once for every
// payment that became overdue. At the end of the last tick every queued payment whose deadline lay before it costs a
// fee. Both proportional costs are rounded to the nearest cent, halves up.
func (s *Scenario) Settle(shares []Fraction, protocol func(Entry)) []Day {
	if protocol == nil {
		protocol = func(Entry) {}
	}
	days := make([]Day, len(s.Banks))
	set := make([]provider.Cents, len(s.Banks)) // aside
	for i := range s.Banks {
		set[i] = shares[i].Of(s.Pool)
		days[i].Balance = set[i]
	}
	credits := make([]provider.Cents, len(s.Banks))
	pay := func(p Payment) bool {
		if days[p.From].Balance < p.Amount {
			return false
		}
		days[p.From].Balance -= p.Amount
		days[p.From].Settled++
		credits[p.To] += p.Amount
		return true
	}
	var queue []waiting
	next := 0
	for tick := range s.Ticks {
		waited := len(queue)
		for ; next < len(s.Payments) && s.Payments[next].Arrival <= tick; next++ {
			p := s.Payments[next]
			days[p.From].Due++
			if pay(p) {
				protocol(Entry{tick, Settles, p})
			} else {
				protocol(Entry{tick, Queues, p})
				queue = append(queue, waiting{Payment: p})
			}
		}
		kept := queue[:0]
		for i, w := range queue {
			if i < waited && pay(w.Payment) {
				protocol(Entry{tick, Released, w.Payment})
			} else {
				kept = append(kept, w)
			}
		}
		queue = kept
		for i := range days {
			days[i].Balance += credits[i]
			credits[i] = 0
		}
		s.charge(tick, days, set, queue, protocol)
	}
	return days
}

// charge adds the costs of one tick.
func (s *Scenario) charge(tick int, days []Day, set []provider.Cents, queue []waiting, protocol func(Entry)) {
	last := tick == s.Ticks-1
	weighted := make([]int64, len(days)) // queued amounts, overdue ones counted overdueFactor times
	for i := range queue {
		w := &queue[i]
		day := &days[w.From]
		day.Waited++
		if tick > w.Deadline && !w.overdue {
			w.overdue = true
			day.Overdue += overduePenalty
			protocol(Entry{tick, Overdue, w.Payment})
		}
		weight := int64(1)
		if w.overdue {
			weight = overdueFactor
		}
		weighted[w.From] += weight * int64(w.Amount)
		if last && w.Deadline < tick {
			day.Unsettled += unsettledFee
		}
		if last {
			protocol(Entry{tick, Remains, w.Payment})
		}
	}
	for i := range days {
		days[i].Liquidity += provider.Cents(divideRound(int64(set[i])*s.LiquidityBps, 10_000))
		days[i].Delay += provider.Cents(divideRound(weighted[i]*delayTenths, 10))
	}
}

// Costs gives each bank's cost of a day with the given shares.
func (s *Scenario) Costs(shares []Fraction) []provider.Cents {
	costs := make([]provider.Cents, len(s.Banks))
	for i, d := range s.Settle(shares, nil) {
		costs[i] = d.Total()
	}
	return costs
}

// sortPayments puts payments in the order in which they arrive; those of one tick keep their order.
func sortPayments(payments []Payment) {
	slices.SortStableFunc(payments, func(a, b Payment) int { return a.Arrival - b.Arrival })
}

func sum(costs []provider.Cents) (total provider.Cents) {
	for _, c := range costs {
		total += c
	}
	return total
}
