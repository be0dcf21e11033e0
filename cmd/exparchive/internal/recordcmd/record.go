package recordcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A recording is what record and resume have in common: lines come in, records go into a live file.
type recording struct {
	asIs      bool // fill in nothing
	print     bool
	asJSON    bool // say in the end, as JSON, what became of it
	withAcks  bool // say which lines are on disk, and in the end what became of it
	seal      bool // also without a result
	sealOnInt bool // after a signal, as interrupted
	strict    bool // stop at a line that cannot be recorded
	exclusive bool
	bulk      bool // the lines are kept elsewhere
	command   commandLine
	sections  *runio.SectionFlags
	preamble  *preamble // nil for a resumed recording
	acks      *acks     // nil unless withAcks
	watch     *signalWatch
}

// watchSignals takes signals from now on, which end the context of the command no more: what they interrupt is the
// reading of lines. The caller stops the watch.
func (r *recording) watchSignals(cmd *cobra.Command) *signalWatch {
	r.watch = watchSignals(cmd.Context(), cmd.ErrOrStderr())
	cmd.SetContext(context.WithoutCancel(cmd.Context()))
	return r.watch
}

func (r *recording) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asIs, "as-is", false, "record what the lines say and nothing else: no run id and no times of its own")
	cmd.Flags().BoolVar(&r.print, "print", false, "print what replay will print, while it happens")
	cmd.Flags().BoolVar(&r.seal, "seal", false, "seal the archive also if the input ends without a result, unless a signal came")
	cmd.Flags().BoolVar(&r.sealOnInt, "seal-on-interrupt", false,
		"if a signal came and there is no result, seal the archive with the status interrupted")
	r.command.addFlags(cmd)
	cmd.Flags().BoolVar(&r.strict, "strict", false, "stop at the first line that cannot be recorded, instead of keeping it as it is")
	cmd.Flags().BoolVar(&r.withAcks, "acks", false,
		"acknowledge the lines of standard input on standard output, for the program that writes them")
	addExclusiveFlag(cmd, &r.exclusive)
	r.sections = runio.AddSectionFlags(cmd)
}

// options gives what the recorder is opened with, and begins to acknowledge what is on disk if that is asked for.
func (r *recording) options(cmd *cobra.Command) *record.Options {
	o := &record.Options{Exclusive: r.exclusive, Bulk: r.bulk}
	if r.withAcks {
		r.acks = newAcks(cmd.OutOrStdout())
		o.Written = r.acks.written
	}
	return o
}

// checkAcks reports what does not go together with acknowledgements.
func (r *recording) checkAcks(name string) error {
	switch {
	case r.withAcks && (r.print || r.asJSON):
		return cli.Usagef("%s: --acks writes to standard output, where --print and --json write: leave those out", name)
	case r.withAcks && len(r.command.words) > 0:
		return cli.Usagef("%s: --acks is for a program that writes lines to standard input; leave out the command", name)
	case r.withAcks && r.bulk:
		return cli.Usagef("%s: with --bulk nothing is kept before the whole is, and --acks could say nothing", name)
	}
	return nil
}

// addExclusiveFlag adds the flag for file systems that are not seen to need it.
func addExclusiveFlag(cmd *cobra.Command, exclusive *bool) {
	cmd.Flags().BoolVar(exclusive, "exclusive", false,
		"share no memory with other programs, as on network file systems, which are recognised: exparchive reads along all the same, other SQLite programs only when the recording has ended")
}

// reportNetwork says that the recording goes to a network file system.
func reportNetwork(stderr io.Writer, w *record.Writer) {
	if kind := w.NetworkFileSystem(); kind != "" {
		cli.Warnf(stderr, "%s is on a network file system (%s): it is recorded exclusively, so other SQLite programs cannot read it before the recording ends; its log grows until then",
			w.LivePath(), kind)
	}
}

