package publishcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/series"
	"github.com/simexp/exparchive/sign"
)

// reportOptions are the flags of report.
type reportOptions struct {
	which   runio.Choice
	columns []string
	output  string
	force   bool
	json    bool
}

// NewReport makes the command report.
func NewReport() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report RUN -o REPORT.html",
		Short: "Write the page on which a person looks at a run, as one HTML file",
		Long: `Write a run as a page for a browser, in one file that needs nothing else and asks for nothing over the
network: how the run ended, charts of costs, for each iteration what it cost, what was proposed, whether it was accepted
and why, and the conversation with the language model behind it; events, notes, attachments to save, configuration,
signatures and digest.

RUN is anything that holds a run: an archive, a recording, an old database, a web result, JSON lines. Every record is
read and its hash computed. A sealed archive that was changed is refused; for anything else the page says what its
digest was computed from. What was withheld is shown as withheld.

Below the costs the charts show the numbers in policies that change most, or, with --column, columns of your own:
NAME=SOURCE:POINTER or NAME=FORMULA, as "exparchive table iterations --help" explains.

The same run and file name give the same bytes. A usual run takes less than 1 MB. Repeated lines of prompts are stored
once, and much text is compressed in the page; of a run that is larger still, the page leaves out texts and says so.`,
		Example: `  exparchive report exp1.simexp -o report.html
  exparchive report my.simexp --column f=policy:/parameters/fraction -o report.html
  exparchive report exp1.simexp -o - > report.html`,
		Args: cli.NArgs(1, 1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "write the page to this `file` (required); - is standard output")
	flags.StringArrayVarP(&o.columns, "column", "c", nil,
		"draw the column `NAME=SOURCE:POINTER`, as fraction=policy:/parameters/fraction, or NAME=FORMULA")
	flags.BoolVar(&o.force, "force", false, "replace the file if it exists")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

// A reported is what report says in JSON.
type reported struct {
	File    string   `json:"file"`
	Output  string   `json:"output"`
	RunID   string   `json:"run_id"`
	Records int64    `json:"records"`
	Digest  string   `json:"digest"`
	Bytes   int      `json:"bytes"`
	LeftOut []string `json:"left_out,omitempty"`
}

func (o *reportOptions) run(cmd *cobra.Command, path string) error {
	toStdout := o.output == cli.StdinName
	switch {
	case o.output == "":
		return cli.Usagef("report: missing -o REPORT.html, or -o - for standard output (see `exparchive report --help`)")
	case toStdout && o.json:
		return cli.Usagef("report: -o - and --json: want one of them on standard output")
	case toStdout && terminal.Is(cmd.OutOrStdout()):
		return cli.Usagef("report: -o -: standard output is a terminal; redirect it")
	}
	columns, err := series.ParseColumns(o.columns)
	if err != nil {
		return cli.Usagef("report: --column: %w", err)
	}
	for _, c := range columns {
		switch {
		case c.NeedsBaseline():
			return cli.Usagef("report: column %s: change() compares with another run, which a report has not", c.Name)
		case c.Source == series.SourceLabel:
			return cli.Usagef("report: column %s: labels are for runs in a paper.yaml (see `exparchive paper --help`)", c.Name)
		}
	}
	if !toStdout {
		if err := outfile.InFolder(o.output); err != nil {
			return err
		}
		if err := outfile.Free(o.output, o.force); err != nil {
			return runio.WithForceHint(err)
		}
	}
	run, err := ReadReport(cmd.Context(), cmd.ErrOrStderr(), path, o.which, columns)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := run.WriteFile(&b); err != nil {
		return cli.InFile(path, err)
	}
	if err := runio.WriteOutput(cmd, o.output, o.force, b.Bytes()); err != nil || toStdout {
		return err
	}
	done := reported{File: path, Output: o.output, RunID: string(run.Head.ID), Records: run.Sink.Count(),
		Digest: run.Head.Digest, Bytes: b.Len(), LeftOut: run.LeftOut}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(done)
	}
	for _, left := range done.LeftOut {
		cli.Warnf(cmd.ErrOrStderr(), "%s: left out: %s", o.output, left)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, digest %s\n", terminal.Escape(o.output),
		cli.Plural(done.Records, "record"), done.Digest)
	return err
}

