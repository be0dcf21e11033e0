package citation

import (
	"errors"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestORCID: every iD of which one character is another is refused, and so is what only looks like one.
func TestORCID(t *testing.T) {
	for _, id := range []string{"0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"} {
		if err := checkORCID(id); err != nil {
			t.Error(err)
		}
		for i := range id {
			for _, c := range "0123456789X-" {
				if bad := id[:i] + string(c) + id[i+1:]; bad != id && checkORCID(bad) == nil {
					t.Errorf("%s is taken for an iD", bad)
				}
			}
		}
	}
	for _, bad := range []string{"0000-0002-1825-009", "0000-0002-1825-00977", "000000021825009700a",
		"٠000-0002-1825-009"} {
		if err := checkORCID(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", bad, err)
		}
	}
}

func TestParse(t *testing.T) {
	got, err := ParseAuthor(" Lovelace , Ada ; 0000-0002-1825-0097;University of London; https://ror.org/04cw6st05 ; Home")
	want := Author{Family: "Lovelace", Given: "Ada", ORCID: "0000-0002-1825-0097",
		Affiliations: []Organisation{{"University of London", "https://ror.org/04cw6st05"}, {"Home", ""}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for text, want := range map[string]Author{"The group": {Group: "The group"}, "Plato,": {Family: "Plato"},
		",X": {Given: "X"},
		"A, B; https://orcid.org/0000-0002-1694-233x": {Family: "A", Given: "B", ORCID: "0000-0002-1694-233X"}} {
		if got, err := ParseAuthor(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, bad := range []string{"", ",", ";x", "A, B; https://ror.org/04cw6st05", "A; 0000-0002-1825-0098",
		"A; B; https://a.b; https://a.b", "A;0000-0002-1825-0097;0000-0002-1825-0097", "A;", "A\nB", "\xff", "a\u202eb"} {
		if a, err := ParseAuthor(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("author %q: got %+v, %v, want ErrInvalid", bad, a, err)
		}
	}
	for text, want := range map[string]Grant{"F": {Funder: Organisation{Name: "F"}},
		"F; https://f.org; 12; On; x": {Organisation{"F", "https://f.org"}, "12", "On; x"},
		"F;12":                        {Organisation{Name: "F"}, "12", ""}} {
		if got, err := ParseGrant(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]Software{"S": {Name: "S"}, "S; https://s.org; v1": {"S", "https://s.org", "v1"},
		"S; 2": {"S", "", "2"}} {
		if got, err := ParseSoftware(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	if got, err := ParseOrganisation("Z; https://z.org"); err != nil || got != (Organisation{"Z", "https://z.org"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", ";https://z.org", "Z; z.org", "Z; https://", "Z; javascript://x", "Z; https://x/<>",
		`Z; https://x/"`, "Z; https://x/ y"} {
		if got, err := ParseOrganisation(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("organisation %q: got %+v, %v, want ErrInvalid", bad, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	w := Work{Title: `A "title" & $(more)`, Abstract: "\r\none\r\n\r\n\ttwo\n", Date: "2024-02-29",
		DOI:     "https://doi.org/10.5281/zenodo.1",
		Licence: "cc-by-4.0", Authors: []Author{{Group: "a", ORCID: "https://orcid.org/0000-0002-1694-233x"}, {Group: "b"}},
		Keywords: []string{"x", "y z"}}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	if w.Abstract != "one\n\n\ttwo" || w.DOI != "10.5281/zenodo.1" || w.Licence != "CC-BY-4.0" ||
		w.Authors[0].ORCID != "0000-0002-1694-233X" {
		t.Errorf("got %+v", w)
	}
	again := w
	if err := again.Check(); err != nil || !reflect.DeepEqual(again, w) {
		t.Errorf("got %+v, %v, want that checking again changes nothing", again, err)
	}
	for _, bad := range []Work{
		{Title: "a\nb"}, {Title: " a"}, {Title: "\xff"}, {Title: "a\x00"}, {Title: "a\u202e"}, {Abstract: "a\x1bb"},
		{Abstract: "\xff"},
		{Date: "2026"}, {Date: "2026-02-29"}, {Date: "1979-12-31"}, {Date: "2026-1-1"}, {Date: "x"}, {Licence: "a\nb"},
		{DOI: "x"}, {DOI: "10.1/x"}, {DOI: "10.1000/"}, {DOI: "10.1000/a b"}, {DOI: "10.1000/{a}"}, {DOI: "10.1000/a\"b"},
		{DOI: "10.10a0/x"},
		{DOI: "10.1000./x"}, {DOI: "https://example.org/10.1000/x"}, {Keywords: []string{""}}, {Keywords: []string{"a", "a"}},
		{Keywords: []string{"a\nb"}}, {Authors: []Author{{}}}, {Authors: []Author{{Group: "a"}, {Group: "a"}}},
		{Authors: []Author{{Group: "a", Family: "b"}}}, {Authors: []Author{{Given: "a\tb"}}},
		{Authors: []Author{{Family: "a", ORCID: "1"}}},
		{Authors: []Author{{Family: "a", ORCID: "0000-0002-1694-233X"}, {Family: "b", ORCID: "0000-0002-1694-233X"}}},
		{Publisher: Organisation{URL: "https://x.org"}}, {Publisher: Organisation{Name: "a\n"}},
		{Software: Software{Version: "1"}},
		{Software: Software{Name: "a", URL: "x"}}, {Funding: []Grant{{Award: "1"}}},
	} {
		before := bad
		if err := bad.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", before, err)
		}
	}
	missing := (&Work{}).Missing()
	if got := strings.Join(missing, " "); got != "title authors licence" {
		t.Errorf("got %q", got)
	}
	if w.Missing() != nil {
		t.Errorf("got %q for a work that says all", w.Missing())
	}
}

// TestLicences: each has a name and an address, the list is in order, and the texts are those of their licences.
func TestLicences(t *testing.T) {
	ids := LicenceIDs()
	for i, id := range ids {
		l, ok := FindLicence(strings.ToLower(id))
		if !ok || l.ID != id || l.Name == "" || !isAddress(l.URL) || i > 0 &&
			strings.ToLower(ids[i-1]) >= strings.ToLower(id) {
			t.Errorf("got %+v", l)
		}
		if text := (&Work{Licence: id}).LicenceText(); !strings.Contains(text, l.URL) && !strings.Contains(text,
			firstLine[id]) {
			t.Errorf("%s: got the text %q", id, text)
		}
	}
	files, err := os.ReadDir("licences")
	if err != nil || len(files) != len(firstLine) {
		t.Errorf("got %d texts, %v, want %d", len(files), err, len(firstLine))
	}
	w := Work{Licence: "MIT", Date: "2026-11-29", Authors: []Author{{Family: "B", Given: "A"}, {Group: "C"}}}
	if text := w.LicenceText(); !strings.Contains(text, "Copyright (c) 2026 A B, C\n") {
		t.Errorf("got %q", text)
	}
	if text := (&Work{Licence: "none"}).LicenceText(); text != "" {
		t.Errorf("got %q", text)
	}
}

var firstLine = map[string]string{"MIT": "Permission is hereby granted, free of charge", "CC0-1.0": "CC0 1.0 Universal",
	"CC-BY-4.0": "Creative Commons Attribution 4.0 International"}

// key is what a name in BibTeX may be made of.
var key = regexp.MustCompile(`^[a-z0-9]+-[0-9a-f]{8}$`)
