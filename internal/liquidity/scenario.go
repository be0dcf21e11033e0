package liquidity

import (
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// ErrUnknown means that there is no reference experiment of that name.
var ErrUnknown = errors.New("unknown experiment")

// A Mode is how the costs of a policy are estimated.
type Mode string

const (
	// Deterministic costs are those of the one day there is.
	Deterministic Mode = "deterministic"
	// Bootstrap costs are means over days that are drawn from the payments of the given day.
	Bootstrap Mode = "bootstrap"
)

// A Scenario is an experiment: a day of payments, what it costs, and how long the banks search.
type Scenario struct {
	Name         string
	Description  string
	Banks        []string // in ascending order
	Ticks        int      // in a day
	Pool         provider.Cents
	LiquidityBps int64     // cost of liquidity per tick, in hundredths of a percent of what was set aside
	Payments     []Payment // in order of arrival
	Mode         Mode
	Samples      int // days drawn for an estimate; 1 if Deterministic
	MaxIter      int // iterations after which a search ends without converging
	Stable       int // consecutive iterations without a change of policy that count as convergence
}

const (
	bankA = iota
	bankB
)

func banks() []string { return []string{"BANK_A", "BANK_B"} }

// Names gives the names of the reference experiments.
func Names() []string { return []string{"exp1", "exp2", "exp3"} }

// Load gives the scenario of the reference experiment name, or [ErrUnknown].
func Load(name string) (*Scenario, error) {
	switch name {
	case "exp1":
		return &Scenario{
			Name: name, Description: "Two periods, two banks: what A owes B it can pay from what B paid A before",
			Banks: banks(), Ticks: 2, Pool: 100_000, LiquidityBps: 500,
			Payments: []Payment{
				{Arrival: 0, From: bankB, To: bankA, Amount: 15_000, Deadline: 1},
				{Arrival: 1, From: bankA, To: bankB, Amount: 15_000, Deadline: 2},
				{Arrival: 1, From: bankB, To: bankA, Amount: 5_000, Deadline: 2},
			},
			Mode: Deterministic, Samples: 1, MaxIter: 25, Stable: 5,
		}, nil
	case "exp2":
		payments, err := parsePayments(arrivalsTable, banks())
		if err != nil {
			return nil, err
		}
		return &Scenario{
			Name: name, Description: "Twelve periods, two banks: payments arrive at random, policies are judged on resampled days",
			Banks: banks(), Ticks: 12, Pool: 1_000_000, LiquidityBps: 83, Payments: payments,
			Mode: Bootstrap, Samples: 50, MaxIter: 50, Stable: 5,
		}, nil
	case "exp3":
		return &Scenario{
			Name: name, Description: "Three periods, two banks: the same payments in both directions at the same time",
			Banks: banks(), Ticks: 3, Pool: 100_000, LiquidityBps: 333,
			Payments: []Payment{
				{Arrival: 0, From: bankA, To: bankB, Amount: 20_000, Deadline: 2},
				{Arrival: 0, From: bankB, To: bankA, Amount: 20_000, Deadline: 2},
				{Arrival: 1, From: bankA, To: bankB, Amount: 20_000, Deadline: 2},
				{Arrival: 1, From: bankB, To: bankA, Amount: 20_000, Deadline: 2},
			},
			Mode: Deterministic, Samples: 1, MaxIter: 25, Stable: 5,
		}, nil
	}
	return nil, fmt.Errorf("%w %q: want one of %s", ErrUnknown, name, strings.Join(Names(), ", "))
}
