package verify

import (
	"cmp"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// An iterationRow is what is kept of a row of the table of iterations.
type iterationRow struct {
	number int64
	seq    int64 // of the iteration record, if it was recorded
	own    bool  // it was
	met    bool  // a record of it was
	said   tables.Span
	found  tables.Span // of the records that were met so far
}

func (v *content) iterationRows() {
	r := v.rows(tables.TableIteration)
	total := int64(0)
	for r.next() {
		c := v.checkerOf(r)
		c.iteration("number", r.key)
		row := iterationRow{number: r.key, said: tables.SpanOf(r.values)}
		if seq := r.values[tables.IterationSeq]; seq.Kind != btree.Null {
			row.seq, row.own = seq.Int, true
		} else {
			for i := tables.IterationTimestamp; i <= tables.IterationPolicies; i++ {
				if r.values[i].Kind != btree.Null {
					c.add(sxNotRecorded, c.at(r.columns[i].Name), "a value, but there is no seq and so no record")
				}
			}
		}
		for i := tables.IterationEvents; i <= tables.IterationBytes; i++ {
			if n := r.values[i].Int; n < 0 {
				c.add(sxNegative, c.at(r.columns[i].Name), "%d is negative", n)
			}
		}
		if n := max(row.said.Bytes, 0); n <= math.MaxInt64-total {
			total += n
		} else {
			total = math.MaxInt64
		}
		v.iterations = append(v.iterations, row)
	}
	most := tables.TextLimit(v.size)
	if v.proportionate = total <= most; !v.proportionate && v.sealed { // a live file grows
		v.add(sxProportion, Place{Table: r.table},
			"%d bytes of text in a file of %d bytes, which may have %d", total, v.size, most)
	}
}

// recordedIterations gives where the rows of iterations that were recorded are, in the order of their records.
func (v *content) recordedIterations() (order []int32) {
	for i := range v.iterations {
		if v.iterations[i].own {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(i, j int32) int {
		return cmp.Or(cmp.Compare(v.iterations[i].seq, v.iterations[j].seq), cmp.Compare(i, j))
	})
	return order
}

// count notes a record of an iteration with so many bytes of text. It gives nil if the iteration has no row.
func (r *recordReader) count(seq, number, size int64, kind provider.Kind) *iterationRow {
	v := r.v
	if r.last == nil || r.last.number != number {
		i, ok := slices.BinarySearchFunc(v.iterations, number, func(x iterationRow, n int64) int {
			return cmp.Compare(x.number, n)
		})
		if !ok {
			if !r.missing[number] {
				v.add(sxSpanRows, Place{Table: tables.TableIteration, Record: &seq}, "no row for iteration %d", number)
			}
			if len(r.missing) < maxProblems {
				r.missing[number] = true
			}
			return nil
		}
		r.last = &v.iterations[i]
	}
	s := &r.last.found
	if !r.last.met {
		r.last.met, s.First = true, seq
	}
	s.Last = seq
	s.Bytes = min(s.Bytes, math.MaxInt64-size) + size
	switch kind {
	case provider.KindEvent:
		s.Events++
	case provider.KindInteraction:
		s.Interactions++
	}
	return r.last
}

// compareSpans compares what the rows of iterations say with the records.
func (v *content) compareSpans() {
	for i := range v.iterations {
		got, want := v.iterations[i].said, v.iterations[i].found
		place := Place{Table: tables.TableIteration, Row: &v.iterations[i].number}
		if !v.iterations[i].met {
			v.add(sxSpanRows, place, "no record belongs to iteration %d", v.iterations[i].number)
			continue
		}
		if got.First != want.First || got.Last != want.Last {
			v.add(sxSpanEnds, place, "records %d to %d, want %d to %d", got.First, got.Last, want.First, want.Last)
		}
		if got.Events != want.Events || got.Interactions != want.Interactions {
			v.add(sxSpanCounts, place,
				"%d events and %d interactions, want %d and %d", got.Events, got.Interactions, want.Events, want.Interactions)
		}
		if got.Bytes != want.Bytes && v.proportionate {
			v.add(sxSpanBytes, place, "%d bytes of text, want %d", got.Bytes, want.Bytes)
		}
	}
}
