// Package crate makes packages of runs for publication: an RO-Crate 1.1 that follows the profile Process Run Crate 0.5,
// inside a BagIt 1.0 bag (RFC 8493). A package holds sealed archives, a report of each, the tables and figures of a
// paper, what CITATION.cff and a README say of them, the licence, and a script that checks all of it and makes every
// table and figure anew.
//
//	bagit.txt, bag-info.txt, manifest-sha512.txt, tagmanifest-sha512.txt
//	data/ro-crate-metadata.json, README.txt, CITATION.cff, LICENSE, reproduce.sh
//	data/runs/       the archives, named after the ids of their runs
//	data/reports/    a page for each
//	data/paper/      paper.yaml, and what is made of it
//	data/bin/        the program, if it is wanted, for several systems
//
// The same input gives the same bytes: nothing comes from the clock, and times, modes and order of files are fixed.
package crate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/paper"
	"github.com/simexp/exparchive/provider"
)

// ErrContent is the class of errors about what cannot be in a package.
var ErrContent = errors.New("cannot be in a package")

// ProgramURL is where the program that makes packages comes from.
const ProgramURL = "https://github.com/simexp/exparchive"

// Names of files and folders of the payload.
const (
	metadataFile = "ro-crate-metadata.json"
	readmeFile   = "README.txt"
	citationFile = "CITATION.cff"
	licenceFile  = "LICENSE"
	scriptFile   = "reproduce.sh"
	runsFolder   = "runs"
	reportFolder = "reports"
	paperFolder  = "paper"
	binFolder    = "bin"
)

// A Run is an archive in a package.
type Run struct {
	File       string // its path in the payload
	Report     string // that of its report, empty for none
	ID         string
	Digest     string // in hexadecimal
	Experiment string
	Type       string
	Status     provider.Status
	Reason     string // why it failed or was interrupted, if that is known
	Started    string // as it was recorded; empty if it was not
	Ended      string
	Records    int64
	Withheld   int64  // values that this copy of the run lacks
	Masked     bool   // it is a copy in which texts were replaced
	Invalid    string // why it is invalidated; empty if it is not
	Source     string // name of the file that it was sealed from; empty for an archive
}

// An item is a table or figure in a package.
type item struct {
	command string   // that makes it
	files   []string // paths in the payload: the table or figure, and the record of what it came from
	runs    []*Run
}

// A Builder fills the folder of a package. Its methods are called one after the other: the runs before their reports
// and the paper, and last Finish.
type Builder struct {
	// Open opens the files that runs lie in. NewBuilder sets it to os.Open.
	Open func(path string) (io.ReadCloser, error)

	bag      string // folder of the bag
	runs     []*Run
	items    []item
	binaries []Binary
	hasPaper bool
}

// NewBuilder begins a package in an empty folder.
func NewBuilder(folder string) (*Builder, error) {
	b := &Builder{bag: folder, Open: func(path string) (io.ReadCloser, error) { return os.Open(path) }}
	return b, fileerr.In(folder, os.Mkdir(b.Path(""), 0o777))
}

// Runs gives the runs that were added, in the order of their files.
func (b *Builder) Runs() []*Run {
	slices.SortFunc(b.runs, func(x, y *Run) int { return strings.Compare(x.File, y.File) })
	return b.runs
}

// Path gives where a file of the payload lies.
func (b *Builder) Path(name string) string {
	return filepath.Join(b.bag, "data", filepath.FromSlash(name))
}

// write writes a file of the payload, and the folders that it lies in.
func (b *Builder) write(name string, text []byte) error {
	at := b.Path(name)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		return fileerr.In(at, err)
	}
	return fileerr.In(at, os.WriteFile(at, text, 0o666))
}

// AddReport makes the report of a run: write is given the archive, and writes the page.
func (b *Builder) AddReport(r *Run, write func(archive string, w io.Writer) error) error {
	var page bytes.Buffer
	if err := write(b.Path(r.File), &page); err != nil {
		return err
	}
	r.Report = path.Join(reportFolder, path.Base(stem(r.File))+".html")
	return b.write(r.Report, page.Bytes())
}

// AddPaper makes the tables and figures of a paper from the archives of the package. Pinned gives, by the names of the
// paper's runs, those that were added for them; build makes what the paper's file at a path lists, beside it. What the
// paper says of the work is replaced by w.
func (b *Builder) AddPaper(p *paper.Paper, pinned map[string]*Run, w citation.Work,
	build func(file string) error) error {
	packed := *p
	packed.Work, packed.LicenceFile, packed.Runs = w, "../"+licenceFile, nil
	for _, r := range p.Runs {
		run := *r
		run.File, run.Lenient = "../"+pinned[r.Name].File, false
		packed.Runs = append(packed.Runs, &run)
	}
	var text strings.Builder
	if err := packed.Write(&text); err != nil {
		return err
	}
	name := path.Join(paperFolder, paper.FileName)
	for _, it := range p.Items {
		made := item{command: strings.Join(it.Words(), " ")}
		for _, file := range []string{it.File, it.File + paper.SourceSuffix} {
			file = path.Join(paperFolder, file)
			if strings.EqualFold(file, name) || strings.ContainsRune(file, '%') {
				return fileerr.Errorf(it.File, "%w: a file of that name is the paper's own, or has a percent sign, "+
					"which programs for bags do not all read in the same way; give it another name", ErrContent)
			}
			made.files = append(made.files, file)
		}
		for _, r := range p.Sources(it) {
			if run := pinned[r.Name]; !slices.Contains(made.runs, run) {
				made.runs = append(made.runs, run)
			}
		}
		b.items = append(b.items, made)
	}
	b.hasPaper = true
	if err := b.write(name, []byte(text.String())); err != nil {
		return err
	}
	return build(b.Path(name))
}

// Finish writes what is said of the package, and what makes a crate and a bag of it, and brings the folder into the
// form in which it is published. The work is complete; see [citation.Work.Missing]. Licence is the text of its licence,
// version that of this program.
func (b *Builder) Finish(w citation.Work, licence, version string) error {
	b.Runs() // sorts
	for _, f := range []struct{ name, text string }{
		{citationFile, w.CFF(b.cited())}, {licenceFile, licence}, {readmeFile, b.readme(w, version)},
		{scriptFile, b.script()},
	} {
		if err := b.write(f.name, []byte(f.text)); err != nil {
			return err
		}
	}
	metadata, err := b.metadata(w, version)
	if err == nil {
		err = b.write(metadataFile, metadata)
	}
	if err == nil {
		err = b.writeTags(w, version)
	}
	if err == nil {
		err = settle(b.bag, w.Date)
	}
	return err
}

// cited gives the runs as they are cited.
func (b *Builder) cited() (list []citation.Run) {
	for _, r := range b.runs {
		list = append(list, citation.Run{ID: r.ID, Digest: r.Digest, Experiment: r.Experiment})
	}
	return list
}

// LastDay gives the day on which the last of the runs ended or, where that was not recorded, began; empty if no run
// says so.
func (b *Builder) LastDay() (day string) {
	for _, r := range b.runs {
		day = max(day, lastDay(r.Started, r.Ended))
	}
	return day
}

// DayOf gives the day on which a run ended or began, empty if it does not say so.
func DayOf(e provider.Experiment) string {
	if e.Result == nil {
		return lastDay(e.CreatedAt)
	}
	return lastDay(e.CreatedAt, e.Result.CompletedAt)
}

func lastDay(times ...string) (day string) {
	for _, t := range times {
		if d, ok := dayOf(t); ok {
			day = max(day, d)
		}
	}
	return day
}
