package series

import (
	"fmt"
	"iter"
	"maps"
	"math/big"
	"slices"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/provider"
)

// A CostOf says what the cost of a run is.
type CostOf string

const (
	CostFinal CostOf = "final" // as the result has it
	CostBest  CostOf = "best"  // as the result has it
	CostSum   CostOf = "sum"   // of all iterations
	CostMean  CostOf = "mean"  // of an iteration: the sum divided by their number, rounded half to even
)

// CostsOf are all of them.
var CostsOf = []CostOf{CostFinal, CostBest, CostSum, CostMean}

// Total gives what the rows of one iteration cost together; nil if one of the agents has no cost, or none has. Agents
// that only events of columns name do not count. A sum past the range of cents is an error.
func Total(rows []Row) (*provider.Cents, error) { return totalOfRows(rows, byProposal) }

// totalOfRows is Total of the agents who are known by something at least as sure.
func totalOfRows(rows []Row, known knownBy) (*provider.Cents, error) {
	counts := func(r *Row) bool { return r.Agent != "" && r.known <= known }
	some := false
	for i := range rows {
		if !counts(&rows[i]) {
			continue
		}
		if rows[i].Cost == nil {
			return nil, nil
		}
		some = true
	}
	if !some {
		return nil, nil
	}
	return sumOf(func(yield func(provider.Cents) bool) {
		for i := range rows {
			if counts(&rows[i]) && !yield(*rows[i].Cost) {
				return
			}
		}
	})
}

// A total is what an iteration cost all agents.
type total struct {
	iteration int
	cost      *provider.Cents // as by [Total]
	err       error
}

// TotalOf is [Total] for a record.
func TotalOf(it *provider.Iteration) (*provider.Cents, error) {
	t := totalOf(it)
	return t.cost, t.err
}

func totalOf(it *provider.Iteration) total {
	t := total{iteration: it.Number}
	costs := func(agent string) bool { _, ok := it.Costs[agent]; return ok }
	for agent := range it.AcceptedChanges {
		if !costs(agent) {
			return t
		}
	}
	for agent := range it.Policies {
		if !costs(agent) {
			return t
		}
	}
	if len(it.Costs) > 0 {
		t.cost, t.err = sumOf(maps.Values(it.Costs))
	}
	return t
}

// sumOf adds up cents. A sum past their range is an error, whatever the order.
func sumOf(costs iter.Seq[provider.Cents]) (*provider.Cents, error) {
	const half, mask = 32, 1<<32 - 1
	var high, low int64 // high halves, and low ones
	for c := range costs {
		high, low = high+int64(c)>>half, low+int64(c)&mask
	}
	high, low = high+low>>half, low&mask
	if high != int64(int32(high)) {
		sum := new(big.Int).Lsh(big.NewInt(high), half)
		return cents(sum.Add(sum, big.NewInt(low)))
	}
	return new(provider.Cents(high<<half | low)), nil
}

// Cost gives the cost of a run. It is absent where it was not recorded, and a sum or a mean where one of its parts was
// not: no part stands for the whole.
func (r *Run) Cost(of CostOf) (*provider.Cents, error) { return r.PartCost(of, nil, nil) }

// PartCost is Cost for some agents in some iterations; no agents and a nil span are all. Of a part, final is what its
// last iteration cost and best what the cheapest did.
func (r *Run) PartCost(of CostOf, agents []string, span *provider.Span) (*provider.Cents, error) {
	if !slices.Contains(CostsOf, of) {
		return nil, fmt.Errorf("no cost %q of a run", of)
	}
	if len(agents) == 0 && span == nil && (of == CostFinal || of == CostBest) {
		switch {
		case r.Result == nil:
			return nil, nil
		case of == CostFinal:
			return r.Result.FinalCost, nil
		}
		return r.Result.BestCost, nil
	}
	sum, n := new(big.Int), int64(0)
	var last, best *provider.Cents
	whole := true // there is no iteration of unknown cost
	for t := range r.costs(agents, span) {
		if t.err != nil {
			return nil, t.err
		}
		last = t.cost
		n++
		if last == nil {
			whole = false
			continue
		}
		sum.Add(sum, big.NewInt(int64(*last)))
		if best == nil || *last < *best {
			best = last
		}
	}
	switch {
	case n == 0 || !whole && of != CostFinal:
		return nil, nil
	case of == CostFinal:
		return last, nil
	case of == CostBest:
		return best, nil
	case of == CostMean:
		sum = decimal.Round(new(big.Rat).SetFrac(sum, big.NewInt(n)))
	}
	return cents(sum)
}

