package jsonl

import (
	"context"
	"iter"
	"os"
	"slices"

	"github.com/simexp/exparchive/provider"
)

// A Run is a file of lines as a provider. Every call reads the file again from its start, so that memory does not grow
// with the run. It may be used from several goroutines. In a file that is still being written the last line may be cut
// off, which is a [*LineError].
type Run struct{ path string }

var _ provider.Provider = (*Run)(nil)

// Open gives the run in the file at path. It reads as far as the experiment line, and gives what is wrong with it: a
// [*LineError], which wraps [provider.ErrNoRun] if the file ends before that line. The lines behind it are checked when
// they are read.
func Open(path string) (*Run, error) {
	r := &Run{path: path}
	for _, err := range r.Records(context.Background()) {
		if err != nil {
			return nil, err
		}
		break
	}
	return r, nil
}

// Records implements [provider.Provider].
func (r *Run) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		f, err := os.Open(r.path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for record, err := range NewReader(f, nil).Records(ctx) {
			if !yield(record, err) {
				return
			}
		}
	}
}

// Experiment implements [provider.Provider].
func (r *Run) Experiment(ctx context.Context) (provider.Experiment, error) {
	var e provider.Experiment
	for record, err := range r.Records(ctx) {
		if err != nil {
			return provider.Experiment{}, err
		}
		switch record := record.(type) {
		case *provider.Start:
			e.Start = *record
		case *provider.Note:
			e.Notes = append(e.Notes, *record)
		case *provider.Result:
			e.Result = record
		}
	}
	return e, nil
}

// Iterations implements [provider.Provider].
func (r *Run) Iterations(ctx context.Context) ([]int, error) {
	var numbers []int
	for record, err := range r.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if it, ok := record.(*provider.Iteration); ok {
			numbers = append(numbers, it.Number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// IterationAt implements [provider.Provider].
func (r *Run) IterationAt(ctx context.Context, n int) (provider.Iteration, error) {
	var have []int
	for record, err := range r.Records(ctx) {
		if err != nil {
			return provider.Iteration{}, err
		}
		if it, ok := record.(*provider.Iteration); ok {
			if it.Number == n {
				return *it, nil
			}
			have = append(have, it.Number)
		}
	}
	slices.Sort(have)
	return provider.Iteration{}, provider.NoIteration(n, have)
}

// IterationRecords implements [provider.Provider].
func (r *Run) IterationRecords(ctx context.Context, n int) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		found := false
		var have []int
		for record, err := range r.Records(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			of, ok := provider.IterationOf(record)
			if ok && of == n {
				found = true
				if !yield(record, nil) {
					return
				}
			}
			if ok && record.RecordKind() == provider.KindIteration {
				have = append(have, of)
			}
		}
		if !found {
			slices.Sort(have)
			yield(nil, provider.NoIteration(n, have))
		}
	}
}
