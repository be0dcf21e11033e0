package papercmd

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// A part is what of runs a table is about: flags, and what of it was found.
type part struct {
	agents     []string
	start, end int

	chosen *provider.Span  // the iterations; nil is all
	seen   map[string]bool // agents, and the empty name
	within bool            // there is an iteration among the chosen ones
	first  *int            // iteration of the runs
	last   int
}

func (f *part) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.agents, "agent", nil, "only what is of this `agent`; several with commas")
	flags.IntVar(&f.start, "start", -1, "only iterations from this `number` on")
	flags.IntVar(&f.end, "end", -1, "only iterations up to this `number`")
	cli.NoDefault(cmd, "start", "end")
}

// check reads the flags.
func (f *part) check(cmd *cobra.Command) error {
	f.seen = map[string]bool{}
	from, to := cmd.Flags().Changed("start"), cmd.Flags().Changed("end")
	s := provider.Span{First: f.start, Last: f.end}
	switch {
	case slices.Contains(f.agents, ""):
		return cli.Usagef("%s: --agent: the name of an agent is empty", cli.Called(cmd))
	case from && f.start < 0 || to && f.end < 0:
		return cli.Usagef("%s: iterations have numbers from 0", cli.Called(cmd))
	case from && to && f.start > f.end:
		return cli.Usagef("%s: --start %d is behind --end %d", cli.Called(cmd), f.start, f.end)
	case !from && !to:
		return nil
	case !to:
		s.Last = math.MaxInt
	}
	f.chosen = &s
	return nil
}

// has reports whether rows of an agent are chosen.
func (f *part) has(agent string) bool { return len(f.agents) == 0 || slices.Contains(f.agents, agent) }

// see takes note of the rows of a run.
func (f *part) see(rows []series.Row) {
	for i := range rows {
		n := rows[i].Iteration
		f.seen[rows[i].Agent] = true
		f.within = f.within || f.chosen.Has(n)
		if f.first == nil || n < *f.first {
			f.first = &n
		}
		f.last = max(f.last, n)
	}
}

// missing reports an agent that no run has, or that none has the iterations.
func (f *part) missing() error {
	for _, agent := range f.agents {
		if !f.seen[agent] {
			have := slices.DeleteFunc(slices.Sorted(maps.Keys(f.seen)), func(a string) bool { return a == "" })
			return fmt.Errorf("no agent %q (the runs have %s)", agent, cmp.Or(strings.Join(have, ", "), "none"))
		}
	}
	if f.chosen == nil || f.within {
		return nil
	}
	which := fmt.Sprintf("from %d to %d", f.chosen.First, f.chosen.Last)
	switch {
	case f.chosen.Last == math.MaxInt:
		which = fmt.Sprintf("from %d on", f.chosen.First)
	case f.chosen.First < 0:
		which = fmt.Sprintf("up to %d", f.chosen.Last)
	}
	if f.first == nil {
		return fmt.Errorf("no iteration %s (the runs have none)", which)
	}
	return fmt.Errorf("no iteration %s (the runs have them from %d to %d)", which, *f.first, f.last)
}
