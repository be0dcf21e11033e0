package recordcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/liquidity"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

type runOptions struct {
	play      liquidity.Options
	output    string
	dryRun    bool
	force     bool
	resume    bool
	json      bool
	exclusive bool
	sections  *runio.SectionFlags
	preamble  preambleFlags
}

// NewRun makes the command run.
func NewRun() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run " + strings.Join(liquidity.Names(), "|") + " -o FILE.simexp",
		Short: "Play a reference experiment and record it, to see how that looks",
		Long: `Play one of the reference experiments, print it, and record it as an archive. Two banks decide how much liquidity to set aside
for a day of payments and look for cheaper policies, iteration by iteration, with the help of a stand-in for a language model:

  exp1   2 ticks a day; ends with BANK_A at 0 % and BANK_B at 20 %
  exp2  12 ticks a day, random payments, policies judged on resampled days
  exp3   3 ticks a day; ends with both banks at 20 %

A run is deterministic, with a simulated clock: the same experiment and flags give the same records and so the same digest,
anywhere. What it prints is, byte for byte, what replay prints with the same flags.

To record an experiment of your own see record, which starts it if you like.

A run that is interrupted (Ctrl-C) is sealed with the status interrupted. One that is killed leaves FILE.simexp-live behind; the
same command with --resume plays on from there.`,
		Example: `  exparchive run exp1 -o exp1.simexp
  exparchive run exp2 --seed 7 --max-iter 10 --dry-run --verbose
  exparchive run exp3 -o exp3.simexp --pause 100ms      slowly, for watching`,
		Args:      cli.NArgs(1, 1, "the name of an experiment: "+strings.Join(liquidity.Names(), ", ")),
		ValidArgs: liquidity.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd, args[0]); err != nil {
				return err
			}
			printer, err := o.printer(cmd)
			if err != nil {
				return err
			}
			if o.dryRun {
				start, err := o.preamble.newPreamble(cmd.Context(), cmd.ErrOrStderr())
				if err != nil {
					return err
				}
				if err := liquidity.Play(cmd.Context(), args[0], o.play, start.before(printer)); err != nil {
					return err
				}
				return start.fault()
			}
			return o.record(cmd, args[0], printer)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "the archive to be written, `FILE`.simexp (required unless --dry-run)")
	flags.IntVar(&o.play.MaxIter, "max-iter", 0, "end after `n` iterations at the latest (default 25, exp2 50)")
	flags.Uint64Var(&o.play.Seed, "seed", liquidity.DefaultSeed,
		"`number` that decides the stand-in's mistakes and the resampled days")
	flags.StringVar(&o.play.RunID, "run-id", "", "the `id` of the run (default: made from the experiment, the seed and the limit)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "play and print, but write nothing")
	flags.BoolVar(&o.force, "force", false, "replace an archive, or a recording that was cut short, of that name")
	flags.BoolVar(&o.resume, "resume", false, "go on with the recording of this run that was cut short")
	flags.DurationVar(&o.play.Pause, "pause", 0, "wait this `long` between two records, such as 50ms")
	flags.BoolVar(&o.json, "json", false, "print JSON lines instead of text")
	addExclusiveFlag(cmd, &o.exclusive)
	o.preamble.addFlags(cmd, "; the digest is then another for each run")
	o.sections = runio.AddSectionFlags(cmd)
	return cmd
}

func (o *runOptions) check(cmd *cobra.Command, name string) error {
	if _, err := liquidity.Load(name); errors.Is(err, liquidity.ErrUnknown) {
		return cli.Usagef("run: %w", err)
	} else if err != nil {
		return err
	}
	flags := cmd.Flags()
	switch {
	case flags.Changed("max-iter") && o.play.MaxIter < 1:
		return cli.Usagef("run: --max-iter %d, want at least 1", o.play.MaxIter)
	case flags.Changed("run-id") && o.play.RunID == "":
		return cli.Usagef("run: --run-id is empty")
	case o.play.Pause < 0:
		return cli.Usagef("run: --pause %v is negative", o.play.Pause)
	case o.dryRun && (o.output != "" || o.force || o.resume):
		return cli.Usagef("run: --dry-run writes nothing; leave out -o, --force and --resume")
	case o.output == cli.StdinName:
		return runio.RecordingName(cmd, o.output)
	case !o.dryRun && o.output == "":
		return cli.Usagef("run: missing -o FILE%s, or --dry-run (see `exparchive run --help`)", archive.Extension)
	case o.force && o.resume:
		return cli.Usagef("run: --force begins anew and --resume goes on; choose one")
	case o.json && o.sections.Any():
		return cli.Usagef("run: --json prints the whole run; leave out the --verbose flags")
	}
	return nil
}

// printer gives the sink that prints the run.
func (o *runOptions) printer(cmd *cobra.Command) (provider.Sink, error) {
	if o.json {
		return jsonl.NewWriter(cmd.OutOrStdout()), nil
	}
	return o.sections.Printer(cmd)
}

// record plays the experiment into an archive and the printer. The recording outlives whoever reads what is printed.
func (o *runOptions) record(cmd *cobra.Command, name string, printer provider.Sink) (err error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	var w *record.Writer
	sink := provider.Sink(nil)
	start, err := o.preamble.newPreamble(ctx, stderr)
	if err != nil {
		return err
	}
	if o.resume {
		if start.salt, err = saltOf(ctx, o.output+archive.LiveSuffix); err != nil {
			return err
		}
		if w, err = record.Resume(ctx, o.output+archive.LiveSuffix, &record.Options{Exclusive: o.exclusive}); err == nil {
			sink, err = record.Continue(ctx, w)
		}
	} else if w, err = record.Create(o.output, &record.Options{Replace: o.force, Restart: o.force,
		Exclusive: o.exclusive}); err == nil {
		sink = w
	}
	if w != nil {
		defer func() { err = errors.Join(err, w.Close()) }()
	}
	if err != nil {
		if errors.As(err, new(*fs.PathError)) {
			err = cli.InFile(o.output, err)
		}
		return runio.WithForceHint(err)
	}
	reportNetwork(stderr, w)
	signal.Ignore(syscall.SIGPIPE)
	printed := provider.NewAside(printer)
	playErr := liquidity.Play(ctx, name, o.play, start.before(provider.Tee(sink, printed)))
	if errors.Is(playErr, record.ErrOtherRun) {
		playErr = fmt.Errorf("%w, or was played with other flags", playErr)
	}
	seal, sealed := w.Seal()
	switch {
	case sealed:
		fmt.Fprintf(stderr, "exparchive: %s: %d records, digest %s\n", terminal.Escape(w.Path()), seal.Records, seal.Root)
	case playErr != nil:
		if err := w.Close(); err != nil {
			return errors.Join(playErr, err)
		}
		// After an error the file may hold fewer records than the writer took.
		if left, err := archive.Open(w.LivePath()); err == nil {
			count, err := left.RecordCount(context.WithoutCancel(ctx))
			if err = errors.Join(err, left.Close()); err == nil {
				playErr = fmt.Errorf("%w; %s keeps %s: the same command with --resume plays on from there", playErr, w.LivePath(),
					cli.Plural(count, "record"))
			}
		}
	}
	if printed.Err() != nil && playErr == nil {
		cli.Warnf(stderr, "the run is recorded, but not all of it was printed: %v", printed.Err())
	}
	if playErr == nil {
		return start.fault()
	}
	return playErr
}