// NewRecord makes the command record.
func NewRecord() *cobra.Command {
	var r recording
	var start preambleFlags
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "record -o FILE.simexp [-- COMMAND [ARGUMENT...]]",
		Short: "Record a run from lines of JSON, of a pipe or of a command that it starts",
		Long: `Record a run that another program, in any language, writes to standard input: one JSON object a line, in the order in which
things happen. The first line is the experiment, the last one the result:

  {"type":"experiment","experiment_name":"exp1","experiment_type":"castro","config":{...}}
  {"type":"event","iteration":0,"event_type":"evaluation","event_data":{...}}
  {"type":"llm_interaction","iteration":0,"agent_id":"BANK_A","model":"...","system_prompt":"...",
   "user_prompt":"...","response":"...","parsed_policy":{...},"prompt_tokens":1200,
   "completion_tokens":300,"latency_seconds":8.25}
  {"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":5000},
   "accepted_changes":{"BANK_A":true},"policies":{...}}
  {"type":"note","kind":"doubtful","subject":"/final_cost","text":"..."}
  {"type":"attachment","name":"config.yaml","data":"...base64..."}
  {"type":"result","status":"completed","converged":true,"final_cost":2000,"best_cost":2000}

Each object is one line, though two are broken here. What a line needs is experiment_name and experiment_type, iteration,
event_type, kind and text, name and data, status; all else may be left out. Costs are whole cents. The run id, where none is
given, is made from the name and the time, and times that are not given are those of the arrival of the line; --as-is leaves them
out, as for lines that export wrote. In a pipe the program has to flush each line, as print does in Python with flush=True: what it
holds back is lost when it is killed.

Until the result comes the run lies in FILE.simexp-live. An interaction and an iteration are on disk before the next line
is read, events within a second. What is recorded stays in the live file when the recording is interrupted or killed, and can be
continued (resume) or sealed (seal).

A line that cannot be recorded (no JSON, such as the NaN that Python writes, an unknown member, a cost with a fraction, a line
behind the result) ends nothing: it is kept byte for byte as the attachment rejected/LINE, with a note that says what is wrong with
it, and what follows is recorded. Each is named on stderr, and the exit code is 1 though the archive is sealed. With --strict
the recording ends at the first such line. If the experiment line itself is missing or cannot be recorded, the run begins with the
next record; what cannot be read of that line is filled in, and a note says so.

A signal such as that of Ctrl-C, which in a pipe reaches the experiment too, does not end the recording: it reads on to the end of
its input, so that the last words of the experiment and its result are recorded. A second signal of the same kind, more than half
a second later, stops it. SIGINT, SIGTERM and SIGHUP are treated so. The exit code is then 130, 143 or 129, but 0 if the run has a
result that says completed. A run without a result can be resumed; --seal-on-interrupt seals it as interrupted.

With a command behind -- it starts the experiment itself. Its standard output is the lines, unbuffered if it is a Python program.
Others, in C, Perl, Ruby or Fortran, hold back what they write to a pipe unless they flush it; with --pty they write to a
pseudo-terminal, line by line (Linux and macOS). It alters no byte, but the program may take it for a person's and colour
its output or draw progress bars, so it is not used unless asked for. Standard input and error stay what they are. Signals are passed on to it; its exit code becomes that of exparchive (128 and the number of the signal, if one ended it; 127 if
there is no such command, 126 if it cannot be started), and is kept in the run as a note exit_status. The attachment
provenance.json says where the run comes from: command line, program, working folder, commit of its git repository and whether
files differ from it, time, platform. Whoever has the archive can read it: a key on the command line is better given in the
environment, or left out with --no-command. --keep-stderr keeps of standard error the first 4 and the last 12 MiB.

With --acks it says on standard output, for the program that writes the lines, which of them are on disk, as JSON:
{"type":"ack","line":17,"records":18} means all up to line 17 of the input, and a last object what became of the recording. A
program that waits for them knows at any time what is safe. PROTOCOL.md of package provider/jsonl has the details.

With --bulk the lines are a run that is kept elsewhere, such as a file that export wrote: it takes less time, and
nothing is kept before the whole is. A recording that is cut short leaves nothing; it is begun anew.

On a network file system the recording needs no shared memory and is announced on stderr. Two machines are kept from recording into
one file only as far as the file system's locks reach.`,
		Example: `  python my_experiment.py | exparchive record -o my.simexp
  exparchive record -o my.simexp --keep-stderr -- python my_experiment.py --seed 42
  exparchive record -o copy.simexp --as-is --bulk < exported.jsonl`,
		Args: commandArgs(&r.command, 0, "none: the lines come from standard input"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return cli.Usagef("record: missing -o FILE%s (see `exparchive record --help`)", archive.Extension)
			}
			if err := runio.RecordingName(cmd, output); err != nil {
				return err
			}
			if r.asJSON && r.print {
				return cli.Usagef("record: --json says what became of the recording, --print prints the run: leave out one of them")
			}
			if r.asIs && start.any() {
				return cli.Usagef("record: --as-is records nothing but the lines; leave out --salt and --attach")
			}
			if r.bulk && len(r.command.words) > 0 {
				return cli.Usagef("record: --bulk is for lines that are kept elsewhere; those of a command are not")
			}
			err := errors.Join(r.checkAcks("record"), r.command.check("record", r.asIs))
			if err != nil {
				return err
			}
			defer r.watchSignals(cmd).stop()
			if r.preamble, err = start.newPreamble(cmd.Context(), cmd.ErrOrStderr()); err != nil {
				return err
			}
			options := r.options(cmd)
			options.Replace, options.Restart = force, force
			w, err := record.Create(output, options)
			if err != nil {
				return runio.WithForceHint(err)
			}
			return r.record(cmd, w, false)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the archive to be written, `FILE`.simexp (required)")
	cmd.Flags().BoolVar(&force, "force", false, "replace an archive, or a recording that was cut short, of that name")
	cmd.Flags().BoolVar(&r.bulk, "bulk", false,
		"record lines that are kept elsewhere: in less time, and nothing is kept before the whole is")
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "say in the end what became of the recording, as one JSON object")
	start.addFlags(cmd, "")
	r.addFlags(cmd)
	return cmd
}

