package archive

import (
	"context"
	"fmt"
	"iter"

	"github.com/simexp/exparchive/internal/lend"
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

// String gives the digest and the counts.
func (s Seal) String() string { return "digest " + s.Root.String() + " of " + s.counts() }

func (s Seal) counts() string {
	return fmt.Sprintf("%d records (%d events, %d interactions, %d iterations, %d notes, %d attachments)",
		s.Records, s.Events, s.Interactions, s.Iterations, s.Notes, s.Attachments)
}

// SealOf gives the seal of a run, all of which sink has taken.
func SealOf(sink *digest.Sink) Seal {
	return Seal{
		Root:         sink.Root(),
		Records:      sink.Count(),
		Events:       sink.CountOf(provider.KindEvent),
		Interactions: sink.CountOf(provider.KindInteraction),
		Iterations:   sink.CountOf(provider.KindIteration),
		Notes:        sink.CountOf(provider.KindNote),
		Attachments:  sink.CountOf(provider.KindAttachment),
	}
}

// Check reports, with a [SealError], that the records that got has taken are not those that were sealed: neither digest
// nor any count may differ.
func (s Seal) Check(got *digest.Sink) error {
	if now := SealOf(got); now != s {
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
	return c.checked(ctx, c.Archive.Records(ctx), &lend.Loan{})
}

// LentRecords implements [lend.Lender].
func (c Checked) LentRecords(ctx context.Context, loan *lend.Loan) (any, iter.Seq2[provider.Record, error]) {
	_, records := c.Archive.LentRecords(ctx, loan)
	return c, c.checked(ctx, records, loan)
}

// checked compares records, which are all of the run, with the seal.
func (c Checked) checked(
	ctx context.Context, records iter.Seq2[provider.Record, error], loan *lend.Loan,
) iter.Seq2[provider.Record, error] {
	seal, sealed := c.Seal()
	if !sealed {
		return records
	}
	return func(yield func(provider.Record, error) bool) {
		var got digest.Sink
		var broken error
		for r, err := range records {
			if err == nil && broken == nil {
				if broken = provider.Put(ctx, &got, r); broken != nil {
					broken = fmt.Errorf("record %d: %w", got.Count(), broken)
				}
			}
			loan.Checked = err == nil && broken == nil
			more := yield(r, err)
			if loan.Checked = false; !more || err != nil {
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
