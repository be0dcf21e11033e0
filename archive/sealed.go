package archive

import (
	"context"
	"fmt"
	"iter"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A SealError reports that the records of a sealed archive are not those that were sealed. It wraps [ErrDamaged].
type SealError struct {
	Want Seal  // what the file says of itself
	Got  Seal  // what its records give; of no meaning with Err
	Err  error // why a record has no hash, if that is what is wrong
}

func (e *SealError) Error() string {
	const why = "the archive was changed after it was sealed; `exparchive verify` finds where"
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%v: %s", e.Err, why)
	case e.Got.Root != e.Want.Root:
		return fmt.Sprintf("digest %s, but the seal says %s: %s", e.Got.Root, e.Want.Root, why)
	}
	return fmt.Sprintf("%s, but the seal says %s: %s", e.Got.counts(), e.Want.counts(), why)
}

// Unwrap gives [ErrDamaged] and what is wrong with a record.
func (e *SealError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrDamaged}
	}
	return []error{ErrDamaged, e.Err}
}

func (s Seal) counts() string {
	return fmt.Sprintf("%d records (%d events, %d interactions, %d iterations, %d notes, %d attachments)",
		s.Records, s.Events, s.Interactions, s.Iterations, s.Notes, s.Attachments)
}

// Check reports, with a [SealError], that the records that got has taken are not those that were sealed: neither digest
// nor any count may differ.
func (s Seal) Check(got *digest.Sink) error {
	now := Seal{
		Root:         got.Root(),
		Records:      got.Count(),
		Events:       got.CountOf(provider.KindEvent),
		Interactions: got.CountOf(provider.KindInteraction),
		Iterations:   got.CountOf(provider.KindIteration),
		Notes:        got.CountOf(provider.KindNote),
		Attachments:  got.CountOf(provider.KindAttachment),
	}
	if now != s {
		return &SealError{Want: s, Got: now}
	}
	return nil
}

// CheckSeal is [Seal.Check] for a sink that took the whole run of p. A provider without a seal passes.
//
// Whoever makes something from the whole run of an archive asks CheckSeal, or reads it from [Archive.Checked], which
// does.
func CheckSeal(p provider.Provider, got *digest.Sink) error {
	if a, ok := p.(interface{ Seal() (Seal, bool) }); ok {
		if seal, sealed := a.Seal(); sealed {
			return seal.Check(got)
		}
	}
	return nil
}

// A Checked is an archive that compares its records with its seal while they are read: what Records yields is that of
// the Archive, and behind the last record of a run that is not the one that was sealed a [SealError]. An archive that
// is not sealed has nothing to compare with. A reading of a part of the run is not compared.
type Checked struct{ *Archive }

var (
	_ provider.Tail    = Checked{}
	_ provider.Counter = Checked{}
)

// Checked gives the archive as one that compares its records with its seal. Both share what is open; only the Archive
// is closed.
func (a *Archive) Checked() Checked { return Checked{a} }

// Records implements [provider.Provider].
func (c Checked) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	seal, sealed := c.Seal()
	if !sealed {
		return c.Archive.Records(ctx)
	}
	return func(yield func(provider.Record, error) bool) {
		var got digest.Sink
		var broken error
		for r, err := range c.Archive.Records(ctx) {
			if err == nil && broken == nil {
				if broken = provider.Put(ctx, &got, r); broken != nil {
					broken = fmt.Errorf("record %d: %w", got.Count(), broken)
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		err := seal.Check(&got)
		if broken != nil {
			err = &SealError{Want: seal, Err: broken}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// RecordsFrom implements [provider.Tail]. From the first record on it is Records.
func (c Checked) RecordsFrom(ctx context.Context, seq int64) iter.Seq2[provider.Record, error] {
	if seq <= 0 {
		return c.Records(ctx)
	}
	return c.Archive.RecordsFrom(ctx, seq)
}
