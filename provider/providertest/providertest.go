package providertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Test checks that p gives exactly the run want, through each of its methods, in a subtest a rule. want needs no Seq.
// The optional interfaces [provider.Tail] and [provider.Counter] are checked where p has them.
func Test(t *testing.T, p provider.Provider, want []provider.Record) {
	t.Helper()
	kept, err := Kept(want)
	if err != nil {
		t.Fatalf("the run that is wanted is not valid: %v", err)
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			if err := rule.check(t.Context(), p, kept); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check is [Test] for places without a [testing.T]: it gives what all rules found, or nil.
func Check(ctx context.Context, p provider.Provider, want []provider.Record) error {
	kept, err := Kept(want)
	if err != nil {
		return fmt.Errorf("the run that is wanted is not valid: %w", err)
	}
	var errs []error
	for _, rule := range rules {
		if err := rule.check(ctx, p, kept); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", rule.name, err))
		}
	}
	return errors.Join(errs...)
}

var rules = []struct {
	name  string
	check func(ctx context.Context, p provider.Provider, want []provider.Record) error
}{
	{"Records", checkRecords},
	{"Experiment", checkExperiment},
	{"Iterations", checkIterations},
	{"IterationAt", checkIterationAt},
	{"EachIteration", checkEachIteration},
	{"EachCost", checkEachCost},
	{"IterationRecords", checkIterationRecords},
	{"Select", checkSelect},
	{"UnknownIteration", checkUnknownIteration},
	{"Cancel", checkCancel},
	{"Break", checkBreak},
	{"Nested", checkNested},
	{"Concurrent", checkConcurrent},
	{"Ownership", checkOwnership},
	{"Digest", checkDigest},
	{"Tail", checkTail},
	{"Counter", checkCounter},
}

// compare checks a sequence of records against want, in order, to its end.
func compare(got iter.Seq2[provider.Record, error], want []provider.Record) error {
	n := 0
	for r, err := range got {
		if err != nil {
			return fmt.Errorf("after %d records: got error %w, want %d records", n, err, len(want))
		}
		if n == len(want) {
			return fmt.Errorf("got a %s after the %d records wanted", r.RecordKind(), n)
		}
		if d := Diff(r, want[n]); d != "" {
			return fmt.Errorf("record %d: %s", n, d)
		}
		n++
	}
	if n < len(want) {
		return fmt.Errorf("got %d records, want %d", n, len(want))
	}
	return nil
}

// checkRecords: the whole run, in recorded order, Seq dense from 0.
func checkRecords(ctx context.Context, p provider.Provider, want []provider.Record) error {
	return compare(p.Records(ctx), want)
}

func checkExperiment(ctx context.Context, p provider.Provider, want []provider.Record) error {
	e, err := p.Experiment(ctx)
	if err != nil {
		return err
	}
	var start *provider.Start
	var notes []provider.Record
	var result *provider.Result
	status := provider.StatusUnfinished
	for _, r := range want {
		switch r := r.(type) {
		case *provider.Start:
			start = r
		case *provider.Note:
			notes = append(notes, r)
		case *provider.Result:
			result, status = r, r.Status
		}
	}
	if d := Diff(&e.Start, start); d != "" {
		return errors.New(d)
	}
	if (e.Result == nil) != (result == nil) {
		return fmt.Errorf("got result %s, want %s", show(e.Result), show(result))
	}
	if result != nil {
		if d := Diff(e.Result, result); d != "" {
			return errors.New(d)
		}
	}
	if e.Status() != status {
		return fmt.Errorf("got status %q, want %q", e.Status(), status)
	}
	if len(e.Notes) != len(notes) {
		return fmt.Errorf("got %d notes, want %d", len(e.Notes), len(notes))
	}
	for i := range notes {
		if d := Diff(&e.Notes[i], notes[i]); d != "" {
			return fmt.Errorf("note %d: %s", i, d)
		}
	}
	return nil
}

// numbers gives the iterations with an Iteration record, and all that any record belongs to, both ascending.
func numbers(records []provider.Record) (recorded, mentioned []int) {
	for _, r := range records {
		if n, ok := provider.IterationOf(r); ok {
			mentioned = append(mentioned, n)
			if r.RecordKind() == provider.KindIteration {
				recorded = append(recorded, n)
			}
		}
	}
	slices.Sort(recorded)
	slices.Sort(mentioned)
	return recorded, slices.Compact(mentioned)
}

func checkIterations(ctx context.Context, p provider.Provider, want []provider.Record) error {
	got, err := p.Iterations(ctx)
	if err != nil {
		return err
	}
	if recorded, _ := numbers(want); !slices.Equal(got, recorded) {
		return fmt.Errorf("got iterations %s, want %s", show(got), show(recorded))
	}
	return nil
}

// checkEachIteration: all iterations together are what they are one by one, in the order of their numbers.
func checkEachIteration(ctx context.Context, p provider.Provider, want []provider.Record) error {
	var all []*provider.Iteration
	for _, r := range want {
		if it, ok := r.(*provider.Iteration); ok {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b *provider.Iteration) int { return cmp.Compare(a.Number, b.Number) })
	n := 0
	for got, err := range provider.EachIteration(ctx, p) {
		switch {
		case err != nil:
			return err
		case n == len(all):
			return fmt.Errorf("iteration %d: there are only %d", got.Number, len(all))
		}
		if d := Diff(&got, all[n]); d != "" {
			return fmt.Errorf("iteration %d: %s", got.Number, d)
		}
		n++
	}
	if n < len(all) {
		return fmt.Errorf("got %d iterations, want %d", n, len(all))
	}
	for _, err := range provider.EachIteration(ctx, p) {
		if err != nil {
			return err
		}
		break // and nothing is left open
	}
	return nil
}

// checkEachCost: iterations for what they cost are those of EachIteration, from which no more is left out than may be.
func checkEachCost(ctx context.Context, p provider.Provider, want []provider.Record) error {
	all := map[int]*provider.Iteration{}
	for _, r := range want {
		if it, ok := r.(*provider.Iteration); ok {
			all[it.Number] = it
		}
	}
	n, last := 0, 0
	for got, err := range provider.EachCost(ctx, p) {
		if err != nil {
			return err
		}
		it := all[got.Number]
		if it == nil || n > 0 && got.Number <= last {
			return fmt.Errorf("iteration %d behind %d: there is none", got.Number, last)
		}
		n, last = n+1, got.Number
		known := true
		for _, agents := range []iter.Seq[string]{maps.Keys(it.AcceptedChanges), maps.Keys(it.Policies)} {
			for agent := range agents {
				_, has := it.Costs[agent]
				known = known && has
			}
		}
		if known && len(got.AcceptedChanges) == 0 {
			got.AcceptedChanges = it.AcceptedChanges
		}
		if known && len(got.Policies) == 0 {
			got.Policies = it.Policies
		}
		if d := Diff(&got, it); d != "" {
			return fmt.Errorf("iteration %d: %s", got.Number, d)
		}
	}
	if n < len(all) {
		return fmt.Errorf("got %d iterations, want %d", n, len(all))
	}
	return nil
}

// checkSelect: what is selected is what of the whole run is wanted, in its order; only texts of calls may be left out.
func checkSelect(ctx context.Context, p provider.Provider, want []provider.Record) error {
	types, numbers := map[string]bool{}, []int{0}
	for _, r := range want {
		switch r := r.(type) {
		case *provider.Event:
			types[r.Type] = true
			numbers = append(numbers, r.Iteration)
		case *provider.Iteration:
			numbers = append(numbers, r.Number)
		}
	}
	some := append(slices.Sorted(maps.Keys(types)), "no such type")
	last := int64(len(want)) - 1
	middle := &provider.Span{First: slices.Max(numbers) / 3, Last: 2 * slices.Max(numbers) / 3}
	for _, s := range []provider.Selection{
		{}, {Iterations: true}, {Calls: true}, {Events: some[:1]}, {Events: some}, {Events: []string{"no such type"}},
		{Iterations: true, Calls: true, Events: some[len(some)/2:]},
		{Iterations: true, Calls: true, Events: some, Span: middle},
		{Calls: true, Span: middle}, {Events: some, Span: &provider.Span{First: 1 << 30, Last: 1 << 30}},
		{All: true}, {All: true, Iterations: true, Calls: true, First: last / 3, Last: 2 * last / 3}, {All: true, First: last},
		{Events: some[:1], Span: middle, Last: last / 2}, {Events: some, First: last + 1}, {Calls: true, First: 2, Last: 1},
	} {
		var wanted []provider.Record
		for i, r := range want {
			r = r.Clone()
			if r.RecordMeta().Seq = int64(i); s.Wants(r) {
				wanted = append(wanted, brief(r))
			}
		}
		got := func(yield func(provider.Record, error) bool) {
			for r, err := range provider.Select(ctx, p, s) {
				if err == nil {
					r = brief(r)
				}
				if !yield(r, err) {
					return
				}
			}
		}
		if err := compare(got, wanted); err != nil {
			return fmt.Errorf("%+v: %w", s, err)
		}
		for _, err := range provider.Select(ctx, p, s) {
			if err != nil {
				return err
			}
			break // and nothing is left open
		}
	}
	return nil
}

// brief leaves out of an interaction what Select may leave out.
func brief(r provider.Record) provider.Record {
	i, ok := r.(*provider.Interaction)
	if !ok {
		return r
	}
	i = i.Clone().(*provider.Interaction)
	i.SystemPrompt, i.UserPrompt, i.Response = nil, nil, nil
	return i
}

func checkIterationAt(ctx context.Context, p provider.Provider, want []provider.Record) error {
	for _, r := range want {
		it, ok := r.(*provider.Iteration)
		if !ok {
			continue
		}
		got, err := p.IterationAt(ctx, it.Number)
		if err != nil {
			return fmt.Errorf("iteration %d: %w", it.Number, err)
		}
		if d := Diff(&got, it); d != "" {
			return fmt.Errorf("iteration %d: %s", it.Number, d)
		}
		costs, err := provider.Costs(ctx, p, it.Number)
		if err != nil || costs == nil || len(costs) != len(it.Costs) {
			return fmt.Errorf("iteration %d: got costs %s, error %v, want a map of %d", it.Number, show(costs), err,
				len(it.Costs))
		}
	}
	return nil
}

// of gives the records that belong to iteration n.
func of(records []provider.Record, n int) []provider.Record {
	var those []provider.Record
	for _, r := range records {
		if m, ok := provider.IterationOf(r); ok && m == n {
			those = append(those, r)
		}
	}
	return those
}

// checkIterationRecords: the records of an iteration are those of the whole run that belong to it, Seq and order kept.
func checkIterationRecords(ctx context.Context, p provider.Provider, want []provider.Record) error {
	_, mentioned := numbers(want)
	for _, n := range mentioned {
		if err := compare(p.IterationRecords(ctx, n), of(want, n)); err != nil {
			return fmt.Errorf("iteration %d: %w", n, err)
		}
	}
	return nil
}

// checkUnknownIteration: iterations are looked up by number, never by position, and one that is not there is an error.
func checkUnknownIteration(ctx context.Context, p provider.Provider, want []provider.Record) error {
	recorded, mentioned := numbers(want)
	candidates := []int{-1, 0, 1, len(recorded), provider.MaxIteration}
	for _, n := range mentioned {
		candidates = append(candidates, n-1, n, n+1)
	}
	for _, n := range candidates {
		if _, found := slices.BinarySearch(recorded, n); !found {
			if _, err := p.IterationAt(ctx, n); !errors.Is(err, provider.ErrNoIteration) {
				return fmt.Errorf("IterationAt(%d): got error %v, want ErrNoIteration", n, err)
			}
		}
		if _, found := slices.BinarySearch(mentioned, n); found {
			continue
		}
		yields := 0
		for r, err := range p.IterationRecords(ctx, n) {
			yields++
			if r != nil || !errors.Is(err, provider.ErrNoIteration) {
				return fmt.Errorf("IterationRecords(%d): got %s and error %v, want ErrNoIteration", n, show(r), err)
			}
		}
		if yields != 1 {
			return fmt.Errorf("IterationRecords(%d): yielded %d times, want one ErrNoIteration", n, yields)
		}
	}
	return nil
}

// checkCancel: a context that is done ends a sequence with its error, and nothing comes after the error.
func checkCancel(ctx context.Context, p provider.Provider, want []provider.Record) error {
	done, cancel := context.WithCancel(ctx)
	cancel()
	sequences := map[string]iter.Seq2[provider.Record, error]{"Records": p.Records(done)}
	if _, mentioned := numbers(want); len(mentioned) > 0 {
		sequences["IterationRecords"] = p.IterationRecords(done, mentioned[0])
	}
	for name, sequence := range sequences {
		var last error
		yields := 0
		for _, err := range sequence {
			if last != nil {
				return fmt.Errorf("%s: yielded again after error %v", name, last)
			}
			last = err
			yields++
		}
		if yields != 1 || !errors.Is(last, context.Canceled) {
			return fmt.Errorf("%s, canceled before: yielded %d times, last error %v, want one context.Canceled", name, yields,
				last)
		}
	}
	for _, call := range []func() error{
		func() error { _, err := p.Experiment(done); return err },
		func() error { _, err := p.Iterations(done); return err },
	} {
		if err := call(); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("canceled before: got error %v, want nil or context.Canceled", err)
		}
	}

	during, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for r, err := range p.Records(during) {
		if err != nil {
			if r != nil || !errors.Is(err, context.Canceled) {
				return fmt.Errorf("canceled after %d records: got %s and error %v, want context.Canceled", n, show(r), err)
			}
			return nil
		}
		if n++; n == 1 {
			cancel()
		}
	}
	if n != len(want) { // what was read ahead may still come, but an end without an error must be the end
		return fmt.Errorf("canceled during: got %d records and no error, want context.Canceled or all %d", n, len(want))
	}
	return nil
}

