package readcmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/dataset"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/lockfile"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// datasetHelp is what the help of export says of --format parquet.
const datasetHelp = `
Parquet is for questions about many runs. It takes any number of files and folders of runs and makes, or brings up
to date, a dataset in the folder OUTPUT: tables of runs, iterations, costs, policies, events, calls of models,
notes and names of attached files, in files TABLE/experiment=NAME/run=ID/part.parquet that DuckDB, Spark and pandas
read as one. OUTPUT/README.md has the columns, and questions in SQL. Amounts are integers of 64 bits in cents, JSON
is text, what is absent is NULL; so is what a redacted copy withholds, which the column withheld names.

A run replaces what the dataset has of it, with the same bytes if it is the same. Every record is read and its hash
computed; a sealed archive that was changed is refused. --newer passes over a run whose file has the length and the
SHA-256 (at an address: the length and the seal's digest) that the run's part in the dataset notes; a recording is
always read. A run whose file is gone stays in the dataset, unless --prune takes out all that are not in the files
given. A run that several files hold is taken from the sealed archive rather than from a recording, and from that
rather than from anything else; two files of one kind with the same run are an error. What was killed is done by
the same command again.`

// datasetOptions are the flags of export that go with --format parquet only.
type datasetOptions struct {
	newer, prune, recursive bool
}

func (o *datasetOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&o.newer, "newer", false,
		"with parquet, only runs whose files are not those that their parts were made from")
	flags.BoolVar(&o.prune, "prune", false,
		"with parquet, remove the runs from the dataset that are in none of the files given")
	flags.BoolVarP(&o.recursive, "recursive", "r", false, "with parquet, look into folders of folders")
}

// given names a flag that was given, empty if none was.
func (o *datasetOptions) given() string {
	switch {
	case o.newer:
		return "--newer"
	case o.prune:
		return "--prune"
	case o.recursive:
		return "--recursive"
	}
	return ""
}

// What became of a run in a dataset.
const (
	runWritten   = "written"
	runUnchanged = "unchanged"
	runRemoved   = "removed"
)

// A datasetRun is what export says about a run of a dataset in JSON.
type datasetRun struct {
	File       string `json:"file,omitempty"` // none of a run that was removed
	Output     string `json:"output"`
	Experiment string `json:"experiment_name"`
	RunID      string `json:"run_id"`
	State      string `json:"state"`
	Records    *int64 `json:"records,omitempty"`
	Digest     string `json:"digest,omitempty"`
	Sealed     *bool  `json:"digest_sealed,omitempty"` // the digest is the one in the seal
}

// A datasetExport is a running export to a dataset.
type datasetExport struct {
	exportOptions
	which          runio.Choice
	stdout, stderr io.Writer
	alone          bool // there is one run, whose records the bar counts

	claimed map[dataset.RunID]datasetSource
	failed  bool
	counts  map[string]int64 // runs by what became of them
}

// A datasetSource is a file of runs.
type datasetSource struct {
	runio.Source
	kind runs.Kind
	err  error // why it cannot be looked at
}

// rank orders what several files may hold: a run is taken from one with the least.
func (s datasetSource) rank() int {
	switch {
	case s.kind == runs.SQLite && !strings.HasSuffix(s.Path, archive.LiveSuffix):
		return 0
	case s.kind == runs.SQLite:
		return 1
	}
	return 2
}

// exportDataset brings a dataset up to date.
func exportDataset(cmd *cobra.Command, args []string, o exportOptions, which runio.Choice) error {
	ctx := cmd.Context()
	x := &datasetExport{exportOptions: o, which: which, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(),
		claimed: map[dataset.RunID]datasetSource{}, counts: map[string]int64{}}
	sources, err := x.sources(ctx, args)
	if err != nil {
		return err
	}
	x.alone = len(sources) == 1 && (which.ID != "" || sources[0].rank() < 2 || sources[0].kind == runs.Lines)
	unmake, err := runio.MakeFolder(o.output)
	defer unmake()
	if err != nil {
		return runio.ExportError(o.output, err)
	}
	lock, err := lockfile.Try(filepath.Join(o.output, ".lock"))
	switch {
	case err != nil:
		return runio.ExportError(o.output, err)
	case lock == nil:
		return fileerr.Errorf(o.output, "another export writes to it at this moment")
	}
	if err = dataset.CheckReadme(o.output); err == nil {
		err = x.run(ctx, sources, len(args) == 1 && !runio.IsFolder(args[0]))
	}
	return errors.Join(err, lock.Release())
}

