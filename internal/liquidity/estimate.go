package liquidity

import (
	"math/bits"

	"github.com/simexp/exparchive/provider"
)

// A sample is one day on which policies are judged.
type sample struct {
	seed uint64 // below 2^32
	day  *Scenario
}

// samples gives the days on which iteration n of the run with the given seed judges policies. A deterministic scenario
// has only its own day. Otherwise each sample draws, for every bank, as many of its outgoing payments as it has, with
// replacement; a drawn payment keeps its tick, amount and deadline.
func (s *Scenario) samples(seed uint64, n int) []sample {
	if s.Mode == Deterministic {
		return []sample{{seed: s.daySeed(seed, n), day: s}}
	}
	outgoing := make([][]Payment, len(s.Banks))
	for _, p := range s.Payments {
		outgoing[p.From] = append(outgoing[p.From], p)
	}
	list := make([]sample, s.Samples)
	for i := range list {
		own := *s.derive(seed, placeSample, uint64(n), uint64(i)) >> 32
		r := derive(uint64(own), placeSample)
		day := *s
		day.Payments = make([]Payment, 0, len(s.Payments))
		for _, payments := range outgoing {
			for range payments {
				day.Payments = append(day.Payments, payments[r.below(len(payments))])
			}
		}
		sortPayments(day.Payments)
		list[i] = sample{seed: uint64(own), day: &day}
	}
	return list
}

// daySeed gives the number by which iteration n calls its day.
func (s *Scenario) daySeed(seed uint64, n int) uint64 {
	return uint64(*s.derive(seed, placeDay, uint64(n)) >> 32)
}

// An estimate is what policies cost on a list of samples: days[i][bank] of sample i.
type estimate struct{ days [][]Day }

func estimateOn(samples []sample, shares []Fraction) estimate {
	e := estimate{make([][]Day, len(samples))}
	for i, s := range samples {
		e.days[i] = s.day.Settle(shares, nil)
	}
	return e
}

// mean gives the mean of f over the days of bank, rounded.
func (e estimate) mean(bank int, f func(Day) provider.Cents) provider.Cents {
	var total int64
	for _, days := range e.days {
		total += int64(f(days[bank]))
	}
	return provider.Cents(divideRound(total, int64(len(e.days))))
}

// costs gives every bank's mean cost.
func (e estimate) costs() []provider.Cents {
	costs := make([]provider.Cents, len(e.days[0]))
	for bank := range costs {
		costs[bank] = e.mean(bank, Day.Total)
	}
	return costs
}

// total gives the cost of sample i over all banks.
func (e estimate) total(i int) (total provider.Cents) {
	for _, d := range e.days[i] {
		total += d.Total()
	}
	return total
}

// counts gives how many payments of bank were due, how many settled and how many ticks they waited, over all samples.
func (e estimate) counts(bank int) (due, settled, waited int64) {
	for _, days := range e.days {
		due += int64(days[bank].Due)
		settled += int64(days[bank].Settled)
		waited += int64(days[bank].Waited)
	}
	return due, settled, waited
}

// Statistics of a list of amounts, in cents.
type statistics struct {
	sum       int64
	mean      int64 // rounded
	deviation int64 // standard deviation of the sample, rounded down; 0 for a single value
	low, high int64 // of the 95 % confidence interval of the mean, rounded outwards from hundredths
}

// describe computes the statistics of values, of which there is at least one; they must lie within ±10^9.
func describe(values []int64) statistics {
	var st statistics
	n := int64(len(values))
	for _, v := range values {
		st.sum += v
	}
	st.mean = divideRound(st.sum, n)
	st.low, st.high = st.mean, st.mean
	if n == 1 {
		return st
	}
	// The sum of the squares of n·(v - mean) needs 128 bits.
	var high, low uint64
	for _, v := range values {
		d := uint64(max(n*v-st.sum, st.sum-n*v))
		h, l := bits.Mul64(d, d)
		var carry uint64
		low, carry = bits.Add64(low, l, 0)
		high, _ = bits.Add64(high, h, carry)
	}
	// Over n²·(n-1) that is the variance, and over n once more the square of the standard error. The square of 1.96
	// standard errors in hundredths of a cent has the factor 196² = 38416.
	h, l := divide128(high, low, n, n, n-1)
	st.deviation = squareRoot128(h, l)
	carry, l := bits.Mul64(low, 38416)
	h, l = divide128(high*38416+carry, l, n, n, n-1, n)
	margin := (squareRoot128(h, l) + 99) / 100
	st.low, st.high = floorDivide(st.sum, n)-margin, -floorDivide(-st.sum, n)+margin
	return st
}

// divide128 divides a number of two words by each of the divisors, rounding down.
func divide128(high, low uint64, by ...int64) (uint64, uint64) {
	for _, d := range by {
		var rest uint64
		high, rest = bits.Div64(0, high, uint64(d))
		low, _ = bits.Div64(rest, low, uint64(d))
	}
	return high, low
}

// squareRoot128 gives the square root, rounded down, of a number below 2^126.
func squareRoot128(high, low uint64) int64 {
	var root uint64
	for bit := uint64(1) << 62; bit > 0; bit >>= 1 {
		h, l := bits.Mul64(root|bit, root|bit)
		if h < high || (h == high && l <= low) {
			root |= bit
		}
	}
	return int64(root)
}

// A verdict is what a comparison of a proposal with the policy in force came to.
type verdict struct {
	old, new provider.Cents // mean cost of the bank
	deltas   []int64        // per sample: how much cheaper the proposal is
	saving   statistics     // of deltas
	cost     statistics     // of the proposal's cost
	accepted bool
	reason   string
}

// judge compares two estimates on the same samples for one bank. In a deterministic scenario a proposal is accepted if
// it is cheaper. Otherwise it must be cheaper on average, its saving must differ from zero at the 95 % level, and the
// standard deviation of its cost must not be more than half its mean.
func judge(mode Mode, bank int, old, proposed estimate) verdict {
	v := verdict{old: old.mean(bank, Day.Total), new: proposed.mean(bank, Day.Total)}
	var costs []int64
	for i := range old.days {
		before, after := old.days[i][bank].Total(), proposed.days[i][bank].Total()
		v.deltas = append(v.deltas, int64(before-after))
		costs = append(costs, int64(after))
	}
	v.saving, v.cost = describe(v.deltas), describe(costs)
	switch {
	case v.saving.sum <= 0:
		v.reason = "cost_not_improved"
	case mode == Bootstrap && v.saving.low <= 0:
		v.reason = "not_significant"
	case mode == Bootstrap && 2*v.cost.deviation > v.cost.mean:
		v.reason = "too_variable"
	default:
		v.reason, v.accepted = "cost_improved", true
	}
	return v
}