// checkBreak: leaving a sequence early does no harm, and a sequence can be gone through again.
func checkBreak(ctx context.Context, p provider.Provider, want []provider.Record) error {
	records := p.Records(ctx)
	for _, stop := range []int{0, 1, len(want) / 2, len(want) - 1} {
		n := 0
		for r, err := range records {
			if err != nil {
				return err
			}
			if d := Diff(r, want[n]); d != "" {
				return fmt.Errorf("record %d: %s", n, d)
			}
			if n == stop {
				break
			}
			n++
		}
	}
	if _, mentioned := numbers(want); len(mentioned) > 0 {
		for _, err := range p.IterationRecords(ctx, mentioned[0]) {
			if err != nil {
				return err
			}
			break
		}
	}
	return compare(records, want)
}

// checkNested: two sequences can be under way at once, with lookups in between.
func checkNested(ctx context.Context, p provider.Provider, want []provider.Record) error {
	next, stop := iter.Pull2(p.Records(ctx))
	defer stop()
	n := 0
	for r, err := range p.Records(ctx) {
		if err != nil {
			return err
		}
		other, err, ok := next()
		if err != nil || !ok {
			return fmt.Errorf("record %d: second sequence: got error %v, ok %t", n, err, ok)
		}
		if d := Diff(r, other); d != "" {
			return fmt.Errorf("record %d: two sequences differ: %s", n, d)
		}
		if it, isIteration := r.(*provider.Iteration); isIteration && n < 200 {
			got, err := p.IterationAt(ctx, it.Number)
			if err != nil {
				return err
			}
			if d := Diff(&got, it); d != "" {
				return errors.New(d)
			}
		}
		n++
	}
	if n != len(want) {
		return fmt.Errorf("got %d records, want %d", n, len(want))
	}
	return nil
}

