// Package lend lets sinks of this module look at the records of its archives where they lie, which takes much less time
// than copying each of them.
//
// What a [provider.Provider] gives belongs to the caller. A [Lender] also gives records that it takes back, and a
// [Borrower] is a sink that needs no more. Both say so by methods that only this module can call.
package lend

import (
	"context"
	"iter"

	"github.com/simexp/exparchive/provider"
)

// Inside is the argument of the methods below, since only this module can name it.
type Inside struct{}

// A Lender is a Provider whose records can be looked at where they lie.
type Lender interface {
	provider.Provider
	// LentRecords is Records, but for whom a record belongs to: it, and the JSON texts and bytes in it, are valid until
	// the next one. Its texts that are strings stay valid.
	LentRecords(ctx context.Context, _ Inside) iter.Seq2[provider.Record, error]
}

// A Borrower is a Sink that keeps nothing of a record behind the call that it comes with, not even in what it calls, but
// for texts that are strings.
type Borrower interface {
	provider.Sink
	Borrows(Inside)
}

// Records gives the records of p for who looks at each of them only until the next one.
func Records(ctx context.Context, p provider.Provider) iter.Seq2[provider.Record, error] {
	if l, ok := p.(Lender); ok {
		return l.LentRecords(ctx, Inside{})
	}
	return p.Records(ctx)
}

// Copy is [provider.Copy], which lends what p can lend if s is a Borrower.
func Copy(ctx context.Context, s provider.Sink, p provider.Provider) error {
	if l, ok := p.(Lender); ok {
		if _, ok := s.(Borrower); ok {
			p = lent{l}
		}
	}
	return provider.Copy(ctx, s, p)
}

// lent is a Lender as a Provider.
type lent struct{ Lender }

func (l lent) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return l.LentRecords(ctx, Inside{})
}
