package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/schema"
)

// A redactSurvey is what is known of a run before a copy of it is written: which values go, and what stays although it is what
// the user looks for.
type redactSurvey struct {
	filter   *redact.Filter
	picks    map[int64]map[string]bool // fields to be withheld, by the record's position
	fields   map[string]*redactCount
	root     digest.Hash
	records  int64
	salted   bool
	weak     int            // values to be withheld that somebody may guess
	search   redact.Search  // for what the values to be withheld were picked for
	origin   map[string]int // number of each of its texts, for messages
	remains  []remainder
	known    map[place]bool // those of remains
	dropped  []int          // annotations, from 0
	annotate []archive.Annotation
}

// A redactCount counts the values of a field that go.
type redactCount struct {
	Field  string `json:"field"`
	Values int64  `json:"values"`
	Bytes  int64  `json:"bytes"`
}

type place struct {
	seq   int64
	field string
}

// A remainder is a place that a copy would show although what the user looks for is there.
type remainder struct {
	Seq   int64  `json:"seq"`
	Field string `json:"field"`
	Why   string `json:"why"`
}

const (
	whyEnvelope = "is part of what identifies the record and cannot be withheld"
	whyFilter   = "is not covered by the other flags"
	whyVerbatim = "holds a text that matches elsewhere, though it does not match here"
)

// surveyRedaction reads the run of p, twice if the filter looks at values.
func surveyRedaction(ctx context.Context, p provider.Provider, filter *redact.Filter) (*redactSurvey, error) {
	s := &redactSurvey{filter: filter, picks: map[int64]map[string]bool{}, fields: map[string]*redactCount{}, origin: map[string]int{}, known: map[place]bool{}}
	var tree digest.Tree
	var leaf digest.Leaf
	for r, err := range p.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return nil, err
		}
		if start, ok := r.(*provider.Start); ok {
			_, withheld := start.Withheld("salt")
			s.salted = withheld || start.Salt != nil
		}
		tree.Add(leaf.Hash(r))
		if err := leaf.Err(); err != nil {
			return nil, err
		}
		s.record(r)
		s.records++
	}
	s.root = tree.Root()
	if a, ok := p.(*archive.Archive); ok {
		list, err := a.Annotations(ctx)
		if err != nil {
			return nil, err
		}
		s.annotations(list)
	}
	if s.search.Empty() {
		return s, nil
	}
	seq := int64(0)
	for r, err := range p.Records(ctx) {
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return nil, err
		}
		s.again(seq, r)
		seq++
	}
	slices.SortStableFunc(s.remains, func(a, b remainder) int { return cmp.Compare(a.Seq, b.Seq) })
	return s, nil
}

// record decides about one record.
func (s *redactSurvey) record(r provider.Record) {
	seq := s.records
	for f := range r.RecordKind().Committed() {
		field := f.Name
		if !f.In(r) || field == "salt" {
			continue
		}
		value := f.Value(r)
		hits := s.filter.Hits(value)
		if s.filter.ByContent() && len(hits) == 0 {
			continue
		}
		if !s.filter.Covers(seq, r, field) {
			if len(hits) > 0 {
				s.remain(seq, field, whyFilter)
			}
			continue
		}
		s.pick(seq, field, value, hits)
	}
	for _, at := range redact.Envelope(r) {
		if len(s.filter.Hits([]byte(at.Text))) > 0 {
			s.remain(seq, at.Field, whyEnvelope)
		}
	}
}

// pick marks a value as one to be withheld.
func (s *redactSurvey) pick(seq int64, field string, value []byte, hits []redact.Hit) {
	if s.picks[seq] == nil {
		s.picks[seq] = map[string]bool{}
	}
	s.picks[seq][field] = true
	count := s.fields[field]
	if count == nil {
		count = &redactCount{Field: field}
		s.fields[field] = count
	}
	count.Values++
	count.Bytes += int64(len(value))
	weak := len(value) < 32 || field == "costs_per_agent" || field == "accepted_changes"
	for _, h := range hits {
		weak = weak || h.Guessable
		if s.search.Add(h.Text) {
			if _, ok := s.origin[h.Text]; !ok {
				s.origin[h.Text] = len(s.origin)
			}
		}
	}
	if weak {
		s.weak++
	}
}

// again looks for the texts that other values were picked for. Where secrets are looked for, a value that has one of them goes too.
func (s *redactSurvey) again(seq int64, r provider.Record) {
	for f := range r.RecordKind().Committed() {
		field := f.Name
		if !f.In(r) || field == "salt" || s.picks[seq][field] {
			continue
		}
		value := f.Value(r)
		if !s.has(value) {
			continue
		}
		if s.filter.Secrets != nil && s.filter.Covers(seq, r, field) {
			s.pick(seq, field, value, nil)
		} else {
			s.remain(seq, field, whyVerbatim)
		}
	}
	for _, at := range redact.Envelope(r) {
		if s.has([]byte(at.Text)) {
			s.remain(seq, at.Field, whyEnvelope)
		}
	}
}

