package readcmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// followInterval is how often a run that is being recorded is looked at.
const followInterval = 200 * time.Millisecond

type replayOptions struct {
	which    runio.Choice
	sections *runio.SectionFlags
	json     bool
	follow   bool
	pager    bool
	proven   bool
	out      *bufio.Writer // standard output, or the pager

	against    string // the file of the run whose replay is compared
	againstRun string
}

// NewReplay makes the command replay.
func NewReplay() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Print a run again, byte for byte as it was printed live",
		Long: `Print a run again. What is printed is, byte for byte, what the run printed with the same flags when it was played. By default that
is what each iteration cost, proposed and accepted, and how the run ended; the --verbose flags add sections, and --audit prints
every call of a language model in full instead.

--agent and --seq leave out what is not about an agent, or comes from other records; of records that are chosen by --seq
everything is shown, as with --verbose, unless you choose sections or --audit.

Of a long sealed archive --start and --end read only the iterations that they choose, if the file can prove these, and
all that is
printed besides, by the hashes that it keeps of its records in blocks. A change of other records is not noticed then;
without these
flags the whole run is compared with its seal. At an address they are read without the proof where that takes much more,
which is said; --proven insists on it.

FILE is an archive, a live file, a database of the original project, or JSON lines; "-" is standard input, whose JSON lines are
printed as they come. With --follow a live file is printed on while it is recorded, until the run ends.

With --against OTHER the replay stops at the first line in which the replay of that run, with the same flags, differs: the line follows
behind "- ", that of OTHER behind "+ ", and the exit code is 1. The head, which says which run it is and when it began,
is not compared. Sections are chosen by flags; what differs between the runs themselves, and that but for times and
other fields, says diff, which has --ignore.`,
		Example: `  exparchive replay exp1.simexp
  exparchive replay exp1.simexp --verbose --start 2 --end 4
  exparchive replay exp1.simexp --audit --agent BANK_A --pager
  exparchive replay exp1.simexp --seq 17-20
  exparchive replay exp1.simexp-live --follow
  exparchive replay exp1.simexp --verbose --against exp1-again.simexp
  exparchive replay old.db --run exp1-20251215-093210-ab12cd`,
		Args: cli.NArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.paged(cmd, func(w io.Writer) error { return o.run(cmd, w, args[0]) })
		},
	}
	runio.AddChoice(cmd, &o.which)
	o.sections = runio.AddSectionFlags(cmd)
	o.sections.AddRangeFlags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON lines, as record takes them, instead of text")
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on while the run is being recorded")
	cmd.Flags().StringVar(&o.against, "against", "", "stop at the first line that the replay of the run in this `file` has not")
	runio.AddOther(cmd, &o.againstRun, "against-run", "the file of --against")
	cmd.Flags().BoolVar(&o.proven, "proven", false, "at an address, with --start and --end, prove what is printed, whatever that takes")
	cmd.Flags().BoolVar(&o.pager, "pager", false, "on a terminal, show it page by page with $PAGER, or less")
	return cmd
}

// paged calls print with the pager that was asked for, or with standard output. That the user leaves the pager is no
// error.
func (o *replayOptions) paged(cmd *cobra.Command, print func(io.Writer) error) error {
	if !o.pager {
		return print(cmd.OutOrStdout())
	}
	if o.follow {
		return cli.Usagef("replay: --follow prints as the run goes on; leave out --pager")
	}
	pager, err := terminal.StartPager(cmd.OutOrStdout())
	if err != nil {
		cli.Warnf(cmd.ErrOrStderr(), "--pager: %v", err)
	}
	if err != nil || pager == nil {
		return print(cmd.OutOrStdout())
	}
	err = print(pager)
	pager.Close()
	if errors.Is(err, terminal.ErrQuit) {
		return nil
	}
	return err
}

func (o *replayOptions) run(cmd *cobra.Command, w io.Writer, path string) error {
	o.out = bufio.NewWriterSize(w, 64<<10)
	target := io.Writer(o.out)
	var other *otherReplay
	switch {
	case o.against != "" && (o.json || o.follow):
		return cli.Usagef("replay: --against compares what a whole run prints; leave out --json and --follow")
	case o.against == "" && o.againstRun != "":
		return cli.Usagef("replay: --against-run goes with --against")
	case o.against != "":
		var err error
		if other, err = o.startOther(cmd, o.against, o.out); err != nil {
			return err
		}
		defer other.close()
		target = other
	}
	sink, err := o.sink(cmd, target)
	if err != nil {
		return err
	}
	if other != nil {
		sink = other.to(sink)
	}
	switch {
	case path == "-":
		err = o.stream(cmd, sink)
	case o.follow && webfile.Is(path):
		return cli.Usagef("replay: --follow needs a file on this machine, not an address")
	case o.follow:
		err = o.followFile(cmd, sink, runio.LiveName(path))
	default:
		err = o.file(cmd, sink, path)
	}
	if err == nil {
		err = cli.InFile(path, o.sections.CheckFound())
	}
	if err == nil && other != nil {
		err = other.finish()
	}
	switch {
	case other != nil && other.err != nil:
		err = other.err
	case errors.Is(err, errLineDiffers):
		err = cli.InFile(path, fmt.Errorf("line %d differs from the replay of %s", other.number, cli.ShownName(o.against)))
	}
	// What comes before a fault is printed.
	if flushed := o.out.Flush(); flushed != nil {
		err = errors.Join(err, flushed)
	}
	return err
}