// record moves lines from standard input, or from the experiment that it starts, into w until the result, and closes w.
// A resumed recording has begun already.
func (r *recording) record(cmd *cobra.Command, w *record.Writer, resumed bool) (err error) {
	defer func() {
		if closeErr := w.Close(); closeErr != nil {
			err = errors.Join(err, closeErr)
		}
	}()
	stderr := cmd.ErrOrStderr()
	if !r.bulk {
		reportNetwork(stderr, w)
	}
	// The recording outlives whoever reads what it prints, and a signal ends it by way of its input. A signal that is
	// ignored would be so in the experiment too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	watch, ctx := r.watch, cmd.Context()

	sink := provider.Sink(w)
	var printed *provider.Aside
	if r.print {
		printer, err := r.sections.Printer(cmd)
		if err != nil {
			return err
		}
		printed = provider.NewAside(printer)
		if resumed {
			if err := catchUp(ctx, printed, w.LivePath()); err != nil {
				return err
			}
		}
		sink = provider.Tee(w, printed)
	}
	if !r.asIs {
		if sink, err = inOneFolder(ctx, sink, w.LivePath(), resumed); err != nil {
			return err
		}
	}
	if r.preamble != nil {
		sink = r.preamble.before(sink)
	}
	var known *again
	if resumed && len(r.command.words) == 0 {
		known = &again{Sink: sink, w: w, names: map[string]string{}}
		sink = known
	}
	last := &ending{Sink: sink, hold: len(r.command.words) > 0}
	input, child, err := r.source(cmd, watch, last, resumed)
	if err != nil {
		return err
	}
	bar := progress.New(stderr, "records", 0)
	defer bar.Clear()
	o := &jsonl.RecordOptions{Taken: func() { bar.Add(1) }}
	o.Resume = resumed
	if !r.asIs {
		o.RunID, o.Now = newRunID, timeNow
	}
	report := rejectedReport{stderr: stderr, bar: bar, source: "standard input"}
	o.Rejected = report.line
	if known != nil {
		o.Continue = known.begin
		o.Rejected = func(l jsonl.Rejection) { report.line(known.rejection(l)) }
	}
	if r.acks != nil {
		r.acks.begin(w)
		if known != nil {
			r.acks.count = known.count
		}
		defer r.acks.close()
		o.Given, o.Held, report.acks = r.acks.given, r.acks.held, r.acks
	}
	reading, read := context.WithCancel(watch.ctx)
	defer read()
	if child != nil {
		defer child.Close()
		report.source = experimentOutput
		go reportGrandchild(reading.Done(), child.Process, watch.say)
	}
	o.Strict, o.Name, o.Recorded = r.strict, experimentName(w.Path()), w.Count()
	err = jsonl.Record(watch.ctx, statusWatch{last, stderr}, input, o)
	read()
	rejected := (*jsonl.RejectedError)(nil)
	if errors.As(err, &rejected) {
		err = rejected.Err
	}
	if readingFailed(err) {
		err = fmt.Errorf("%s: %w", report.source, err)
	}
	report.end(rejected)
	only := endedEarly(err) && !r.seal && !r.sealOnInt && r.preamble.only(w.Count(), last.added)
	if child != nil {
		err = child.conclude(ctx, last, only || w.Count() == 0, watch.ctx.Done(), err)
	}
	result := last.result // of the experiment itself
	lost := (*jsonl.LostResultError)(nil)
	errors.As(err, &lost)
	watch.settle()
	came := watch.came()
	if w.Count() > 0 {
		err = r.conclude(ctx, sink, came, err)
	}
	bar.Clear()
	seal, sealed := w.Seal()
	switch {
	case only:
		err = errors.Join(fmt.Errorf("%w, and nothing came but the experiment: nothing is kept", err), w.Discard())
	case err != nil:
		if err = unfinished(w, report.source, err); r.bulk && !sealed {
			err = fmt.Errorf("%w; nothing is kept (--bulk)", err)
		}
	case sealed:
		if r.acks == nil { // which say so themselves
			fmt.Fprintf(stderr, "exparchive: %s: %d records, digest %s\n", terminal.Escape(w.Path()), seal.Records, seal.Root)
		}
		if lost != nil && result == nil {
			cli.Warnf(stderr, "%v; the archive is sealed without a result", lost)
		}
		if printed != nil && printed.Err() != nil {
			cli.Warnf(stderr, "the run is recorded, but not all of it was printed: %v", printed.Err())
		}
	}
	if (r.asJSON || r.acks != nil) && !only && w.Count() > 0 && (sealed || !r.bulk) {
		said := recordingOutcome{"", w.LivePath(), archive.Unfinished, w.Count(), nil, report.lines}
		if sealed {
			said.File, said.State, said.Digest = w.Path(), archive.Sealed, new(seal.Root.String())
		} else if count, ok := kept(w.LivePath()); ok {
			said.Records = count
		}
		if r.acks != nil {
			r.acks.end(said)
		} else {
			err = errors.Join(err, json.NewEncoder(cmd.OutOrStdout()).Encode(said))
		}
	}
	if err == nil && rejected != nil {
		err = cli.Reported{}
	}
	if err == nil {
		err = r.preamble.fault()
	}
	return exitOf(result, sealed, came, child, err)
}

