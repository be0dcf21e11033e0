package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A recording is what record and resume have in common: lines come in, records go into a live file.
type recording struct {
	asIs      bool // fill in nothing
	print     bool
	seal      bool // also without a result
	exclusive bool
	sections  *sectionFlags
	preamble  *preamble // nil for a resumed recording
}

func (r *recording) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asIs, "as-is", false, "record what the lines say and nothing else: no run id and no times of its own")
	cmd.Flags().BoolVar(&r.print, "print", false, "print what replay will print, while it happens")
	cmd.Flags().BoolVar(&r.seal, "seal", false, "seal the archive also if the input ends without a result")
	addExclusiveFlag(cmd, &r.exclusive)
	r.sections = addSectionFlags(cmd)
}

// addExclusiveFlag adds the flag for file systems that are not seen to need it.
func addExclusiveFlag(cmd *cobra.Command, exclusive *bool) {
	cmd.Flags().BoolVar(exclusive, "exclusive", false,
		"share no memory with other programs, as on network file systems, which are recognised: exparchive reads along all the same, other SQLite programs only when the recording has ended")
}

// reportNetwork says that the recording goes to a network file system.
func reportNetwork(stderr io.Writer, w *record.Writer) {
	if kind := w.NetworkFileSystem(); kind != "" {
		warnf(stderr, "%s is on a network file system (%s): it is recorded exclusively, so other SQLite programs cannot read it before the recording ends; its log grows until then",
			w.LivePath(), kind)
	}
}

func newRecordCommand() *cobra.Command {
	var r recording
	var start preambleFlags
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "record -o FILE.simexp",
		Short: "Record a run from lines of JSON on standard input",
		Long: `Record a run that another program, in any language, writes to standard input: one JSON object a line, in the order in which
things happen. The first line is the experiment, the last one the result:

  {"type":"experiment","experiment_name":"exp1","experiment_type":"castro","config":{...}}
  {"type":"event","iteration":0,"event_type":"evaluation","event_data":{...}}
  {"type":"llm_interaction","iteration":0,"agent_id":"BANK_A","model":"...","system_prompt":"...","user_prompt":"...",
   "response":"...","parsed_policy":{...},"prompt_tokens":1200,"completion_tokens":300,"latency_seconds":8.25}
  {"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":5000},"accepted_changes":{"BANK_A":true},"policies":{...}}
  {"type":"note","kind":"doubtful","subject":"/final_cost","text":"..."}
  {"type":"attachment","name":"config.yaml","data":"...base64..."}
  {"type":"result","status":"completed","converged":true,"final_cost":2000,"best_cost":2000}

(The third is one line.) Costs are whole cents. The run id, where none is given, is made from the name and the time, and times
that are not given are those of the arrival of the line; --as-is leaves them out, as for lines that export wrote.

Until the result comes the run lies in FILE.simexp-live. An interaction and an iteration are on disk before the next line
is read, events within a second. A line that cannot be recorded ends the recording with its number; what came before stays in
the live file, as it does when the recording is interrupted or killed. It can be continued (resume) or sealed (seal).

On a network file system the recording needs no shared memory and is announced on stderr. Two machines are kept from recording into
one file only as far as the file system's locks reach.`,
		Example: `  python my_experiment.py | exparchive record -o my.simexp
  exparchive record -o copy.simexp --as-is < exported.jsonl`,
		Args: nArgs(0, 0, "none: the lines come from standard input"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usageErrorf("record: missing -o FILE%s (see `exparchive record --help`)", archive.Extension)
			}
			if err := recordingName(cmd, output); err != nil {
				return err
			}
			if r.asIs && start.any() {
				return usageErrorf("record: --as-is records nothing but the lines; leave out --salt and --attach")
			}
			var err error
			if r.preamble, err = start.newPreamble(); err != nil {
				return err
			}
			w, err := record.Create(output, &record.Options{Replace: force, Restart: force, Exclusive: r.exclusive})
			if err != nil {
				return withForceHint(err)
			}
			return r.record(cmd, w, false)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the archive to be written, `FILE`.simexp (required)")
	cmd.Flags().BoolVar(&force, "force", false, "replace an archive, or a recording that was cut short, of that name")
	start.addFlags(cmd, "")
	r.addFlags(cmd)
	return cmd
}

