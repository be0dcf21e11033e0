package publishcmd

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/citation"
)

// CiteFormats are the forms of a reference.
var CiteFormats = []string{"bibtex", "csl", "apa"}

// A citedRun is what cite says of a run in JSON.
type citedRun struct {
	File   string          `json:"file"`
	RunID  string          `json:"run_id"`
	Digest string          `json:"digest"`
	Key    string          `json:"key"` // by which a paper cites it
	BibTeX string          `json:"bibtex"`
	CSL    json.RawMessage `json:"csl"`
	APA    string          `json:"apa"`
}

type citeOptions struct {
	which  runio.Choice
	about  aboutFlags
	format string
	json   bool
}

// NewCite makes the command cite.
func NewCite() *cobra.Command {
	var o citeOptions
	cmd := &cobra.Command{
		Use:   "cite RUN",
		Short: "Print a reference to a run, with its digest: BibTeX, CSL-JSON, APA",
		Long: `Print a reference to a run, as papers cite data. It names the run and its digest, so that whoever has
a file can see whether it is the one that was cited. The digest is computed from the records, as "exparchive digest"
does.

` + aboutText + `
What is not known is left out: a reference without a date is one. Where there is no title the experiment's name stands.

  bibtex   an entry @misc for BibTeX and biblatex
  csl      CSL-JSON, for Zotero, Pandoc and what else has citeproc
  apa      a line of text in the style of the American Psychological Association`,
		Example: `  exparchive cite exp1.simexp --title 'Liquidity at play' --author 'Lovelace, Ada' --date 2026-11-29
  exparchive cite exp1.simexp --format csl > exp1.json
  exparchive cite exp1.simexp --format apa --doi 10.5281/zenodo.1`,
		Args: cli.NArgs(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	cmd.Flags().StringVar(&o.format, "format", CiteFormats[0], "the form: bibtex, csl or apa")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object with all forms")
	o.about.add(cmd, false)
	runio.AddChoice(cmd, &o.which)
	return cmd
}

func (o *citeOptions) run(cmd *cobra.Command, name string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	if !slices.Contains(CiteFormats, o.format) {
		return cli.Usagef("cite: --format %q, want bibtex, csl or apa", o.format)
	}
	if _, err := o.about.work(cmd, nil); err != nil { // before a long run is read
		return err
	}
	p, c, err := runio.OpenRun(ctx, stderr, name, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	e, err := p.Experiment(ctx)
	if err != nil {
		return cli.InFile(name, err)
	}
	ofPaper, err := o.about.readPaper(cmd, []string{e.RunID})
	if err != nil {
		return err
	}
	w, err := o.about.work(cmd, ofPaper)
	if err != nil {
		return err
	}
	run, err := runio.DigestRun(ctx, stderr, p)
	if err != nil {
		return cli.InFile(name, err)
	}
	return o.print(cmd.OutOrStdout(), name, citation.Citation{Work: w,
		Run: citation.Run{ID: e.RunID, Digest: run.Root().String(), Experiment: e.Name}})
}

func (o *citeOptions) print(w io.Writer, file string, c citation.Citation) error {
	csl, err := c.CSL()
	switch {
	case err != nil:
		return err
	case o.json:
		return json.NewEncoder(w).Encode(citedRun{file, c.Run.ID, c.Run.Digest, c.Key(), c.BibTeX(), csl, c.APA()})
	}
	_, err = io.WriteString(w, map[string]string{"bibtex": c.BibTeX(), "csl": string(csl), "apa": c.APA()}[o.format])
	return err
}
