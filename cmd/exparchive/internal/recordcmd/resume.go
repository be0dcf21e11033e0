package recordcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A standing is how far a recording has come: what a program has to know that goes on with it.
type standing struct {
	File          string        `json:"file"`
	State         archive.State `json:"state"`
	RunID         string        `json:"run_id"`
	Records       int64         `json:"records"` // on disk; the next record has this seq
	LastIteration *int          `json:"last_iteration"`

	OpenIteration *record.OpenIteration `json:"open_iteration"`

	Status provider.Status `json:"status"`
}

// NewResume makes the command resume.
func NewResume() *cobra.Command {
	var r recording
	var asJSON, answers, dropOpen bool
	cmd := &cobra.Command{
		Use:   "resume FILE.simexp-live [-- COMMAND [ARGUMENT...]]",
		Short: "Go on with a recording that was cut short",
		Long: `Go on with a recording that was interrupted or killed. The lines on standard input, or of a command that it starts (see record),
are those of record without the experiment line, and follow the last record that is on disk.

Without input it says where the recording stands: how many records there are, which iteration was the last to be finished, and
what was recorded since then of the one that is open. A program that records through a pipe asks this first and goes on behind it.
With --json it says so to programs, and takes no input even if there is some.

A program that can only begin an iteration anew asks for --drop-open: the events and calls of the open iteration are taken out of
the recording. They stay in it as an attachment dropped/SEQ.jsonl, and a note says so. --answers prints the calls of the open
iteration, those that were dropped too, as the lines that recorded them, so that no answer is paid for twice. In a pipe nothing is
dropped before the first line comes.

A first line {"type":"continue","run_id":"...","records":120} says that the lines are those of the run behind its first
120 records. Those of them that are recorded already are compared and passed over, and one that differs ends it before
anything is recorded. So lines that a recorder did not acknowledge (--acks) before it died can be given to resume as they are,
and nothing comes twice.

A line that cannot be recorded is kept as it is, as record does; the number of records that the run had before follows the
name of the folder, as in rejected-120/LINE.`,
		Example: `  exparchive resume my.simexp-live < /dev/null
  python my_experiment.py --skip 120 | exparchive resume my.simexp-live
  exparchive resume my.simexp-live < my.simexp-unrecorded.jsonl
  exparchive resume my.simexp-live --answers > answers.jsonl
  exparchive resume my.simexp-live --drop-open -- python my_experiment.py --from 7
  exparchive resume my.simexp-live --answers | python my_experiment.py --from 7 |
    exparchive resume my.simexp-live --drop-open`,
		Args: commandArgs(&r.command, 1, "one live file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case answers && (dropOpen || asJSON || len(r.command.words) > 0):
				return cli.Usagef("resume: --answers prints and records nothing; leave out --drop-open, --json and the command")
			case asJSON && len(r.command.words) > 0:
				return cli.Usagef("resume: --json says where the recording stands; leave out the command")
			}
			if err := r.command.check("resume", r.asIs); err != nil {
				return err
			}
			if answers && r.withAcks || asJSON && r.withAcks {
				return cli.Usagef("resume: --acks is for lines that are recorded, and --answers and --json record none")
			}
			if err := r.checkAcks("resume"); err != nil {
				return err
			}
			live := runio.LiveName(args[0])
			if err := runio.CheckLive(live); err != nil {
				return err
			}
			if err := takeIn(cmd.Context(), live); err != nil {
				return err
			}
			if answers {
				return printAnswers(cmd.Context(), cmd.OutOrStdout(), live)
			}
			lines := r.withAcks || !asJSON && !terminal.IsInput(cmd.InOrStdin())
			if lines || len(r.command.words) > 0 {
				defer r.watchSignals(cmd).stop()
			}
			if lines && len(r.command.words) == 0 && !r.withAcks {
				input := jsonl.Interruptible(r.watch.ctx, cmd.InOrStdin())
				defer input.Close()
				buffered := bufio.NewReader(input)
				_, err := buffered.Peek(1)
				if err != nil && err != io.EOF && !errors.Is(err, jsonl.ErrInterrupted) {
					return fmt.Errorf("standard input: %w", err)
				}
				r.watch.settle()
				lines = err == nil || r.watch.came() != nil
				cmd.SetIn(buffered)
			}
			if dropOpen { // not before the program that writes the lines has begun: it may read the open iteration
				if err := drop(cmd, live, r.exclusive); err != nil {
					return err
				}
			}
			if !lines && len(r.command.words) == 0 {
				stand, err := standingOf(cmd.Context(), live)
				if err != nil {
					return err
				}
				return stand.show(cmd.OutOrStdout(), asJSON)
			}
			w, err := record.Resume(cmd.Context(), live, r.options(cmd))
			if err != nil {
				return err
			}
			return r.record(cmd, w, true)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "say where the recording stands as one JSON object, and record nothing")
	cmd.Flags().BoolVar(&answers, "answers", false, "print the calls of the open iteration as JSON lines, for reuse, and record nothing")
	cmd.Flags().BoolVar(&dropOpen, "drop-open", false,
		"go on without the events and calls of the open iteration, which are kept as an attachment")
	r.addFlags(cmd)
	return cmd
}

// spillSuffix follows the name of a live file in that of the file with records that a full disk did not take.
const spillSuffix = "-spill"

// takeIn brings what an earlier recorder could not write into the live file, so that it counts among its records.
func takeIn(ctx context.Context, live string) error {
	if !runio.Exists(live + spillSuffix) {
		return nil
	}
	w, err := record.Resume(ctx, live, nil)
	if errors.Is(err, archive.ErrBusy) || errors.Is(err, record.ErrFinished) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.Close()
}

func standingOf(ctx context.Context, live string) (standing, error) {
	a, err := archive.Open(live)
	if err != nil {
		return standing{}, err
	}
	defer a.Close()
	s := standing{File: live, State: a.State()}
	e, err := a.Experiment(ctx)
	if err != nil {
		return s, cli.InFile(live, err)
	}
	s.RunID, s.Status = e.RunID, runs.StatusOf(a, e)
	if s.OpenIteration, err = record.FindOpenIteration(ctx, a); err != nil {
		return s, cli.InFile(live, err)
	}
	if s.Records, err = a.RecordCount(ctx); err != nil {
		return s, cli.InFile(live, err)
	}
	numbers, err := a.Iterations(ctx)
	if len(numbers) > 0 {
		s.LastIteration = &numbers[len(numbers)-1]
	}
	return s, cli.InFile(live, err)
}

func (s standing) show(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	last := "none"
	if s.LastIteration != nil {
		last = fmt.Sprint(*s.LastIteration)
	}
	hint := "resume it with more lines, or seal it"
	switch {
	case s.State == archive.Recording:
		hint = "it is being recorded"
	case s.Status != provider.StatusUnfinished:
		hint = "it has its result: seal it"
	}
	return cli.PrintFields(w, [][2]string{
		{"file", s.File},
		{"run", s.RunID},
		{"state", string(s.State)},
		{"records", fmt.Sprint(s.Records)},
		{"last iteration", last},
		{"open iteration", openText(s.OpenIteration)},
		{"next", hint},
	})
}