// A recordingOutcome is what became of a recording.
type recordingOutcome struct {
	Type     string        `json:"type,omitempty"` // among acknowledgements
	File     string        `json:"file"`           // where the run lies
	State    archive.State `json:"state"`
	Records  int64         `json:"records"`
	Digest   *string       `json:"digest"` // nil if it is not sealed
	Rejected int64         `json:"rejected_lines"`
}

// endedEarly reports whether the lines came to their end, or reading them did, before the result.
func endedEarly(err error) bool {
	return errors.Is(err, jsonl.ErrNoResult) || errors.Is(err, jsonl.ErrInterrupted)
}

// readingFailed reports whether the error of [jsonl.Record] is that of the input, and neither of a line nor of the
// sink.
func readingFailed(err error) bool {
	return err != nil && !endedEarly(err) && !errors.As(err, new(*jsonl.LineError)) &&
		!errors.As(err, new(*jsonl.SinkError))
}

// Source gives what the lines come from: standard input, or the experiment, which it starts.
func (r *recording) source(cmd *cobra.Command, watch *signalWatch, last *ending, resumed bool) (io.Reader, *started,
	error) {
	if len(r.command.words) == 0 {
		if terminal.IsInput(cmd.InOrStdin()) {
			fmt.Fprintln(cmd.ErrOrStderr(), "exparchive: reading lines from the terminal")
		}
		return cmd.InOrStdin(), nil, nil
	}
	provenance, err := r.command.provenance(watch.ctx)
	if err != nil {
		return nil, nil, err
	}
	child, err := r.command.start(cmd)
	if err != nil {
		return nil, nil, err
	}
	watch.passTo(child)
	if last.provenance = provenance; resumed {
		_, err = attachFree(watch.ctx, last.Sink, provenance)
	}
	if err != nil {
		child.Stop(childGrace)
		err = errors.Join(err, child.Close())
	}
	return child.Stdout(), child, err
}