// sink gives what prints the run to w.
func (o *replayOptions) sink(cmd *cobra.Command, w io.Writer) (provider.Sink, error) {
	if !o.json {
		return o.sections.PrinterTo(cmd, w)
	}
	if o.sections.Any() {
		return nil, cli.Usagef("replay: --json prints the whole run; leave out the --verbose flags, --audit, --start, --end, --agent and --seq")
	}
	return jsonl.NewWriter(o.out), nil
}

// stream replays standard input: JSON lines as they come, anything else when all of it is there.
func (o *replayOptions) stream(cmd *cobra.Command, sink provider.Sink) error {
	if o.follow {
		return cli.Usagef("replay: --follow needs a file")
	}
	in := jsonl.Interruptible(cmd.Context(), cmd.InOrStdin())
	defer in.Close()
	begun := bufio.NewReaderSize(in, 64<<10)
	if head := beginning(begun); len(head) > 0 {
		kind, _ := runs.SniffHead(head)
		// What does not show in so many bytes, shows when all of it is there.
		unclear := len(head) == begun.Size() && !isTelling(head)
		other := kind == runs.SQLite || kind == runs.DuckDB ||
			kind == runs.JSON && (unclear || castro.BeginsExport(bytes.NewReader(head)))
		if other || o.which.ID != "" {
			runio.ScratchOf(cmd.Context()).Stdin = begun
			return o.file(cmd, sink, cli.StdinName)
		}
	}
	lines := jsonl.NewReader(begun, nil)
	err := putAll(cmd.Context(), sink, lines.Records(context.WithoutCancel(cmd.Context())))
	if err != nil && !errors.Is(err, jsonl.ErrInterrupted) {
		err = fmt.Errorf("standard input: %w", err)
	}
	return err
}

// beginning peeks into r as far as it takes to tell what it holds: a pipe gives its first bytes in pieces of any size.
func beginning(r *bufio.Reader) []byte {
	var head []byte
	for {
		_, err := r.Peek(len(head) + 1)
		head, _ = r.Peek(r.Buffered())
		if err != nil || isTelling(head) {
			return head
		}
	}
}

// isTelling reports whether more bytes behind head would not make something else of it.
func isTelling(head []byte) bool {
	const longestMark = 16 // of SQLite
	if len(head) < longestMark {
		return false
	}
	if kind, _ := runs.SniffHead(head); kind != runs.JSON || castro.BeginsExport(bytes.NewReader(head)) {
		return true
	}
	line, _, whole := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("\n"))
	err := json.NewDecoder(bytes.NewReader(line)).Decode(new(json.RawMessage))
	return whole && !errors.Is(err, io.ErrUnexpectedEOF) // an export may have its first member on the next line
}

func (o *replayOptions) file(cmd *cobra.Command, sink provider.Sink, path string) error {
	ctx := cmd.Context()
	p, c, err := runio.OpenRun(ctx, cmd.ErrOrStderr(), path, o.which)
	if err != nil {
		return err
	}
	defer c.Close()
	if part, ok := p.(*archive.Archive); ok && o.against == "" {
		if sink, err = o.part(cmd, sink, part, path); err != nil || sink == nil {
			return cli.InFile(path, err)
		}
	}
	if err := o.sections.CheckRange(ctx, p); err != nil {
		return cli.InFile(path, err)
	}
	stderr := cmd.ErrOrStderr()
	if terminal.Is(cmd.OutOrStdout()) {
		stderr = io.Discard // for the bar: the text itself shows how far it is
	}
	return cli.InFile(path, runio.Copy(ctx, stderr, "replaying", sink, p))
}

// mostOfPart is how many bytes of text about a part of a run are kept until it is proven.
const mostOfPart = 4 << 20

// part prints the iterations that were chosen, if that can be done without reading the others, and gives nil; otherwise
// it has printed nothing, and gives what is to print the whole run. An archive that another program has written to is
// read whole. At an address, path, they are read without a proof if that takes much, which is said.
func (o *replayOptions) part(cmd *cobra.Command, whole provider.Sink, a *archive.Archive, path string) (provider.Sink,
	error) {
	first, last, ok := o.sections.Range()
	if !ok || a.Touched() {
		return whole, nil
	}
	text := &limited{left: mostOfPart}
	p, err := o.sections.PrinterTo(cmd, text)
	if err != nil {
		return nil, err
	}
	read := a.CopyPart
	more := o.proofOf(path, a)
	if more > 0 {
		read = a.ShowPart
	}
	err = read(cmd.Context(), p, first, last)
	switch {
	case cmd.Context().Err() != nil:
		return nil, cmd.Context().Err()
	case err == nil && p.Whole() && p.Found() == nil:
		if more > 0 {
			cli.Warnf(cmd.ErrOrStderr(), "%s: shown as it is there, and not compared with the seal, for which some %d MB more "+
				"would have to be sent (--proven)", path, (more+1<<20-1)>>20)
		}
		_, err = o.out.Write(text.Bytes())
		return nil, err
	}
	return o.sections.PrinterTo(cmd, o.out)
}

