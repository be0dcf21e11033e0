package castro

import (
	"cmp"
	"slices"

	"github.com/simexp/exparchive/provider"
)

// A placed record knows its place in the run.
type placed struct {
	record    provider.Record
	iteration int
	at        string // time, as text that sorts
	rank      int    // among records of the same time
}

// inOrder sorts records by iteration, time and rank; those that are equal keep their order. Iteration comes first
// because the times are local ones: clocks are set back once a year.
func inOrder(p []placed) {
	slices.SortStableFunc(p, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.iteration, b.iteration), cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank))
	})
}

// merge puts the records of others among those of the main sequence, which keeps its order: each before the first
// record of its iteration that is later, or of a later iteration.
func merge(sequence, others []placed) []provider.Record {
	inOrder(others)
	all := make([]provider.Record, 0, len(sequence)+len(others))
	for _, p := range sequence {
		for len(others) > 0 && (others[0].iteration < p.iteration || others[0].iteration == p.iteration &&
			others[0].at < p.at) {
			all = append(all, others[0].record)
			others = others[1:]
		}
		all = append(all, p.record)
	}
	for _, p := range others {
		all = append(all, p.record)
	}
	return all
}

func recordsOf(p []placed) []provider.Record {
	all := make([]provider.Record, len(p))
	for i := range p {
		all[i] = p[i].record
	}
	return all
}