// ReadReport reads the run that path holds, whole, for a report. One that was changed after it was sealed is an error.
func ReadReport(ctx context.Context, stderr io.Writer, path string, which runio.Choice,
	columns []series.Column) (*report.Run, error) {
	p, c, err := runio.OpenRun(ctx, stderr, path, which)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	o := report.Options{Columns: columns, File: reportedName(path)}
	if o.Facts, err = whereItLies(ctx, stderr, path, which, p); err != nil {
		return nil, cli.InFile(path, err)
	}
	if a, ok := p.(*archive.Archive); ok {
		o.Archive, o.Running = true, a.State() == archive.Recording
	}
	annotations, err := annotationsOf(ctx, p)
	if err != nil {
		return nil, cli.InFile(path, err)
	}
	for _, a := range annotations {
		if a.Kind != sign.KindSSH && a.Kind != sign.KindNote {
			o.Annotations = append(o.Annotations, report.Annotation(a))
		}
	}
	o.Vouched = func(e *provider.Start, sink *digest.Sink) ([]report.Signature, error) {
		return vouched(p, annotations, e, sink)
	}
	read, clear := runio.Progress(ctx, stderr, "reading", p)
	defer clear()
	run, err := report.Read(ctx, read, o)
	return run, cli.InFile(path, err)
}

// reportedName is what a report calls the file, without its folder: reports of a run are the same wherever it lies.
func reportedName(path string) string {
	if path == cli.StdinName {
		return path
	}
	return filepath.Base(path)
}

// whereItLies says in what the run was found, and what its digest comes from.
func whereItLies(ctx context.Context, stderr io.Writer, path string, which runio.Choice,
	p provider.Provider) (facts [][2]string, err error) {
	add := func(name, value string) { facts = append(facts, [2]string{name, value}) }
	const computed = "the digest was computed from every record"
	a, ok := p.(*archive.Archive)
	if !ok {
		from, err := runio.SourceOf(ctx, stderr, path)
		if err != nil {
			return nil, err
		}
		found, err := runs.Find(ctx, from.Path, which.ID, which.Options())
		if err != nil {
			return nil, err
		}
		about, err := runs.Describe(ctx, found, which.Options())
		if err != nil {
			return nil, err
		}
		kind := "JSON lines"
		if about != nil {
			kind = runio.KindText(*about)
		}
		add("Kind", kind)
		add("Checked", computed+"; there is no seal to compare it with")
		return facts, nil
	}
	switch a.State() {
	case archive.Sealed:
		state := "sealed: it never changes again"
		if a.Packed() {
			state += "; packed with zstd"
		}
		add("State", state)
		if a.Touched() {
			add("File", "another program has written to it since it was sealed, but not to what was recorded")
		}
		add("Checked", computed+", and is the one in the seal")
	case archive.Recording:
		add("State", "being recorded")
		add("Checked", computed+" on disk; it is not sealed yet")
	default:
		add("State", "the recording was cut short")
		add("Checked", computed+"; it was never sealed")
	}
	add("Schema", fmt.Sprintf("version %d", a.SchemaVersion()))
	return facts, nil
}

// vouched compares a run that was read whole with its seal, and checks the signatures over it.
func vouched(p provider.Provider, annotations []archive.Annotation, e *provider.Start,
	sink *digest.Sink) (list []report.Signature, err error) {
	if err := archive.CheckSeal(p, sink); err != nil {
		return nil, err
	}
	signed := signaturesIn(annotations, digest.Checkpoint{Origin: digest.Origin(e.RunID), Size: sink.Count(),
		Root: sink.Root()})
	for _, v := range signed.Verdicts {
		s := report.Signature{Kind: "ssh", Key: report.Text(v.Key)}
		if v.Kind == sign.KindNote {
			s.Kind = "note"
		}
		if v.Err != nil {
			s.Problem = report.Text(fileerr.Text(v.Err))
		}
		list = append(list, s)
	}
	if signed.Unchecked > 0 {
		list = append(list, report.Signature{Kind: "further",
			Problem: report.Text(cli.Plural(int64(signed.Unchecked), "signature") + " not looked at")})
	}
	return list, nil
}
