package publishcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/paper"
)

// aboutFlags say of runs how they are published and cited, beside what a paper's file says of that.
type aboutFlags struct {
	paper   string
	noPaper bool

	title, abstract, date, doi, publisher, licence string
	authors, keywords                              []string

	licenceFile, software string
	funding               []string
}

// aboutText is what help says of the flags.
const aboutText = `Title, authors and what else is to be said come from the flags, and what they leave out from
paper.yaml, of this folder or named by --paper; see "exparchive paper --help". paper.yaml of this folder counts if it
pins the runs that are named.
Parts of a flag have semicolons between them, and all but the first can be missing:

  --author "Lovelace, Ada; 0000-0002-1825-0097; University of London; https://ror.org/04cw6st05"
                 a person, with ORCID iD and organisations, each with its address; once for each
  --author "The liquidity group"
                 a name without a comma is that of a group
  --publisher "Zenodo; https://zenodo.org"
`

// add adds the flags; all of them for a package, and those that a reference has.
func (o *aboutFlags) add(cmd *cobra.Command, all bool) {
	f := cmd.Flags()
	f.StringVar(&o.paper, "paper", "", "the paper's `file`; without it paper.yaml of this folder, if it pins the runs")
	f.BoolVar(&o.noPaper, "no-paper", false, "take nothing from a paper.yaml")
	f.StringVar(&o.title, "title", "", "the title")
	f.StringArrayVar(&o.authors, "author", nil,
		"an `author`, \"FAMILY, GIVEN; ORCID; ORGANISATION; URL\" or a group; once for each")
	f.StringVar(&o.date, "date", "", "the `day` of publication, such as 2026-11-29")
	f.StringVar(&o.doi, "doi", "", "the `DOI`, such as 10.5281/zenodo.1")
	f.StringVar(&o.publisher, "publisher", "", "who publishes it, \"`NAME`; URL\"")
	f.StringVar(&o.abstract, "abstract", "", "what it is about")
	f.StringArrayVar(&o.keywords, "keyword", nil, "a `word` to find it by; once for each")
	if !all {
		return
	}
	f.StringVar(&o.licence, "licence", "", "an `id` of the SPDX list, such as CC-BY-4.0, or with --licence-file any name")
	f.StringVar(&o.licenceFile, "licence-file", "", "a `file` with the text of the licence")
	f.StringArrayVar(&o.funding, "funding", nil, "who paid, \"`FUNDER`; URL; AWARD; TITLE\"; once for each")
	f.StringVar(&o.software, "software", "", "the program that ran the experiments, \"`NAME`; URL; VERSION\"")
}

// readPaper reads the paper's file: the one that is named, or that of this folder if it pins runs with all of the ids.
// It gives nil if there is none.
func (o *aboutFlags) readPaper(cmd *cobra.Command, ids []string) (*paper.Paper, error) {
	if o.noPaper {
		if o.paper != "" {
			return nil, cli.Usagef("%s: --paper and --no-paper: want one of them", cmd.Name())
		}
		return nil, nil
	}
	name := o.paper
	if name == "" {
		name = paper.FileName
	}
	p, err := paper.Read(name)
	switch {
	case o.paper == "" && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, cli.InFile(name, err)
	case o.paper != "":
		return p, nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(p.Runs, func(r *paper.Run) bool { return r.ID == id }) {
			cli.Warnf(cmd.ErrOrStderr(), "%s: it does not pin the run %s and is left out of account (--paper %[1]s takes it)",
				name, id)
			return nil, nil
		}
	}
	return p, nil
}

// work gives what the flags say and, where they are silent, what a paper says, which may be nil.
func (o *aboutFlags) work(cmd *cobra.Command, p *paper.Paper) (w citation.Work, err error) {
	if p != nil {
		w = p.Work
	}
	changed := cmd.Flags().Changed
	for _, f := range []struct {
		name string
		take func() error
	}{
		{"title", func() error { w.Title = o.title; return nil }},
		{"abstract", func() error { w.Abstract = o.abstract; return nil }},
		{"date", func() error { w.Date = o.date; return nil }},
		{"doi", func() error { w.DOI = o.doi; return nil }},
		{"licence", func() error { w.Licence = o.licence; return nil }},
		{"keyword", func() error { w.Keywords = o.keywords; return nil }},
		{"publisher", func() (err error) { w.Publisher, err = citation.ParseOrganisation(o.publisher); return err }},
		{"software", func() (err error) { w.Software, err = citation.ParseSoftware(o.software); return err }},
		{"author", func() (err error) { w.Authors, err = parseAll(o.authors, citation.ParseAuthor); return err }},
		{"funding", func() (err error) { w.Funding, err = parseAll(o.funding, citation.ParseGrant); return err }},
	} {
		if !changed(f.name) {
			continue
		}
		if err = f.take(); err == nil {
			err = w.Check()
		}
		if err != nil {
			return w, cli.Usagef("--%s: %w", f.name, err)
		}
	}
	return w, nil
}

func parseAll[T any](texts []string, parse func(string) (T, error)) (list []T, err error) {
	for _, text := range texts {
		one, err := parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// maxLicence bounds the text of a licence, in bytes.
const maxLicence = 1 << 20

// licenceText gives what gives the text of the licence of a work, which may name its year.
func (o *aboutFlags) licenceText(w citation.Work, p *paper.Paper) (func(citation.Work) string, error) {
	file := o.licenceFile
	if file == "" && p != nil && o.licence == "" {
		file = p.LicencePath()
	}
	if file == "" {
		if w.LicenceText() != "" {
			return func(w citation.Work) string { return w.LicenceText() }, nil
		}
		return nil, cli.Usagef("licence %.80q: want a file with its text (--licence-file), or one of %s", w.Licence,
			strings.Join(citation.LicenceIDs(), ", "))
	}
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = fileerr.ErrNotRegular
	}
	if err != nil {
		return nil, cli.InFile(file, err)
	}
	text, err := fileerr.ReadAtMost(file, maxLicence)
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("the text of a licence is expected, and the file is empty")
	}
	return func(citation.Work) string { return string(text) }, cli.InFile(file, err)
}
