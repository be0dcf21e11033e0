// Command bench measures exparchive against what people would use instead, side by side, and prints ratios:
//
//	go run . [-n EVENTS] [-rounds 5] [-only REGEXP] [-gate 1.5] [-o RESULTS.md]
//	go run . -peers       against programs in C and C++, which needs a C compiler
//	go run . -large       what commands need for a large run
//	go run . -growth      how the cost of commands grows with what they are given
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
	"strings"

	"github.com/simexp/exparchive/bench/internal/measure"
)

func main() {
	var o options
	flag.IntVar(&o.events, "n", 200_000, "events of the large run")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each case is measured and counted")
	flag.StringVar(&o.only, "only", "", "measure only the rows whose id or text this expression fits")
	flag.Float64Var(&o.gate, "gate", 0, "fail if a ratio of processor time or bytes is more than so many times its goal")
	flag.StringVar(&o.output, "o", "", "write the results as Markdown into a section of this file")
	flag.StringVar(&o.root, "root", "..", "the folder of the project")
	flag.StringVar(&o.readme, "readme", "", "bring the rows of results that this file quotes up to date")
	flag.BoolVar(&o.peers, "peers", false, "measure against programs in C and C++")
	flag.BoolVar(&o.large, "large", false, "measure the commands on a large run")
	flag.BoolVar(&o.growth, "growth", false, "measure how cost grows")
	flag.IntVar(&o.most, "most", 10_000_000, "with -growth: events of the largest run")
	flag.StringVar(&o.python, "python", oraclePython(), "with -growth: a Python that has the package duckdb")
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
	events, rounds, most int
	only, output, root   string
	readme               string
	one, dir, python     string
	gate                 float64
	peers, large, growth bool
}

func (o *options) run(ctx context.Context) (err error) {
	if o.one != "" {
		return measure.Run(ctx, cases, o.one, &measure.Stopwatch{Events: o.events, Dir: o.dir,
			Binary: filepath.Join(o.dir, mainProgram)})
	}
	if o.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	switch {
	case o.large:
		return o.measureLarge(ctx, root)
	case o.growth:
		return o.measureGrowth(ctx, root)
	}
	all, section := goals, pureSection
	if o.peers {
		files, err := realFiles(o.dir)
		if err != nil {
			return err
		}
		all, section = peerGoals(files), peerSection
	}
	chosen, err := choose(all, o.only)
	if err != nil {
		return err
	}
	withoutPython(chosen)
	before := loadAverage()
	if err := o.prepare(ctx, root, names(chosen)); err != nil {
		return err
	}
	rounds, err := o.measure(ctx, names(chosen))
	if err != nil {
		return err
	}
	r := report{scale: scaleOf(o.events), rounds: len(rounds), machine: machine(before), peers: o.peers}
	for _, g := range chosen {
		line, err := compare(g, r.scale, rounds)
		if err != nil {
			return err
		}
		r.lines = append(r.lines, line)
	}
	if err := o.publish(section, r.text()); err != nil {
		return err
	}
	if o.gate > 0 {
		return r.gate(o.gate)
	}
	return nil
}

// publish prints a section of the results, and puts it into the file of results if one is asked for.
func (o *options) publish(section, text string) error {
	fmt.Print(text)
	if o.output == "" {
		return nil
	}
	// README has rows of this section only, and others may have rows that are called the same.
	if err := writeSection(o.output, section, text); err != nil || o.readme == "" || section != largeSection {
		return err
	}
	return quote(o.readme, text)
}

// choose gives the goals whose id or text fits an expression.
func choose(goals []goal, only string) ([]goal, error) {
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

// withoutPython skips the goals that need Python where there is none.
func withoutPython(list []goal) {
	if _, err := exec.LookPath("python3"); err == nil {
		return
	}
	for i, g := range list {
		if strings.Contains(g.base, "python") {
			list[i].skipped = "there is no python3"
		}
	}
}

// names gives the cases that the goals need, each once.
func names(list []goal) (names []string) {
	for _, g := range list {
		if g.skipped != "" {
			continue
		}
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
			program, short := self, name
			if peer, ok := strings.CutPrefix(name, peerPrefix); ok {
				program, short = filepath.Join(o.dir, peerProgram), peer
			}
			cmd := exec.CommandContext(ctx, program, "-case", short, "-dir", o.dir, "-n", fmt.Sprint(o.events))
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
