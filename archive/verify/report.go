package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider/digest"
)

// A Place is where in an archive something is. Fields that do not apply are zero or nil.
type Place struct {
	Offset  *int64 `json:"byte,omitempty"` // in the file
	Table   string `json:"table,omitempty"`
	Row     *int64 `json:"row,omitempty"`     // its primary key
	Record  *int64 `json:"seq,omitempty"`     // its Seq
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
	Problems  []Problem   // what breaks a requirement, in the order of the file: those that count (see [Stage])
	Later     []Problem   // what is of later stages, and may follow from Problems; empty if rows could not be read
	Unchecked []string    // what could not be checked because of Problems
}

// OK reports whether every requirement of level MUST holds.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level != Should && p.Level != May })
}
