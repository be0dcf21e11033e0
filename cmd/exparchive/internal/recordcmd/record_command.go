package recordcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/launch"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// Exit codes where a command cannot be started, as of env and of shells.
const (
	exitNotExecutable = 126
	exitNoCommand     = 127
)

// What is kept of an experiment that the recorder has started.
const (
	provenanceName = "provenance.json"
	stderrName     = "stderr.txt"
	exitStatusKind = "exit_status" // of a note
	truncatedKind  = "truncated"   // of a note
)

// experimentOutput is what the lines of an experiment that the recorder has started come from.
const experimentOutput = "output of the experiment"

// A commandLine is the experiment that a recorder starts, behind "--" on its own command line.
type commandLine struct {
	words      []string // none if lines come from standard input
	keepStderr bool
	noCommand  bool // keep no command line
	pty        bool // let it write to a pseudo-terminal
}

func (c *commandLine) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.keepStderr, "keep-stderr", false,
		"attach what the command writes to standard error, as "+stderrName)
	cmd.Flags().BoolVar(&c.noCommand, "no-command", false,
		"leave the command line out of "+provenanceName+", which may hold a secret")
	cmd.Flags().BoolVar(&c.pty, "pty", false, "let the command write its lines to a pseudo-terminal, if it holds back what it writes to a pipe")
}

// commandArgs makes an argument check for commands that take want arguments, called what, and an experiment behind
// "--".
func commandArgs(c *commandLine, want int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		dash := cmd.ArgsLenAtDash()
		if dash < 0 {
			if err := cli.NArgs(want, want, what)(cmd, args); err != nil && len(args) > want {
				return fmt.Errorf("%w; a command to be started stands behind --", err)
			} else {
				return err
			}
		}
		c.words = args[dash:]
		if len(c.words) == 0 {
			return cli.Usagef("%s: no command behind --", cmd.Name())
		}
		return cli.NArgs(want, want, what)(cmd, args[:dash])
	}
}

// check reports flags that do not go together.
func (c *commandLine) check(name string, asIs bool) error {
	switch {
	case len(c.words) == 0 && (c.keepStderr || c.noCommand || c.pty):
		return cli.Usagef("%s: --keep-stderr, --no-command and --pty are for a command that is started: put it behind --",
			name)
	case c.pty && !launch.HasTerminals:
		return cli.Usagef("%s: --pty: there are no pseudo-terminals on this system: let the program flush its lines", name)
	case len(c.words) > 0 && asIs:
		return cli.Usagef("%s: --as-is records nothing but the lines; leave it out where a command is started", name)
	case len(c.words) > 0:
		return startFailed(launch.Find(c.words[0]))
	}
	return nil
}

// start starts the experiment.
func (c *commandLine) start(cmd *cobra.Command) (*started, error) {
	stdin, _ := cmd.InOrStdin().(*os.File)
	p, err := launch.Start(&launch.Options{Command: c.words, Stdin: stdin, Stderr: cmd.ErrOrStderr(),
		KeepStderr: c.keepStderr, Terminal: c.pty})
	return &started{Process: p, keepStderr: c.keepStderr}, startFailed(err)
}

// A started experiment is the source of a recording.
type started struct {
	*launch.Process
	keepStderr bool
	forced     bool // the recorder ended it
}

func startFailed(err error) error {
	switch {
	case errors.Is(err, launch.ErrNoCommand):
		return &cli.ExitError{Code: exitNoCommand, Err: err}
	case errors.Is(err, launch.ErrNotExecutable):
		return &cli.ExitError{Code: exitNotExecutable, Err: err}
	}
	return err
}

// provenance gives the attachment that says where the run comes from.
func (c *commandLine) provenance(ctx context.Context) (*provider.Attachment, error) {
	words := c.words
	if c.noCommand {
		words = nil
	}
	text, err := launch.Describe(ctx, words, "exparchive "+cli.ProgramVersion(), time.Now()).JSON()
	return &provider.Attachment{Name: provenanceName, MediaType: "application/json", Data: text}, err
}