// sources finds the files, those first from which a run is taken rather than from others.
func (x *datasetExport) sources(ctx context.Context, args []string) (list []datasetSource, err error) {
	for from, err := range runio.SourcesOf(ctx, x.stderr, args, x.recursive) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s := datasetSource{Source: from, err: err}
		if err == nil {
			s.kind, s.err = runs.Sniff(ctx, from.Path)
		}
		if s.err != nil {
			s.err = runio.WithRunHint(from.Named(s.err))
		}
		list = append(list, s)
	}
	if list == nil {
		return nil, cmp.Or(runio.PassedOver(args), fmt.Errorf("%s: no runs", strings.Join(args, ", ")))
	}
	slices.SortStableFunc(list, func(a, b datasetSource) int { return a.rank() - b.rank() })
	return list, nil
}

// run exports the runs of all sources. The error of the only file that was named is given, others are told of.
func (x *datasetExport) run(ctx context.Context, sources []datasetSource, onlyFile bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bar := progress.New(x.stderr, "exporting", int64(len(sources)))
	if x.alone {
		bar = nil
	}
	ended := 0 // sources
	var first error
	for job := range x.jobs(ctx, sources) {
		<-job.done
		bar.Add(int64(job.source + 1 - ended))
		ended = job.source + 1
		bar.Clear()
		_, _ = x.stderr.Write(job.said.Bytes())
		err := job.err
		switch {
		case first != nil: // and the jobs that are still there end
		case ctx.Err() != nil:
			first = ctx.Err()
		case err == nil && job.result != nil:
			first = x.tell(*job.result)
		case err != nil && onlyFile && len(sources) == 1:
			first = err
		case err != nil:
			cli.Warnf(x.stderr, "%v", err)
			x.failed = true
		}
		if first != nil {
			cancel()
		}
	}
	if first != nil {
		return first
	}
	return x.finish(ctx)
}

// finish removes what is not to stay, and sums up.
func (x *datasetExport) finish(ctx context.Context) error {
	switch {
	case x.prune && x.failed:
		cli.Warnf(x.stderr, "%s: nothing was removed, since not all files could be read", x.output)
	case x.prune:
		keep := map[dataset.RunID]bool{}
		for id := range x.claimed {
			keep[id] = true
		}
		removed, err := dataset.Prune(ctx, x.output, keep)
		if err != nil {
			return err
		}
		for _, id := range removed {
			if err := x.tell(datasetRun{Output: x.output, Experiment: id.Experiment, RunID: id.Run,
				State: runRemoved}); err != nil {
				return err
			}
		}
	}
	if !x.json {
		text := cli.Plural(x.counts[runWritten], "run") + " written"
		for _, state := range []string{runUnchanged, runRemoved} {
			if n := x.counts[state]; n > 0 {
				text += fmt.Sprintf(", %d %s", n, state)
			}
		}
		if _, err := fmt.Fprintf(x.stdout, "%s: %s\n", terminal.Escape(x.output), text); err != nil {
			return err
		}
	}
	if x.failed {
		return cli.Reported{}
	}
	return nil
}

// tell says what became of a run. With the first one the dataset gets its README.md.
func (x *datasetExport) tell(r datasetRun) error {
	if len(x.counts) == 0 {
		if err := dataset.WriteReadme(x.output); err != nil {
			return err
		}
	}
	x.counts[r.State]++
	if x.json {
		return json.NewEncoder(x.stdout).Encode(r)
	}
	text := r.State
	if r.State == runWritten {
		text = fmt.Sprintf("%s, digest %s", cli.Plural(*r.Records, "record"), r.Digest)
		if !*r.Sealed {
			text += ", which no seal confirms"
		}
	}
	_, err := fmt.Fprintf(x.stdout, "%s: %s\n", terminal.Escape(r.RunID), text)
	return err
}

// A datasetJob is a run that is exported.
type datasetJob struct {
	datasetSource
	source int // its place among the sources
	key    string
	run    provider.Provider
	closer io.Closer

	said   bytes.Buffer // for standard error
	result *datasetRun  // nil if there is nothing to be said of it
	err    error
	done   chan struct{} // closed when it has ended
}

// jobs opens the runs one after the other, and exports some of them at a time. They are given in order.
func (x *datasetExport) jobs(ctx context.Context, sources []datasetSource) <-chan *datasetJob {
	atOnce := min(runtime.GOMAXPROCS(0), 4)
	list, slots := make(chan *datasetJob, atOnce), make(chan struct{}, atOnce)
	go func() {
		defer close(list)
		for i, s := range sources {
			for _, id := range x.idsOf(ctx, &s) {
				if ctx.Err() != nil {
					return
				}
				slots <- struct{}{}
				job := &datasetJob{datasetSource: s, source: i, done: make(chan struct{})}
				job.err = s.err
				if job.err == nil {
					job.err = x.open(ctx, job, id)
				}
				list <- job
				go func() {
					defer func() { <-slots; close(job.done) }()
					x.export(ctx, job)
				}()
			}
		}
	}()
	return list
}