// record moves lines from standard input into w until the result, and closes w. A resumed recording has begun already.
func (r *recording) record(cmd *cobra.Command, w *record.Writer, resumed bool) (err error) {
	defer func() { err = errors.Join(err, w.Close()) }()
	stderr := cmd.ErrOrStderr()
	reportNetwork(stderr, w)
	if terminal.IsInput(cmd.InOrStdin()) {
		fmt.Fprintln(stderr, "exparchive: reading lines from the terminal")
	}
	// The recording outlives whoever reads what it prints, and an interrupt ends it by way of its input.
	signal.Ignore(syscall.SIGPIPE)
	ctx := context.WithoutCancel(cmd.Context())

	sink := provider.Sink(w)
	var printed *provider.Aside
	if r.print {
		printer, err := r.sections.printer(cmd)
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
	if r.preamble != nil {
		sink = r.preamble.before(sink)
	}
	bar := progress.New(stderr, "records", 0)
	defer bar.Clear()
	o := &jsonl.RecordOptions{Taken: func() { bar.Add(1) }}
	o.Resume = resumed
	if !r.asIs {
		o.RunID, o.Now = newRunID, timeNow
	}
	err = jsonl.Record(cmd.Context(), sink, cmd.InOrStdin(), o)
	if errors.Is(err, jsonl.ErrNoResult) && r.seal {
		if err = sink.Finish(ctx, nil); err != nil {
			err = &jsonl.SinkError{Err: err}
		}
	}
	if err != nil {
		return unfinished(w, err)
	}
	bar.Clear()
	seal, _ := w.Seal()
	fmt.Fprintf(stderr, "exparchive: %s: %d records, digest %s\n", terminal.Escape(w.Path()), seal.Records, seal.Root)
	if printed != nil && printed.Err() != nil {
		warnf(stderr, "the run is recorded, but not all of it was printed: %v", printed.Err())
	}
	return nil
}

// unfinished closes w and adds to the error of [jsonl.Record] that ended the recording what became of it.
func unfinished(w *record.Writer, err error) error {
	closeErr := w.Close()
	sink, line := (*jsonl.SinkError)(nil), (*jsonl.LineError)(nil)
	failed, bad := errors.As(err, &sink), errors.As(err, &line)
	var all []error
	if failed && !stemsFrom(closeErr, sink.Err) { // what Close tried once more failed again, and says more
		all = append(all, sink.Err)
	}
	if bad {
		all = append(all, fmt.Errorf("standard input: %w", line))
	}
	if !failed && !bad {
		all = append(all, err)
	}
	if closeErr != nil {
		return errors.Join(append(all, closeErr)...)
	}
	err = errors.Join(all...)
	if count, ok := kept(w.LivePath()); ok {
		return fmt.Errorf("%w; %s keeps %s: `exparchive resume` continues it, `exparchive seal` seals it as it is", err, w.LivePath(), plural(count, "record"))
	}
	return err
}

// stemsFrom reports whether err wraps cause or anything that cause wraps: what failed once failed again in the same way. Numbers of
// the operating system do not count, since unrelated failures have the same ones.
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

// kept gives how many records a live file holds that no recorder has open: fewer than its writer took, if writing failed. It
// gives false if there is no such file.
func kept(live string) (int64, bool) {
	a, err := archive.Open(live)
	if err != nil {
		return 0, false
	}
	defer a.Close()
	count, err := a.RecordCount(context.Background())
	return count, err == nil
}

// newRunID makes a run id that no other run has.
func newRunID(experiment string) string {
	var random [3]byte
	rand.Read(random[:])
	return fmt.Sprintf("%s-%s-%x", experiment, time.Now().UTC().Format("20060102-150405"), random)
}

// timeNow gives the time as it is recorded where the lines give none.
func timeNow() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

// plural puts a number before a noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

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
			return inFile(live, err)
		}
	}
	return nil
}