// mostOfProof is how many bytes are asked for over the web to prove a part of a run if nobody wants it.
const mostOfProof = 512 << 10

// proofOf gives about how many bytes proving a part of an archive takes, if it is at an address and they are too many:
// an entry for each block of records, which are long for 256 of them, and what else is in the first block, the last and
// those that the part is in.
func (o *replayOptions) proofOf(path string, a *archive.Archive) int64 {
	seal, _ := a.Seal()
	raw, err := a.Raw()
	if !webfile.Is(path) || o.proven || err != nil || seal.Records < 1 {
		return 0
	}
	const entry, blocks = 6, 3 * digest.BlockSize // bytes a record; records
	if proof := entry*seal.Records + raw.Size()/seal.Records*blocks; proof > mostOfProof {
		return proof
	}
	return 0
}

// limited is a buffer that takes no more than so many bytes.
type limited struct {
	bytes.Buffer
	left int
}

var errLimited = errors.New("more than is kept")

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errLimited
	}
	return l.Buffer.Write(b)
}

// putAll is [provider.Copy] for records of which there is only a sequence.
func putAll(ctx context.Context, sink provider.Sink, records iter.Seq2[provider.Record, error]) error {
	finished := false
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := provider.Put(ctx, sink, r); err != nil {
			return err
		}
		finished = r.RecordKind() == provider.KindResult
	}
	if finished {
		return nil
	}
	return sink.Finish(ctx, nil)
}

// followFile prints a live file until its run ends, its recorder goes away, or ctx is done.
func (o *replayOptions) followFile(cmd *cobra.Command, sink provider.Sink, path string) error {
	ctx := cmd.Context()
	bar := progress.New(cmd.ErrOrStderr(), "following: records", 0)
	if terminal.Is(cmd.OutOrStdout()) {
		bar = nil
	}
	defer bar.Clear()
	stderr := cmd.ErrOrStderr()
	for seq := int64(0); ; {
		n, state, err := o.followOnce(ctx, stderr, sink, path, seq)
		stderr = io.Discard // what is to be said of the file is said once
		if err := errors.Join(err, o.out.Flush()); err != nil {
			return err
		}
		seq += n
		bar.Add(n)
		switch {
		case state == followEnded:
			return nil
		case state == followAlone && n == 0:
			cli.Warnf(cmd.ErrOrStderr(), "%s: nobody is recording it any more, and it has no result", path)
			return sink.Finish(ctx, nil)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(followInterval):
		}
	}
}

type followState int

const (
	followRecording followState = iota
	followAlone                 // nobody records, and there is no result
	followEnded
)

// followOnce prints the records from seq on that there are now, and says how many and whether there may be more. The
// file is opened anew each time: between two looks a recorder may have ended, or have sealed the run under its final
// name.
func (o *replayOptions) followOnce(ctx context.Context, stderr io.Writer, sink provider.Sink, path string, seq int64) (
	n int64, state followState, err error) {
	p, c, err := openFollowed(ctx, stderr, path, o.which)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	tail, ok := runio.Checked(p).(provider.Tail)
	if !ok {
		return 0, followEnded, cli.InFile(path, provider.Copy(ctx, sink, p))
	}
	for r, err := range tail.RecordsFrom(ctx, seq) {
		if errors.Is(err, archive.ErrChanged) { // its recorder ends just now: the next look goes on behind what was printed
			return n, followRecording, nil
		}
		if changed, _ := runio.ChangedRun(err); changed != nil && state != followEnded { // it is printed to its end all the same
			err = errors.Join(err, sink.Finish(ctx, nil))
		}
		if err != nil {
			return n, 0, cli.InFile(path, err)
		}
		if err := provider.Put(ctx, sink, r); err != nil {
			return n, 0, err
		}
		n++
		if r.RecordKind() == provider.KindResult {
			state = followEnded
		}
	}
	if state == followEnded {
		return n, state, nil
	}
	if a, ok := p.(*archive.Archive); ok && a.State() == archive.Recording {
		return n, followRecording, nil
	}
	return n, followAlone, nil
}

// openFollowed opens a live file, or the archive that it has become.
func openFollowed(ctx context.Context, stderr io.Writer, path string, which runio.Choice) (provider.Provider, io.Closer,
	error) {
	p, c, err := runio.OpenRun(ctx, stderr, path, which)
	if sealed, ok := runio.ArchiveName(path); err != nil && ok && runio.Exists(sealed) && !runio.Exists(path) {
		return runio.OpenRun(ctx, stderr, sealed, which)
	}
	return p, c, err
}
