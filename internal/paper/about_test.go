package paper

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/citation"
)

func TestAbout(t *testing.T) {
	p, err := Parse([]byte(of(`title: 'A "study": 50 %'
abstract: |
  One.

  Two.
authors:
  - {family: Lovelace, given: Ada, orcid: https://orcid.org/0000-0002-1825-0097, affiliation: University}
  - {group: The group, affiliation: [A, {name: B, url: https://ror.org/04cw6st05}]}
date: 2026-11-29
licence: mit
licence-file: ../LICENSE
doi: https://doi.org/10.5281/zenodo.1
publisher: {name: Zenodo, url: https://zenodo.org}
keywords: [a, 1e5]
funding: [{funder: F, award: 0123, title: T}, {funder: {name: G, url: https://g.org}}]
software: {name: S, url: https://s.org, version: 1.10}
`)))
	if err != nil {
		t.Fatal(err)
	}
	want := citation.Work{Title: `A "study": 50 %`, Abstract: "One.\n\nTwo.", Date: "2026-11-29", Licence: "MIT",
		DOI: "10.5281/zenodo.1",
		Authors: []citation.Author{
			{Family: "Lovelace", Given: "Ada", ORCID: "0000-0002-1825-0097",
				Affiliations: []citation.Organisation{{Name: "University"}}},
			{Group: "The group", Affiliations: []citation.Organisation{{Name: "A"}, {Name: "B",
				URL: "https://ror.org/04cw6st05"}}}},
		Publisher: citation.Organisation{Name: "Zenodo", URL: "https://zenodo.org"}, Keywords: []string{"a", "1e5"},
		Funding: []citation.Grant{{Funder: citation.Organisation{Name: "F"}, Award: "0123", Title: "T"},
			{Funder: citation.Organisation{Name: "G", URL: "https://g.org"}}},
		Software: citation.Software{Name: "S", URL: "https://s.org", Version: "1.10"}}
	if !reflect.DeepEqual(p.Work, want) || p.LicenceFile != "../LICENSE" {
		t.Errorf("got %+v, %q, want %+v", p.Work, p.LicenceFile, want)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	q, err := Parse(b.Bytes())
	if err != nil || !reflect.DeepEqual(q.Work, want) || q.LicenceFile != p.LicenceFile {
		t.Errorf("got %+v, %v from\n%s", q, err, b.String())
	}
}

// TestWriteAbout: what is written is read as the same, whatever the texts.
func TestWriteAbout(t *testing.T) {
	for _, s := range odd {
		p, err := Parse([]byte(of("")))
		if err != nil {
			t.Fatal(err)
		}
		o := citation.Organisation{Name: s, URL: "https://x.org"}
		p.Work = citation.Work{Title: s, Abstract: s + "\n" + s, Licence: s, Publisher: citation.Organisation{Name: s},
			Authors: []citation.Author{{Family: s, Given: s, Affiliations: []citation.Organisation{o, {Name: s}}},
				{Group: s + "x"}},
			Keywords: []string{s, s + "x"}, Funding: []citation.Grant{{Funder: o, Award: s, Title: s}},
			Software: citation.Software{Name: s, Version: s}}
		if p.Work.Check() != nil {
			continue
		}
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		if q, err := Parse(b.Bytes()); err != nil || !reflect.DeepEqual(q.Work, p.Work) {
			t.Errorf("%q: got %+v, %v from\n%s", s, q, err, b.String())
		}
	}
}

func TestAboutErrors(t *testing.T) {
	for text, want := range map[string]string{
		"titel: x":                          `line 7: no "titel", want one of version, title, abstract, authors,`,
		"license: MIT":                      `line 7: no "license"`,
		"title: [a]":                        "line 7: want a text",
		`title: "a\nb"`:                     "line 7: cannot be published: title",
		"authors: x":                        "line 7: want a list",
		"authors:\n  - {family: A}\n  - {}": "line 9: cannot be published: an author without a name",
		"authors:\n  - {group: A}\n  - {group: A}":      `line 9: cannot be published: author "A" stands twice`,
		"authors: [{name: A}]":                          `line 7: no "name", want one of family, given,`,
		"authors: [{family: A, orcid: 1}]":              `line 7: author "A": cannot be published: ORCID iD "1"`,
		"authors: [{family: A, affiliation: {url: x}}]": `line 7: an organisation wants "name"`,
		"authors: [{family: A, affiliation: [[x]]}]":    "line 7: want a text",
		"date: 2026":                   `line 7: cannot be published: date "2026", want a day`,
		"doi: x":                       "line 7: cannot be published: doi",
		"publisher: {name: a, url: x}": "line 7: cannot be published: publisher: url",
		"publisher: {name: a, x: y}":   `line 7: no "x", want one of name, url`,
		"keywords: [a, a]":             "line 7: cannot be published: keyword",
		"funding: [{award: 1}]":        `line 7: funding wants "funder"`,
		"funding: [{funder: a, x: 1}]": `line 7: no "x", want one of funder, award, title`,
		"software: {version: 1}":       `line 7: software wants "name"`,
		"software: {name: a, x: 1}":    `line 7: no "x", want one of name, url, version`,
		"licence-file: /etc/passwd":    "licence-file: file \"/etc/passwd\": want a path relative",
	} {
		_, err := Parse([]byte(of(text + "\n")))
		if !errors.Is(err, ErrPaper) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