func checkConcurrent(ctx context.Context, p provider.Provider, want []provider.Record) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			switch i % 2 {
			case 0:
				errs[i] = errors.Join(checkRecords(ctx, p, want), checkIterations(ctx, p, want))
			default:
				errs[i] = errors.Join(checkExperiment(ctx, p, want), checkIterationAt(ctx, p, want))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// checkOwnership: what was returned belongs to the caller; changing it does not change the run.
func checkOwnership(ctx context.Context, p provider.Provider, want []provider.Record) error {
	recorded, _ := numbers(want)
	for _, n := range recorded[:min(len(recorded), 3)] {
		it, err := p.IterationAt(ctx, n)
		if err != nil {
			return err
		}
		spoil(&it)
	}
	for r, err := range p.Records(ctx) {
		if err != nil {
			return err
		}
		if it, ok := r.(*provider.Iteration); ok {
			spoil(it)
		}
	}
	if list, err := p.Iterations(ctx); err == nil && len(list) > 0 {
		list[0] = -7
	}
	if e, err := p.Experiment(ctx); err == nil {
		spoilExperiment(&e)
	}
	return errors.Join(checkRecords(ctx, p, want), checkExperiment(ctx, p, want), checkIterationAt(ctx, p, want),
		checkIterations(ctx, p, want))
}

func spoilExperiment(e *provider.Experiment) {
	clear(e.Salt)
	for i := range e.Notes {
		e.Notes[i].Text = "spoilt"
	}
	if r := e.Result; r != nil {
		r.Status = "spoilt"
		for _, cost := range []*provider.Cents{r.FinalCost, r.BestCost} {
			if cost != nil {
				*cost++
			}
		}
		if r.Converged != nil {
			*r.Converged = !*r.Converged
		}
		if r.ConvergenceReason != nil {
			*r.ConvergenceReason = "spoilt"
		}
	}
}

func spoil(it *provider.Iteration) {
	for agent := range it.Costs {
		it.Costs[agent]++
	}
	clear(it.AcceptedChanges)
	clear(it.Policies)
	it.Number = -1
}

func checkDigest(ctx context.Context, p provider.Provider, want []provider.Record) error {
	var s digest.Sink
	if err := Play(ctx, &s, want); err != nil {
		return fmt.Errorf("records wanted: %w", err)
	}
	root, count, err := digest.Of(ctx, p)
	if err != nil {
		return err
	}
	if root != s.Root() || count != s.Count() {
		return fmt.Errorf("got digest %v of %d records, want %v of %d", root, count, s.Root(), s.Count())
	}
	return nil
}

func checkTail(ctx context.Context, p provider.Provider, want []provider.Record) error {
	tail, ok := p.(provider.Tail)
	if !ok {
		return nil
	}
	for _, seq := range []int{0, 1, len(want) / 2, len(want) - 1, len(want), len(want) + 1} {
		if err := compare(tail.RecordsFrom(ctx, int64(seq)), want[min(seq, len(want)):]); err != nil {
			return fmt.Errorf("RecordsFrom(%d): %w", seq, err)
		}
	}
	return nil
}

func checkCounter(ctx context.Context, p provider.Provider, want []provider.Record) error {
	counter, ok := p.(provider.Counter)
	if !ok {
		return nil
	}
	if n, err := counter.RecordCount(ctx); err != nil || n != int64(len(want)) {
		return fmt.Errorf("RecordCount: got %d, error %v, want %d", n, err, len(want))
	}
	return nil
}
