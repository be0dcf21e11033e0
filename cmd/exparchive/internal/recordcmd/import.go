package recordcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/workdir"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

type importOptions struct {
	folder        string
	which         runio.Choice
	name          string // pattern
	dryRun, force bool
	recursive     bool
	salt          bool
	json          bool
	stdout        io.Writer
	stderr        io.Writer
}

// NewImport makes the command import.
func NewImport() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import OLD|FOLDER... -o FOLDER",
		Short: "Turn the runs of old databases into archives",
		Long: `Turn the runs of databases of the original project (SimCash, Castro: DuckDB files, JSON exports of the web sandbox) into
archives, one for each run, named after its id or as --name says. The old files are only read; every other command opens them as they are, so
that importing is needed only to publish a run or to be rid of the database. Of a folder every old database in it is taken,
with -r also those in its folders; what it holds of archives and JSON lines is left alone. "-" is standard input.

An archive notes where it comes from: the file's name, its SHA-256, its generation, and the engine that made it. When it is
written, its digest is compared with that of the run in the old file.

Nothing is written if one of the archives exists already, unless --force. A run that cannot be imported is reported and
makes the exit code 1; the others are imported all the same. An import that was killed leaves whole archives or none, and a
hidden folder that the next import into the same folder removes; go on with --force.`,
		Example: `  exparchive import results/castro.db -o archives/
  exparchive import results/ -o archives/
  exparchive import old.db -o archives/ --dry-run     print what would be written
  exparchive import old.db -o archives/ --run exp1-20251215
  exparchive import old.db -o archives/ --name '{experiment}-{run_id}'`,
		Args: cli.NArgs(1, -1, "one or more old databases, or folders of them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.folder == "" && !o.dryRun {
				return cli.Usagef("import: no folder for the archives; name one with -o")
			}
			if err := checkImportName(o.name); err != nil {
				return err
			}
			o.stdout, o.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().StringVarP(&o.folder, "output", "o", "", "the `folder` for the archives; it is made if need be")
	cmd.Flags().StringVar(&o.name, "name", defaultImportName,
		"name each archive so; {run_id}, {experiment} and {type} are those of the run")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; print what would be written, and what could not be kept as it is")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace archives that are there already")
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "look into folders of folders")
	cmd.Flags().BoolVar(&o.salt, "salt", false, saltUsage+
		"; the digest is then another for each import, and not that of the run in the old file")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line and run")
	runio.AddChoice(cmd, &o.which)
	return cmd
}

// An importJob is one run to import.
type importJob struct {
	source runio.Source // the old file
	arg    int          // which argument led to it
	runID  string
	kind   string // the generation of the run
	name   string // what the archive is named after
	target string // path of the archive
}

func (o *importOptions) run(ctx context.Context, sources []string) error {
	if !o.dryRun {
		if err := workdir.Sweep(o.folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			cli.Warnf(o.stderr, "warning: %v", cli.InFile(o.folder, err))
		}
	}
	var failed error
	report := func(from runio.Source, err error) {
		cli.Warnf(o.stderr, "%v", cli.InFile(from.Name, from.Named(err)))
		failed = cli.Reported{}
	}
	var jobs []importJob
	for i, arg := range sources {
		of, err := o.jobsOf(ctx, arg, report)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		}
		for _, job := range of {
			job.arg = i
			jobs = append(jobs, job)
		}
	}
	nameTargets(jobs, o.folder)
	if err := o.check(jobs); err != nil {
		return err
	}
	var source importSource
	defer func() { source.Close() }()
	for i, job := range jobs {
		label := fmt.Sprintf("%d/%d", i+1, len(jobs))
		if source.Source != job.source {
			source.Close()
			source = o.openSource(ctx, job.source)
		}
		err := o.importRun(ctx, &source, job, label)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			report(job.source, err)
		}
	}
	return failed
}

// jobsOf gives the jobs of one argument, a file or a folder. In a folder only old databases count, and a run that is
// wanted need not be in each of them.
func (o *importOptions) jobsOf(ctx context.Context, arg string, report func(runio.Source, error)) (jobs []importJob,
	err error) {
	folder, databases := runio.IsFolder(arg), 0
	for from, err := range runio.SourcesOf(ctx, o.stderr, []string{arg}, o.recursive) {
		var infos []castro.RunInfo
		if err == nil && folder {
			if kind, err := runs.Sniff(ctx, from.Path); err == nil && (kind == runs.SQLite || kind == runs.Lines) {
				continue
			}
		}
		if databases++; err == nil {
			infos, err = o.runsOf(ctx, from.Path)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case folder && errors.Is(err, provider.ErrNoRun) && o.which.ID != "":
		case err != nil:
			report(from, err)
		}
		for _, info := range infos {
			jobs = append(jobs, importJob{source: from, runID: info.ID, kind: info.Generation, name: importName(o.name, info)})
		}
	}
	switch {
	case folder && databases == 0:
		return nil, cmp.Or(runio.PassedOver([]string{arg}), fmt.Errorf("%s: no old databases in it", arg))
	case folder && len(jobs) == 0 && o.which.ID != "":
		return nil, fmt.Errorf("%s: %q: %w in a database of the folder", arg, o.which.ID, provider.ErrNoRun)
	}
	return jobs, nil
}

