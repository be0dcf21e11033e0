// Command bench measures exparchive against what people would use instead, side by side, and prints ratios:
//
//	go run . [-n EVENTS] [-rounds 5] [-only REGEXP] [-gate 1.5] [-o RESULTS.md]
//
// Each measurement is a process of its own. The cases take turns, so that what disturbs the machine disturbs all of
// them; a ratio is taken within a round, and given as the median of the rounds with the least and the greatest. The
// first round is for warming up and is not counted. Cases that read or wrote the same rows prove it by a SHA-256 of
// what was read back after the clock had stopped.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/simexp/exparchive/bench/internal/measure"
)

func main() {
	var o options
	flag.IntVar(&o.events, "n", 200_000, "events of the large run")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each case is measured and counted")
	flag.StringVar(&o.only, "only", "", "measure only the rows whose id or text this expression fits")
	flag.Float64Var(&o.gate, "gate", 0, "fail if a ratio of processor time or bytes is more than so many times its goal")
	flag.StringVar(&o.output, "o", "", "write the results as Markdown to this file")
	flag.StringVar(&o.root, "root", "..", "the folder of the project")
	flag.StringVar(&o.one, "case", "", "measure this one case, in this process, and print one line of JSON (what the runner starts)")
	flag.StringVar(&o.dir, "dir", "", "with -case: the folder of the files that it reads")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	events, rounds     int
	only, output, root string
	one, dir           string
	gate               float64
}

func (o *options) run(ctx context.Context) (err error) {
	sc := scaleOf(o.events)
	if o.one != "" {
		return measure.Run(ctx, cases, o.one, &measure.Stopwatch{Events: o.events, Dir: o.dir,
			Binary: filepath.Join(o.dir, mainProgram)})
	}
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	if err := prepare(ctx, root, o.dir, sc); err != nil {
		return err
	}
	before := loadAverage()
	rounds, err := o.measure(ctx, names(chosen))
	if err != nil {
		return err
	}
	r := report{scale: sc, rounds: len(rounds), load: [2]string{before, loadAverage()}}
	for _, g := range chosen {
		line, err := compare(g, sc, rounds)
		if err != nil {
			return err
		}
		r.lines = append(r.lines, line)
	}
	if err := r.write(os.Stdout); err != nil {
		return err
	}
	if o.output != "" {
		f, err := os.Create(o.output)
		if err != nil {
			return err
		}
		if err := errors.Join(r.write(f), f.Close()); err != nil {
			return err
		}
	}
	if o.gate > 0 {
		return r.gate(o.gate)
	}
	return nil
}

// choose gives the goals whose id or text fits an expression.
func choose(only string) ([]goal, error) {
	re, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(goals), func(g goal) bool {
		return !re.MatchString(g.id) && !re.MatchString(g.what)
	})
	if len(list) == 0 {
		return nil, fmt.Errorf("no row fits %q", only)
	}
	return list, nil
}

// names gives the cases that the goals need, each once.
func names(list []goal) (names []string) {
	for _, g := range list {
		for _, name := range []string{g.base, g.subject} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// A round has each case's measure.
type round map[string]measure.Measure

// measure runs the cases in turn, one round more than are counted.
func (o *options) measure(ctx context.Context, names []string) ([]round, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var rounds []round
	for i := range o.rounds + 1 {
		r := round{}
		for _, name := range names {
			cmd := exec.CommandContext(ctx, self, "-case", name, "-dir", o.dir, "-n", fmt.Sprint(o.events))
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("case %s: %w", name, err)
			}
			var m measure.Measure
			if err := json.Unmarshal(out, &m); err != nil {
				return nil, fmt.Errorf("case %s printed %q: %w", name, out, err)
			}
			r[name] = m
		}
		if i > 0 {
			rounds = append(rounds, r)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i, o.rounds)
	}
	return rounds, nil
}
