package redact

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

var (
	// ErrRemains means that a text that was to be withheld is in a copy.
	ErrRemains = errors.New("a text that was to be withheld is in the bytes of the new file")
	// ErrCopy means that a copy has another digest than the run, or a value that was to be withheld.
	ErrCopy = errors.New("not the copy that was to be made")
)

// Check checks a copy that was made by the plan: that it has the digest that it is to have, which is that of the run
// unless values are masked, that no value is in it that was to be withheld ([ErrCopy]), and that none of the texts for
// which values were withheld is in another record or anywhere in the bytes of the file ([ErrRemains]). What is among
// Remaining, what is part of what identifies records, and the texts that a file of the kind always has, which the
// caller names, may be in the bytes. Texts shorter than [MinSearch] are not looked for.
func (s *Plan) Check(ctx context.Context, copied provider.Provider, file io.Reader, always ...string) error {
	known := map[string]bool{} // texts that may remain
	note := func(text []byte) {
		s.search.In(text, func(_ int, found string) bool { known[found] = true; return true })
	}
	for _, text := range always {
		note([]byte(text))
	}
	var sink digest.Sink
	for r, err := range valid(ctx, copied) {
		if err != nil {
			return err
		}
		seq := sink.Count()
		if err := provider.Put(ctx, &sink, r); err != nil {
			return err
		}
		for f := range values(r) {
			if s.goes(seq, f.Name) {
				return fmt.Errorf("%w: record %d: %s: its value is there", ErrCopy, seq, f.Name)
			}
			value := f.Value(r)
			if s.known[place{seq, f.Name}] {
				note(value)
			} else if s.has(value) || s.masked(seq, f.Name) && len(s.filter.Hits(value)) > 0 {
				return fmt.Errorf("%w: record %d: %s", ErrRemains, seq, f.Name)
			}
		}
		for _, at := range Envelope(r) {
			note([]byte(at.Text))
		}
	}
	if got := sink.Root(); got != s.Copied {
		return fmt.Errorf("%w: digest %s, want %s", ErrCopy, got, s.Copied)
	}
	var found error
	err := s.search.InReader(file, func(at int64, text string) bool {
		if known[text] {
			return true
		}
		found = fmt.Errorf("%w: byte %#x: match %d, of %d bytes", ErrRemains, at, s.origin[text]+1, len(text))
		return false
	})
	return errors.Join(err, found)
}
