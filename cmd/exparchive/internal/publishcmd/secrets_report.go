package publishcmd

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/internal/terminal"
)

// A secretsReport gathers what is found in a run: each secret once, with its places. As JSON it is printed at once.
type secretsReport struct {
	path   string
	show   bool
	lines  *json.Encoder // nil for people
	first  int           // number of the first group
	groups []*secretGroup
	index  map[string]int // of a group
	unseen []*secretGroup // what was not looked into
	values int            // places of secrets
}

// A secretGroup is one secret, or one sort of what was not looked into, and where it is.
type secretGroup struct {
	what   string
	fields []fieldPlaces
}

// fieldPlaces are the records or annotations that have something in a field.
type fieldPlaces struct {
	field      string
	annotation bool
	fixed      bool   // cannot be withheld
	inside     string // the encodings around it, the outermost first
	list       []int64
}

func newSecretsReport(path string, show bool, groups int) *secretsReport {
	return &secretsReport{path: path, show: show, first: groups + 1, index: map[string]int{}}
}

// found takes up a finding.
func (s *secretsReport) found(at secretPlace, f secrets.Finding, canRedact bool) error {
	i, ok := s.index[f.Key()]
	if !ok {
		i = len(s.groups)
		s.index[f.Key()] = i
		excerpt := f.Excerpt()
		if s.show {
			excerpt = f.Shown()
		}
		s.groups = append(s.groups, &secretGroup{what: f.Kind + ": " + excerpt})
	}
	s.values++
	if s.lines == nil {
		s.groups[i].add(at, !canRedact, strings.Join(f.Via, ", "))
		return nil
	}
	line := secretFound{secretPlace: at, Group: s.first + i, Kind: f.Kind, Excerpt: f.Excerpt(), Inside: f.Via,
		CanRedact: canRedact}
	if s.show {
		line.Excerpt, line.Secret = f.Shown(), f.Secret
	}
	return s.lines.Encode(line)
}

// leftOut takes up what was not looked into.
func (s *secretsReport) leftOut(at secretPlace, u secrets.Unseen) error {
	if s.lines != nil {
		return s.lines.Encode(secretUnseen{at, u.What, u.Count})
	}
	i := slices.IndexFunc(s.unseen, func(g *secretGroup) bool { return g.what == u.What })
	if i < 0 {
		i = len(s.unseen)
		s.unseen = append(s.unseen, &secretGroup{what: u.What})
	}
	s.unseen[i].add(at, false, "")
	return nil
}

// add notes a place, once.
func (g *secretGroup) add(at secretPlace, fixed bool, inside string) {
	n := int64(at.Annotation)
	if at.Record != nil {
		n = *at.Record
	}
	i := slices.IndexFunc(g.fields, func(f fieldPlaces) bool {
		return f.field == at.Field && f.annotation == (at.Record == nil) && f.inside == inside
	})
	if i < 0 {
		i = len(g.fields)
		g.fields = append(g.fields, fieldPlaces{field: at.Field, annotation: at.Record == nil, fixed: fixed, inside: inside})
	}
	if list := g.fields[i].list; len(list) == 0 || list[len(list)-1] != n {
		g.fields[i].list = append(list, n)
	}
}

// places names where it is: user_prompt of records 2, 5; data of record 7 (in base64, gzip); run_id of record 0, which
// cannot be withheld.
func (g *secretGroup) places() string {
	parts := make([]string, len(g.fields))
	for i, f := range g.fields {
		parts[i] = f.field + " of " + someNumbers(f.noun(), f.list)
		if f.inside != "" {
			parts[i] += " (in " + f.inside + ")"
		}
		if f.fixed {
			parts[i] += ", which cannot be withheld"
		}
	}
	return strings.Join(parts, "; ")
}

func (f fieldPlaces) noun() string {
	if f.annotation {
		return "annotation"
	}
	return "record"
}

// print prints the groups, and on stderr what was not looked into.
func (s *secretsReport) print(out *bufio.Writer, stderr io.Writer) {
	for _, g := range s.groups {
		fmt.Fprintln(out, terminal.Escape(fmt.Sprintf("%s: %s: %s", s.path, g.what, g.places())))
	}
	const most = 20
	for _, g := range s.unseen[:min(len(s.unseen), most)] {
		cli.Warnf(stderr, "%s: not looked into: %s: %s", s.path, g.what, g.places())
	}
	if more := len(s.unseen) - most; more > 0 {
		cli.Warnf(stderr, "%s: not looked into: %d other sorts of parts; --json lists all", s.path, more)
	}
}
