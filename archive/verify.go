package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// A Report is the outcome of [Verify].
type Report struct {
	State     State
	Root      digest.Hash // digest of the records as they are in the file; zero if not all could be read
	Records   int64       // those that could be read
	Problems  []Problem   // what breaks a requirement, in the order of the file
	Unchecked []string    // what could not be checked because of that
}

// OK reports whether every requirement of level MUST holds.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level != Should && p.Level != May })
}

// Verify checks the archive or live file at path against every requirement of FORMAT.md that binds files: the header, the pages,
// the schema, every value of every row, that the records are those that were sealed, and that not a byte stands where none
// belongs. It goes on past what is broken and reports all that it finds.
//
// The error is only for a check that could not be made, because the file system failed or ctx is done.
func Verify(ctx context.Context, path string) (Report, error) {
	v := newVerifier(ctx)
	path, err := followLink(path)
	if err != nil {
		return Report{}, err
	}
	f, _, err := openRegular(path)
	if errors.Is(err, errNotRegular) {
		v.add(sxMagic, Place{}, "%v", errNotRegular)
		return v.done()
	} else if err != nil {
		return Report{}, err
	}
	defer f.Close()
	live := strings.HasSuffix(path, LiveSuffix)
	if beingRecorded(path) {
		return verifyRecording(ctx, path)
	}
	main, err := newSteadyFile(f)
	if err != nil {
		return Report{}, err
	}
	size := main.size()
	var r io.ReaderAt = main
	if wal, _, err := openRegular(path + "-wal"); err == nil {
		defer wal.Close()
		if o, err := overLog(main, wal); err != nil {
			return Report{}, err
		} else if o != nil {
			r, size, live = o, o.size(), true
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Report{}, err
	}
	if !live {
		v.sidecars(path)
		if filepath.Ext(path) != Extension {
			v.add(sxFileName, Place{Name: filepath.Base(path)}, "the name does not end in %s", Extension)
		}
	}
	v.sealed = !live
	v.file(r, size)
	return v.done()
}

// VerifyReader is [Verify] for a sealed archive whose size bytes r gives.
func VerifyReader(ctx context.Context, r io.ReaderAt, size int64) (Report, error) {
	v := newVerifier(ctx)
	v.sealed = true
	v.file(r, size)
	return v.done()
}

// overLog gives the file f with its write-ahead log, nil if it has none that counts.
func overLog(f *steadyFile, log *os.File) (*overlay, error) {
	h, err := readHeader(f, f.size())
	if err != nil || !h.wal {
		return nil, nil // the check itself says what is wrong with the header
	}
	info, err := log.Stat()
	if err != nil {
		return nil, err
	}
	index, err := readWAL(steadyLog{log, f}, info.Size(), h.pageSize)
	var o *overlay
	if err == nil {
		o, err = newOverlay(f, f.size(), h, steadyLog{log, f}, index)
	}
	if errors.Is(err, ErrDamaged) {
		return nil, nil
	}
	return o, err
}

// Verify is the function [Verify] for an archive that is open. What the folder holds is not looked at.
func (a *Archive) Verify(ctx context.Context) (_ Report, err error) {
	defer a.explain(&err)
	if a.raw == nil {
		return a.verifyShared(ctx)
	}
	v := newVerifier(ctx)
	v.sealed = a.state == Sealed
	v.file(a.raw, a.rawSize)
	report, err := v.done()
	report.State = a.state
	return report, err
}

// verifyRecording checks a live file that another process records into.
func verifyRecording(ctx context.Context, path string) (Report, error) {
	a, err := Open(path, nil)
	if err != nil {
		return Report{}, err
	}
	defer a.Close()
	return a.Verify(ctx)
}

// verifyShared checks what is committed at the moment, as SQLite gives it.
func (a *Archive) verifyShared(ctx context.Context) (Report, error) {
	conn, err := a.connect(ctx)
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
	report, err := v.done()
	report.State = a.state
	return report, err
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
