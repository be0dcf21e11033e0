package main

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
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// A standing is how far a recording has come: what a program has to know that goes on with it.
type standing struct {
	File          string        `json:"file"`
	State         archive.State `json:"state"`
	RunID         string        `json:"run_id"`
	Records       int64         `json:"records"` // on disk; the next record has this position
	LastIteration *int          `json:"last_iteration"`
	Status        string        `json:"status"`
}

func newResumeCommand() *cobra.Command {
	var r recording
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resume FILE.simexp-live",
		Short: "Go on with a recording that was cut short",
		Long: `Go on with a recording that was interrupted or killed. The lines on standard input are those of record without the
experiment line, and follow the last record that is on disk.

Without input it says where the recording stands: how many records there are and which iteration was the last to be
finished. A program that records through a pipe asks this first and goes on behind it.

A line that cannot be recorded is kept as it is, as record does; the number of records that the run had before follows the
name of the folder, as in rejected-120/LINE.`,
		Example: `  exparchive resume my.simexp-live < /dev/null
  python my_experiment.py --skip 120 | exparchive resume my.simexp-live`,
		Args: nArgs(1, 1, "one live file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			live := liveName(args[0])
			if err := checkLive(live); err != nil {
				return err
			}
			if err := takeIn(cmd.Context(), live); err != nil {
				return err
			}
			stand, err := standingOf(cmd.Context(), live)
			if err != nil {
				return err
			}
			stdin := bufio.NewReader(cmd.InOrStdin())
			if terminal.IsInput(cmd.InOrStdin()) {
				return stand.show(cmd.OutOrStdout(), asJSON)
			}
			if _, err := stdin.Peek(1); err == io.EOF {
				return stand.show(cmd.OutOrStdout(), asJSON)
			} else if err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			w, err := record.Resume(cmd.Context(), live, &record.Options{Exclusive: r.exclusive})
			if err != nil {
				return err
			}
			cmd.SetIn(stdin)
			return r.record(cmd, w, true)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "say where the recording stands as one JSON object")
	r.addFlags(cmd)
	return cmd
}

// spillSuffix follows the name of a live file in that of the file with records that a full disk did not take.
const spillSuffix = "-spill"

// takeIn brings what an earlier recorder could not write into the live file, so that it counts among its records.
func takeIn(ctx context.Context, live string) error {
	if !exists(live + spillSuffix) {
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
		return s, inFile(live, err)
	}
	s.RunID, s.Status = e.RunID, string(e.Status())
	if s.Records, err = a.RecordCount(ctx); err != nil {
		return s, inFile(live, err)
	}
	numbers, err := a.Iterations(ctx)
	if len(numbers) > 0 {
		s.LastIteration = &numbers[len(numbers)-1]
	}
	return s, inFile(live, err)
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
	case s.Status != string(provider.StatusUnfinished):
		hint = "it has its result: seal it"
	}
	return printFields(w, [][2]string{
		{"file", s.File},
		{"run", s.RunID},
		{"state", string(s.State)},
		{"records", fmt.Sprint(s.Records)},
		{"last iteration", last},
		{"next", hint},
	})
}