// runsOf gives the runs of one old file that are wanted.
func (o *importOptions) runsOf(ctx context.Context, path string) ([]castro.RunInfo, error) {
	kind, err := runio.SniffFile(ctx, path)
	switch {
	case err != nil:
		return nil, err
	case kind == runs.SQLite:
		return nil, errors.New("an archive already, or another SQLite database: import takes the databases of the original project")
	case kind == runs.Lines:
		return nil, errors.New("JSON lines: `exparchive record -o FILE.simexp` takes them on its standard input")
	}
	d, err := o.open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if o.which.ID != "" {
		run, err := d.Run(ctx, o.which.ID)
		if err != nil {
			return nil, err
		}
		return []castro.RunInfo{run.Info()}, nil
	}
	runs, err := d.Runs(ctx)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("%w: the tables of runs in the file are empty", provider.ErrNoRun)
	}
	return runs, err
}

func (o *importOptions) open(path string) (*castro.Database, error) {
	return castro.Open(path, &castro.Options{Lenient: o.which.Lenient})
}

// check refuses targets that clash with one another or with what is there.
func (o *importOptions) check(jobs []importJob) error {
	taken := map[string]importJob{}
	for _, job := range jobs {
		if other, twice := taken[job.target]; twice {
			hint := "import them into different folders"
			switch {
			case other.runID != job.runID:
				hint = "let --name have their {run_id}"
			case other.source == job.source && other.arg == job.arg:
				return cli.InFile(job.source.Name, fmt.Errorf("two runs have the id %q, one of %s and one of %s, and neither "+
					"can be chosen; --run imports others", job.runID, other.kind, job.kind))
			case other.source == job.source:
				hint = "name the file once"
			}
			return fmt.Errorf("%s would be written twice: for run %q of %s and run %q of %s; %s",
				job.target, other.runID, other.source.Name, job.runID, job.source.Name, hint)
		}
		taken[job.target] = job
		if o.dryRun {
			continue
		}
		if err := runio.PlaceFree(job.target, o.force); err != nil {
			return err
		}
	}
	return nil
}

// An importSource is an old file of which runs are imported, with what is the same for all of them.
type importSource struct {
	runio.Source
	err        error // why nothing of it can be imported
	db         *castro.Database
	about      castro.Description
	provenance []archive.Annotation // of the file itself
}

func (o *importOptions) openSource(ctx context.Context, from runio.Source) importSource {
	s := importSource{Source: from}
	if s.db, s.err = o.open(from.Path); s.err != nil {
		return s
	}
	if s.about, s.err = s.db.Describe(ctx); s.err == nil {
		s.err = s.hash(ctx)
	}
	return s
}

func (s *importSource) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// importRun imports one run, or says what importing it would write.
func (o *importOptions) importRun(ctx context.Context, from *importSource, job importJob, label string) error {
	if from.err != nil {
		return from.err
	}
	run, err := from.db.Run(ctx, job.runID)
	if err != nil {
		return err
	}
	experiment, err := run.Experiment(ctx)
	if err != nil {
		return runio.WithRunHint(err)
	}
	source := provider.Provider(run)
	if o.salt {
		source = salted{run, newSalt()}
	}
	root, count, err := digest.Of(ctx, source)
	if err != nil {
		return err
	}
	provenance, err := from.provenanceOf(ctx, run)
	if err != nil {
		return err
	}
	if !o.dryRun {
		if err := o.write(ctx, job, label, source, root, provenance); err != nil {
			return err
		}
	}
	return o.print(job, experiment, from.about, provenance, root, count)
}

// write writes the archive of a run, whose digest is want, into the folder.
func (o *importOptions) write(ctx context.Context, job importJob, label string, run provider.Provider, want digest.Hash,
	provenance []archive.Annotation) error {
	unmake, err := runio.MakeFolder(o.folder)
	defer unmake()
	if err != nil {
		return err
	}
	return runio.WriteChecked(job.target, o.force, provenance,
		func(w *record.Writer) error { return runio.Copy(ctx, o.stderr, "importing "+label, w, run) },
		func(path string) error { return runio.CompareArchive(ctx, path, want) })
}