// costs yields what each finished iteration of a span cost some agents; no agents are all that its record names. It is
// the same whatever columns and decisions the run was read with.
func (r *Run) costs(agents []string, span *provider.Span) iter.Seq[total] {
	return func(yield func(total) bool) {
		for _, t := range r.totals {
			if span.Has(t.iteration) && !yield(t) {
				return
			}
		}
		if r.totals != nil {
			return
		}
		for rows := range r.ByIteration() {
			number := rows[0].Iteration
			if rows[0].open || !span.Has(number) {
				continue
			}
			if len(agents) > 0 {
				rows = slices.DeleteFunc(slices.Clone(rows), func(x Row) bool { return !slices.Contains(agents, x.Agent) })
			}
			cost, err := totalOfRows(rows, byRecord)
			if !yield(total{number, cost, err}) {
				return
			}
		}
	}
}

// Derived reports whether the program computed the cost, be it here or when it read an old database.
func (r *Run) Derived(of CostOf) bool {
	subject := map[CostOf]string{CostFinal: "/final_cost", CostBest: "/best_cost"}[of]
	return subject == "" || slices.ContainsFunc(r.Notes, func(n provider.Note) bool {
		return n.Kind == "derived" && n.Subject == subject
	})
}

// A Spread is the mean, the least and the greatest of costs.
type Spread struct {
	N           int
	Mean        *provider.Cents // rounded half to even; nil for no costs, as are the others
	Least, Most *provider.Cents
}

// SpreadOf gives the spread of costs, of which absent ones do not count.
func SpreadOf(costs []*provider.Cents) Spread {
	var s Spread
	sum := new(big.Int)
	for _, c := range costs {
		if c == nil {
			continue
		}
		s.N++
		sum.Add(sum, big.NewInt(int64(*c)))
		if s.Least == nil || *c < *s.Least {
			s.Least = c
		}
		if s.Most == nil || *c > *s.Most {
			s.Most = c
		}
	}
	if s.N > 0 {
		mean := decimal.Round(new(big.Rat).SetFrac(sum, big.NewInt(int64(s.N)))) // between two that fit
		s.Mean = new(provider.Cents(mean.Int64()))
	}
	return s
}

func cents(n *big.Int) (*provider.Cents, error) {
	if !n.IsInt64() {
		return nil, fmt.Errorf("a sum of costs of %d cents is past the range of a 64-bit integer", n)
	}
	return new(provider.Cents(n.Int64())), nil
}

// Change gives by how much of base x differs from it, in percent, rounded half to even to some places; empty if one of
// the two is absent or base is zero.
func Change(x, base *provider.Cents, places int) string {
	if x == nil || base == nil {
		return ""
	}
	return change(big.NewRat(int64(*x), 1), big.NewRat(int64(*base), 1), places)
}

func change(x, base *big.Rat, places int) string {
	if base.Sign() == 0 {
		return ""
	}
	by := new(big.Rat).Quo(x, base)
	by.Sub(by, big.NewRat(1, 1))
	if base.Sign() < 0 {
		by.Neg(by) // a growth is positive
	}
	return decimal.Format(by.Mul(by, big.NewRat(100, 1)), places)
}
