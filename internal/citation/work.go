// Package citation holds what is said of runs when they are published and cited: who made them, what they are called,
// when they appeared, under which licence and where they lie. It checks that, and writes it as BibTeX, CSL-JSON, a
// reference in the style of the APA, and CITATION.cff.
//
// Nothing is invented: what is not known is left out of every form.
package citation

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/visible"
)

// ErrInvalid is the class of errors about what a work says of itself.
var ErrInvalid = errors.New("cannot be published")

// A Work is what is published. The zero value of a field means that it is not known.
type Work struct {
	Title     string
	Abstract  string // may have line feeds
	Authors   []Author
	Date      string // of publication: 2026-11-29
	Licence   string // an SPDX id, or with a text of its own any name
	DOI       string // without a resolver: 10.5281/zenodo.1
	Publisher Organisation
	Keywords  []string
	Funding   []Grant
	Software  Software
}

// An Author is a person with a family name, a given name or both, or a group.
type Author struct {
	Family, Given string
	Group         string // in the place of both
	ORCID         string // 0000-0002-1825-0097
	Affiliations  []Organisation
}

// An Organisation is a university, a publisher, whoever pays.
type Organisation struct {
	Name string
	URL  string // such as https://ror.org/05gq02987; empty if it is not known
}

// A Grant says who paid.
type Grant struct {
	Funder Organisation
	Award  string // its number
	Title  string
}

// Software is the program that ran the experiments.
type Software struct {
	Name, URL, Version string
}

// Name gives the name of an author as one says it.
func (a Author) Name() string {
	if a.Group != "" {
		return a.Group
	}
	return strings.TrimSpace(a.Given + " " + a.Family)
}

// ORCIDAddress gives the address of an ORCID iD, empty for none.
func (a Author) ORCIDAddress() string {
	if a.ORCID == "" {
		return ""
	}
	return orcid + a.ORCID
}

// orcid is what the address of an ORCID iD begins with.
const orcid = "https://orcid.org/"

// ParseAuthor reads an author as the command line has it: parts with semicolons between them, of which the first is the
// name, "Family, Given" for a person and without a comma for a group. The others are an ORCID iD, organisations, and
// behind an organisation its address.
func ParseAuthor(text string) (Author, error) {
	parts := split(text)
	var a Author
	family, given, person := strings.Cut(parts[0], ",")
	if a.Group = family; person {
		a = Author{Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)}
	}
	for _, part := range parts[1:] {
		last := len(a.Affiliations) - 1
		switch {
		case isORCID(part) && a.ORCID != "":
			return a, fmt.Errorf("%w: author %.80q: two ORCID iDs", ErrInvalid, text)
		case isORCID(part):
			a.ORCID = part
		case !isAddress(part):
			a.Affiliations = append(a.Affiliations, Organisation{Name: part})
		case last < 0 || a.Affiliations[last].URL != "":
			return a, fmt.Errorf("%w: author %.80q: %.80s stands behind no organisation", ErrInvalid, text, part)
		default:
			a.Affiliations[last].URL = part
		}
	}
	return a, a.check()
}

// ParseOrganisation reads an organisation as the command line has it: its name and perhaps, behind a semicolon, its
// address.
func ParseOrganisation(text string) (Organisation, error) {
	name, url, _ := strings.Cut(text, ";")
	o := Organisation{strings.TrimSpace(name), strings.TrimSpace(url)}
	return o, o.check("publisher")
}

// ParseGrant reads a grant as the command line has it: the funder, perhaps its address, the number of the award and its
// title, with semicolons between them. All but the first may be missing.
func ParseGrant(text string) (Grant, error) {
	parts := split(text)
	g := Grant{Funder: Organisation{Name: parts[0]}}
	if parts = parts[1:]; len(parts) > 0 && isAddress(parts[0]) {
		g.Funder.URL, parts = parts[0], parts[1:]
	}
	if len(parts) > 0 {
		g.Award, g.Title = parts[0], strings.Join(parts[1:], "; ")
	}
	return g, g.check()
}

// ParseSoftware reads a program as the command line has it: its name, address and version, with semicolons between
// them. The last two may be missing.
func ParseSoftware(text string) (Software, error) {
	parts := split(text)
	s := Software{Name: parts[0]}
	if parts = parts[1:]; len(parts) > 0 && isAddress(parts[0]) {
		s.URL, parts = parts[0], parts[1:]
	}
	s.Version = strings.Join(parts, "; ")
	return s, s.check()
}

