package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/simexp/exparchive/bench/internal/measure"
	"github.com/simexp/exparchive/bench/internal/sample"
)

// largeRun is as many events as a long simulation has, and the calls of a language model of a long optimisation.
var largeRun = sample.Lines{Iterations: 1000, Events: 1000, Calls: 4}

// largeRounds is how often each command is measured; its own rounds are too long for more.
const largeRounds = 3

// A use is what one run of a command needed.
type use struct {
	cpu  time.Duration
	peak int64 // bytes
}

// measureLarge measures the commands on a large run, in turn.
func (o *options) measureLarge(ctx context.Context, root string) error {
	before := loadAverage()
	at := func(name string) string { return filepath.Join(o.dir, name) }
	program, archive := at(mainProgram), at(runFile)
	if err := build(ctx, root, "./cmd/exparchive", program); err != nil {
		return err
	}
	run := largeRun
	run.Iterations = min(run.Iterations, max(o.events*5/run.Events, 2)) // 1000 of 200,000 events, which is the usual
	if err := writeSample(at(linesFile), run); err != nil {
		return err
	}
	middle := fmt.Sprint(run.Iterations / 2)
	rows := []struct {
		what  string
		stdin string
		args  []string
	}{
		{"`record` and seal it, from lines", at(linesFile), []string{"record", "--as-is", "--force", "-o", archive}},
		{"`--version`", "", []string{"--version"}},
		{"`info`", "", []string{"info", archive}},
		{"`ls` of its folder", "", []string{"ls", o.dir}},
		{"`replay`", "", []string{"replay", archive}},
		{"`replay --verbose`", "", []string{"replay", "--verbose", archive}},
		{"`replay --verbose --start " + middle + " --end " + middle + "`", "",
			[]string{"replay", "--verbose", "--start", middle, "--end", middle, archive}},
		{"`replay --json`", "", []string{"replay", "--json", archive}},
		{"`table iterations`", "", []string{"table", "iterations", archive}},
		{"`export --format jsonl`", "", []string{"export", "--format", "jsonl", archive}},
		{"`digest`", "", []string{"digest", archive}},
		{"`verify`", "", []string{"verify", archive}},
	}
	uses := make([][]use, len(rows))
	for round := range largeRounds {
		for i, r := range rows {
			var s measure.Stopwatch
			if err := s.Command(ctx, r.stdin, program, r.args...); err != nil {
				return err
			}
			uses[i] = append(uses[i], use{s.User + s.Sys, s.Peak})
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, largeRounds)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "Made by `make bench-large`. A run of %d events and %d prompts of 8 to 30 KB each, in %d iterations: "+
		"lines of %d MB, an archive of %d MB. Median of %d rounds; processor time is of all threads. %s.\n\n",
		run.Iterations*run.Events, run.Iterations*run.Calls, run.Iterations, size(at(linesFile))/1e6, size(archive)/1e6,
		largeRounds, machine(before))
	s.WriteString("| | processor time | as a multiple of `verify` | most memory |\n|---|---|---|---|\n")
	verify := uses[len(uses)-1]
	for i, r := range rows {
		var ratios []float64
		for round, u := range uses[i] {
			ratios = append(ratios, float64(u.cpu)/float64(verify[round].cpu))
		}
		fmt.Fprintf(&s, "| %s | %.3g s | %.2g | %d MB |\n", r.what, medianOf(uses[i]).cpu.Seconds(), middleOf(ratios),
			medianOf(uses[i]).peak/1e6)
	}
	return o.publish(largeSection, s.String())
}

func writeSample(path string, run sample.Lines) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := run.Write(f); err != nil {
		return err
	}
	return f.Close()
}

// medianOf gives the use with the median time, and the most memory of all.
func medianOf(uses []use) use {
	sorted := slices.SortedFunc(slices.Values(uses), func(a, b use) int { return int(a.cpu - b.cpu) })
	u := sorted[len(sorted)/2]
	for _, x := range uses {
		u.peak = max(u.peak, x.peak)
	}
	return u
}

func middleOf(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
