package citation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/simexp/exparchive/internal/visible"
)

// A Run is the run that is cited.
type Run struct {
	ID         string
	Digest     string // in hexadecimal
	Experiment string // its name, which stands for a title that is not known
}

// A Citation is a run, and what is said of it.
type Citation struct {
	Work Work // as [Work.Check] leaves it
	Run  Run
}

// Key gives the name by which a paper cites the run: the first author's, the year, and how the digest begins, in small
// letters of ASCII, digits and hyphens. Letters lose their accents; others that are not ASCII are left out.
func (c Citation) Key() string {
	name := "run"
	if len(c.Work.Authors) > 0 {
		a := c.Work.Authors[0]
		name = a.Group + a.Family
		if name == "" {
			name = a.Given
		}
		name = strings.Map(func(r rune) rune {
			if r = unicode.ToLower(r); r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, norm.NFD.String(name))
		if name == "" {
			name = "run"
		}
	}
	return fmt.Sprintf("%.40s%s-%.8s", name, c.year(), c.Run.Digest)
}

// title gives the title, or the name of the experiment.
func (c Citation) title() string {
	if c.Work.Title != "" {
		return c.Work.Title
	}
	return visible.Line(c.Run.Experiment)
}

// year gives the year, empty if it is not known.
func (c Citation) year() string {
	if c.Work.Date == "" {
		return ""
	}
	return c.Work.Date[:4]
}

// identity says which run it is.
func (c Citation) identity() string {
	return fmt.Sprintf("Run %s, digest %s", visible.Line(c.Run.ID), c.Run.Digest)
}

// BibTeX gives an entry of the kind @misc, which every style knows, in UTF-8. What LaTeX would take for more than text
// is escaped, braces by name, since BibTeX counts them even behind a backslash. doi and url are as they are: styles
// take them verbatim.
func (c Citation) BibTeX() string {
	var b strings.Builder
	fmt.Fprintf(&b, "@misc{%s", c.Key())
	put := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ",\n  %-12s = {%s}", name, value)
		}
	}
	var authors []string
	for _, a := range c.Work.Authors {
		authors = append(authors, bibName(a))
	}
	put("author", strings.Join(authors, " and "))
	put("title", "{"+bibText(c.title())+"}")
	put("year", c.year())
	if c.Work.Date != "" {
		month := [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
		n, _ := strconv.Atoi(c.Work.Date[5:7]) // which was checked
		fmt.Fprintf(&b, ",\n  %-12s = %s", "month", month[n-1])
	}
	put("howpublished", "Data set")
	put("publisher", bibText(c.Work.Publisher.Name))
	put("doi", c.Work.DOI)
	if c.Work.DOI != "" {
		put("url", resolver+c.Work.DOI)
	}
	put("note", bibText(c.identity()))
	b.WriteString("\n}\n")
	return b.String()
}

// bibName gives an author as BibTeX takes names apart: at commas, hyphens and the word and. Braces keep a name together
// that is not made of letters as names are.
func bibName(a Author) string {
	if a.Group != "" {
		return "{" + bibText(a.Group) + "}"
	}
	part := func(s string) string {
		text := bibText(s)
		odd := strings.ContainsFunc(s, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .'’-", r)
		})
		if odd || strings.Trim(s, "-") != s || strings.Contains(" "+strings.ToLower(s)+" ", " and ") {
			text = "{" + text + "}"
		}
		return text
	}
	if a.Given == "" {
		return "{" + bibText(a.Family) + "}"
	}
	if a.Family == "" {
		return "{" + bibText(a.Given) + "}"
	}
	return part(a.Family) + ", " + part(a.Given)
}