// split gives the parts of a text between semicolons, without blanks around them.
func split(text string) []string {
	parts := strings.Split(text, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// Check puts what the work says into the form in which it is kept, ORCID iDs and DOIs without what resolves them and
// the ids of licences as the SPDX list writes them, and reports what cannot be: the error is [ErrInvalid] and names the
// field. Whether something is missing it does not look at; see [Work.Missing].
func (w *Work) Check() error {
	if err := cmp.Or(checkText("title", w.Title), checkText("licence", w.Licence)); err != nil {
		return err
	}
	if l, ok := FindLicence(w.Licence); ok {
		w.Licence = l.ID
	}
	w.Abstract = strings.TrimSpace(strings.ReplaceAll(w.Abstract, "\r\n", "\n"))
	if err := checkText("abstract", strings.NewReplacer("\n", "", "\t", "").Replace(w.Abstract)); err != nil {
		return err
	}
	if err := checkDate(w.Date); err != nil {
		return err
	}
	var err error
	if w.DOI, err = parseDOI(w.DOI); err != nil {
		return err
	}
	for i := range w.Authors {
		if err := w.Authors[i].check(); err != nil {
			return err
		}
		if slices.ContainsFunc(w.Authors[:i], func(a Author) bool { return a.same(w.Authors[i]) }) {
			return fmt.Errorf("%w: author %q stands twice", ErrInvalid, w.Authors[i].Name())
		}
	}
	for i, k := range w.Keywords {
		if err := checkText("keyword", k); err != nil {
			return err
		}
		if k == "" || slices.Contains(w.Keywords[:i], k) {
			return fmt.Errorf("%w: keyword %.80q is empty or stands twice", ErrInvalid, k)
		}
	}
	for _, g := range w.Funding {
		if err := g.check(); err != nil {
			return err
		}
	}
	if w.Publisher != (Organisation{}) {
		err = w.Publisher.check("publisher")
	}
	if err == nil && w.Software != (Software{}) {
		err = w.Software.check()
	}
	return err
}

// Missing names what a published work must say and this one does not: title, authors and licence.
func (w *Work) Missing() (names []string) {
	for _, f := range []struct {
		name    string
		missing bool
	}{{"title", w.Title == ""}, {"authors", len(w.Authors) == 0}, {"licence", w.Licence == ""}} {
		if f.missing {
			names = append(names, f.name)
		}
	}
	return names
}

// checkText refuses what is not to be seen, or would be a line of its own.
func checkText(field, text string) error {
	hidden := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || visible.Hidden(r) })
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalid, field)
	case hidden >= 0:
		r, _ := utf8.DecodeRuneInString(text[hidden:])
		return fmt.Errorf("%w: %s %.80q has the character %U, which does not show", ErrInvalid, field, text, r)
	case strings.TrimSpace(text) != text:
		return fmt.Errorf("%w: %s %.80q begins or ends with blanks", ErrInvalid, field, text)
	}
	return nil
}

// checkDate refuses what is no day. File systems and archives of files know of none before 1980.
func checkDate(date string) error {
	if date == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil || date < "1980" {
		return fmt.Errorf("%w: date %.80q, want a day such as 2026-11-29, from 1980 on", ErrInvalid, date)
	}
	return nil
}

// parseDOI gives a DOI without its resolver.
func parseDOI(text string) (string, error) {
	doi := text
	for _, resolver := range []string{resolver, "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:"} {
		if n := len(resolver); len(doi) > n && strings.EqualFold(doi[:n], resolver) {
			doi = doi[n:]
			break
		}
	}
	if doi == "" {
		return "", nil
	}
	registrant, suffix, _ := strings.Cut(doi, "/")
	number, ok := strings.CutPrefix(registrant, "10.")
	digits, more, dotted := strings.Cut(number, ".")
	if !ok || len(digits) < 4 || len(digits) > 9 || strings.Trim(digits+more, "0123456789") != "" ||
		dotted && more == "" || suffix == "" || strings.ContainsFunc(suffix, func(r rune) bool { return !inDOI(r) }) {
		return "", fmt.Errorf("%w: doi %.80q, want one such as 10.5281/zenodo.1, of letters, digits and : / _ ; . ( ) [ ] -",
			ErrInvalid, text)
	}
	return doi, nil
}

