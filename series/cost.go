package series

import (
	"fmt"
	"math/big"

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

// Total gives what the rows of one iteration cost together; nil if one of the agents has no cost, or none has. A sum
// past the range of cents is an error.
func Total(rows []Row) (*provider.Cents, error) {
	sum, some := new(big.Int), false
	for _, r := range rows {
		if r.Agent == "" {
			continue
		}
		if r.Cost == nil {
			return nil, nil
		}
		sum.Add(sum, big.NewInt(int64(*r.Cost)))
		some = true
	}
	if !some {
		return nil, nil
	}
	return cents(sum)
}

// Cost gives the cost of a run. It is absent where it was not recorded, and a sum or a mean where one of its parts was
// not: no part stands for the whole.
func (r *Run) Cost(of CostOf) (*provider.Cents, error) {
	switch of {
	case CostFinal, CostBest:
		if r.Result == nil {
			return nil, nil
		}
		if of == CostFinal {
			return r.Result.FinalCost, nil
		}
		return r.Result.BestCost, nil
	case CostSum, CostMean:
	default:
		return nil, fmt.Errorf("no cost %q of a run", of)
	}
	sum, n := new(big.Int), int64(0)
	for rows := range r.ByIteration() {
		total, err := Total(rows)
		if total == nil || err != nil {
			return nil, err
		}
		sum.Add(sum, big.NewInt(int64(*total)))
		n++
	}
	switch {
	case n == 0:
		return nil, nil
	case of == CostMean:
		sum = decimal.Round(new(big.Rat).SetFrac(sum, big.NewInt(n)))
	}
	return cents(sum)
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
	if x == nil || base == nil || *base == 0 {
		return ""
	}
	change := new(big.Rat).SetFrac(big.NewInt(int64(*x)), big.NewInt(int64(*base)))
	change.Sub(change, big.NewRat(1, 1))
	if *base < 0 {
		change.Neg(change) // a growth of the cost is positive
	}
	return decimal.Format(change.Mul(change, big.NewRat(100, 1)), places)
}
