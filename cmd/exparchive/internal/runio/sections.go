package runio

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/provider/replay"
)

// SectionFlags choose what of a run is printed. They are the same wherever a run is printed, so that what they choose
// looks the same live and replayed.
type SectionFlags struct {
	options    replay.Options
	start, end int // -1 is no limit
	seqs       []string
	made       *replay.Printer // by printerTo
}

// AddSectionFlags adds the flags --verbose and --verbose-… to a command that prints a run.
func AddSectionFlags(cmd *cobra.Command) *SectionFlags {
	f := &SectionFlags{start: -1, end: -1}
	flags := cmd.Flags()
	flags.BoolVar(&f.options.Verbose, "verbose", false, "print every section below, and events of unknown type")
	flags.BoolVar(&f.options.Iterations, "verbose-iterations", false,
		"print the starts of iterations and their evaluations")
	flags.BoolVar(&f.options.Bootstrap, "verbose-bootstrap", false, "print simulations and the evaluation of samples")
	flags.BoolVar(&f.options.LLM, "verbose-llm", false, "print the calls of language models: model, tokens, latency")
	flags.BoolVar(&f.options.Policy, "verbose-policy", false, "print policies and proposals, parameter by parameter")
	flags.BoolVar(&f.options.Rejections, "verbose-rejections", false,
		"print rejected proposals and what is wrong with them")
	flags.BoolVar(&f.options.Metrics, "verbose-metrics", false, "print statistics of the iterations and of the run")
	return f
}

// AddRangeFlags adds what makes sense only for a run that can be read again.
func (f *SectionFlags) AddRangeFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.options.Audit, "audit", false, "print every call of a language model in full: prompts, answer, what was read from it")
	flags.IntVar(&f.start, "start", -1, "print from iteration `n` on")
	flags.IntVar(&f.end, "end", -1, "print up to iteration `n`")
	flags.StringSliceVar(&f.options.Agents, "agent", nil,
		"print only calls for this `agent`, events that name it, and its lines of the summaries")
	flags.StringSliceVar(&f.seqs, "seq", nil, "print only these records: `numbers` such as 7, 3-9 or 12-, from 0 for the start of the run")
	cli.NoDefault(cmd, "start", "end")
	f.options.Start, f.options.End = &f.start, &f.end
}

// Printer gives the sink that prints a run on the standard output of cmd, each line as soon as it is known.
func (f *SectionFlags) Printer(cmd *cobra.Command) (provider.Sink, error) {
	return f.PrinterTo(cmd, cmd.OutOrStdout())
}

// PrinterTo gives the sink that prints a run on w, which leads to the standard output of cmd.
func (f *SectionFlags) PrinterTo(cmd *cobra.Command, w io.Writer) (*replay.Printer, error) {
	o, err := f.resolve(cmd)
	if err != nil {
		return nil, err
	}
	p := replay.NewPrinter(w, &o)
	f.made = p
	return p, nil
}

// resolve gives the options that the flags stand for, once they are parsed.
func (f *SectionFlags) resolve(cmd *cobra.Command) (replay.Options, error) {
	o := f.options
	if !cmd.Flags().Changed("start") {
		o.Start = nil
	}
	if !cmd.Flags().Changed("end") {
		o.End = nil
	}
	if err := o.Validate(); err != nil {
		return o, cli.Usagef("%s: %w", cli.Called(cmd), err)
	}
	var chosen redact.Ranges
	for _, text := range f.seqs {
		set, err := redact.ParseRanges(text)
		if err != nil {
			return o, cli.Usagef("%s: --seq: %w", cmd.Name(), err)
		}
		chosen = append(chosen, set...)
	}
	if f.seqs != nil {
		o.Records = chosen.Contains
		o.Verbose = o.Verbose || !o.Audit && !f.anySection() // or there is nothing to see of them
	}
	var err error
	o.Color, err = cli.WantColor(cmd)
	return o, err
}

// Range gives the iterations from --start to --end, and false if neither flag was given.
func (f *SectionFlags) Range() (first, last int, ok bool) {
	first, last = max(f.start, 0), f.end
	if last < 0 {
		last = provider.MaxIteration
	}
	return first, last, f.start >= 0 || f.end >= 0
}

// Any reports whether a flag asks for something else than the whole run in its usual form.
func (f *SectionFlags) Any() bool {
	return f.anySection() || f.options.Audit || f.start >= 0 || f.end >= 0 || f.options.Agents != nil || f.seqs != nil
}

// anySection reports whether a flag asks for a section.
func (f *SectionFlags) anySection() bool {
	o := f.options
	return o.Verbose || o.Iterations || o.Bootstrap || o.LLM || o.Policy || o.Rejections || o.Metrics
}

// CheckFound reports, when a run has been printed, that it has nothing of what --agent and --seq chose.
func (f *SectionFlags) CheckFound() error {
	if f.made == nil {
		return nil
	}
	return f.made.Found()
}

// CheckRange reports that p has no iteration in the range that was asked for.
func (f *SectionFlags) CheckRange(ctx context.Context, p provider.Provider) error {
	if f.start < 0 && f.end < 0 {
		return nil
	}
	numbers, err := p.Iterations(ctx)
	if err != nil {
		return err
	}
	end := f.end
	if end < 0 {
		end = math.MaxInt
	}
	for _, n := range numbers {
		if n >= f.start && n <= end {
			return nil
		}
	}
	// The last iteration of a run that was cut short has records, but is not in the list.
	n := max(f.start, 0)
	for _, err := range p.IterationRecords(ctx, n) {
		if errors.Is(err, provider.ErrNoIteration) {
			return provider.NoIteration(n, numbers)
		}
		return err
	}
	return nil
}
