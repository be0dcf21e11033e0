package salvage

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A guess is a row of which it is not known whether it is of the event types or of the sections.
type guess struct {
	place
	length int    // of its text
	as     string // the table that it was taken to be of
}

// guesses are all of them.
type guesses struct {
	byKey   map[int64][]guess
	byImage map[int64][]int64 // keys
	// choice says which of several rows is taken for a key, the likeliest one being 0.
	choice int
	taken  []guess // for the record that was read last
}

// most is how many rows are tried for a key.
const most = 4

// noteAlike takes down a row of the event types or of the sections, which of the two if that is known.
func (s *Survey) noteAlike(table string, row tables.Row, at place) {
	if table != "" {
		s.note(table, row, at)
		return
	}
	key, g := row[0].Int, &s.guesses
	g.byKey[key] = append(g.byKey[key], guess{place: at, length: len(row[tables.SectionBody].Bytes)})
	g.byImage[at.image] = append(g.byImage[at.image], key)
}

// take gives the row that a key of a table most likely means. Names of event types are short, sections are long.
func (g *guesses) take(key int64, table string) (place, bool) {
	all := g.byKey[key]
	if len(all) == 0 {
		return place{}, false
	}
	slices.SortStableFunc(all, func(a, b guess) int {
		length := cmp.Compare(a.length, b.length)
		if table == tables.TableSection {
			length = -length
		}
		return cmp.Or(length, compareBool(a.old, b.old), cmp.Compare(b.image, a.image))
	})
	x := all[g.choice%len(all)]
	x.as = table
	g.taken = append(g.taken, x)
	return x.place, true
}

// settle finds out of which table the rows are that may be of two: the hash of a record proves what it is made with,
// and a page is of one table.
func (s *Survey) settle(ctx context.Context) error {
	if len(s.guesses.byKey) == 0 {
		return nil
	}
	leaf, _ := s.leaf()
	for _, at := range s.found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if at.kind != provider.KindEvent && at.kind != provider.KindInteraction || !s.hasPrefix(at.seq) {
			continue
		}
		for s.guesses.choice = 0; s.guesses.choice < most; s.guesses.choice++ {
			r, _, err := s.record(at)
			if errors.Is(err, errBudget) {
				return err
			} else if len(s.guesses.taken) == 0 {
				break
			} else if err != nil {
				continue
			}
			leaf.SkipTo(at.seq)
			if s.agrees(at.seq, leaf.Hash(r)) == proved {
				for _, g := range slices.Clone(s.guesses.taken) {
					s.accept(g)
				}
				break
			}
		}
	}
	s.guesses.choice = 0
	s.refill()
	return nil
}

// accept takes all rows of the page of a guess for what it was taken for.
func (s *Survey) accept(g guess) {
	for _, key := range s.guesses.byImage[g.image] {
		s.guesses.byKey[key] = slices.DeleteFunc(s.guesses.byKey[key], func(x guess) bool {
			if x.image != g.image {
				return false
			}
			if row, err := s.rowAt(x.place); err == nil {
				x.old = true // what is known of itself comes first
				s.note(g.as, row, x.place)
			}
			return true
		})
	}
	delete(s.guesses.byImage, g.image)
}
