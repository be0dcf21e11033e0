// Package digest computes the content hash of a run: a number that is the same wherever the run comes from, a live
// experiment, an archive, a legacy database or a file of JSON lines, and that changes when anything recorded changes.
//
// Every record has a leaf hash (leaf.go), and the records in their order form a Merkle tree as RFC 6962 section 2.1
// defines it. The digest is the root of that tree. It does not depend on how or where the records are stored, and it
// allows proofs that one record belongs to a run and that a longer recording extends a shorter one.
package digest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// A Hash is the digest of a run or the hash of a record: a SHA-256 value.
type Hash [32]byte

// String gives h in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ErrHash means that a text is not 64 hexadecimal digits.
var ErrHash = errors.New("not a digest of 64 hexadecimal digits")

// ParseHash undoes [Hash.String].
func ParseHash(s string) (h Hash, err error) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == len(h) {
		return Hash(b), nil
	}
	return Hash{}, fmt.Errorf("%w: %.80q", ErrHash, s)
}

// A Sink computes the digest of the run it takes and keeps nothing of it. The zero value is ready.
type Sink struct {
	order provider.Order
	salt  provider.SaltRule
	tree  Tree
	leaf  Leaf
	kinds [provider.KindResult + 1]int64
	loan  *lend.Loan // nil if records are not lent
}

var _ provider.Sink = (*Sink)(nil)

// Borrows implements [lend.Borrower].
func (s *Sink) Borrows(loan *lend.Loan) any {
	s.loan = loan
	return s
}

// Begin implements [provider.Sink].
func (s *Sink) Begin(_ context.Context, r *provider.Start) error {
	if err := s.order.Begin(); err != nil {
		return err
	}
	return s.add(r)
}

// Event implements [provider.Sink].
func (s *Sink) Event(_ context.Context, r *provider.Event) error { return s.record(r) }

// Interaction implements [provider.Sink].
func (s *Sink) Interaction(_ context.Context, r *provider.Interaction) error { return s.record(r) }

// Iteration implements [provider.Sink].
func (s *Sink) Iteration(_ context.Context, r *provider.Iteration) error { return s.record(r) }

// Note implements [provider.Sink].
func (s *Sink) Note(_ context.Context, r *provider.Note) error { return s.record(r) }

// Attachment implements [provider.Sink].
func (s *Sink) Attachment(_ context.Context, r *provider.Attachment) error { return s.record(r) }

// Finish implements [provider.Sink].
func (s *Sink) Finish(_ context.Context, r *provider.Result) error {
	if err := s.order.Finish(); err != nil || r == nil {
		return err
	}
	return s.add(r)
}

func (s *Sink) record(r provider.Record) error {
	if err := s.order.Record(r.RecordKind()); err != nil {
		return err
	}
	return s.add(r)
}

func (s *Sink) add(r provider.Record) error {
	if s.loan == nil || !s.loan.Checked {
		if err := r.Validate(); err != nil {
			return err
		}
	}
	if err := s.salt.Check(r); err != nil {
		return err
	}
	s.tree.Add(s.leaf.Hash(r))
	s.kinds[r.RecordKind()]++
	return s.leaf.Err()
}

// Count gives how many records the sink has taken.
func (s *Sink) Count() int64 { return s.tree.Len() }

// CountOf gives how many records of a kind the sink has taken.
func (s *Sink) CountOf(k provider.Kind) int64 {
	if int(k) >= len(s.kinds) {
		return 0
	}
	return s.kinds[k]
}

// Root gives the digest of the records taken so far.
func (s *Sink) Root() Hash { return s.tree.Root() }

// Of computes the digest of the whole run of p and how many records it has.
func Of(ctx context.Context, p provider.Provider) (root Hash, count int64, err error) {
	var s Sink
	if err := provider.Copy(ctx, &s, p); err != nil {
		return Hash{}, 0, err
	}
	return s.Root(), s.Count(), nil
}