// idsOf gives the ids of the runs of a source that are to be exported: an archive has one, which need not be looked
// for. What cannot be read is one too, of which the error is told.
func (x *datasetExport) idsOf(ctx context.Context, s *datasetSource) []string {
	if s.err != nil || x.which.ID != "" || s.kind != runs.DuckDB && s.kind != runs.JSON {
		return []string{x.which.ID}
	}
	ids, err := runs.IDs(ctx, s.Path, x.which.Options())
	if err != nil {
		s.err = runio.WithRunHint(s.Named(err))
		return []string{""}
	}
	return ids
}

// open opens the run of a job and claims it, so that it is exported once. A job without a run has nothing to do.
func (x *datasetExport) open(ctx context.Context, job *datasetJob, id string) error {
	key, err := x.keyOf(ctx, job.datasetSource)
	if err != nil {
		return err
	}
	p, c, err := runio.OpenSource(ctx, &job.said, job.Source, runio.Choice{ID: id, Lenient: x.which.Lenient})
	if err != nil {
		return err
	}
	start, err := startOf(ctx, p)
	if err != nil {
		return errors.Join(cli.InFile(job.Name, err), c.Close())
	}
	of := dataset.RunID{Experiment: start.Name, Run: start.RunID}
	if other, twice := x.claimed[of]; twice {
		err := fileerr.Errorf(cli.ShownName(job.Name), "run %q is in %s, too", of.Run, cli.ShownName(other.Name))
		if job.rank() > other.rank() {
			cli.Warnf(&job.said, "%v, from which it is taken", err)
			err = nil
		}
		return errors.Join(err, c.Close())
	}
	x.claimed[of] = job.datasetSource
	job.run, job.closer, job.key = p, c, key
	if a, ok := p.(*archive.Archive); ok {
		seal, sealed := a.Seal()
		switch {
		case !sealed:
			job.key = "" // it goes on
		case key == "":
			job.key = "seal:" + seal.Root.String()
		}
	} else if job.key, err = addSibling(ctx, key, p); err != nil {
		job.run = nil
		return errors.Join(err, c.Close())
	}
	if about, current := dataset.Current(x.output, of.Experiment, of.Run, job.key); x.newer && current {
		job.run = nil
		job.result = &datasetRun{File: job.Name, Output: x.output, Experiment: of.Experiment, RunID: of.Run,
			State: runUnchanged, Records: &about.Records, Digest: about.Digest, Sealed: &about.Sealed}
		return errors.Join(dataset.Sweep(x.output, of.Experiment, of.Run), c.Close())
	}
	return nil
}

// export writes the run of a job.
func (x *datasetExport) export(ctx context.Context, job *datasetJob) {
	if job.err != nil || job.run == nil {
		return
	}
	job.err = x.write(ctx, job)
	if err := job.closer.Close(); job.err == nil {
		job.err = cli.InFile(job.Name, err)
	}
}

func (x *datasetExport) write(ctx context.Context, job *datasetJob) error {
	read := job.run
	if x.alone {
		counted, clear := runio.Progress(ctx, x.stderr, "exporting", read)
		defer clear()
		read = counted
	}
	w := dataset.NewWriter(x.output)
	defer w.Close()
	err := provider.Copy(ctx, w, read)
	if err == nil {
		err = archive.CheckSeal(job.run, w.Digest())
	}
	if err != nil {
		return runio.Placed(job.Name, x.output, x.output, err)
	}
	sealed := false
	if a, ok := job.run.(*archive.Archive); ok {
		_, sealed = a.Seal()
	}
	about, err := w.Commit(sealed, job.key)
	if err != nil {
		return runio.Placed(job.Name, x.output, x.output, err)
	}
	job.result = &datasetRun{File: job.Name, Output: x.output, Experiment: about.Experiment, RunID: about.Run,
		State: runWritten, Records: &about.Records, Digest: about.Digest, Sealed: &about.Sealed}
	return nil
}

// startOf gives the first record of a run, which is all that is read of it.
func startOf(ctx context.Context, p provider.Provider) (*provider.Start, error) {
	for r, err := range p.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if start, ok := r.(*provider.Start); ok {
			return start, nil
		}
		break
	}
	return nil, provider.ErrNoRun
}
