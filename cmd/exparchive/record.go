package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
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
  {"type":"note","kind":"doubtful","text":"..."}
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
	var printed *aside
	if r.print {
		printer, err := r.sections.printer(cmd)
		if err != nil {
			return err
		}
		printed = &aside{sink: printer}
		if resumed {
			if err := printed.catchUp(ctx, w.LivePath()); err != nil {
				return err
			}
		}
		sink = provider.Tee(w, printed)
	}
	if r.preamble != nil {
		sink = r.preamble.before(sink)
	}
	o := &jsonl.ReaderOptions{Resume: resumed}
	if !r.asIs {
		o.RunID, o.Now = newRunID, timeNow
	}
	bar := progress.New(stderr, "records", 0)
	defer bar.Clear()
	inputCtx, stopInput := context.WithCancel(cmd.Context())
	defer stopInput()
	lines := jsonl.NewReader(newInput(inputCtx, cmd.InOrStdin()), o)
	var failed error // of the archive
	for record, err := range lines.Records(ctx) {
		if err == nil {
			err = provider.Put(ctx, sink, record)
			if errors.Is(err, provider.ErrInvalid) || errors.Is(err, provider.ErrOrder) {
				err = &jsonl.LineError{Line: lines.Line(), Err: err}
			}
		}
		switch line := (*jsonl.LineError)(nil); {
		case errors.As(err, &line):
			return r.unfinished(w, errors.Join(failed, fmt.Errorf("standard input: %w", err)))
		case errors.Is(err, errInterrupted):
			if failed == nil {
				failed = errInterrupted
			}
			return r.unfinished(w, failed)
		case err != nil:
			// The writer keeps what its file cannot take, so what is on its way still goes there.
			failed = err
			stopInput()
		}
		bar.Add(1)
	}
	if failed != nil {
		return r.unfinished(w, failed)
	}
	if _, sealed := w.Seal(); !sealed {
		if !r.seal {
			return r.unfinished(w, errNoResult)
		}
		if err := sink.Finish(ctx, nil); err != nil {
			return r.unfinished(w, err)
		}
	}
	bar.Clear()
	seal, _ := w.Seal()
	fmt.Fprintf(stderr, "exparchive: %s: %d records, digest %s\n", terminal.Escape(w.Path()), seal.Records, seal.Root)
	if printed != nil && printed.err != nil {
		warnf(stderr, "the run is recorded, but not all of it was printed: %v", printed.err)
	}
	return nil
}

var errNoResult = errors.New("the input ends without a result")

// unfinished closes w and adds to the error that ended the recording what became of it.
func (r *recording) unfinished(w *record.Writer, err error) error {
	if closeErr := w.Close(); closeErr != nil {
		if strings.Contains(err.Error(), closeErr.Error()) { // what Close tried once more failed in the same way
			return err
		}
		return errors.Join(err, closeErr)
	}
	if count, ok := kept(w.LivePath()); ok {
		return fmt.Errorf("%w; %s keeps %s: `exparchive resume` continues it, `exparchive seal` seals it as it is", err, w.LivePath(), plural(count, "record"))
	}
	return err
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

// An aside is a sink whose errors do not end the recording beside it: after the first one it takes nothing more.
type aside struct {
	sink provider.Sink
	err  error
}

func (a *aside) put(put func(provider.Sink) error) error {
	if a.err == nil {
		a.err = put(a.sink)
	}
	return nil
}

// catchUp gives the sink what an earlier process recorded.
func (a *aside) catchUp(ctx context.Context, live string) error {
	run, err := archive.Open(live)
	if err != nil {
		return err
	}
	defer run.Close()
	for record, err := range run.Records(ctx) {
		if err != nil {
			return inFile(live, err)
		}
		a.put(func(s provider.Sink) error { return provider.Put(ctx, s, record) })
	}
	return nil
}

func (a *aside) Begin(ctx context.Context, r *provider.Start) error {
	return a.put(func(s provider.Sink) error { return s.Begin(ctx, r) })
}

func (a *aside) Event(ctx context.Context, r *provider.Event) error {
	return a.put(func(s provider.Sink) error { return s.Event(ctx, r) })
}

func (a *aside) Interaction(ctx context.Context, r *provider.Interaction) error {
	return a.put(func(s provider.Sink) error { return s.Interaction(ctx, r) })
}

func (a *aside) Iteration(ctx context.Context, r *provider.Iteration) error {
	return a.put(func(s provider.Sink) error { return s.Iteration(ctx, r) })
}

func (a *aside) Note(ctx context.Context, r *provider.Note) error {
	return a.put(func(s provider.Sink) error { return s.Note(ctx, r) })
}

func (a *aside) Attachment(ctx context.Context, r *provider.Attachment) error {
	return a.put(func(s provider.Sink) error { return s.Attachment(ctx, r) })
}

func (a *aside) Finish(ctx context.Context, r *provider.Result) error {
	return a.put(func(s provider.Sink) error { return s.Finish(ctx, r) })
}
