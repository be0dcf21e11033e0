package paper

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/simexp/exparchive/internal/citation"
)

// about takes in what is said of the runs where they are published and cited.
func (p *Paper) about(f field) (err error) {
	w := &p.Work
	switch f.name {
	case "title":
		w.Title, err = f.value.text()
	case "abstract":
		w.Abstract, err = f.value.text()
	case "date":
		w.Date, err = f.value.text()
	case "licence":
		w.Licence, err = f.value.text()
	case "licence-file":
		p.LicenceFile, err = f.value.text()
	case "doi":
		w.DOI, err = f.value.text()
	case "publisher":
		w.Publisher, err = organisation(f.value)
	case "keywords":
		w.Keywords, err = f.value.texts()
	case "software":
		w.Software, err = software(f.value)
	case "authors":
		return f.value.each(func(n part) error {
			a, err := author(n)
			w.Authors = append(w.Authors, a)
			return p.sound(n, err)
		})
	case "funding":
		return f.value.each(func(n part) error {
			g, err := grant(n)
			w.Funding = append(w.Funding, g)
			return p.sound(n, err)
		})
	default:
		return f.unknown("version", "title", "abstract", "authors", "date", "licence", "licence-file", "doi", "publisher",
			"keywords", "funding", "software", "runs", "tables", "figures")
	}
	return p.sound(f.value, err)
}

// sound reports what is wrong with the value that was taken in last, those before it being sound.
func (p *Paper) sound(n part, err error) error {
	if err == nil {
		if err = p.Work.Check(); err != nil {
			err = &LineError{n.Line, err}
		}
	}
	return err
}

func author(n part) (a citation.Author, err error) {
	err = fields(n, "an author", func(f field) (err error) {
		switch f.name {
		case "family":
			a.Family, err = f.value.text()
		case "given":
			a.Given, err = f.value.text()
		case "group":
			a.Group, err = f.value.text()
		case "orcid":
			a.ORCID, err = f.value.text()
		case "affiliation":
			a.Affiliations, err = organisations(f.value)
		default:
			return f.unknown("family", "given", "group", "orcid", "affiliation")
		}
		return err
	})
	return a, err
}

func grant(n part) (g citation.Grant, err error) {
	err = fields(n, "funding", func(f field) (err error) {
		switch f.name {
		case "funder":
			g.Funder, err = organisation(f.value)
		case "award":
			g.Award, err = f.value.text()
		case "title":
			g.Title, err = f.value.text()
		default:
			return f.unknown("funder", "award", "title")
		}
		return err
	}, "funder")
	return g, err
}

func software(n part) (s citation.Software, err error) {
	err = fields(n, "software", func(f field) (err error) {
		switch f.name {
		case "name":
			s.Name, err = f.value.text()
		case "url":
			s.URL, err = f.value.text()
		case "version":
			s.Version, err = f.value.text()
		default:
			return f.unknown("name", "url", "version")
		}
		return err
	}, "name")
	return s, err
}

// organisations reads one organisation or a list of them.
func organisations(n part) (list []citation.Organisation, err error) {
	if n.Kind != yaml.SequenceNode {
		o, err := organisation(n)
		return []citation.Organisation{o}, err
	}
	err = n.each(func(x part) error {
		o, err := organisation(x)
		list = append(list, o)
		return err
	})
	return list, err
}

// organisation reads a name, or a mapping that has an address too.
func organisation(n part) (o citation.Organisation, err error) {
	if n.Kind != yaml.MappingNode {
		o.Name, err = n.text()
		return o, err
	}
	err = fields(n, "an organisation", func(f field) (err error) {
		switch f.name {
		case "name":
			o.Name, err = f.value.text()
		case "url":
			o.URL, err = f.value.text()
		default:
			return f.unknown("name", "url")
		}
		return err
	}, "name")
	return o, err
}

// writeAbout writes what about reads.
func (p *Paper) writeAbout(b *strings.Builder) {
	w := &p.Work
	put := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + quote(value) + "\n")
		}
	}
	put("title", w.Title)
	put("abstract", w.Abstract)
	for i, a := range w.Authors {
		if i == 0 {
			b.WriteString("authors:\n")
		}
		var of []string
		for _, o := range a.Affiliations {
			of = append(of, organisationText(o))
		}
		b.WriteString("  - {" + members([2]string{"family", quoted(a.Family)}, [2]string{"given", quoted(a.Given)},
			[2]string{"group", quoted(a.Group)}, [2]string{"orcid", quoted(a.ORCID)}))
		if len(of) > 0 {
			fmt.Fprintf(b, ", affiliation: [%s]", strings.Join(of, ", "))
		}
		b.WriteString("}\n")
	}
	put("date", w.Date)
	put("licence", w.Licence)
	put("licence-file", p.LicenceFile)
	put("doi", w.DOI)
	if w.Publisher.Name != "" {
		b.WriteString("publisher: " + organisationText(w.Publisher) + "\n")
	}
	if len(w.Keywords) > 0 {
		b.WriteString("keywords: [" + quoteAll(w.Keywords) + "]\n")
	}
	for i, g := range w.Funding {
		if i == 0 {
			b.WriteString("funding:\n")
		}
		b.WriteString("  - {" + members([2]string{"funder", organisationText(g.Funder)},
			[2]string{"award", quoted(g.Award)}, [2]string{"title", quoted(g.Title)}) + "}\n")
	}
	if s := w.Software; s.Name != "" {
		b.WriteString("software: {" + members([2]string{"name", quoted(s.Name)}, [2]string{"url", quoted(s.URL)},
			[2]string{"version", quoted(s.Version)}) + "}\n")
	}
}

// organisationText gives an organisation in the short form, if that says all of it.
func organisationText(o citation.Organisation) string {
	if o.URL == "" {
		return quote(o.Name)
	}
	return "{" + members([2]string{"name", quote(o.Name)}, [2]string{"url", quote(o.URL)}) + "}"
}

// quoted is quote, but that an empty text stays empty.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	return quote(s)
}

// members gives those names and values of a mapping whose values are not empty.
func members(list ...[2]string) string {
	var texts []string
	for _, m := range list {
		if m[1] != "" {
			texts = append(texts, m[0]+": "+m[1])
		}
	}
	return strings.Join(texts, ", ")
}