// bibText escapes a text for BibTeX and LaTeX.
func bibText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if e, ok := bibEscapes[r]; ok {
			b.WriteString(e)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var bibEscapes = map[rune]string{
	'\\': `{\textbackslash}`, '{': `{\textbraceleft}`, '}': `{\textbraceright}`, '~': `{\textasciitilde}`,
	'^': `{\textasciicircum}`, '<': `{\textless}`, '>': `{\textgreater}`, '|': `{\textbar}`, '"': `{\char34}`,
	'$': `\$`, '&': `\&`, '#': `\#`, '%': `\%`, '_': `\_`,
}

// A cslItem is an item of CSL-JSON.
//
// https://github.com/citation-style-language/schema
type cslItem struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Title     string    `json:"title,omitempty"`
	Author    []cslName `json:"author,omitempty"`
	Issued    *cslDate  `json:"issued,omitempty"`
	Publisher string    `json:"publisher,omitempty"`
	DOI       string    `json:"DOI,omitempty"`
	URL       string    `json:"URL,omitempty"`
	Abstract  string    `json:"abstract,omitempty"`
	Keyword   string    `json:"keyword,omitempty"`
	Note      string    `json:"note"`
}

type cslName struct {
	Family  string `json:"family,omitempty"`
	Given   string `json:"given,omitempty"`
	Literal string `json:"literal,omitempty"`
}

type cslDate struct {
	Parts [][]int `json:"date-parts"`
}

// CSL gives CSL-JSON: a list with one item of the type dataset.
func (c Citation) CSL() ([]byte, error) {
	item := cslItem{
		ID: c.Key(), Type: "dataset", Title: c.title(), Publisher: c.Work.Publisher.Name, DOI: c.Work.DOI,
		URL: c.Work.DOIAddress(), Abstract: c.Work.Abstract, Keyword: strings.Join(c.Work.Keywords, ", "),
		Note: c.identity(),
	}
	for _, a := range c.Work.Authors {
		item.Author = append(item.Author, cslName{a.Family, a.Given, a.Group})
	}
	if c.Work.Date != "" {
		var day []int
		for part := range strings.SplitSeq(c.Work.Date, "-") {
			n, err := strconv.Atoi(part)
			if err != nil {
				return nil, err
			}
			day = append(day, n)
		}
		item.Issued = &cslDate{[][]int{day}}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode([]cslItem{item})
	return b.Bytes(), err
}

// apaAuthors is how many authors a reference names before it leaves out those in the middle.
const apaAuthors = 20

// APA gives a reference as the seventh edition of the Publication Manual of the American Psychological Association has
// it for data sets, as plain text and one line. The run and its digest stand where a version would; without a run the
// work is cited.
func (c Citation) APA() string {
	var names []string
	for _, a := range c.Work.Authors {
		names = append(names, apaName(a))
	}
	authors := ""
	switch n := len(names); {
	case n == 1:
		authors = names[0]
	case n > apaAuthors:
		authors = strings.Join(names[:apaAuthors-1], ", ") + ", . . . " + names[n-1]
	case n > 1:
		authors = strings.Join(names[:n-1], ", ") + ", & " + names[n-1]
	}
	date := "(n.d.)."
	if y := c.year(); y != "" {
		date = "(" + y + ")."
	}
	work := c.title()
	if c.Run != (Run{}) {
		work += " (" + c.identity() + ")"
	}
	work += " [Data set]."
	parts := []string{sentence(authors), date, work}
	if authors == "" {
		parts = []string{work, date}
	}
	parts = append(parts, sentence(c.Work.Publisher.Name), c.Work.DOIAddress())
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ") + "\n"
}

// sentence ends a text with a full stop, unless it has one or is empty.
func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// apaName gives the family name and the initials of an author, those of names with a hyphen with it: J.-L.
func apaName(a Author) string {
	if a.Group != "" || a.Given == "" || a.Family == "" {
		return a.Name()
	}
	var initials []string
	for name := range strings.FieldsSeq(a.Given) {
		var parts []string
		for part := range strings.SplitSeq(name, "-") {
			if r, _ := utf8.DecodeRuneInString(part); part != "" {
				parts = append(parts, string(unicode.ToUpper(r))+".")
			}
		}
		if len(parts) > 0 {
			initials = append(initials, strings.Join(parts, "-"))
		}
	}
	return strings.TrimSuffix(a.Family+", "+strings.Join(initials, " "), ", ")
}