// conclude seals a run whose lines ended without a result, which err says, if that was asked for.
func (r *recording) conclude(ctx context.Context, sink provider.Sink, came os.Signal, err error) error {
	switch {
	case !endedEarly(err):
		return err
	case came == nil && r.seal:
		err = sink.Finish(ctx, nil)
	case came == nil:
		return err
	case r.sealOnInt:
		result := &provider.Result{Status: provider.StatusInterrupted}
		if !r.asIs {
			result.CompletedAt = timeNow()
		}
		err = errors.Join(sink.Note(ctx, &provider.Note{Kind: "derived", Subject: provider.Subject("status"),
			Text: "the experiment gave no result: its recorder got " + signalName(came)}), sink.Finish(ctx, result))
	default:
		return fmt.Errorf("interrupted by %s", signalName(came))
	}
	if err != nil {
		err = &jsonl.SinkError{Err: err}
	}
	return err
}

// exitOf gives the error that a recording ends with, and by it the exit code: that of the experiment, if the recorder
// has started it and it failed; else that of a signal which kept the run from its own end. An experiment that the
// recorder has started says by its exit code whether it was kept from that, others by their result.
func exitOf(result *provider.Result, sealed bool, came os.Signal, child *started, err error) error {
	if child != nil && !child.forced && child.Exit().Code() != 0 {
		ended := fmt.Errorf("the experiment ended with %v", child.Exit())
		if err != nil && !errors.As(err, new(cli.Reported)) {
			ended = fmt.Errorf("%w: %w", ended, err)
		}
		return &cli.ExitError{Code: child.Exit().Code(), Err: ended}
	}
	completed := sealed && result != nil && (child != nil || result.Status == provider.StatusCompleted)
	if came != nil && !completed {
		return &cli.ExitError{Code: exitCodeOf(came), Err: err}
	}
	return err
}

// unfinished closes w and adds to the error of [jsonl.Record], whose lines came from source, that ended the recording
// what became of it.
func unfinished(w *record.Writer, source string, err error) error {
	closeErr := w.Close()
	sink, line := (*jsonl.SinkError)(nil), (*jsonl.LineError)(nil)
	failed, bad := errors.As(err, &sink), errors.As(err, &line)
	var all []error
	if failed && !stemsFrom(closeErr, sink.Err) { // what Close tried once more failed again, and says more
		all = append(all, sink.Err)
	}
	if bad {
		all = append(all, fmt.Errorf("%s: %w", source, line))
	}
	if !failed && !bad {
		all = append(all, err)
	}
	if closeErr != nil {
		return errors.Join(append(all, closeErr)...)
	}
	err = errors.Join(all...)
	if count, ok := kept(w.LivePath()); ok {
		if errors.As(err, new(*jsonl.LostResultError)) {
			return fmt.Errorf("%w; %s keeps %s: `exparchive resume` takes a result line that can be recorded, `exparchive seal` seals it unfinished",
				err, w.LivePath(), cli.Plural(count, "record"))
		}
		return fmt.Errorf("%w; %s keeps %s: `exparchive resume` continues it, `exparchive seal` seals it as it is", err,
			w.LivePath(), cli.Plural(count, "record"))
	}
	return err
}

// stemsFrom reports whether err wraps cause or anything that cause wraps: what failed once failed again in the same
// way. Numbers of the operating system do not count, since unrelated failures have the same ones.
func stemsFrom(err, cause error) bool {
	if _, number := cause.(syscall.Errno); err == nil || cause == nil || number {
		return false
	}
	if errors.Is(err, cause) {
		return true
	}
	switch wrapper := cause.(type) {
	case interface{ Unwrap() error }:
		return stemsFrom(err, wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), func(part error) bool { return stemsFrom(err, part) })
	}
	return false
}

// kept gives how many records a live file holds that no recorder has open: fewer than its writer took, if writing
// failed. It gives false if there is no such file.
func kept(live string) (int64, bool) {
	a, err := archive.Open(live)
	if err != nil {
		return 0, false
	}
	defer a.Close()
	count, err := a.RecordCount(context.Background())
	return count, err == nil
}

// timeNow gives the time as it is recorded where the lines give none.
func timeNow() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

// catchUp gives a sink what an earlier process recorded.
func catchUp(ctx context.Context, sink provider.Sink, live string) error {
	run, err := archive.Open(live)
	if err != nil {
		return err
	}
	defer run.Close()
	for record, err := range run.Records(ctx) {
		if err == nil {
			err = provider.Put(ctx, sink, record)
		}
		if err != nil {
			return cli.InFile(live, err)
		}
	}
	return nil
}
