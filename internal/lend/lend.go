// Package lend lets sinks of this module look at the records of its archives where they lie, which takes much less time
// than copying and checking each of them.
//
// What a provider gives belongs to the caller. A [Lender] also gives records that it takes back, and a [Borrower] is a
// sink that needs no more: where the two meet, records are lent. Both say so by methods that only this module can call,
// and name themselves. For a type of a program elsewhere may embed one of them, and so have the method, but do other
// things with records: it is not the one that is named.
package lend

import (
	"context"
	"iter"
)

// A Loan is what a lender and a borrower agree on.
type Loan struct {
	// Checked says that the record at hand has passed its Validate, and need not again. The lender sets it.
	Checked bool
}

// A Lender is a provider, of records R, that can be looked at where they lie.
type Lender[R any] interface {
	// LentRecords gives itself, and its records as Records does, but for whom they belong to: a record, and the JSON
	// texts and bytes in it, are valid until the next one. Its texts that are strings stay valid.
	LentRecords(ctx context.Context, loan *Loan) (self any, records iter.Seq2[R, error])
}

// A Borrower is a sink that keeps nothing of a record behind the call that it comes with, not even in what it calls,
// but for texts that are strings.
type Borrower interface {
	// Borrows gives the sink itself. From now on records come by the loan.
	Borrows(loan *Loan) (self any)
}

// A provider is what has records.
type provider[R any] interface {
	Records(ctx context.Context) iter.Seq2[R, error]
}

// Records gives the records of p for a loan, which p keeps to if it is a Lender.
func Records[R any](ctx context.Context, p provider[R], loan *Loan) iter.Seq2[R, error] {
	if l, ok := p.(Lender[R]); ok {
		if self, records := l.LentRecords(ctx, loan); self == any(p) {
			return records
		}
	}
	return p.Records(ctx)
}

// For gives the records of p for a sink, which are lent if both can do with that.
func For[R any](ctx context.Context, p provider[R], sink any) iter.Seq2[R, error] {
	loan := &Loan{}
	if b, ok := sink.(Borrower); ok && b.Borrows(loan) == sink {
		return Records(ctx, p, loan)
	}
	return p.Records(ctx)
}
