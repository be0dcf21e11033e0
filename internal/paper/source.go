package paper

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
)

// A Source is the record of what a file came from.
type Source struct {
	File   string      `json:"file"`
	SHA256 string      `json:"sha256"`
	Bytes  int         `json:"bytes"`
	Paper  SourcePaper `json:"paper"`
	Made   []string    `json:"made"` // the command
	Runs   []SourceRun `json:"runs"`
}

// A SourcePaper says which paper's file it was.
type SourcePaper struct {
	File   string `json:"file"` // its name
	SHA256 string `json:"sha256"`
}

// A SourceRun is a run of which a file was made.
type SourceRun struct {
	Name     string `json:"name"`
	File     string `json:"file"`
	RunID    string `json:"run_id"`
	Digest   string `json:"digest"`
	Baseline string `json:"baseline,omitempty"`
}

// SourceOf gives the record for a file with some text, made for an item.
func (p *Paper) SourceOf(it *Item, text []byte) Source {
	s := Source{
		File: it.File, SHA256: sum(text), Bytes: len(text),
		Paper: SourcePaper{p.name(), p.SHA256}, Made: it.Words(),
	}
	for _, r := range p.Sources(it) {
		s.Runs = append(s.Runs, SourceRun{r.Name, r.File, r.ID, r.Digest, r.Baseline})
	}
	return s
}

// Text gives the record as it is written.
func (s Source) Text() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(s) // which has nothing that could fail
	return b.Bytes()
}

// ParseSource reads a record.
func ParseSource(text []byte) (s Source, err error) {
	err = json.Unmarshal(text, &s)
	return s, err
}

// IsOf reports whether a text is that of the file that the record is about.
func (s Source) IsOf(text []byte) bool { return s.SHA256 == sum(text) }

// nextSuffix is behind the name of a record that has not got its place yet.
const nextSuffix = ".next"

// NextSource gives where the record of a file lies from before the file gets its place until the record gets its own:
// hidden beside it, so that a build that is cut short between the two leaves a record of the file.
func NextSource(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+SourceSuffix+nextSuffix)
}

// nextOf gives the name of the file that a hidden name is the next record of, and false if it is none.
func nextOf(name string) (file string, ok bool) {
	file, hidden := strings.CutPrefix(name, ".")
	file, next := strings.CutSuffix(file, SourceSuffix+nextSuffix)
	return file, hidden && next && file != ""
}

// maxRecord bounds a record, in bytes: of all runs that a paper's file can list it is several times as long as that.
const maxRecord = 8 * MaxSize

// Records are those there are of a file: what it came from when a build ended, and what it came from if one was cut
// short between the file and its record.
type Records struct {
	Text        []byte // of the record; nil if it is missing or unreadable
	Source      Source // as the record has it
	Next        Source // as the one has it that a build left that was cut short
	there, owed bool   // which of the two there are
}

// RecordsOf reads the records of a file at path, which is called file in the folder of the paper's files.
func RecordsOf(path, file string) Records {
	read := func(at string) ([]byte, Source, bool) {
		text, err := fileerr.ReadAtMost(at, maxRecord)
		if err != nil {
			return nil, Source{}, false
		}
		s, err := ParseSource(text)
		if err != nil || s.File != file {
			return nil, Source{}, false
		}
		return text, s, true
	}
	var r Records
	r.Text, r.Source, r.there = read(path + SourceSuffix)
	_, r.Next, r.owed = read(NextSource(path))
	return r
}

// None reports that there is no record: no build made the file.
func (r *Records) None() bool { return !r.there && !r.owed }

// Built reports whether a text is what a build gave the file.
func (r *Records) Built(text []byte) bool {
	return r.there && r.Source.IsOf(text) || r.CutShort(text)
}

// CutShort reports whether a text is what a build gave the file that ended before the record had its place.
func (r *Records) CutShort(text []byte) bool {
	return r.owed && r.Next.IsOf(text) && !(r.there && r.Source.IsOf(text))
}

// madeFor reports whether a build of the paper made the file, or was about to.
func (r *Records) madeFor(p *Paper) bool {
	return r.there && r.Source.Paper.File == p.name() || r.owed && r.Next.Paper.File == p.name()
}

// longest is how long the file is at most, in bytes, if it is as a build made it.
func (r *Records) longest() int { return max(r.Source.Bytes, r.Next.Bytes, 0) }
