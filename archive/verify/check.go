package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A check is one check of one file: what its steps find, and what they have to know of each other. The steps come one after the other,
// and each knows those before it: [pages], then [content], then [recordReader]. Between pages and content stands [source].
type check struct {
	ctx context.Context
	err error // why the check could not be made
	problemLog
	report  Report
	version int
	sealed  bool // the file has to be a sealed one
	strict  bool // and looks like one, so its pages have to be canonical
	// lost says that rows are missing because something could not be read; then nothing can be said about their number.
	lost bool
}

func newCheck(ctx context.Context) *check {
	return &check{ctx: ctx, version: sqlitefile.Formats.Version}
}

// maxProblems is how many problems of one kind are listed.
const maxProblems = 100

// A problemLog gathers problems. Each goroutine has its own.
type problemLog struct {
	list  []Problem
	count map[string]int
}

func (l *problemLog) add(code string, place Place, format string, args ...any) {
	if l.count == nil {
		l.count = map[string]int{}
	}
	if l.count[code]++; l.count[code] > maxProblems {
		return
	}
	r := requirementOf(code)
	l.list = append(l.list, Problem{Code: code, Level: r.Level, Place: place, Text: fmt.Sprintf(format, args...), Remedy: r.Remedy})
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

// done sorts the problems and gives the report.
func (v *check) done() (Report, error) {
	if v.err == nil {
		v.err = v.ctx.Err()
	}
	at := func(n *int64) int64 {
		if n == nil {
			return -1
		}
		return *n
	}
	slices.SortStableFunc(v.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(at(a.Place.Record), at(b.Place.Record)), cmp.Compare(a.Code, b.Code), cmp.Compare(at(a.Place.Row), at(b.Place.Row)))
	})
	v.report.Problems = v.list
	for _, code := range slices.Sorted(maps.Keys(v.count)) {
		if more := v.count[code] - maxProblems; more > 0 {
			v.report.Unchecked = append(v.report.Unchecked, fmt.Sprintf("%d more problems of %s are not listed", more, code))
		}
	}
	return v.report, v.err
}
