package liquidity

import "slices"

// Reach is how far a bank moves its share in one iteration at most.
const Reach = 10 * Percent

// BestResponse gives the share of bank, on the grid of whole percents, that costs it least while the others keep
// theirs; the smaller one of several. Only shares at most reach from the present one are looked at; [One] looks at all.
func (s *Scenario) BestResponse(shares []Fraction, bank int, reach Fraction) Fraction {
	trial := slices.Clone(shares)
	low, high := max(0, shares[bank]-reach), min(One, shares[bank]+reach)
	best := shares[bank]
	lowest := s.Costs(shares)[bank]
	for f := (low + Percent - 1) / Percent * Percent; f <= high; f += Percent {
		trial[bank] = f
		if c := s.Costs(trial)[bank]; c < lowest || (c == lowest && f < best) {
			best, lowest = f, c
		}
	}
	return best
}