// hash notes the name of the file and of the log beside it, with their hashes.
func (s *importSource) hash(ctx context.Context) (err error) {
	if s.provenance, err = namedHash(ctx, "source", s.Path); err != nil {
		return err
	}
	if s.Name != s.Path {
		s.provenance[0].Text = asText(cli.ShownName(s.Name))
	}
	if wal := s.Path + ".wal"; s.about.EngineVersion != "" && runio.Exists(wal) {
		log, err := namedHash(ctx, "source log", wal)
		if err != nil {
			return err
		}
		s.provenance = append(s.provenance, log...)
	}
	return nil
}

// provenanceOf says where a run comes from. It is no part of the run's digest.
func (s *importSource) provenanceOf(ctx context.Context, run *castro.Run) ([]archive.Annotation, error) {
	all := slices.Clone(s.provenance)
	sibling, err := run.Sibling(ctx)
	if err == nil && sibling != "" {
		var second []archive.Annotation
		second, err = namedHash(ctx, "second source", sibling)
		all = append(all, second...)
	}
	if err != nil {
		return nil, err
	}
	for _, n := range [][2]string{{"generation", run.Info().Generation}, {"format", runio.KindText(s.about)},
		{"importer", "exparchive"}} {
		all = append(all, archive.Annotation{Kind: "provenance", Name: n[0], Text: n[1]})
	}
	return all, nil
}

// namedHash gives the name of a file and its SHA-256.
func namedHash(ctx context.Context, label, path string) ([]archive.Annotation, error) {
	sum, err := runio.SumFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return []archive.Annotation{
		{Kind: "provenance", Name: label, Text: asText(filepath.Base(path))},
		{Kind: "provenance", Name: label + " SHA-256", Text: sum},
	}, nil
}

// asText gives the name of a file as text that can be recorded.
func asText(name string) string { return strings.ToValidUTF8(name, "\ufffd") }

// An importedRun is what import says about a run in JSON.
type importedRun struct {
	File        string            `json:"file"`
	Output      string            `json:"output"` // the archive
	Done        bool              `json:"done"`   // false with --dry-run
	RunID       string            `json:"run_id"`
	Experiment  string            `json:"experiment_name"`
	Type        string            `json:"experiment_type"`
	Status      provider.Status   `json:"status"`
	Records     int64             `json:"records"`
	Digest      *string           `json:"digest"` // null if it is not known before, since the salt is random
	Notes       []runio.Note      `json:"notes"`
	Annotations []runs.Annotation `json:"annotations"`
	Exists      bool              `json:"exists,omitempty"` // with --dry-run: a file of that name is there
}

func (o *importOptions) describe(job importJob, e provider.Experiment, provenance []archive.Annotation,
	root digest.Hash, count int64) importedRun {
	r := importedRun{
		File: job.source.Name, Output: job.target, Done: !o.dryRun, RunID: e.RunID, Experiment: e.Name, Type: e.Type,
		Status: e.Status(), Records: count,
		Notes: []runio.Note{}, Annotations: []runs.Annotation{}, Exists: o.dryRun && runio.Exists(job.target),
	}
	if !o.dryRun || !o.salt {
		r.Digest = new(root.String())
	}
	for _, n := range e.Notes {
		r.Notes = append(r.Notes, runio.Note{Kind: n.Kind, Subject: string(n.Subject), Text: n.Text})
	}
	for _, a := range provenance {
		r.Annotations = append(r.Annotations, runs.Annotation(a))
	}
	return r
}

// print says what was written; of a dry run, all of what would be.
func (o *importOptions) print(job importJob, e provider.Experiment, about castro.Description,
	provenance []archive.Annotation, root digest.Hash, count int64) error {
	if o.json {
		return json.NewEncoder(o.stdout).Encode(o.describe(job, e, provenance, root, count))
	}
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(terminal.Escape(fmt.Sprintf(format, args...)))
		b.WriteByte('\n')
	}
	if !o.dryRun {
		line("%s: run %s, %s, %s, digest %s", job.target, e.RunID, cli.Plural(count, "record"),
			cli.Plural(int64(len(e.Notes)), "note"), root)
		_, err := io.WriteString(o.stdout, b.String())
		return err
	}
	line("%s", job.target)
	field := func(label, format string, args ...any) {
		line("  %-13s%s", label, fmt.Sprintf(format, args...))
	}
	field("run", "%s (%s, %s, %s)", e.RunID, e.Name, e.Type, e.Status())
	field("records", "%d", count)
	if o.salt {
		field("digest", "%s", "not known before, since the salt is random")
	} else {
		field("digest", "%s", root)
	}
	for _, p := range provenance {
		field(p.Kind, "%s: %s", p.Name, p.Text)
	}
	for _, n := range e.Notes {
		field("note", "%s: %s", n.Label(), n.Text)
	}
	for _, f := range runio.AboutFields(about) {
		if f[0] == "not imported" || f[0] == "unreadable" {
			field(f[0], "%s", f[1])
		}
	}
	if runio.Exists(job.target) {
		field("exists", "it is there already, and would need --force")
	}
	_, err := io.WriteString(o.stdout, b.String())
	return err
}