// inDOI reports whether a character can stand in a DOI in CITATION.cff and unescaped in the other forms.
func inDOI(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(":/_;.()[]-", r)
}

// resolver is what leads to a work by its DOI.
const resolver = "https://doi.org/"

// DOIAddress gives the address that leads to the work, empty if it has no DOI.
func (w *Work) DOIAddress() string {
	if w.DOI == "" {
		return ""
	}
	return resolver + strings.NewReplacer("[", "%5B", "]", "%5D").Replace(w.DOI)
}

func (a *Author) check() error {
	for _, f := range []struct{ name, text string }{{"author's family name", a.Family}, {"author's given name", a.Given},
		{"author", a.Group}} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	switch {
	case a.Name() == "":
		return fmt.Errorf("%w: an author without a name", ErrInvalid)
	case a.Group != "" && a.Family+a.Given != "":
		return fmt.Errorf("%w: author %q is a person or a group, not both", ErrInvalid, a.Group)
	}
	a.ORCID = strings.ToUpper(strings.TrimPrefix(strings.TrimPrefix(a.ORCID, orcid), "http://orcid.org/"))
	if err := checkORCID(a.ORCID); err != nil {
		return fmt.Errorf("author %q: %w", a.Name(), err)
	}
	for _, o := range a.Affiliations {
		if err := o.check("affiliation"); err != nil {
			return fmt.Errorf("author %q: %w", a.Name(), err)
		}
	}
	return nil
}

// same reports whether two authors are one.
func (a Author) same(b Author) bool {
	return a.ORCID != "" && a.ORCID == b.ORCID || a.Name() == b.Name() && a.ORCID == b.ORCID
}

func (o Organisation) check(what string) error {
	switch {
	case o.Name == "":
		return fmt.Errorf("%w: %s without a name", ErrInvalid, what)
	case o.URL != "" && !isAddress(o.URL):
		return badAddress(what, o.URL)
	}
	return checkText(what, o.Name)
}

func (g Grant) check() error {
	return cmp.Or(g.Funder.check("funder"), checkText("award", g.Award), checkText("title of the award", g.Title))
}

func (s Software) check() error {
	switch {
	case s.Name == "":
		return fmt.Errorf("%w: software without a name", ErrInvalid)
	case s.URL != "" && !isAddress(s.URL):
		return badAddress("software", s.URL)
	}
	return cmp.Or(checkText("software", s.Name), checkText("version of the software", s.Version))
}

func badAddress(what, text string) error {
	return fmt.Errorf("%w: %s: url %.80q, want an address such as https://example.org/x", ErrInvalid, what, text)
}

// isAddress reports whether a text is an address in the web that needs no escaping anywhere.
func isAddress(text string) bool {
	rest, ok := strings.CutPrefix(text, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(text, "http://")
	}
	u, err := url.Parse(text)
	return ok && rest != "" && err == nil && u.Host != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}$;", r)
	})
}

// isORCID reports whether a text is meant as an ORCID iD.
func isORCID(text string) bool {
	text = strings.TrimPrefix(strings.TrimPrefix(text, orcid), "http://orcid.org/")
	return len(text) == 19 && strings.Count(text, "-") == 3 && strings.Trim(text, "0123456789-Xx") == ""
}

// checkORCID checks the form of an ORCID iD and its check digit, which is that of ISO 7064, MOD 11-2.
//
// https://support.orcid.org/hc/en-us/articles/360006897674
func checkORCID(id string) error {
	if id == "" {
		return nil
	}
	fail := func(why string) error { return fmt.Errorf("%w: ORCID iD %.80q: %s", ErrInvalid, id, why) }
	if len(id) != 19 {
		return fail("want one such as 0000-0002-1825-0097")
	}
	total := 0
	for i, c := range []byte(id) {
		switch {
		case i%5 == 4:
			if c != '-' {
				return fail("want hyphens between groups of four")
			}
		case i == 18:
			want := byte("0123456789X"[(12-total%11)%11])
			if c != want {
				return fail("its last character does not check the others: a digit is wrong")
			}
		case c < '0' || c > '9':
			return fail("want digits")
		default:
			total = (total + int(c-'0')) * 2
		}
	}
	return nil
}