// has reports whether a text has one of those that are looked for, also behind escapes of JSON.
func (s *redactSurvey) has(text []byte) bool {
	return slices.ContainsFunc(secrets.Views(text), s.search.Has)
}

// remain notes a place once.
func (s *redactSurvey) remain(seq int64, field, why string) {
	if at := (place{seq, field}); !s.known[at] {
		s.known[at] = true
		s.remains = append(s.remains, remainder{seq, field, why})
	}
}

// annotations decides about what the source says beside the run.
func (s *redactSurvey) annotations(list []archive.Annotation) {
	for i, a := range list {
		hit := false
		for _, text := range []string{a.Kind, a.Name, a.Text} {
			hit = hit || len(s.filter.Hits([]byte(text))) > 0 || s.has([]byte(text))
		}
		if hit {
			s.dropped = append(s.dropped, i)
		} else {
			s.annotate = append(s.annotate, a)
		}
	}
}

// rule is what the copy is made by.
func (s *redactSurvey) rule(seq int64, _ provider.Record, field string, _ []byte) bool {
	return s.picks[seq][field]
}

// counts gives the fields in order, and the sum of their values.
func (s *redactSurvey) counts() (list []redactCount, values int64) {
	for _, field := range redact.Fields() {
		if c := s.fields[field]; c != nil {
			list = append(list, *c)
			values += c.Values
		}
	}
	return list, values
}

// warn says what of the outcome the user may not expect. verb is what happens to annotations.
func (s *redactSurvey) warn(stderr io.Writer, verb string) {
	for _, i := range s.dropped {
		warnf(stderr, "annotation %d matches and %s", i+1, verb)
	}
	if !s.salted && s.weak > 0 {
		warnf(stderr, "the run has no salt: of what is withheld, %s can perhaps be guessed, and a guess be checked against the commitment (record, run and import have --salt)", plural(int64(s.weak), "value"))
	}
	if s.search.Full() {
		warnf(stderr, "too much matches to look for all of it byte by byte in the file; what is not looked for was withheld all the same")
	}
}

// maxShown bounds how many records are listed of those in which the same remains.
const maxShown = 10

// reportRemains lists what stays, a line for each field and reason.
func (s *redactSurvey) reportRemains(stderr io.Writer) {
	type group struct{ field, why string }
	var order []group
	records := map[group][]int64{}
	for _, r := range s.remains {
		g := group{r.Field, r.Why}
		if records[g] == nil {
			order = append(order, g)
		}
		records[g] = append(records[g], r.Seq)
	}
	for _, g := range order {
		list := records[g]
		text := fmt.Sprintf("record %d", list[0])
		if len(list) > 1 {
			text = fmt.Sprintf("records %d", list[0])
			for _, seq := range list[1:min(len(list), maxShown)] {
				text += fmt.Sprintf(", %d", seq)
			}
			if more := len(list) - maxShown; more > 0 {
				text += fmt.Sprintf(" and %d more", more)
			}
		}
		warnf(stderr, "%s: %s %s", text, g.field, g.why)
	}
}

var errStillThere = errors.New("a text that was to be withheld is in the bytes of the new file")

// checkCopy checks the copy at path: that it has the digest of the source, that none of what is withheld is in a record, and none
// in the bytes of the file, apart from what is known to remain and what every archive has.
func (s *redactSurvey) checkCopy(ctx context.Context, path string) error {
	if err := compareArchive(ctx, path, s.root); err != nil {
		return err
	}
	if s.search.Empty() {
		return nil
	}
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	known := map[string]bool{} // texts that are known to remain
	note := func(text []byte) {
		s.search.In(text, func(_ int, found string) bool { known[found] = true; return true })
	}
	seq := int64(0)
	for r, err := range a.Records(ctx) {
		if err != nil {
			return err
		}
		for f := range r.RecordKind().Committed() {
			if !f.In(r) {
				continue
			}
			if value := f.Value(r); s.known[place{seq, f.Name}] {
				note(value)
			} else if s.has(value) {
				return fmt.Errorf("%w: record %d: %s", errStillThere, seq, f.Name)
			}
		}
		for _, at := range redact.Envelope(r) {
			note([]byte(at.Text))
		}
		seq++
	}
	objects, err := schema.Objects(a.SchemaVersion())
	if err != nil {
		return err
	}
	for _, o := range objects {
		note([]byte(o.Name + "\n" + o.SQL.String))
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	found := error(nil)
	err = s.search.InReader(f, func(at int64, text string) bool {
		if known[text] {
			return true
		}
		found = fmt.Errorf("%w: byte %#x: match %d, of %d bytes", errStillThere, at, s.origin[text]+1, len(text))
		return false
	})
	return errors.Join(err, found)
}
