package salvage

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// choose settles which of the rows found are the records of the run, and what is missing.
func (s *Survey) choose(ctx context.Context) error {
	// The current version of a page comes before others, and of those the newest first.
	slices.SortStableFunc(s.found, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), compareBool(a.old, b.old), cmp.Compare(b.image, a.image), cmp.Compare(a.offset, b.offset))
	})
	leaf := &digest.Leaf{}
	tree := &digest.Tree{}
	if s.start != nil {
		s.start.Redaction = s.reds[0]
		if err := s.start.Validate(); err != nil {
			s.start = nil
		}
	}
	hashes := map[int64]digest.Hash{}
	if s.start != nil {
		hashes[0] = leaf.Hash(s.start)
		s.salted = true
	}
	numbers, names := map[int]bool{}, map[string]bool{}
	changed := map[int64]place{}
	doubts := map[int64]string{}
	if s.seal != nil { // nothing is behind its end
		s.found = slices.DeleteFunc(s.found, func(at place) bool { return at.seq >= s.seal.Records })
	}
	for i := 0; i < len(s.found); {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := i
		for end < len(s.found) && s.found[end].seq == s.found[i].seq {
			end++
		}
		best, doubt := -1, ""
		var bestHash digest.Hash
		for j := i; j < end; j++ {
			r, d, err := s.record(s.found[j])
			if errors.Is(err, errBudget) {
				return err
			} else if err != nil {
				continue
			}
			leaf.SkipTo(s.found[j].seq)
			hash := leaf.Hash(r)
			right := s.salted && s.agrees(s.found[j].seq, hash) == proved
			if best < 0 || right {
				best, doubt, bestHash = j, d, hash
			}
			if right || d == "" && !s.hasPrefix(s.found[j].seq) {
				break
			}
		}
		if best >= 0 {
			at := s.found[best]
			hashes[at.seq] = bestHash
			s.chosen = append(s.chosen, at)
			doubts[at.seq] = doubt
		}
		i = end
	}
	// A block whose root the records of it give is right whatever its prefixes say.
	good := map[int64]bool{}
	for first, b := range s.blocks {
		var t digest.Tree
		for seq := first; seq < first+int64(len(b.Leaves)/tables.LeafPrefix); seq++ {
			if h, ok := hashes[seq]; ok {
				t.Add(h)
			}
		}
		good[first] = t.Len() == int64(len(b.Leaves)/tables.LeafPrefix) && t.Root() == b.Root
	}
	kept := s.chosen[:0]
	for _, at := range s.chosen {
		a := s.agrees(at.seq, hashes[at.seq])
		// A name or a part of a text that is lost changes the hash too, and is said.
		if a == contradicted && s.salted && doubts[at.seq] == "" && !good[at.seq-at.seq%digest.BlockSize] {
			changed[at.seq] = at
			s.report.Changed = append(s.report.Changed, at.seq)
			continue
		}
		// Rules of the whole run, which the writer will insist on.
		if readable, once := s.unique(at, numbers, names); !readable {
			continue
		} else if !once {
			s.report.Changed = append(s.report.Changed, at.seq)
			continue
		}
		if a == proved || good[at.seq-at.seq%digest.BlockSize] {
			s.report.Proved++
		}
		if at.old && at.image >= s.pages.pages {
			s.report.Uncommitted++
		}
		if d := doubts[at.seq]; d != "" {
			s.report.Doubts = append(s.report.Doubts, d)
		}
		kept = append(kept, at)
	}
	s.chosen = kept
	slices.Sort(s.report.Changed)
	s.account(changed, hashes, tree)
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

type agreement int

const (
	unknown agreement = iota
	proved
	contradicted
)

func (s *Survey) hasPrefix(seq int64) bool { return s.agrees(seq, digest.Hash{}) != unknown }

// agrees compares the hash of a record with what the file keeps of it.
func (s *Survey) agrees(seq int64, hash digest.Hash) agreement {
	b, ok := s.blocks[seq-seq%digest.BlockSize]
	at := int(seq%digest.BlockSize) * tables.LeafPrefix
	switch {
	case !ok || at+tables.LeafPrefix > len(b.Leaves):
		return unknown
	case string(b.Leaves[at:at+tables.LeafPrefix]) == string(hash[:tables.LeafPrefix]):
		return proved
	}
	return contradicted
}

// account counts what is there and what is missing.
func (s *Survey) account(changed map[int64]place, hashes map[int64]digest.Hash, tree *digest.Tree) {
	next := int64(0)
	gap := func(to int64) {
		for next < to {
			if _, ok := changed[next]; ok {
				next++
				continue
			}
			first := next
			for next < to {
				if _, ok := changed[next]; ok {
					break
				}
				next++
			}
			s.report.Missing = append(s.report.Missing, Range{first, next - 1})
		}
	}
	have := func(seq int64) {
		gap(seq)
		next = max(next, seq+1)
		s.report.Records++
		tree.Add(hashes[seq])
	}
	if s.start != nil {
		have(0)
		if s.agrees(0, hashes[0]) == proved {
			s.report.Proved++
		}
	}
	for _, at := range s.chosen {
		have(at.seq)
	}
	end := next
	if s.seal != nil && s.seal.Records < 1<<40 {
		s.report.Sealed = true
		end = max(end, s.seal.Records)
	}
	for first, b := range s.blocks {
		end = max(end, first+int64(len(b.Leaves)/tables.LeafPrefix))
	}
	if s.result != nil {
		// It is the last record; no row holds its number.
		seq := s.resultSeq(next, end)
		gap(seq)
		hashes[seq] = s.hashResult(seq)
		have(seq)
		if s.agrees(seq, hashes[seq]) == proved {
			s.report.Proved++
		}
		end = max(end, next)
	}
	gap(end)
	intact := s.start != nil && len(s.report.Missing) == 0 && len(s.report.Changed) == 0 && len(s.report.Doubts) == 0
	s.report.Whole = intact && (s.seal == nil || tree.Root() == s.seal.Root && tree.Len() == s.seal.Records)
}

// resultSeq gives the number of the result, where the records that are there end before next, and those that were there
// before end or, if the result is not among them, at end.
func (s *Survey) resultSeq(next, end int64) int64 {
	if end == next {
		return end
	}
	if s.report.Sealed || s.agrees(end-1, s.hashResult(end-1)) == proved {
		return end - 1
	}
	return end
}

// hashResult gives the hash of the result if it is record seq.
func (s *Survey) hashResult(seq int64) digest.Hash {
	var leaf digest.Leaf
	if s.start != nil {
		leaf.Hash(s.start)
	}
	s.result.Redaction = s.reds[seq]
	if s.result.Validate() != nil {
		s.result.Redaction = nil
	}
	leaf.SkipTo(seq)
	return leaf.Hash(s.result)
}

// unique reports whether the record at a place can be read, and whether it repeats none of numbers and names, to which
// it then adds its own.
func (s *Survey) unique(at place, numbers map[int]bool, names map[string]bool) (readable, once bool) {
	if at.kind != provider.KindIteration && at.kind != provider.KindAttachment {
		return true, true
	}
	r, _, err := s.record(at)
	if err != nil {
		return false, false
	}
	switch r := r.(type) {
	case *provider.Iteration:
		if numbers[r.Number] {
			return true, false
		}
		numbers[r.Number] = true
	case *provider.Attachment:
		if names[r.Name] {
			return true, false
		}
		names[r.Name] = true
	}
	return true, true
}
