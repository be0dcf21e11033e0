package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider/digest"
)

// A Place is where in an archive something is. Fields that do not apply are zero or nil.
type Place struct {
	Offset  *int64 `json:"byte,omitempty"` // in the file
	Table   string `json:"table,omitempty"`
	Row     *int64 `json:"row,omitempty"`     // its primary key
	Record  *int64 `json:"record,omitempty"`  // its Seq
	Column  string `json:"column,omitempty"`  // of the row or record
	Pointer string `json:"pointer,omitempty"` // into the JSON of the column (RFC 6901)
	Name    string `json:"name,omitempty"`    // of a file, a key or what else the problem is about
}

// String gives the place on one line, empty for the file as a whole.
func (p Place) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if p.Name != "" {
		add("%s", p.Name)
	}
	if p.Record != nil {
		add("record %d", *p.Record)
	}
	if p.Table != "" {
		add("table %s", p.Table)
	}
	if p.Row != nil && p.Record == nil {
		add("row %d", *p.Row)
	}
	if p.Column != "" {
		add("%s", p.Column)
	}
	if p.Pointer != "" {
		add("%s", p.Pointer)
	}
	if p.Offset != nil {
		add("byte %d", *p.Offset)
	}
	return strings.Join(parts, ", ")
}

// A Problem is one thing that is wrong with an archive.
type Problem struct {
	Code   string // the requirement of FORMAT.md that it breaks, such as "SX-044"
	Level  Level  // of the requirement; empty, which counts as MUST, if it is not one of the format's
	Place  Place
	Text   string // what is wrong
	Remedy string // what to do
}

// String gives the problem on one line, without what to do.
func (p Problem) String() string {
	parts := []string{strings.TrimSpace(p.Code + " " + string(p.Level)), p.Text}
	if place := p.Place.String(); place != "" {
		parts = slices.Insert(parts, 1, place)
	}
	return strings.Join(parts, ": ")
}

// A Report is the outcome of [File].
type Report struct {
	State     archive.State
	Root      digest.Hash // digest of the records as they are in the file; zero if not all could be read
	Records   int64       // those that could be read
	Problems  []Problem   // what breaks a requirement, in the order of the file
	Unchecked []string    // what could not be checked because of that
}

// OK reports whether every requirement of level MUST holds.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level != Should && p.Level != May })
}

// File checks the archive or live file at path against every requirement of FORMAT.md that binds files: the header, the pages,
// the schema, every value of every row, that the records are those that were sealed, and that not a byte stands where none
// belongs. It goes on past what is broken and reports all that it finds.
//
// The error is only for a check that could not be made, because the file system failed or ctx is done.
func File(ctx context.Context, path string) (Report, error) {
	v := newVerifier(ctx)
	path, err := sqlitefile.FollowLink(path)
	if err != nil {
		return Report{}, err
	}
	f, _, err := sqlitefile.OpenRegular(path)
	if errors.Is(err, sqlitefile.ErrNotRegular) {
		v.add(sxMagic, Place{}, "%v", sqlitefile.ErrNotRegular)
		return v.done()
	} else if err != nil {
		return Report{}, err
	}
	defer f.Close()
	if sqlitefile.BeingRecorded(path) {
		return verifyRecording(ctx, path)
	}
	main, err := sqlitefile.NewSteadyFile(f)
	if err != nil {
		return Report{}, err
	}
	live := strings.HasSuffix(path, archive.LiveSuffix)
	size := main.Size()
	var r io.ReaderAt = main
	if wal, _, err := sqlitefile.OpenRegular(path + "-wal"); err == nil {
		defer wal.Close()
		if o, err := sqlitefile.OverLog(main, wal); err != nil {
			return Report{}, err
		} else if o != nil {
			r, size, live = o, o.Size(), true
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Report{}, err
	}
	if !live {
		v.sidecars(path)
		if filepath.Ext(path) != archive.Extension {
			v.add(sxFileName, Place{Name: filepath.Base(path)}, "the name does not end in %s", archive.Extension)
		}
	}
	v.sealed = !live
	v.file(r, size)
	return v.done()
}

// Reader is [File] for a sealed archive whose size bytes r gives.
func Reader(ctx context.Context, r io.ReaderAt, size int64) (Report, error) {
	v := newVerifier(ctx)
	v.sealed = true
	v.file(r, size)
	return v.done()
}

// verifyRecording checks a live file that another process records into.
func verifyRecording(ctx context.Context, path string) (report Report, err error) {
	f, err := sqlitefile.Open(path, false)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if f.Pages == nil {
		report, err = verifyShared(ctx, f)
	} else { // of an exclusive recorder, or its recorder has just ended
		v := newVerifier(ctx)
		v.file(f.Pages, f.Size)
		report, err = v.done()
	}
	report.State = archive.Recording
	return report, err
}

// verifyShared checks what is committed in f at the moment, as SQLite gives it.
func verifyShared(ctx context.Context, f *sqlitefile.File) (_ Report, err error) {
	defer f.Explain(&err)
	conn, err := f.Conn(ctx)
	if err != nil {
		return Report{}, err
	}
	defer conn.Close()
	// As long as a statement is not at its end, all others see the same state of the file.
	snapshot, err := conn.QueryContext(ctx, "SELECT name FROM sqlite_schema")
	if err != nil {
		return Report{}, err
	}
	defer snapshot.Close()
	snapshot.Next()
	v := newVerifier(ctx)
	v.conn = conn
	v.run()
	return v.done()
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
func (v *verifier) done() (Report, error) {
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