// attachFree attaches a file under its name or, if that is taken, one with a number in it, and gives the name.
func attachFree(ctx context.Context, sink provider.Sink, a *provider.Attachment) (string, error) {
	ext := path.Ext(a.Name)
	stem := strings.TrimSuffix(a.Name, ext)
	for n := 2; ; n++ {
		err := sink.Attachment(ctx, a)
		if !errors.As(err, new(*provider.NameClashError)) {
			return a.Name, err
		}
		next := *a
		next.Name = fmt.Sprintf("%s-%d%s", stem, n, ext)
		a = &next
	}
}

// An ending is a sink that knows the result. It may add to a run where it comes from, and hold its result back, so that
// what comes of the experiment after that can still be recorded.
type ending struct {
	provider.Sink
	hold       bool
	provenance *provider.Attachment // nil for none
	added      int64                // records of it
	result     *provider.Result
}

// CheckedEvents implements [lend.EventTaker]: events pass through.
func (e *ending) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	return e, lend.CheckedEvents(e.Sink)
}

// Begin implements [provider.Sink].
func (e *ending) Begin(ctx context.Context, s *provider.Start) error {
	if err := e.Sink.Begin(ctx, s); err != nil || e.provenance == nil {
		return err
	}
	e.added++
	_, err := attachFree(ctx, e.Sink, e.provenance)
	return err
}

// Finish implements [provider.Sink].
func (e *ending) Finish(ctx context.Context, r *provider.Result) error {
	if r != nil && e.hold {
		if err := r.Validate(); err != nil {
			return err
		}
		e.result = r
		return nil
	}
	err := e.Sink.Finish(ctx, r)
	if err == nil {
		e.result = r
	}
	return err
}

// childGrace is how long an experiment that nobody records any more may take to end.
const childGrace = 2 * time.Second

// conclude waits for the end of the experiment, or brings it about if reading its lines ended with an error that is not
// their end, and records what is to be said of it and the result that was held back, unless nothing is to be kept.
func (p *started) conclude(ctx context.Context, e *ending, nothing bool, stop <-chan struct{}, recorded error) error {
	if recorded == nil || errors.Is(recorded, jsonl.ErrNoResult) || errors.Is(recorded, provider.ErrNoRun) { // the lines came to their end
		select {
		case <-p.Ended():
		case <-stop:
		}
	}
	p.forced = p.Stop(childGrace)
	if nothing {
		return recorded
	}
	var failed error
	take := func(err error) {
		if err != nil {
			failed = &jsonl.SinkError{Err: err}
		}
	}
	if p.keepStderr {
		take(p.recordStderr(ctx, e.Sink))
	}
	text := p.Exit().String()
	if p.forced {
		text += "; the recorder ended it"
	}
	take(e.Note(ctx, &provider.Note{Kind: exitStatusKind, Text: text}))
	if e.result != nil {
		take(e.Sink.Finish(ctx, e.result))
	}
	if failed == nil || errors.As(recorded, new(*jsonl.SinkError)) {
		return recorded
	}
	return errors.Join(recorded, failed)
}

func (p *started) recordStderr(ctx context.Context, sink provider.Sink) error {
	kept, err := p.Stderr()
	if err != nil {
		return sink.Note(ctx, &provider.Note{Kind: truncatedKind,
			Text: fmt.Sprintf("what the experiment wrote to standard error was not kept: %v", err)})
	}
	name, err := attachFree(ctx, sink, &provider.Attachment{Name: stderrName, MediaType: "text/plain", Data: kept.Data})
	if err != nil || !kept.Cut() {
		return err
	}
	return sink.Note(ctx, &provider.Note{Kind: truncatedKind, Subject: provider.Subject("attachments", name),
		Text: fmt.Sprintf(
			"of the %d bytes that the experiment wrote to standard error these are the first %d and the last %d",
			kept.Size, kept.Head, int64(len(kept.Data))-kept.Head)})
}

// reportGrandchild says what a recording waits for whose experiment has ended and whose input has not.
func reportGrandchild(done <-chan struct{}, p *launch.Process, say func(format string, args ...any)) {
	select {
	case <-p.Ended():
	case <-done:
		return
	}
	select {
	case <-time.After(time.Second):
		say("the experiment has ended, but a program that it started holds its output open: reading on; a signal (Ctrl-C) stops the recording")
	case <-done:
	}
}
