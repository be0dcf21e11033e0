package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/provider"
)

// sectionFlags choose what of a run is printed. They are the same wherever a run is printed, so that what they choose looks the
// same live and replayed.
type sectionFlags struct {
	verbose, iterations, bootstrap, llm, policy, rejections, metrics bool
}

// addSectionFlags adds the flags --verbose and --verbose-… to a command that prints a run.
func addSectionFlags(cmd *cobra.Command) *sectionFlags {
	f := new(sectionFlags)
	flags := cmd.Flags()
	flags.BoolVar(&f.verbose, "verbose", false, "print every section below")
	flags.BoolVar(&f.iterations, "verbose-iterations", false, "print where each iteration starts, and what happened in it")
	flags.BoolVar(&f.bootstrap, "verbose-bootstrap", false, "print the evaluations on resampled data")
	flags.BoolVar(&f.llm, "verbose-llm", false, "print the calls of language models: model, tokens, latency")
	flags.BoolVar(&f.policy, "verbose-policy", false, "print each parameter of the policies proposed")
	flags.BoolVar(&f.rejections, "verbose-rejections", false, "print why proposals were rejected")
	flags.BoolVar(&f.metrics, "verbose-metrics", false, "print the metrics of iterations and of the experiment")
	return f
}

// printer gives the sink that prints a run on the standard output of cmd.
func (f *sectionFlags) printer(*cobra.Command) (provider.Sink, error) {
	return nil, errors.New("printing is not there yet")
}
