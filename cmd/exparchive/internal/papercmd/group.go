package papercmd

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/series"
)

// A group is what several runs come to together.
type group struct {
	converged, known int // of so many it was recorded whether they did
	sum              int // of iterations
	least, greatest  int
	runs             int
}

func groupOf(all []*series.Run) group {
	g := group{runs: len(all)}
	for i, run := range all {
		if c := converged(run); c != nil {
			g.known++
			if *c {
				g.converged++
			}
		}
		n := run.Iterations
		g.sum += n
		if i == 0 {
			g.least = n
		}
		g.least, g.greatest = min(g.least, n), max(g.greatest, n)
	}
	return g
}

// mean gives the mean number of iterations, to one place.
func (g group) mean() string { return decimal.Format(big.NewRat(int64(g.sum), int64(g.runs)), 1) }

// noAgent reports an agent that no run has.
func noAgent(agent string, seen map[string]bool) error {
	have := slices.DeleteFunc(slices.Sorted(maps.Keys(seen)), func(a string) bool { return a == "" })
	return fmt.Errorf("no agent %q (the runs have %s)", agent, cmp.Or(strings.Join(have, ", "), "none"))
}
