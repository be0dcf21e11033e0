// Package paper reads and writes paper.yaml, which pins the runs of a paper by id and digest, lists the tables and
// figures that are made of them, and says how they are published; and the records of which runs a file came from.
package paper

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/webfile"
)

// FileName is what a paper's file is called, if nothing else is said.
const FileName = "paper.yaml"

// MaxSize bounds a paper's file, in bytes.
const MaxSize = 1 << 20

// What a run may be, and is refused as, unless its paper accepts it.
const (
	AcceptUnfinished  = "unfinished"
	AcceptInvalidated = "invalidated"
)

// ErrPaper is the class of errors about what a paper's file says.
var ErrPaper = errors.New("not a paper that can be built")

// ErrSecret means that an address holds what its owner does not publish.
var ErrSecret = errors.New("an address with a user, a key or a token, which are nothing to publish")

// A LineError reports what is wrong in a line of a paper's file. It is [ErrPaper].
type LineError struct {
	Line int // from 1
	Err  error
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Is reports whether target is [ErrPaper].
func (e *LineError) Is(target error) bool { return target == ErrPaper }

// A Paper is what a paper's file says.
type Paper struct {
	Path   string // of the file
	SHA256 string // of its text, with line feeds only at the ends of lines
	Runs   []*Run
	Items  []*Item

	Work        citation.Work // what is said of the runs where they are published and cited
	LicenceFile string        // the text of the licence, relative to the paper's file, with slashes; empty for none

	byName map[string]*Run
}

// A Run is one that is pinned.
type Run struct {
	Name     string
	File     string // relative to the paper's file, with slashes; or an address
	ID       string
	Digest   string // of the run, in hexadecimal
	Title    string // what people read for the id; empty for that
	Labels   []Label
	Baseline string // name of the run that it is compared with; empty for none
	Lenient  bool   // values that cannot be kept as recorded are left out
	Accept   []string
	Line     int
}

// A Label is what the author says of a run.
type Label struct {
	Name  string
	Value json.RawMessage // a string or a number
}

// LabelsJSON gives the labels as an object.
func (r *Run) LabelsJSON() []byte {
	text := []byte("{")
	for i, l := range r.Labels {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(jsontext.AppendString(text, l.Name), ':'), l.Value...)
	}
	return append(text, '}')
}

// An Item is a table or a figure.
type Item struct {
	Command string // table or plot
	Kind    string // of table or chart, or compare
	File    string // relative to the folder for files, with slashes
	Runs    []string
	Select  []Label // that the runs have all of; in the place of Runs
	Columns []Column
	Titles  []Label // what people read for a column, by its name
	Options []Option
	Line    int
}

// Words give the command that makes the item: "table" with the kind, "plot" with the kind, or "compare", which is a
// table among others here.
func (it *Item) Words() []string {
	if it.Command == "table" && it.Kind == "compare" {
		return []string{it.Kind}
	}
	return []string{it.Command, it.Kind}
}

// A Column is one of an item.
type Column struct {
	Text string
	Let  bool // for the formulas of others only
	Line int
}

// An Option is a flag of the command, by its name.
type Option struct {
	Name   string
	Values []string // true or false, one text, or several
	List   bool
	Line   int
}

// Read reads the paper's file at path. Errors about what it says are [ErrPaper].
func Read(path string) (*Paper, error) {
	text, err := fileerr.ReadAtMost(path, MaxSize)
	if errors.Is(err, fileerr.ErrLonger) {
		err = fmt.Errorf("%w: %w", ErrPaper, err)
	}
	if err != nil {
		return nil, err
	}
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	p.Path = path
	return p, nil
}

// Parse reads the text of a paper's file.
func Parse(text []byte) (*Paper, error) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	p := &Paper{SHA256: sum(text), byName: map[string]*Run{}}
	if err := p.parse(text); err != nil {
		return nil, err
	}
	return p, p.check()
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Run gives the run of a name, nil if there is none.
func (p *Paper) Run(name string) *Run { return p.byName[name] }

// has reports whether the run has a label.
func (r *Run) has(l Label) bool {
	return slices.ContainsFunc(r.Labels, func(x Label) bool { return x.Name == l.Name && bytes.Equal(x.Value, l.Value) })
}

// RunPath gives where the file of a run lies: a path, or an address.
func (p *Paper) RunPath(r *Run) string {
	if webfile.Is(r.File) {
		return r.File
	}
	return p.beside(r.File)
}

// LicencePath gives where the text of the licence lies, empty if the paper names none.
func (p *Paper) LicencePath() string {
	if p.LicenceFile == "" {
		return ""
	}
	return p.beside(p.LicenceFile)
}

// beside gives where a file lies that the paper names.
func (p *Paper) beside(name string) string {
	return filepath.Join(filepath.Dir(p.Path), filepath.FromSlash(name))
}

// Sources are the runs that an item is made of: its own, and those that they are compared with.
func (p *Paper) Sources(it *Item) (list []*Run) {
	seen := map[string]bool{}
	add := func(name string) {
		if r := p.byName[name]; r != nil && !seen[name] {
			seen[name] = true
			list = append(list, r)
		}
	}
	for _, name := range it.Runs {
		add(name)
	}
	for _, r := range list {
		add(r.Baseline)
	}
	for _, o := range it.Options {
		if o.Name == "baseline" && len(o.Values) == 1 {
			add(o.Values[0])
		}
	}
	return list
}
