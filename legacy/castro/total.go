package castro

import (
	"math/big"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// A total is what an iteration cost over all agents.
type total struct {
	iteration int
	cents     *provider.Cents // nil if it cannot be known: a part of the sum would be no total
}

// totals are those of every iteration of a run.
type totals []total

// last gives the total of the last iteration; nil if there is none.
func (t totals) last() *total {
	if len(t) == 0 {
		return nil
	}
	last := slices.MaxFunc(t, func(a, b total) int { return a.iteration - b.iteration })
	return &last
}

// lowest gives the lowest total, of the first iteration that has it, or the first one that cannot be known, since it
// might be lower; nil if there is none.
func (t totals) lowest() (lowest *total) {
	for _, x := range slices.SortedFunc(slices.Values(t), func(a, b total) int { return a.iteration - b.iteration }) {
		if x.cents == nil {
			return &x
		}
		if lowest == nil || *x.cents < *lowest.cents {
			lowest = &x
		}
	}
	return lowest
}

// derive gives the total that stands for a cost of the result, and notes why where it does not.
func (b *builder) derive(cost, iteration string, t *total) *provider.Cents {
	if t == nil {
		return nil
	}
	if t.cents == nil {
		b.note(noteDerived, aboutCost(cost), "the %s is left out of the result: the total of %s %d cannot be known", cost,
			iteration, t.iteration)
	}
	return t.cents
}

// aboutCost gives the subject of a note about a cost of the result.
func aboutCost(cost string) string { return provider.Subject(strings.ReplaceAll(cost, " ", "_")) }

// sumOf adds the costs of all agents; nil if one has none or the sum does not fit.
func sumOf(costs map[string]provider.Cents, agents map[string]bool) *provider.Cents {
	if len(costs) == 0 {
		return nil
	}
	for agent := range agents {
		if _, ok := costs[agent]; !ok {
			return nil
		}
	}
	sum := new(big.Int) // in which no order of adding is past the end
	for _, c := range costs {
		sum.Add(sum, big.NewInt(int64(c)))
	}
	if !sum.IsInt64() {
		return nil
	}
	return new(provider.Cents(sum.Int64()))
}
