package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Experiment implements [provider.Provider].
func (a *Archive) Experiment(ctx context.Context) (e provider.Experiment, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return e, err
	}
	defer r.Close()
	row, err := experimentRow(r)
	if err != nil {
		return e, err
	}
	budget := a.file.Budget()
	start, result := tables.Experiment(row)
	if e.Start, e.Result = *start, result; result != nil {
		if result.Seq, err = a.resultSeq(r); err != nil {
			return e, err
		}
	}
	some, err := redacted(r)
	if err != nil {
		return e, err
	}
	var withheld *redactionReader
	if some {
		if e.Redaction, err = redactionAt(r, budget, 0); err == nil && result != nil {
			result.Redaction, err = redactionAt(r, budget, result.Seq)
		}
		if err != nil {
			return e, err
		}
		if withheld, err = openRedactions(r, a.file.Budget(), 1, tables.MaxSeq); err != nil {
			return e, err
		}
		defer withheld.close()
	}
	err = all(r, tables.TableNote, 0, func(row tables.Row) error {
		n := tables.Note(row)
		if some {
			if n.Redaction, err = withheld.of(n.Seq); err != nil {
				return err
			}
		}
		e.Notes = append(e.Notes, *n)
		return budget.Take(len(n.Kind) + len(n.Subject) + len(n.Text))
	})
	return e, err
}

// resultSeq gives the Seq of the Result, the last record: what the seal says, unless somebody has written to the file
// since, or what the tables do.
func (a *Archive) resultSeq(r tables.Reading) (int64, error) {
	if seal, sealed := a.Seal(); sealed && !a.Touched() && 1 < seal.Records && seal.Records <= tables.MaxSeq {
		return seal.Records - 1, nil
	}
	recorded, err := iterationsOf(r, a.file.Budget())
	if err != nil {
		return 0, err
	}
	last, err := lastSeq(r, recorded)
	return last + 1, err
}

// at is where an iteration that was recorded stands in the run.
type at struct{ seq, number int64 }

// iterationsOf gives the iterations that were recorded, by number.
func iterationsOf(r tables.Reading, budget *sqlitefile.Budget) (list []at, err error) {
	err = all(r, tables.TableIteration, tables.IterationSeq+1, func(row tables.Row) error {
		if seq := row[tables.IterationSeq]; seq.Kind != btree.Null {
			list = append(list, at{seq.Int, row[tables.IterationNumber].Int})
		}
		return budget.Take(0)
	})
	return list, err
}

// lastSeq gives the Seq of the last record, the Result aside, of a run with such iterations.
func lastSeq(r tables.Reading, iterations []at) (last int64, err error) {
	for _, it := range iterations {
		last = max(last, it.seq)
	}
	for _, table := range []string{tables.TableEvent, tables.TableInteraction, tables.TableNote, tables.TableAttachment} {
		seq, _, err := r.Last(table)
		if err != nil {
			return 0, err
		}
		last = max(last, seq)
	}
	if last >= tables.MaxSeq-1 {
		return 0, fmt.Errorf("%w: record %d", sqlitefile.ErrDamaged, last)
	}
	return last, nil
}

// Iterations implements [provider.Provider].
func (a *Archive) Iterations(ctx context.Context) (numbers []int, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	list, err := iterationsOf(r, a.file.Budget())
	if err != nil {
		return nil, err
	}
	for _, it := range list {
		if it.number > math.MaxInt || it.number < math.MinInt {
			return nil, fmt.Errorf("%w: iteration %d", sqlitefile.ErrDamaged, it.number)
		}
		numbers = append(numbers, int(it.number))
	}
	return numbers, nil
}

// findIteration reads an iteration by its number; nil if it was not recorded.
func findIteration(r tables.Reading, number int64) (*provider.Iteration, error) {
	row, err := r.Find(tables.TableIteration, number)
	if err != nil || row == nil {
		return nil, err
	}
	return tables.Iteration(row)
}

// IterationAt implements [provider.Provider].
func (a *Archive) IterationAt(ctx context.Context, n int) (_ provider.Iteration, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return provider.Iteration{}, err
	}
	defer r.Close()
	i, err := findIteration(r, int64(n))
	if err != nil {
		return provider.Iteration{}, err
	}
	if i == nil {
		have, err := a.Iterations(ctx)
		if err != nil {
			return provider.Iteration{}, err
		}
		return provider.Iteration{}, provider.NoIteration(n, have)
	}
	i.Redaction, err = redactionAt(r, a.file.Budget(), i.Seq)
	return *i, err
}

// EachIteration implements [provider.IterationLister].
func (a *Archive) EachIteration(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return a.eachIteration(ctx, wholeIteration)
}

// EachCost implements [provider.CostLister].
func (a *Archive) EachCost(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return a.eachIteration(ctx, func(row tables.Row) (*provider.Iteration, error) {
		if it := tables.IterationCost(row); it != nil {
			return it, nil
		}
		return wholeIteration(row)
	})
}

// wholeIteration reads a row that is read over by the next one.
func wholeIteration(row tables.Row) (*provider.Iteration, error) {
	policies := &row[tables.IterationPolicies]
	policies.Bytes = bytes.Clone(policies.Bytes) // of which those of the agents are parts
	return tables.Iteration(row)
}

func (a *Archive) eachIteration(ctx context.Context,
	read func(tables.Row) (*provider.Iteration, error)) iter.Seq2[provider.Iteration, error] {
	return func(yield func(provider.Iteration, error) bool) {
		err := a.readIterations(ctx, read, func(it *provider.Iteration) error {
			if !yield(*it, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(provider.Iteration{}, err)
		}
	}
}

func (a *Archive) readIterations(ctx context.Context, read func(tables.Row) (*provider.Iteration, error),
	take func(*provider.Iteration) error) (err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	some, err := redacted(r)
	if err != nil {
		return err
	}
	budget, withheld := a.file.Budget(), a.file.Budget()
	return all(r, tables.TableIteration, 0, func(row tables.Row) error {
		if row[tables.IterationSeq].Kind == btree.Null {
			return nil
		}
		if err := budget.Take(tables.Size(row)); err != nil {
			return err
		}
		it, err := read(row)
		if err != nil {
			return err
		}
		if some {
			if it.Redaction, err = redactionAt(r, withheld, it.Seq); err != nil {
				return err
			}
		}
		return take(it)
	})
}

// Attachments gives the files that are attached to the run, in recorded order and without their data, which is not read:
// the records are not those whose hash the run has.
func (a *Archive) Attachments(ctx context.Context) (list []provider.Attachment, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	some, err := redacted(r)
	if err != nil {
		return nil, err
	}
	budget, withheld := a.file.Budget(), a.file.Budget()
	err = each(r, tables.TableAttachment, tables.AttachmentMediaType+1, math.MinInt64, math.MaxInt64,
		func(row tables.Row) error {
			x := provider.Attachment{Name: string(row[tables.AttachmentName].Bytes),
				MediaType: string(row[tables.AttachmentMediaType].Bytes)}
			x.Seq = row[tables.AttachmentSeq].Int
			if some {
				if x.Redaction, err = redactionAt(r, withheld, x.Seq); err != nil {
					return err
				}
			}
			list = append(list, x)
			return budget.Take(len(x.Name) + len(x.MediaType))
		})
	return list, err
}
