package salvage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// salvagedKind is the kind of the notes and annotations that say what is not as it was.
const salvagedKind = "salvaged"

// Options for [Survey.Write]. The zero value gives the defaults.
type Options struct {
	// KeepChanged brings out records too that are not as they were recorded.
	KeepChanged bool
}

// Write gives what was found to a sink: the records in their order, those that are gone left out, and before the result
// notes of kind "salvaged" that say what is missing, changed or doubtful. A run that is whole comes out with no note
// and with its digest. The annotations are not the run's; they are in the [Report]. Write may be called again.
func (s *Survey) Write(ctx context.Context, sink provider.Sink, opts Options) error {
	s.refill()
	start := s.start
	var notes []string
	if start == nil {
		start = &provider.Start{RunID: "unknown", Name: "unknown", Type: "unknown"}
		notes = append(notes, "how the run began is lost: its id, name, type and configuration are not known")
	}
	// The keys of a copy without its salt may be lost, or what says that it has none; a note of ours never had one.
	var salt provider.SaltRule
	put := func(r provider.Record) error {
		salt.Fit(r)
		return provider.Put(ctx, sink, r)
	}
	if err := put(start.Clone()); err != nil {
		return err
	}
	records := s.chosen
	if opts.KeepChanged {
		records = s.withChanged()
	}
	for _, at := range records {
		r, _, err := s.record(at)
		if err != nil {
			return fmt.Errorf("record %d: %w", at.seq, err)
		}
		if err := put(r); err != nil {
			return fmt.Errorf("record %d: %w", at.seq, err)
		}
	}
	if len(s.report.Missing) > 0 {
		notes = append(notes, fmt.Sprintf("of the records of the original, counted from 0, these are lost: %s",
			list(s.report.Missing)))
	}
	if len(s.report.Changed) > 0 {
		kept := "left out"
		if opts.KeepChanged {
			kept = "kept as they are"
		}
		notes = append(notes, fmt.Sprintf("these records of the original, counted from 0, are not as they were recorded, and %s: %s", kept, list(ranges(s.report.Changed))))
	}
	if !s.report.Whole && len(notes) == 0 && len(s.report.Doubts) == 0 {
		notes = append(notes, "the records do not give the digest that the original was sealed with")
	}
	notes = append(notes, s.report.Doubts...)
	if !s.report.Whole {
		for _, a := range s.report.Remarks() {
			notes = append(notes, "of the original, "+a.Text)
		}
	}
	for _, text := range notes {
		if err := put(&provider.Note{Kind: salvagedKind, Text: text}); err != nil {
			return err
		}
	}
	if s.result == nil {
		return sink.Finish(ctx, nil)
	}
	return put(s.result.Clone())
}

// withChanged gives the records that are kept and those that are changed, in order. A changed record that breaks a rule
// of the run as a whole stays out.
func (s *Survey) withChanged() []place {
	all := slices.Clone(s.chosen)
	var once unique
	for _, at := range s.chosen {
		s.add(&once, at)
	}
	wanted := map[int64]bool{}
	for _, seq := range s.report.Changed {
		wanted[seq] = true
	}
	for _, at := range s.found {
		if !wanted[at.seq] {
			continue
		}
		if _, fits := s.add(&once, at); fits {
			all = append(all, at)
			delete(wanted, at.seq)
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// ranges gathers numbers, ascending, into ranges.
func ranges(numbers []int64) (all []Range) {
	for _, n := range numbers {
		if last := len(all) - 1; last >= 0 && all[last].Last >= n-1 {
			all[last].Last = n
			continue
		}
		all = append(all, Range{n, n})
	}
	return all
}

// list writes ranges, no more than fit a line or two.
func list(all []Range) string {
	const most = 100
	var b strings.Builder
	for i, r := range all {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(all)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(r.String())
	}
	return b.String()
}
