package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A check is one check of one file: what its steps find, and what they have to know of each other. The steps come one
// after the other, and each knows those before it: [pages], then [content], then [recordReader]. Between pages and
// content stands [source].
//
// A step goes on past what is broken as far as it can, and adds whatever it finds. What may only follow from something
// else is told apart at the end, by the stages of the requirements.
type check struct {
	ctx context.Context
	err error // why the check could not be made
	problemLog
	report  Report
	version int
	size    int64 // of the file in bytes, what is in its log included
	sealed  bool  // the file has to be a sealed one
	lost    bool  // rows are missing because something could not be read
	gaps    bool  // rows are missing by the numbers of the records
	joined  int64 // bytes of prompts that were joined
}

func newCheck(ctx context.Context) *check {
	return &check{ctx: ctx, version: sqlitefile.Formats.Version}
}

// maxProblems is how many problems of one kind are listed, and maxPageProblems those about pages: one row that lies
// elsewhere moves all that come after it.
const (
	maxProblems     = 100
	maxPageProblems = 10
)

func listed(code string) int {
	if code == sxPages || code == sxIntegrity {
		return maxPageProblems
	}
	return maxProblems
}

// A problemLog gathers problems. Each goroutine has its own.
type problemLog struct {
	list  []Problem
	count map[string]int
}

func (l *problemLog) add(code string, place Place, format string, args ...any) {
	l.addWith(requirementOf(code).Remedy, code, place, format, args...)
}

// addWith is add for a problem that has a remedy of its own.
func (l *problemLog) addWith(remedy, code string, place Place, format string, args ...any) {
	if l.count == nil {
		l.count = map[string]int{}
	}
	if l.count[code]++; l.count[code] > listed(code) {
		return
	}
	r := requirementOf(code)
	l.list = append(l.list, Problem{
		Code: code, Level: r.Level, Place: place, Text: fmt.Sprintf(format, args...), Remedy: remedy,
	})
}

func (l *problemLog) merge(o *problemLog) {
	l.list = append(l.list, o.list...)
	for code, n := range o.count {
		if l.count == nil {
			l.count = map[string]int{}
		}
		l.count[code] += n
	}
}

// atStage gives the first stage of which a MUST is broken, the one behind the last if none is.
func (l *problemLog) atStage() Stage {
	first := StageBlocks + 1
	for code := range l.count {
		if r := requirementOf(code); r.Level == Must {
			first = min(first, r.Stage)
		}
	}
	return first
}

// later takes the problems out that are of later stages than the first of which a MUST is broken, and gives those that
// are listed and the number of all.
func (l *problemLog) later() (list []Problem, count int) {
	first := l.atStage()
	later := func(code string) bool { return requirementOf(code).Stage > first }
	for code, n := range l.count {
		if later(code) {
			count += n
			delete(l.count, code)
		}
	}
	var now []Problem
	for _, p := range l.list {
		if later(p.Code) {
			list = append(list, p)
		} else {
			now = append(now, p)
		}
	}
	l.list = now
	return list, count
}

func (v *check) unchecked(format string, args ...any) {
	v.report.Unchecked = append(v.report.Unchecked, fmt.Sprintf(format, args...))
}

// done gives the report, with the problems in the order of the records.
func (v *check) done() (Report, error) {
	if v.err == nil {
		v.err = v.ctx.Err()
	}
	later, count := v.later()
	if count > 0 && (v.lost || v.gaps) { // they are mostly about what is missing
		v.unchecked("%d more problems of later stages, which may follow from these", count)
	} else {
		v.report.Later = sorted(later)
	}
	v.report.Problems = sorted(v.list)
	for _, code := range slices.Sorted(maps.Keys(v.count)) {
		if more := v.count[code] - listed(code); more > 0 {
			v.unchecked("%d more problems of %s are not listed", more, code)
		}
	}
	return v.report, v.err
}

// sorted puts problems into the order of records, and those of no record before them.
func sorted(list []Problem) []Problem {
	at := func(n *int64) int64 {
		if n == nil {
			return -1
		}
		return *n
	}
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(at(a.Place.Record), at(b.Place.Record)), cmp.Compare(a.Code, b.Code),
			cmp.Compare(at(a.Place.Row), at(b.Place.Row)),
		)
	})
	return list
}
