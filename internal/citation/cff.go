package citation

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/visible"
)

// CFF gives CITATION.cff, version 1.2.0, of a work that some runs belong to: a data set, with the digests of the runs
// among its identifiers. Every text is quoted, so that nothing in it is more than text.
//
// https://github.com/citation-file-format/citation-file-format
func (w *Work) CFF(runs []Run) string {
	var b strings.Builder
	put := func(indent, name, value string) {
		if value != "" {
			b.WriteString(indent + name + ": " + strconv.Quote(value) + "\n")
		}
	}
	put("", "cff-version", "1.2.0")
	put("", "message", "If you use these runs, please cite them as below.")
	put("", "type", "dataset")
	put("", "title", w.Title)
	put("", "abstract", w.Abstract)
	b.WriteString("authors:\n")
	for _, a := range w.Authors {
		indent := "  - "
		for _, f := range [][2]string{{"name", a.Group}, {"family-names", a.Family}, {"given-names", a.Given},
			{"affiliation", personal(a)}, {"orcid", a.ORCIDAddress()}} {
			if f[1] != "" {
				put(indent, f[0], f[1])
				indent = "    "
			}
		}
	}
	put("", "date-released", w.Date)
	put("", "doi", w.DOI)
	if _, ok := FindLicence(w.Licence); ok {
		put("", "license", w.Licence)
	}
	if len(w.Keywords) > 0 {
		b.WriteString("keywords:\n")
	}
	for _, k := range w.Keywords {
		b.WriteString("  - " + strconv.Quote(k) + "\n")
	}
	if len(runs) > 0 {
		b.WriteString("identifiers:\n")
	}
	for _, r := range runs {
		put("  - ", "type", "other")
		put("    ", "value", r.Digest)
		put("    ", "description", "digest of the run "+visible.Line(r.ID))
	}
	return b.String()
}

// personal gives the affiliations of a person as one text; the file has none of groups.
func personal(a Author) string {
	if a.Group != "" {
		return ""
	}
	var names []string
	for _, o := range a.Affiliations {
		names = append(names, o.Name)
	}
	return strings.Join(names, "; ")
}
